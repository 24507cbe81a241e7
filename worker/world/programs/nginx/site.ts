// What a configuration means: servers, their locations, and what answers a request there. Mirrors ngx_http_core_module and the few modules that examples use.

import { PatternError } from '../../../lib/pattern.ts';
import { ConfigProblem } from './config.ts';
import type { Directive } from './config.ts';
import { parseExpression, problemOf } from './expression.ts';
import { madeVariables } from './variables.ts';
import type { MadeVariable } from './variables.ts';

export interface Site {
  readonly servers: readonly Server[];
  readonly upstreams: Readonly<Record<string, Upstream>>;
  /** By `map` and `split_clients`. */
  readonly made: readonly MadeVariable[];
  readonly types: Readonly<Record<string, string>>;
  readonly defaultType: string;
  readonly logsAccess: boolean;
  /** `server_tokens`: whether its version is told. */
  readonly tellsVersion: boolean;
  readonly workers: number;
  /** Whether somewhere in it is told how much it serves. */
  readonly isCounted: boolean;
}

export interface Upstream {
  readonly members: readonly string[];
  /** `sticky cookie`: who was given a member comes back to it. */
  readonly sticky?: { readonly cookie: string; readonly attributes: string };
}

export interface Server {
  readonly ports: readonly { readonly port: number; readonly address: string; readonly isDefault: boolean; readonly isTls: boolean }[];
  readonly names: readonly string[];
  /** `ssl_certificate`, where there is one. */
  readonly certificate?: string;
  readonly settings: Settings;
  readonly locations: readonly Location[];
}

export interface Location {
  readonly kind: '' | '=' | '^~' | '~' | '~*' | '@';
  readonly path: string;
  readonly settings: Settings;
  readonly locations: readonly Location[];
}

export interface Settings {
  readonly root: string;
  readonly alias?: string;
  readonly index: readonly string[];
  readonly tryFiles?: readonly string[];
  readonly answer?: { readonly status: number; readonly text: string };
  readonly proxy?: string;
  /** Of HTTP, towards other servers. */
  readonly proxyVersion: string;
  readonly proxyHeaders: readonly (readonly [string, string])[];
  readonly headers: readonly (readonly [name: string, value: string, always: boolean])[];
  readonly errorPages: Readonly<Record<string, string>>;
  readonly rewrites: readonly { readonly from: string; readonly to: string; readonly flag: string }[];
  readonly autoindex: boolean;
  /** `internal`: nobody outside gets there. */
  readonly isInternal: boolean;
  /** `stub_status` */
  readonly tellsStatus: boolean;
  readonly maxBody: number;
  /** The realm, which may be empty; `off` for none. */
  readonly auth: string;
  /** `auth_basic_user_file`; without one there is no look at passwords. */
  readonly authFile: string;
  /** `auth_request`: where it is asked first whether somebody may; '' for nowhere. */
  readonly authRequest: string;
  /** `auth_request_set`: variables of that answer. */
  readonly authVariables: readonly (readonly [string, string])[];
  /** `allow` and `deny`: the first that a client meets counts. */
  readonly access: readonly { readonly allows: boolean; readonly who: string }[];
  readonly logsAccess: boolean;
  readonly variables: readonly (readonly [string, string])[];
  readonly type?: string;
}

const ROOT: Settings = {
  root: '/etc/nginx/html',
  index: ['index.html'],
  proxyVersion: '1.0',
  proxyHeaders: [],
  headers: [],
  errorPages: {},
  rewrites: [],
  autoindex: false,
  isInternal: false,
  tellsStatus: false,
  maxBody: 1_048_576,
  auth: 'off',
  authFile: '',
  authRequest: '',
  authVariables: [],
  access: [],
  logsAccess: true,
  variables: [],
};

