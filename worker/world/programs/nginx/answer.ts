// How nginx answers one request: the server by its name, the location by its rules, and then files, a fixed answer, or another server.

import { md5 } from '@noble/hashes/legacy.js';
import { hexOf, utf8 } from '../../../lib/text.ts';
import { cidrContains, parseCidr, parseIp } from '../../../lib/ip.ts';
import { FileError } from '../../files/error.ts';
import type { FileSystem } from '../../files/file-system.ts';
import type { Inode } from '../../files/inode.ts';
import { formatMessage, httpDate, reasonOf } from '../../network/http.ts';
import type { HttpAnswer, HttpRequest, PassedOn } from '../../network/http-server.ts';
import { resolveHost } from '../../network/resolve.ts';
import type { ServiceContext } from '../../process/program.ts';
import { expression, parseExpression } from './expression.ts';
import { NGINX_VERSION } from './index.ts';
import { basicCredentials, judge } from './password-file.ts';
import type { Location, Server, Settings, Site } from './site.ts';
import { stubStatus } from './status.ts';
import { valueOf } from './variables.ts';

const MAX_INTERNAL = 10;

export function answerRequest(site: Site, port: number, request: HttpRequest, context: ServiceContext): HttpAnswer | PassedOn {
  const server = serverFor(site, port, hostOf(request));
  if (!server) return errorPage(404, site);
  return answerPath({ site, server, request, context, port, variables: new Map() }, decode(request.path), 0);
}

interface Asked {
  readonly site: Site;
  readonly server: Server;
  readonly request: HttpRequest;
  readonly context: ServiceContext;
  readonly port: number;
  /** What `set` gave this request so far, without the dollar. */
  readonly variables: Map<string, string>;
}

export const hostOf = ({ headers }: HttpRequest): string => (headers.get('host') ?? '').replace(/:\d+$/, '').toLowerCase();

/** The certificates of the server that a client asks for by SNI. */
export function certificateFor(site: Site, port: number, serverName: string, { files }: ServiceContext): string {
  const path = serverFor(site, port, serverName.toLowerCase())?.certificate ?? '';
  return files.find(path.startsWith('/') ? path : `/etc/nginx/${path}`)?.content ?? '';
}

export function serverFor({ servers }: Site, port: number, host: string): Server | undefined {
  const here = servers.filter(({ ports }) => ports.some((one) => one.port === port));
  return (
    here.find(({ names }) => names.includes(host)) ??
    here.find(({ names }) => names.some((name) => name.startsWith('*.') && host.endsWith(name.slice(1)))) ??
    here.find(({ names }) => names.some((name) => name.endsWith('.*') && host.startsWith(name.slice(0, -1)))) ??
    here.find(({ names }) => names.some((name) => parseExpression(name)?.test(host))) ??
    here.find(({ ports }) => ports.some((one) => one.port === port && one.isDefault)) ??
    here[0]
  );
}

function decode(path: string): string {
  try {
    return path.replace(/%[0-9A-Fa-f]{2}/g, (code) => String.fromCharCode(Number.parseInt(code.slice(1), 16))).replace(/\/{2,}/g, '/');
  } catch {
    return path;
  }
}

/** The location of a path: exact, then the longest prefix, unless a regular expression fits first. */
export function locationFor(locations: readonly Location[], path: string): Location | undefined {
  const exact = locations.find(({ kind, path: own }) => kind === '=' && own === path);
  if (exact) return exact;
  const prefixes = locations
    .filter(({ kind, path: own }) => (kind === '' || kind === '^~') && path.startsWith(own))
    .sort((a, b) => b.path.length - a.path.length);
  const [longest] = prefixes;
  if (longest?.kind !== '^~') {
    const regular = locations.find(({ kind, path: own }) => (kind === '~' || kind === '~*') && expression(own, kind === '~*').test(path));
    if (regular) return regular;
  }
  return (longest && locationFor(longest.locations, path)) ?? longest;
}

