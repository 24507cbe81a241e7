// One HTTP request, as wget and curl make it: name, connection, request, answer. It stops wherever it has to wait; what it keeps is plain data.

import type { ServerProblem } from '../../lib/x509/verify-server.ts';
import type { Wait } from '../process/process.ts';
import type { System } from '../process/system.ts';
import { formatMessage, parseMessage, takePart } from '../network/http.ts';
import type { HttpMessage } from '../network/http.ts';
import { resolveHost } from '../network/resolve.ts';

export interface Fetching {
  phase: 'begin' | 'failing' | 'waiting';
  startedAt: number;
  address: string;
  fd: number;
  received: string;
  /** A failure that takes its time to show. */
  failure?: Failure;
  /** What the server showed, if somebody wanted to see it: PEM. */
  certificates?: string;
  /** Of `untrusted`, why. */
  problem?: ServerProblem;
  until?: number;
}

export type Failure =
  | 'unknown'
  | 'dns-timeout'
  | 'refused'
  | 'no-route'
  | 'connect-timeout'
  | 'timeout'
  | 'reset'
  | 'not-tls'
  | 'untrusted'
  | 'bad';

export interface Wanted {
  readonly host: string;
  readonly port: number;
  readonly isTls: boolean;
  readonly request: string;
  readonly isHead: boolean;
  /** Whether it trusts a server whose certificate is by this authority. Left out: it trusts anybody. */
  readonly trusts?: ((authority: string) => boolean) | undefined;
  /** What is wrong with the certificates (PEM) of any other server. Left out: nothing. */
  readonly distrusts?: { readonly serverName: string; problem(certificates: string): ServerProblem | undefined } | undefined;
  /** By which name the server is asked to show its certificates. Left out: nobody wants to see them. */
  readonly shows?: string | undefined;
  /** Whether an answer of this head that goes on is wanted in parts. Left out: all at once. */
  readonly inParts?: ((start: string) => boolean) | undefined;
  /** For all of it, and for connecting, ms. */
  readonly timeout?: number | undefined;
  readonly connectTimeout?: number | undefined;
}

/** `part`: what came of the answer since the last part. Its end is the last one, as the message. */
export type Fetched =
  | { readonly wait: Wait; readonly part?: HttpMessage }
  | { readonly failure: Failure; readonly after: number }
  | { readonly message: HttpMessage; readonly after: number };

/** As long as Linux tries to connect, and until a resolver gives up. */
const [CONNECT_MS, NO_ROUTE_MS, DNS_MS] = [134_000, 3070, 10_000];

export const newFetching = (system: System): Fetching => ({ phase: 'begin', startedAt: system.now(), address: '', fd: -1, received: '' });

export function fetchStep(system: System, state: Fetching, wanted: Wanted): Fetched {
  if (state.phase === 'begin') begin(system, state, wanted);
  const after = system.now() - state.startedAt;
  if (state.phase === 'failing') {
    if (system.now() < (state.until ?? 0)) return { wait: { until: state.until! } };
    return { failure: state.failure!, after };
  }
  for (;;) {
    const data = system.read(state.fd);
    if (data) {
      state.received += data;
      continue;
    }
    const isClosed = data === null;
    const parsed = parseMessage(state.received, { closed: isClosed, bodiless: wanted.isHead });
    if (parsed instanceof Error) return end(system, state, { failure: 'bad', after });
    if (parsed) return end(system, state, { message: parsed.message, after });
    if (isClosed) return end(system, state, { failure: 'reset', after });
    const limit = wanted.timeout === undefined ? undefined : state.startedAt + wanted.timeout;
    if (limit !== undefined && system.now() >= limit) return end(system, state, { failure: 'timeout', after });
    const begun = wanted.inParts && takePart(state.received);
    const isWanted = begun && wanted.inParts!(begun.message.start);
    if (isWanted) state.received = begun.rest;
    return { wait: { read: state.fd, ...(limit !== undefined && { until: limit }) }, ...(isWanted && { part: begun.message }) };
  }
}

function end(system: System, state: Fetching, result: Fetched): Fetched {
  system.close(state.fd);
  return result;
}

function begin(
  system: System,
  state: Fetching,
  { host, port, request, timeout, connectTimeout, isTls, trusts, distrusts, shows }: Wanted,
): void {
  const fail = (failure: Failure, ms: number): void => {
    const limit = Math.min(timeout ?? Infinity, connectTimeout ?? Infinity);
    state.phase = 'failing';
    state.until = state.startedAt + Math.min(ms, limit);
    state.failure = ms > limit ? (failure === 'dns-timeout' ? 'dns-timeout' : 'timeout') : failure;
  };
  const found = resolveHost(system.world, system.caller, system.files, host);
  if (!('addresses' in found)) return found.error === 'timeout' ? fail('dns-timeout', DNS_MS) : fail('unknown', 0);
  state.address = found.addresses[0]!;
  const opened = system.connect(state.address, port);
  if (typeof opened === 'string')
    return opened === 'refused'
      ? fail('refused', 0)
      : opened === 'unreachable'
        ? fail('no-route', NO_ROUTE_MS)
        : fail('connect-timeout', CONNECT_MS);
  state.fd = opened;
  if (isTls && !system.isTls(opened)) {
    system.close(opened);
    return fail('not-tls', 0);
  }
  const seen = isTls && shows !== undefined ? system.certificateOf(opened, shows) : undefined;
  if (seen !== undefined) state.certificates = seen;
  const authority = isTls && trusts ? system.authorityOf(opened) : undefined;
  if (authority !== undefined && !trusts!(authority)) {
    system.close(opened);
    return fail('untrusted', 0);
  }
  const shown = isTls && distrusts ? system.certificateOf(opened, distrusts.serverName) : undefined;
  const problem = shown === undefined ? undefined : distrusts!.problem(shown);
  if (problem) {
    system.close(opened);
    state.problem = problem;
    return fail('untrusted', 0);
  }
  state.phase = 'waiting';
  system.write(opened, request);
}

export interface Url {
  readonly scheme: string;
  readonly host: string;
  readonly port: number;
  /** With its query. */
  readonly path: string;
  readonly user: string;
  /** Host and port as the Host header has them. */
  readonly authority: string;
}

export function parseUrl(text: string): Url | undefined {
  const match = /^(?:([a-zA-Z][\w+.-]*):\/\/)?(?:([^@/]*)@)?(\[[^\]]+\]|[^:/?#]*)(?::(\d*))?([/?][^#]*)?(?:#.*)?$/.exec(text);
  if (!match || !match[3]) return undefined;
  const scheme = (match[1] ?? 'http').toLowerCase();
  const usual = scheme === 'https' ? 443 : 80;
  const port = match[4] ? Number(match[4]) : usual;
  const host = match[3].replace(/^\[|\]$/g, '');
  const path = match[5] ?? '/';
  return {
    scheme,
    host,
    port,
    path: path.startsWith('/') ? path : `/${path}`,
    user: match[2] ?? '',
    authority: port === usual ? match[3] : `${match[3]}:${port}`,
  };
}

export function requestText(method: string, url: Url, headers: readonly (readonly [string, string])[], body = ''): string {
  const own = headers.find(([name]) => name.toLowerCase() === 'host');
  return formatMessage(`${method} ${url.path} HTTP/1.1`, [own ?? ['Host', url.authority], ...headers.filter((one) => one !== own)], body);
}
