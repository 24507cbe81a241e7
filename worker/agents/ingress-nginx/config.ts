// The nginx.conf that is written for a controller of ingress-nginx. Mirrors its rootfs/etc/nginx/template/nginx.tmpl, with the endpoints as upstreams where that has a
// balancer in Lua.

import { fnv1a32 } from '../../lib/hash.ts';
import { DEFAULT_HOST } from './model.ts';
import type { Place, Upstream, VirtualServer } from './model.ts';
import { annotationOf, settingOf } from './options.ts';

type Settings = Readonly<Record<string, string>>;

export const FAKE_CERTIFICATE = '/etc/ingress-controller/ssl/default-fake-certificate.pem';

const CHECKSUM = /^# Configuration checksum: (\d+)$/m;

export const checksumOf = (text: string): string | undefined => CHECKSUM.exec(text)?.[1];

/** The checksum is of all but the endpoints: where only those change, nothing is told. */
export function configText(servers: readonly VirtualServer[], settings: Settings): string {
  const places = servers.flatMap((server) => server.places);
  const canaries = [...new Map(places.flatMap((place) => (place.canary ? [[shareName(place), place] as const] : []))).values()];
  const upstreams = new Map(
    places.flatMap(({ upstream, canary }) => [upstream, ...(canary ? [canary.upstream] : [])]).map((one) => [one.name, one] as const),
  );
  const blocks = servers.flatMap((server) => serverBlocks(server, settings));
  const body = [...canaries.flatMap(shares), ...blocks]
    .map((lines) => lines.map((line) => (line ? `\t${line}` : '')).join('\n'))
    .join('\n\n');
  const sticky = new Map(
    servers.flatMap(({ hasTls, places: own }) =>
      own.flatMap((place) => {
        const text = stickyOf(place, hasTls);
        return text ? [[place.upstream.name, text] as const] : [];
      }),
    ),
  );
  const heads = [...upstreams.values()].filter(({ endpoints }) => endpoints.length).map((one) => upstreamBlock(one, sticky.get(one.name)));
  return `
# Configuration checksum: ${fnv1a32(body)}

# setup custom paths that do not require root access
pid /tmp/nginx/nginx.pid;

daemon off;

worker_processes 4;

worker_rlimit_nofile 1047552;

events {
	multi_accept        on;
	worker_connections  16384;
	use                 epoll;
}

http {
	include /etc/nginx/mime.types;
	default_type text/html;

	server_tokens off;
	keepalive_timeout  75s;
	keepalive_requests 1000;

	client_header_buffer_size       1k;
	client_header_timeout           60s;
	large_client_header_buffers     4 8k;
	client_body_buffer_size         8k;
	client_body_timeout             60s;

${[...heads, body].join('\n\n')}
}
`;
}

const variableOf = (text: string): string => text.replace(/[^A-Za-z0-9]/g, '_').toLowerCase();
const shareName = ({ upstream, canary }: Place): string =>
  variableOf(`${canary!.ingress.metadata.name}_${upstream.name}_${canary!.upstream.name}`);

/** Who of a place's two upstreams answers: `$canary_…`. A header counts before a cookie, and that before chance, as in the balancer in Lua. */
function shares(place: Place): string[][] {
  const { upstream, canary } = place;
  const { ingress, upstream: other } = canary!;
  const name = shareName(place);
  const told = (what: string): string => annotationOf(ingress, what) ?? '';
  const total = Math.max(100, Number(told('canary-weight-total')) || 100);
  const weight = Math.min(100, ((Number(told('canary-weight')) || 0) / total) * 100);
  const always = [`\talways ${other.name};`, `\tnever  ${upstream.name};`];
  const [header, value, pattern, cookie] = ['header', 'header-value', 'header-pattern', 'cookie'].map((what) => told(`canary-by-${what}`));
  const met = value
    ? [`\t${JSON.stringify(value)} ${other.name};`]
    : pattern
      ? [`\t${JSON.stringify(`~${pattern}`)} ${other.name};`]
      : always;
  const [byChance, byCookie] = [`chance_${name}`, `cookie_of_${name}`];
  return [
    [
      `split_clients $request_id $${byChance} {`,
      ...(weight > 0 ? [`\t${weight.toFixed(2)}% ${other.name};`] : []),
      `\t* ${upstream.name};`,
      '}',
    ],
    [`map ${cookie ? `$cookie_${cookie}` : '""'} $${byCookie} {`, ...(cookie ? always : []), `\tdefault $${byChance};`, '}'],
    [
      `map ${header ? `$http_${header.toLowerCase().replaceAll('-', '_')}` : '""'} $canary_${name} {`,
      ...(header ? met : []),
      `\tdefault $${byCookie};`,
      '}',
    ],
  ];
}

const upstreamBlock = ({ name, endpoints }: Upstream, sticky: string | undefined): string =>
  [`\tupstream ${name} {`, ...(sticky ? [`\t\t${sticky}`] : []), ...endpoints.map((one) => `\t\tserver ${one};`), '\t}'].join('\n');