function answerPath(asked: Asked, path: string, depth: number): HttpAnswer | PassedOn {
  if (depth > MAX_INTERNAL) return errorAnswer(asked, asked.server.settings, 500, depth);
  const location = locationFor(asked.server.locations, path);
  if (location?.settings.isInternal && depth === 0) return errorAnswer(asked, asked.server.settings, 404, depth);
  return answerHere(asked, path, location, location?.settings ?? asked.server.settings, depth);
}

function answerHere(asked: Asked, path: string, location: Location | undefined, settings: Settings, depth: number): HttpAnswer | PassedOn {
  const { request, server, variables } = asked;
  for (const [name, value] of settings.variables) variables.set(name.replace('$', ''), substitute(asked, value, path));
  const serverAnswer = server.settings.answer;
  if (serverAnswer) return fixed(asked, serverAnswer, settings, path);
  for (const { from, to, flag } of settings.rewrites) {
    const match = expression(from).exec(path);
    if (!match) continue;
    const target = to.replace(/\$(\d)/g, (_all, n: string) => match[Number(n)] ?? '');
    if (flag === 'redirect' || flag === 'permanent' || /^https?:/.test(target))
      return redirect(asked, flag === 'permanent' ? 301 : 302, substitute(asked, target, path));
    if (flag !== 'break') return answerPath(asked, target.split('?')[0]!, depth + 1);
    return content(asked, target.split('?')[0]!, location, settings, depth);
  }
  if (settings.answer) return fixed(asked, settings.answer, settings, path);
  if (isDenied(settings, request.client)) return errorAnswer(asked, settings, 403, depth);
  const stranger = refusedStranger(asked, settings, depth);
  if (stranger) return stranger;
  if (settings.authRequest) return askedFirst(asked, path, location, settings, depth);
  return admitted(asked, path, location, settings, depth);
}

function admitted(asked: Asked, path: string, location: Location | undefined, settings: Settings, depth: number): HttpAnswer | PassedOn {
  const { request } = asked;
  if (settings.maxBody > 0 && request.body.length > settings.maxBody) return errorAnswer(asked, settings, 413, depth);
  if (settings.tellsStatus) return plain(stubStatus(asked.context));
  return content(asked, path, location, settings, depth);
}

function isDenied({ access }: Settings, client: string): boolean {
  const ip = parseIp(client);
  const isMeant = (who: string): boolean => {
    const range = who === 'all' ? undefined : parseCidr(who.includes('/') ? who : `${who}/${who.includes(':') ? 128 : 32}`);
    return who === 'all' || (ip !== undefined && range !== undefined && cidrContains(range, ip));
  };
  return access.find(({ who }) => isMeant(who))?.allows === false;
}

/** Somebody else says who may: 2xx is a yes, 401 and 403 are passed on. Mirrors ngx_http_auth_request_module. */
function askedFirst(asked: Asked, path: string, location: Location | undefined, settings: Settings, depth: number): HttpAnswer | PassedOn {
  const { request, variables } = asked;
  const decide = (said: HttpAnswer): HttpAnswer | PassedOn => {
    const headerOf = (name: string): string =>
      said.headers.find(([key]) => key.toLowerCase() === name.toLowerCase().replaceAll('_', '-'))?.[1] ?? '';
    for (const [name, value] of settings.authVariables)
      variables.set(
        name.replace('$', ''),
        value.replace(/\$upstream_http_(\w+)/g, (_all, one: string) => headerOf(one)),
      );
    if (said.status >= 200 && said.status < 300) return admitted(asked, path, location, settings, depth);
    if (said.status !== 401 && said.status !== 403) {
      logError(asked, `auth request unexpected status: ${said.status}`);
      return errorAnswer(asked, settings, 500, depth);
    }
    const refusal = errorAnswer(asked, settings, said.status, depth);
    const challenge = headerOf('www-authenticate');
    return 'to' in refusal || said.status === 403 || !challenge || refusal.status !== 401
      ? refusal
      : { ...refusal, headers: [...refusal.headers, ['WWW-Authenticate', challenge]] };
  };
  const { authRequest: target } = settings;
  const question: Asked = {
    ...asked,
    request: { ...request, path: target, query: '', body: '', method: 'GET' },
    variables: new Map([...variables, ['request_method', request.method]]),
  };
  const answer = answerPath(question, target, depth + 1);
  return settled(answer, decide);
}