/** Where each directive that is known may stand. */
const KNOWN = new Set(
  (
    'user worker_processes error_log pid events http worker_connections include default_type types log_format access_log sendfile tcp_nopush tcp_nodelay keepalive_timeout gzip gzip_types gzip_min_length gzip_proxied gzip_vary gzip_comp_level gzip_disable server listen server_name location root alias index return proxy_pass proxy_set_header ' +
    'proxy_http_version proxy_redirect proxy_buffering proxy_buffers proxy_buffer_size proxy_busy_buffers_size proxy_read_timeout proxy_send_timeout proxy_connect_timeout proxy_cache proxy_cache_bypass proxy_cache_path proxy_cache_valid proxy_hide_header proxy_pass_header proxy_next_upstream proxy_ssl_verify proxy_ssl_server_name proxy_intercept_errors proxy_request_buffering upstream keepalive least_conn ip_hash hash add_header expires error_page try_files rewrite ' +
    'autoindex stub_status client_max_body_size client_body_buffer_size client_header_buffer_size client_body_timeout client_header_timeout client_body_temp_path proxy_temp_path fastcgi_temp_path uwsgi_temp_path scgi_temp_path large_client_header_buffers auth_basic auth_basic_user_file allow deny set map if break resolver resolver_timeout ssl_certificate ssl_certificate_key ssl_protocols ssl_ciphers ssl_prefer_server_ciphers ssl_session_cache ssl_session_timeout ssl_session_tickets ssl_dhparam ssl ' +
    'server_tokens charset fastcgi_pass fastcgi_param fastcgi_index fastcgi_split_path_info fastcgi_buffers fastcgi_read_timeout internal limit_except limit_req limit_req_zone limit_conn limit_conn_zone real_ip_header set_real_ip_from real_ip_recursive server_names_hash_bucket_size server_names_hash_max_size types_hash_max_size types_hash_bucket_size map_hash_bucket_size variables_hash_max_size worker_rlimit_nofile use multi_accept daemon master_process load_module env stream open_file_cache etag if_modified_since log_not_found send_timeout reset_timedout_connection keepalive_requests absolute_redirect port_in_redirect server_name_in_redirect merge_slashes underscores_in_headers chunked_transfer_encoding sub_filter sub_filter_once split_clients geo geoip_country auth_request auth_request_set sticky proxy_pass_request_body mirror http2 zone ignore_invalid_headers satisfy'
  ).split(' '),
);

export function readSite(directives: readonly Directive[]): Site {
  check(directives);
  const http = directives.find(({ name }) => name === 'http')?.block ?? [];
  if (!directives.some(({ name }) => name === 'events')) throw new ConfigProblem('no "events" section in configuration');
  const settings = settingsOf(http, ROOT);
  const servers = http.filter(({ name }) => name === 'server').map((one) => serverOf(one, settings));
  const upstreams: Record<string, Upstream> = {};
  for (const { name, args, block = [] } of http) if (name === 'upstream') upstreams[args[0] ?? ''] = upstreamOf(block);
  const workers = directives.find(({ name }) => name === 'worker_processes')?.args[0];
  return {
    servers,
    upstreams,
    made: madeVariables(http),
    types: Object.fromEntries(
      http
        .filter(({ name }) => name === 'types')
        .flatMap(({ block = [] }) => block.flatMap(({ name, args }) => args.map((extension) => [extension, name]))),
    ),
    defaultType: http.find(({ name }) => name === 'default_type')?.args[0] ?? 'text/plain',
    logsAccess: settings.logsAccess,
    tellsVersion: http.find(({ name }) => name === 'server_tokens')?.args[0] !== 'off',
    workers: workers === undefined || workers === 'auto' ? 4 : Number(workers) || 1,
    isCounted: servers.some(isCounted),
  };
}

function upstreamOf(block: readonly Directive[]): Upstream {
  const members = block
    .filter(({ name, args }) => name === 'server' && !args.includes('down') && !args.includes('backup'))
    .map(({ args }) => args[0] ?? '');
  const [kind, cookie = '', ...rest] = block.find(({ name }) => name === 'sticky')?.args ?? [];
  return kind === 'cookie' ? { members, sticky: { cookie, attributes: rest.map((one) => `; ${attributeOf(one)}`).join('') } } : { members };
}