/** `affinity: cookie`. Differs: the balancer in Lua puts a time before the mark of the endpoint. */
function stickyOf({ ingress, path, kind }: Place, hasTls: boolean): string | undefined {
  if (annotationOf(ingress, 'affinity') !== 'cookie') return undefined;
  const told = (what: string): string => annotationOf(ingress, `session-cookie-${what}`) ?? '';
  const attributes = [
    ...(told('max-age') ? [`max-age=${told('max-age')}`] : []),
    ...(told('domain') ? [`domain=${told('domain')}`] : []),
    `path=${told('path') || (kind === 'regex' ? '/' : path)}`,
    ...(hasTls || told('secure') === 'true' ? ['secure'] : []),
    'httponly',
    ...(told('samesite') ? [`samesite=${told('samesite')}`] : []),
  ];
  return `sticky cookie ${told('name') || 'INGRESSCOOKIE'} ${attributes.join(' ')};`;
}

/** Where TLS is wanted, plain HTTP has a block of its own, which leads there. */
function serverBlocks(server: VirtualServer, settings: Settings): string[][] {
  const { host, hasTls } = server;
  const fallback = host === DEFAULT_HOST ? ' default_server reuseport backlog=4096' : '';
  const [plain, secure] = [`listen 80${fallback} ;`, `listen 443${fallback} ssl ;`];
  const block = (listens: readonly string[], isPlain: boolean): string[] => [
    'server {',
    `\tserver_name ${host} ;`,
    '',
    ...listens.map((line) => `\t${line}`),
    '',
    '\tset $proxy_upstream_name "-";',
    ...(listens.includes(secure)
      ? [
          `\tssl_certificate ${server.certificate?.file ?? FAKE_CERTIFICATE};`,
          `\tssl_certificate_key ${server.certificate?.file ?? FAKE_CERTIFICATE};`,
        ]
      : []),
    ...rootOf(server),
    ...server.places.flatMap((place) => [...authLocations(place), '', ...locationBlock(place, settings, isPlain, hasTls)]),
    ...(server.places.some(({ path, kind }) => path === '/' && kind !== '=') ? [] : ['', '\tlocation / {', '\t\treturn 404;', '\t}']),
    '}',
  ];
  const blocks = hasTls ? [block([plain], true), block([secure], false)] : [block([plain, secure], true)];
  return [[`## start server ${host}`, ...blocks.flatMap((lines, i) => (i ? ['', ...lines] : lines)), `## end server ${host}`]];
}

/** `app-root`: where the root of a host leads. */
function rootOf({ places }: VirtualServer): string[] {
  const root = places.map(({ ingress }) => annotationOf(ingress, 'app-root')).find((one) => one?.startsWith('/'));
  return root && !places.some(({ path, kind }) => path === '/' && kind === '=')
    ? ['', '\tlocation = / {', `\t\treturn 302 $scheme://$http_host${root};`, '\t}']
    : [];
}

function locationBlock(place: Place, settings: Settings, isPlain: boolean, hasTls: boolean): string[] {
  const { ingress, upstream, path, kind } = place;
  const head = kind === 'regex' ? `~* "^${path}"` : kind === '=' ? `= ${path}` : path;
  const setting = (name: string, otherwise: string): string => settingOf(ingress, settings, name, otherwise);
  const set = (name: string, value: string): string => `\t\tset $${name.padEnd(14)} ${JSON.stringify(value)};`;
  return [
    `\tlocation ${head} {`,
    set('namespace', ingress.metadata.namespace ?? ''),
    set('ingress_name', ingress.metadata.name),
    set('service_name', upstream.service),
    set('service_port', upstream.port),
    set('location_path', path),
    `\t\tset $proxy_upstream_name ${JSON.stringify(upstream.name || '-')};`,
    '',
    ...access(place, settings).map((line) => `\t\t${line}`),
    ...answer(place, setting, isPlain, hasTls).map((line) => line && `\t\t${line}`),
    '\t}',
  ];
}

function access({ ingress }: Place, settings: Settings): string[] {
  const ranges = (name: string): string[] =>
    settingOf(ingress, settings, name, '')
      .split(',')
      .map((one) => one.trim())
      .filter(Boolean);
  const allowed = [...ranges('whitelist-source-range'), ...ranges('allowlist-source-range')];
  return [
    ...ranges('denylist-source-range').map((one) => `deny ${one};`),
    ...allowed.map((one) => `allow ${one};`),
    ...(allowed.length ? ['deny all;'] : []),
  ];
}