/** What an answer becomes, now or when it is there. */
function settled(answer: HttpAnswer | PassedOn, next: (answer: HttpAnswer) => HttpAnswer | PassedOn): HttpAnswer | PassedOn {
  return 'to' in answer ? { ...answer, finish: (got) => settled(answer.finish(got), next) } : next(answer);
}

/** What one hears who has to say who he is, and does not. */
function refusedStranger(asked: Asked, settings: Settings, depth: number): HttpAnswer | PassedOn | undefined {
  const { auth, authFile } = settings;
  if (auth === 'off' || !authFile) return undefined;
  const path = authFile.startsWith('/') ? authFile : `/etc/nginx/${authFile}`;
  const given = basicCredentials(asked.request.headers.get('authorization'));
  if (given) {
    const file = asked.context.files.find(path)?.content;
    if (file === undefined) {
      logError(asked, `open() "${path}" failed (2: No such file or directory)`);
      return errorAnswer(asked, settings, 403, depth);
    }
    const verdict = judge(file, given);
    if (verdict === 'welcome') return undefined;
    if (verdict === 'unsupported') {
      logError(asked, 'crypt_r() failed (22: Invalid argument)');
      return errorAnswer(asked, settings, 500, depth);
    }
    logError(asked, verdict === 'unknown' ? `user "${given.user}" was not found in "${path}"` : `user "${given.user}": password mismatch`);
  }
  const refusal = errorAnswer(asked, settings, 401, depth);
  return 'to' in refusal ? refusal : { ...refusal, headers: [...refusal.headers, ['WWW-Authenticate', `Basic realm="${auth}"`]] };
}

function content(asked: Asked, path: string, location: Location | undefined, settings: Settings, depth: number): HttpAnswer | PassedOn {
  if (settings.proxy !== undefined) return pass(asked, path, location, settings, depth);
  if (settings.tryFiles) return tryFiles(asked, path, location, settings, depth);
  return file(asked, path, location, settings, depth);
}

/** Where a path is on disk. */
const diskPath = (path: string, location: Location | undefined, { root, alias }: Settings): string =>
  alias === undefined
    ? `${root.startsWith('/') ? root : `/etc/nginx/${root}`}${path}`
    : alias + path.slice(location?.kind === '' || location?.kind === '^~' || location?.kind === '=' ? location.path.length : 0);

function tryFiles(asked: Asked, path: string, location: Location | undefined, settings: Settings, depth: number): HttpAnswer | PassedOn {
  const list = settings.tryFiles!;
  const { tryFiles: _tried, ...rest } = settings;
  const { files } = asked.context;
  for (const one of list.slice(0, -1)) {
    const candidate = substitute(asked, one, path);
    const inode = files.find(diskPath(candidate.replace(/(.)\/$/, '$1'), location, settings));
    if (inode && (inode.type === 'dir') === candidate.endsWith('/')) return file(asked, candidate, location, rest, depth);
  }
  const last = substitute(asked, list.at(-1)!, path);
  if (/^=\d+$/.test(last)) return errorAnswer(asked, settings, Number(last.slice(1)), depth);
  const named = last.startsWith('@') ? asked.server.locations.find((one) => one.path === last) : undefined;
  if (named) return answerHere(asked, path, named, named.settings, depth + 1);
  return answerPath(asked, last.split('?')[0]!, depth + 1);
}