/** `max=1h` and the like are written as they are given. */
const attributeOf = (text: string): string =>
  text.replace(
    /^(expires|max-age|domain|path|secure|httponly|samesite)/,
    (name) => ({ 'max-age': 'Max-Age', httponly: 'HttpOnly', samesite: 'SameSite' })[name] ?? name[0]!.toUpperCase() + name.slice(1),
  );

const isCounted = ({ settings, locations }: Pick<Location, 'settings' | 'locations'>): boolean =>
  settings.tellsStatus || locations.some(isCounted);

function check(directives: readonly Directive[]): void {
  for (const directive of directives) {
    const { name, args, file, line, block } = directive;
    if (!KNOWN.has(name)) throw new ConfigProblem(`unknown directive "${name}" in ${file}:${line}`);
    if (name === 'server' && block && args.length)
      throw new ConfigProblem(`invalid number of arguments in "server" directive in ${file}:${line}`);
    if (/^(root|alias|proxy_pass|default_type|charset)$/.test(name) && args.length !== 1)
      throw new ConfigProblem(`invalid number of arguments in "${name}" directive in ${file}:${line}`);
    checkExpressions(directive);
    if (block && !/^(types|map|geo|split_clients)$/.test(name)) check(block);
  }
}

function checkExpressions({ name, args, block = [], file, line }: Directive): void {
  for (const text of expressionsOf(name, args, block)) {
    try {
      parseExpression(text);
    } catch (error) {
      if (!(error instanceof PatternError)) throw error;
      throw new ConfigProblem(`pcre2_compile() failed: ${problemOf(error)} in "${text.replace(/^~\*?/, '')}" in ${file}:${line}`);
    }
  }
}

/** As they are behind a tilde. */
function expressionsOf(name: string, args: readonly string[], block: readonly Directive[]): readonly string[] {
  switch (name) {
    case 'location':
      return [args.join('')];
    case 'server_name':
      return args;
    case 'rewrite':
      return [`~${args[0] ?? ''}`];
    case 'map':
      return block.map((one) => one.name);
    default:
      return [];
  }
}

function serverOf({ block = [] }: Directive, outer: Settings): Server {
  const settings = settingsOf(block, outer);
  const listens = block.filter(({ name }) => name === 'listen');
  const certificate = block.findLast(({ name }) => name === 'ssl_certificate')?.args[0];
  const ports = (listens.length ? listens : [{ args: ['80'], file: '', line: 0 }]).flatMap(({ args, file, line }) => {
    const [where = '80'] = args;
    if (where.startsWith('[')) return [];
    const [host, number] = where.includes(':') ? where.split(':') : /^\d+$/.test(where) ? ['', where] : [where, '80'];
    const port = Number(number);
    if (!(port > 0 && port < 65_536)) throw new ConfigProblem(`invalid port in "${where}" of the "listen" directive in ${file}:${line}`);
    return [
      {
        port,
        address: host && host !== '*' ? host : '0.0.0.0',
        isDefault: args.includes('default_server') || args.includes('default'),
        isTls: args.includes('ssl'),
      },
    ];
  });
  return {
    ports,
    names: block.filter(({ name }) => name === 'server_name').flatMap(({ args }) => args),
    ...(certificate !== undefined && { certificate }),
    settings,
    locations: locationsOf(block, settings),
  };
}

function locationsOf(block: readonly Directive[], outer: Settings): Location[] {
  return block
    .filter(({ name }) => name === 'location')
    .map(({ args, block: inner = [], file, line }) => {
      const [first = '', second] = args;
      const modifier = second === undefined ? (/^(=|\^~|~\*|~)/.exec(first)?.[1] ?? '') : first;
      if (!['', '=', '^~', '~', '~*'].includes(modifier))
        throw new ConfigProblem(`invalid location modifier "${modifier}" in ${file}:${line}`);
      const path = second ?? first.slice(modifier.length);
      const settings = settingsOf(inner, outer);
      return { kind: path.startsWith('@') ? '@' : (modifier as Location['kind']), path, settings, locations: locationsOf(inner, settings) };
    });
}

