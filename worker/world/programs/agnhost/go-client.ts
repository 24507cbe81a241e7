// A request as Go's net/http makes it, with its complaints.

import type { HttpMessage } from '../../network/http.ts';
import type { System } from '../../process/system.ts';
import { fetchStep, parseUrl, requestText } from '../../commands/http-client.ts';
import type { Failure, Fetching } from '../../commands/http-client.ts';
import { resolverOf } from '../../network/resolve.ts';
import type { Later } from '../event-server.ts';

interface Options {
  readonly timeoutMs?: number;
  readonly headers?: readonly (readonly [string, string])[];
  /** Whether it trusts servers whose certificate is by this authority. */
  readonly trusts?: (authority: string) => boolean;
}

type Got = Later | { readonly message: HttpMessage } | { readonly error: string };

export const goGet = (system: System, fetching: Fetching, url: string, options?: Options): Got =>
  goSend(system, fetching, 'Get', url, '', options);

/** http.PostForm */
export const goPostForm = (
  system: System,
  fetching: Fetching,
  url: string,
  form: Readonly<Record<string, string>>,
  options: Options = {},
): Got =>
  goSend(system, fetching, 'Post', url, new URLSearchParams(form).toString(), {
    ...options,
    headers: [...(options.headers ?? []), ['Content-Type', 'application/x-www-form-urlencoded']],
  });

function goSend(
  system: System,
  fetching: Fetching,
  method: 'Get' | 'Post',
  text: string,
  body: string,
  { timeoutMs, headers = [], trusts }: Options = {},
): Got {
  const url = parseUrl(text);
  const failed = (why: string): { error: string } => ({ error: `${method} ${JSON.stringify(text)}: ${why}` });
  if (!url) return failed('http: no Host in request URL');
  const own = [
    ['User-Agent', 'Go-http-client/1.1'],
    ...(body ? [['Content-Length', String(body.length)] as const] : []),
    ...headers,
    ['Accept-Encoding', 'gzip'],
    ['Connection', 'close'],
  ] as const;
  const fetched = fetchStep(system, fetching, {
    host: url.host,
    port: url.port,
    isTls: url.scheme === 'https',
    request: requestText(method.toUpperCase(), url, own, body),
    isHead: false,
    ...(timeoutMs !== undefined && { timeout: timeoutMs }),
    ...(trusts && { trusts }),
  });
  if (!('failure' in fetched)) return fetched;
  return failed(why(system, fetched.failure, url.host, `${fetching.address}:${url.port}`));
}

const TIMED_OUT = 'context deadline exceeded (Client.Timeout exceeded while awaiting headers)';

function why(system: System, failure: Failure, host: string, address: string): string {
  switch (failure) {
    case 'unknown':
      return `dial tcp: ${noSuchHost(system, host)}`;
    case 'dns-timeout':
      return `dial tcp: lookup ${host} on ${serverOf(system)}: i/o timeout`;
    case 'refused':
      return `dial tcp ${address}: connect: connection refused`;
    case 'no-route':
      return `dial tcp ${address}: connect: no route to host`;
    case 'connect-timeout':
      return `dial tcp ${address}: i/o timeout`;
    case 'timeout':
      return TIMED_OUT;
    case 'reset':
      return 'EOF';
    case 'not-tls':
      return 'http: server gave HTTP response to HTTPS client';
    case 'untrusted':
      return 'tls: failed to verify certificate: x509: certificate signed by unknown authority';
    case 'bad':
      return 'net/http: HTTP/1.x transport connection broken: malformed HTTP response';
  }
}

const serverOf = (system: System): string => `${resolverOf(system.files).servers[0] ?? '127.0.0.1'}:53`;

export const noSuchHost = (system: System, host: string): string => `lookup ${host} on ${serverOf(system)}: no such host`;