function answer(place: Place, setting: (name: string, otherwise: string) => string, isPlain: boolean, hasTls: boolean): string[] {
  const { ingress, upstream, path } = place;
  const redirects = (hasTls && setting('ssl-redirect', 'true') === 'true') || setting('force-ssl-redirect', 'false') === 'true';
  if (isPlain && redirects) return ['return 308 https://$host$request_uri;'];
  const permanent = annotationOf(ingress, 'permanent-redirect');
  if (permanent !== undefined) return [`return ${annotationOf(ingress, 'permanent-redirect-code') ?? 301} ${permanent};`];
  const temporal = annotationOf(ingress, 'temporal-redirect');
  if (temporal !== undefined) return [`return ${annotationOf(ingress, 'temporal-redirect-code') ?? 302} ${temporal};`];
  if (place.auth?.denied !== undefined) return [`# Location denied. Reason: ${JSON.stringify(place.auth.denied)}`, 'return 503;'];
  if (!upstream.endpoints.length) return ['# No endpoints available for the request', 'return 503;'];
  const rewrite = annotationOf(ingress, 'rewrite-target');
  const scheme = /^(HTTPS|GRPCS)$/i.test(annotationOf(ingress, 'backend-protocol') ?? '') ? 'https' : 'http';
  return [
    ...externalAuth(place),
    ...(place.auth ? [`auth_basic ${JSON.stringify(place.auth.realm)};`, `auth_basic_user_file ${place.auth.file};`, ''] : []),
    `client_max_body_size                    ${setting('proxy-body-size', '1m')};`,
    '',
    `proxy_set_header Host                   ${annotationOf(ingress, 'upstream-vhost') ?? '$http_host'};`,
    'proxy_set_header X-Request-ID           $request_id;',
    'proxy_set_header X-Real-IP              $remote_addr;',
    'proxy_set_header X-Forwarded-For        $remote_addr;',
    'proxy_set_header X-Forwarded-Host       $http_host;',
    'proxy_set_header X-Forwarded-Port       $server_port;',
    'proxy_set_header X-Forwarded-Proto      $scheme;',
    'proxy_set_header X-Forwarded-Scheme     $scheme;',
    'proxy_set_header X-Scheme               $scheme;',
    '',
    `proxy_connect_timeout                   ${setting('proxy-connect-timeout', '5')}s;`,
    `proxy_send_timeout                      ${setting('proxy-send-timeout', '60')}s;`,
    `proxy_read_timeout                      ${setting('proxy-read-timeout', '60')}s;`,
    '',
    'proxy_http_version                      1.1;',
    '',
    ...(rewrite ? [`rewrite "(?i)${path}" ${rewrite} break;`] : []),
    `proxy_pass ${scheme}://${place.canary ? `$canary_${shareName(place)}` : upstream.name};`,
    'proxy_redirect                          off;',
  ];
}

const authUrlOf = ({ ingress }: Place): string => annotationOf(ingress, 'auth-url') ?? '';
const authPathOf = (place: Place): string =>
  `/_external-auth-${variableOf(`${place.ingress.metadata.namespace ?? ''}-${place.ingress.metadata.name}-${place.kind}${place.path}`)}`;
const signinPathOf = (place: Place): string => `@${authPathOf(place).slice(1)}-signin`;

/** `auth-url`: before anything else that server is asked. */
function externalAuth(place: Place): string[] {
  const { ingress } = place;
  if (!authUrlOf(place)) return [];
  const wanted = (annotationOf(ingress, 'auth-response-headers') ?? '')
    .split(',')
    .map((one) => one.trim())
    .filter(Boolean);
  return [
    '# this location requires authentication',
    `auth_request        ${authPathOf(place)};`,
    ...wanted.flatMap((header, i) => [
      `auth_request_set    $authHeader${i} $upstream_http_${header.toLowerCase().replaceAll('-', '_')};`,
      `proxy_set_header    '${header}' $authHeader${i};`,
    ]),
    ...(annotationOf(ingress, 'auth-signin') ? [`error_page 401 = ${signinPathOf(place)};`] : []),
    '',
  ];
}

/** Where it is asked, and where a stranger is led. */
function authLocations(place: Place): string[] {
  const url = authUrlOf(place);
  if (!url || !place.upstream.endpoints.length) return [];
  const host = /^https?:\/\/([^/]+)/.exec(url)?.[1] ?? '';
  const signin = annotationOf(place.ingress, 'auth-signin');
  const back = annotationOf(place.ingress, 'auth-signin-redirect-param') ?? 'rd';
  return [
    '',
    `\tlocation = ${authPathOf(place)} {`,
    '\t\tinternal;',
    '\t\tproxy_pass_request_body     off;',
    '\t\tproxy_set_header            Content-Length          "";',
    `\t\tproxy_set_header            Host                    ${host};`,
    '\t\tproxy_set_header            X-Original-URL          $scheme://$http_host$request_uri;',
    '\t\tproxy_set_header            X-Original-Method       $request_method;',
    '\t\tproxy_set_header            X-Sent-From             "nginx-ingress-controller";',
    '\t\tproxy_set_header            X-Real-IP               $remote_addr;',
    '\t\tproxy_set_header            X-Forwarded-For         $remote_addr;',
    '\t\tproxy_set_header            X-Auth-Request-Redirect $request_uri;',
    '\t\tproxy_http_version          1.1;',
    `\t\tset $target ${/^https?:\/\/[^/]+$/.test(url) ? `${url}/` : url};`,
    '\t\tproxy_pass $target;',
    '\t}',
    ...(signin
      ? [
          '',
          `\tlocation ${signinPathOf(place)} {`,
          '\t\tinternal;',
          `\t\treturn 302 ${signin}${signin.includes('?') ? '&' : '?'}${back}=$scheme://$http_host$escaped_request_uri;`,
          '\t}',
        ]
      : []),
  ];
}