function settingsOf(block: readonly Directive[], outer: Settings): Settings {
  const given = (name: string): readonly Directive[] => block.filter((one) => one.name === name);
  const last = (name: string): readonly string[] | undefined => given(name).at(-1)?.args;
  const answer = last('return');
  const own = <T>(list: readonly T[], inherited: readonly T[]): readonly T[] => (list.length ? list : inherited);
  const { alias: _alias, tryFiles: _tryFiles, answer: _answer, proxy: _proxy, ...kept } = outer;
  const alias = last('alias')?.[0];
  const tryFiles = last('try_files');
  const proxy = last('proxy_pass')?.[0];
  const type = last('default_type')?.[0];
  return {
    ...kept,
    root: last('root')?.[0]?.replace(/(.)\/$/, '$1') ?? outer.root,
    index: last('index') ?? outer.index,
    ...(alias !== undefined && { alias }),
    ...(tryFiles && { tryFiles }),
    ...(answer && { answer: answerOf(answer) }),
    ...(proxy !== undefined && { proxy }),
    ...(type !== undefined && { type }),
    proxyVersion: last('proxy_http_version')?.[0] ?? outer.proxyVersion,
    proxyHeaders: own(
      given('proxy_set_header').map(({ args }) => [args[0] ?? '', args[1] ?? ''] as const),
      outer.proxyHeaders,
    ),
    headers: own(
      given('add_header').map(({ args }) => [args[0] ?? '', args[1] ?? '', args[2] === 'always'] as const),
      outer.headers,
    ),
    errorPages: {
      ...outer.errorPages,
      ...Object.fromEntries(
        given('error_page').flatMap(({ args }) =>
          args
            .slice(0, -1)
            .filter((code) => !code.startsWith('='))
            .map((code) => [code, args.at(-1)!]),
        ),
      ),
    },
    rewrites: given('rewrite').map(({ args }) => ({ from: args[0] ?? '', to: args[1] ?? '', flag: args[2] ?? '' })),
    autoindex: (last('autoindex')?.[0] ?? (outer.autoindex ? 'on' : 'off')) === 'on',
    isInternal: given('internal').length > 0,
    tellsStatus: given('stub_status').length > 0,
    maxBody: sizeOf(last('client_max_body_size')?.[0]) ?? outer.maxBody,
    auth: last('auth_basic')?.[0] ?? outer.auth,
    authRequest: last('auth_request')?.[0]?.replace(/^off$/, '') ?? outer.authRequest,
    authVariables: own(
      given('auth_request_set').map(({ args }) => [args[0] ?? '', args[1] ?? ''] as const),
      outer.authVariables,
    ),
    authFile: last('auth_basic_user_file')?.[0] ?? outer.authFile,
    access: own(
      block
        .filter(({ name }) => name === 'allow' || name === 'deny')
        .map(({ name, args }) => ({ allows: name === 'allow', who: args[0] ?? '' })),
      outer.access,
    ),
    logsAccess: last('access_log') ? last('access_log')![0] !== 'off' : outer.logsAccess,
    variables: [...outer.variables, ...given('set').map(({ args }) => [args[0] ?? '', args[1] ?? ''] as const)],
  };
}

function answerOf(args: readonly string[]): { status: number; text: string } {
  const [first = '', text = ''] = args;
  return /^\d+$/.test(first) ? { status: Number(first), text } : { status: 302, text: first };
}

function sizeOf(text: string | undefined): number | undefined {
  const match = /^(\d+)([kKmMgG]?)$/.exec(text ?? '');
  return match ? Number(match[1]) * ({ '': 1, k: 1024, m: 1_048_576, g: 1_073_741_824 }[match[2]!.toLowerCase()] ?? 1) : undefined;
}
