// What is asked of a server: the request, with its variables, and what goes wrong with it.

import type { HttpRequest } from '../../network/http-server.ts';
import type { ServiceContext } from '../../process/program.ts';
import { NGINX_VERSION } from './index.ts';
import type { Server, Site } from './site.ts';
import { valueOf } from './variables.ts';

export interface Asked {
  readonly site: Site;
  readonly server: Server;
  readonly request: HttpRequest;
  readonly context: ServiceContext;
  readonly port: number;
  /** What `set` gave this request so far, without the dollar. */
  readonly variables: Map<string, string>;
}

export function decode(path: string): string {
  try {
    return path.replace(/%[0-9A-Fa-f]{2}/g, (code) => String.fromCharCode(Number.parseInt(code.slice(1), 16))).replace(/\/{2,}/g, '/');
  } catch {
    return path;
  }
}

export const schemeOf = ({ server, port }: Pick<Asked, 'server' | 'port'>): string =>
  server.ports.some((one) => one.port === port && one.isTls) ? 'https' : 'http';

export function logError({ request, context, server }: Asked, text: string): void {
  const at = new Date(context.now()).toISOString().slice(0, 19).replaceAll('-', '/').replace('T', ' ');
  const name = server.names[0] ?? '';
  context.log(
    'stderr',
    `${at} [error] 29#29: *1 ${text}, client: ${request.client}, server: ${name}, request: "${request.start}", host: "${request.headers.get('host') ?? ''}"\n`,
  );
}

export const cookieOf = ({ headers }: HttpRequest, name: string): string =>
  (headers.get('cookie') ?? '')
    .split(';')
    .map((one) => one.trim())
    .find((one) => one.startsWith(`${name}=`))
    ?.slice(name.length + 1) ?? '';

/** The variables of a text. */
export function substitute(asked: Asked, text: string, path: string): string {
  const { request, context, server, port, variables, site } = asked;
  if (!text.includes('$')) return text;
  return text.replace(/\$\{?(\w+)\}?/g, (all, name: string) => {
    const own = variables.get(name);
    if (own !== undefined) return own;
    const made = site.made.find((one) => one.name === name);
    if (made) {
      // One that is made of itself is empty.
      variables.set(name, '');
      const value = substitute(asked, valueOf(made, substitute(asked, made.from, path)), path);
      variables.set(name, value);
      return value;
    }
    switch (name) {
      case 'uri':
      case 'document_uri':
        return path;
      case 'request_uri':
        return request.target;
      case 'escaped_request_uri':
        return encodeURIComponent(request.target);
      case 'args':
      case 'query_string':
        return request.query;
      case 'is_args':
        return request.query ? '?' : '';
      case 'host':
        return (request.headers.get('host') ?? server.names[0] ?? '').replace(/:\d+$/, '');
      case 'http_host':
        return request.headers.get('host') ?? '';
      case 'hostname':
        return context.hostname;
      case 'remote_addr':
        return request.client;
      case 'remote_port':
        return String(request.clientPort);
      case 'server_addr':
        return context.ip;
      case 'server_port':
        return String(port);
      case 'server_name':
        return server.names[0] ?? '';
      case 'server_protocol':
        return request.version;
      case 'scheme':
        return schemeOf({ server, port });
      case 'request_id':
        return context.random.uuid().replaceAll('-', '');
      case 'request_method':
        return request.method;
      case 'request':
        return request.start;
      case 'nginx_version':
        return NGINX_VERSION;
      case 'time_iso8601':
        return `${new Date(context.now()).toISOString().slice(0, 19)}+00:00`;
      case 'time_local': {
        const at = new Date(context.now()).toUTCString();
        return `${at.slice(5, 7)}/${at.slice(8, 11)}/${at.slice(12, 16)}:${at.slice(17, 25)} +0000`;
      }
      case 'proxy_add_x_forwarded_for': {
        const before = request.headers.get('x-forwarded-for');
        return before ? `${before}, ${request.client}` : request.client;
      }
      case 'proxy_host':
        return '';
      default:
        if (name.startsWith('http_')) return request.headers.get(name.slice(5).replaceAll('_', '-')) ?? '';
        if (name.startsWith('cookie_')) return cookieOf(request, name.slice(7));
        if (name.startsWith('arg_')) return new RegExp(`(?:^|&)${name.slice(4)}=([^&]*)`).exec(request.query)?.[1] ?? '';
        return /^\d$/.test(name) ? '' : all;
    }
  });
}