function file(asked: Asked, path: string, location: Location | undefined, settings: Settings, depth: number): HttpAnswer | PassedOn {
  const { request, context } = asked;
  const disk = diskPath(path, location, settings);
  let inode: Inode;
  try {
    inode = context.files.stat(disk.replace(/(.)\/$/, '$1'));
    if (inode.type !== 'dir' && path.endsWith('/')) throw new FileError('ENOTDIR', disk);
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    const code = error.code === 'EACCES' ? 403 : 404;
    const said = path.endsWith('/') && settings.index[0] ? `${disk}${settings.index[0]}` : disk;
    logError(
      asked,
      error.code === 'EACCES'
        ? `open() "${said}" failed (13: Permission denied)`
        : path.endsWith('/')
          ? `"${said}" is not found (2: No such file or directory)`
          : `open() "${said}" failed (2: No such file or directory)`,
    );
    return errorAnswer(asked, settings, code, depth);
  }
  if (inode.type === 'dir') {
    if (!path.endsWith('/'))
      return redirect(
        asked,
        301,
        `http://${request.headers.get('host') ?? 'localhost'}${asked.port === 80 || /:\d+$/.test(request.headers.get('host') ?? '') ? '' : `:${asked.port}`}${path}/`,
      );
    for (const name of settings.index)
      if (context.files.find(`${disk}/${name}`)?.type === 'file') return answerIndex(asked, `${path}${name}`, depth);
    if (settings.autoindex) return listing(context.files, disk, path);
    logError(asked, `directory index of "${disk}" is forbidden`);
    return errorAnswer(asked, settings, 403, depth);
  }
  if (request.method !== 'GET' && request.method !== 'HEAD') return errorAnswer(asked, settings, 405, depth);
  if (!context.files.as(WORKER).may(inode, 4)) {
    logError(asked, `open() "${disk}" failed (13: Permission denied)`);
    return errorAnswer(asked, settings, 403, depth);
  }
  return served(asked, disk, inode, settings);
}

/** Workers run as nginx, whoever started the master. */
const WORKER = { uid: 101, gid: 101, groups: [101] };

function answerIndex(asked: Asked, path: string, depth: number): HttpAnswer | PassedOn {
  const location = locationFor(asked.server.locations, path);
  const settings = location?.settings ?? asked.server.settings;
  const { tryFiles: _tried, ...rest } = settings;
  return settings.proxy === undefined ? file(asked, path, location, rest, depth + 1) : answerPath(asked, path, depth + 1);
}

function served({ site, request, context }: Asked, path: string, inode: Inode, settings: Settings): HttpAnswer {
  const body = context.files.read(path);
  const extension = /\.([^./]+)$/.exec(path)?.[1] ?? '';
  const etag = `"${Math.floor(inode.mtime / 1000).toString(16)}-${body.length.toString(16)}"`;
  const headers: [string, string][] = [
    ['Content-Type', site.types[extension] ?? settings.type ?? site.defaultType],
    ['Last-Modified', httpDate(inode.mtime)],
  ];
  const extra = settings.headers.map(([name, value]) => [name, value] as [string, string]);
  if (request.headers.get('if-none-match') === etag || request.headers.get('if-modified-since') === httpDate(inode.mtime))
    return { status: 304, headers: [...headers.slice(1), ['ETag', etag], ...extra], body: '' };
  return {
    status: 200,
    headers: [...headers, ['Connection', keepAlive(request)], ['ETag', etag], ['Accept-Ranges', 'bytes'], ...extra],
    body,
  };
}

const keepAlive = ({ headers, version }: HttpRequest): string =>
  version === 'HTTP/1.1' ? ((headers.get('connection') ?? '').toLowerCase() === 'close' ? 'close' : 'keep-alive') : 'close';

function listing(files: FileSystem, disk: string, path: string): HttpAnswer {
  const rows = files.list(disk.replace(/(.)\/$/, '$1')).map((name) => {
    const inode = files.find(`${disk}/${name}`);
    const shown = inode?.type === 'dir' ? `${name}/` : name;
    const at = new Date(inode?.mtime ?? 0).toUTCString();
    const date = `${at.slice(5, 7)}-${at.slice(8, 11)}-${at.slice(12, 16)} ${at.slice(17, 22)}`;
    return `<a href="${shown}">${shown}</a>${' '.repeat(Math.max(1, 51 - shown.length))}${date}${(inode?.type === 'dir' ? '-' : String(inode?.content?.length ?? 0)).padStart(20)}\n`;
  });
  return html(
    200,
    `<html>\r\n<head><title>Index of ${path}</title></head>\r\n<body>\r\n<h1>Index of ${path}</h1><hr><pre><a href="../">../</a>\n${rows.join('')}</pre><hr></body>\r\n</html>\r\n`,
  );
}

function fixed(asked: Asked, { status, text }: { status: number; text: string }, settings: Settings, path: string): HttpAnswer {
  const value = substitute(asked, text, path);
  if (status >= 300 && status < 400 && status !== 304) return redirect(asked, status, value);
  if (status === 444) return { status: 444, headers: [], body: '' };
  if (!text && status !== 200 && status !== 204) return withHeaders(asked, errorPage(status, asked.site), settings);
  const extra = settings.headers
    .filter(([, , always]) => always || status < 400)
    .map(([name, one]) => [name, substitute(asked, one, path)] as const);
  return { status, headers: [['Content-Type', settings.type ?? asked.site.defaultType], ...extra], body: value };
}

const withHeaders = (asked: Asked, answer: HttpAnswer, { headers }: Settings): HttpAnswer => ({
  ...answer,
  headers: [
    ...answer.headers,
    ...headers.filter(([, , always]) => always).map(([name, value]) => [name, substitute(asked, value, '')] as const),
  ],
});

const schemeOf = ({ server, port }: Pick<Asked, 'server' | 'port'>): string =>
  server.ports.some((one) => one.port === port && one.isTls) ? 'https' : 'http';

const redirect = (asked: Asked, status: number, location: string): HttpAnswer => ({
  ...errorPage(status, asked.site),
  headers: [
    ['Content-Type', 'text/html'],
    [
      'Location',
      location.startsWith('/') ? `${schemeOf(asked)}://${asked.request.headers.get('host') ?? 'localhost'}${location}` : location,
    ],
  ],
});

const plain = (body: string): HttpAnswer => ({ status: 200, headers: [['Content-Type', 'text/plain']], body });
const html = (status: number, body: string): HttpAnswer => ({ status, headers: [['Content-Type', 'text/html']], body });

const TITLES: Readonly<Record<number, string>> = {
  302: '302 Found',
  401: '401 Authorization Required',
  413: '413 Request Entity Too Large',
  503: '503 Service Temporarily Unavailable',
  504: '504 Gateway Time-out',
};

/** nginx's own page for a status. */
export function errorPage(status: number, { tellsVersion }: Pick<Site, 'tellsVersion'>): HttpAnswer {
  const title = TITLES[status] ?? `${status} ${reasonOf(status)}`;
  return html(
    status,
    `<html>\r\n<head><title>${title}</title></head>\r\n<body>\r\n<center><h1>${title}</h1></center>\r\n<hr><center>nginx${tellsVersion ? `/${NGINX_VERSION}` : ''}</center>\r\n</body>\r\n</html>\r\n`,
  );
}

export const badRequest = (site: Site): HttpAnswer => errorPage(400, site);

/** An error, with the page that the configuration has for it. */
function errorAnswer(asked: Asked, settings: Settings, status: number, depth: number): HttpAnswer | PassedOn {
  const page = settings.errorPages[status];
  if (page === undefined || depth > 3) return withHeaders(asked, errorPage(status, asked.site), settings);
  if (/^https?:/.test(page)) return redirect(asked, 302, page);
  const asGet: Asked = { ...asked, request: { ...asked.request, method: asked.request.method === 'HEAD' ? 'HEAD' : 'GET' } };
  const named = page.startsWith('@') ? asked.server.locations.find((one) => one.path === page) : undefined;
  const answer = named ? answerHere(asGet, page, named, named.settings, depth + 4) : answerPath(asGet, page, depth + 4);
  return 'status' in answer && answer.status < 300 ? { ...answer, status } : answer;
}

function logError({ request, context, server }: Asked, text: string): void {
  const at = new Date(context.now()).toISOString().slice(0, 19).replaceAll('-', '/').replace('T', ' ');
  const name = server.names[0] ?? '';
  context.log(
    'stderr',
    `${at} [error] 29#29: *1 ${text}, client: ${request.client}, server: ${name}, request: "${request.start}", host: "${request.headers.get('host') ?? ''}"\n`,
  );
}

const cookieOf = ({ headers }: HttpRequest, name: string): string =>
  (headers.get('cookie') ?? '')
    .split(';')
    .map((one) => one.trim())
    .find((one) => one.startsWith(`${name}=`))
    ?.slice(name.length + 1) ?? '';

/** The variables of a text. */
function substitute(asked: Asked, text: string, path: string): string {
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

function pass(asked: Asked, path: string, location: Location | undefined, settings: Settings, depth: number): HttpAnswer | PassedOn {
  const { request, context, site } = asked;
  const match = /^(https?):\/\/([^/:]+)(?::(\d+))?(\/.*)?$/.exec(substitute(asked, settings.proxy!, path));
  if (!match) return errorAnswer(asked, settings, 500, depth);
  const [, scheme = 'http', name = '', port = scheme === 'https' ? '443' : '80', uri] = match;
  const { members, sticky } = Object.hasOwn(site.upstreams, name)
    ? site.upstreams[name]!
    : { members: [`${name}:${port}`], sticky: undefined };
  const given = sticky && cookieOf(request, sticky.cookie);
  const known = given ? members.find((one) => given === markOf(one)) : undefined;
  const member = known ?? members[context.random.below(Math.max(1, members.length))] ?? '';
  const mark: readonly (readonly [string, string])[] =
    sticky && !known ? [['Set-Cookie', `${sticky.cookie}=${markOf(member)}${sticky.attributes}`]] : [];
  const [memberHost = '', memberPort = '80'] = member.split(':');
  const found = resolveHost(context.world, context.caller, context.files, memberHost);
  const address = 'addresses' in found ? found.addresses[0] : undefined;
  if (!address) return errorAnswer(asked, settings, 502, depth);
  const rest =
    uri === undefined
      ? path === decode(request.path)
        ? request.target
        : `${path}${request.query ? `?${request.query}` : ''}`
      : `${uri}${request.path.slice(location && location.kind !== '~' && location.kind !== '~*' ? location.path.length : 0)}${request.query ? `?${request.query}` : ''}`;
  const own = new Map(settings.proxyHeaders.map(([key, value]) => [key.toLowerCase(), [key, substitute(asked, value, path)] as const]));
  const hostHeader = own.get('host')?.[1] ?? (port === '80' ? name : `${name}:${port}`);
  const headers: (readonly [string, string])[] = [
    ['Host', hostHeader],
    ['Connection', 'close'],
    ...[...own.values()].filter(([key, value]) => key.toLowerCase() !== 'host' && key.toLowerCase() !== 'connection' && value !== ''),
    ...request.headers.list.filter(
      ([key]) => !/^(host|connection|keep-alive|transfer-encoding)$/i.test(key) && !own.has(key.toLowerCase()),
    ),
  ];
  return {
    to: { address, port: Number(memberPort) },
    request: formatMessage(`${request.method} ${rest} HTTP/${settings.proxyVersion}`, headers, request.body),
    isHead: request.method === 'HEAD',
    finish: (answer) => {
      if (answer)
        return {
          ...answer,
          headers: [
            ...answer.headers.filter(([key]) => !/^(server|date)$/i.test(key)),
            ...settings.headers.map(([key, value]) => [key, value] as const),
            ...mark,
          ],
        };
      logError(asked, `connect() failed (111: Connection refused) while connecting to upstream`);
      const failed = errorAnswer(asked, settings, 502, depth + 1);
      return 'status' in failed ? failed : errorPage(502, site);
    },
  };
}

/** By which a cookie names a member. */
const markOf = (member: string): string => hexOf(md5(utf8(member)));
