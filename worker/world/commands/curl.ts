// curl: one request after the other, and its answer as it came.

import { serverProblem } from '../../lib/x509/verify-server.ts';
import type { ServerProblem } from '../../lib/x509/verify-server.ts';
import { toBase64, utf8 } from '../../lib/text.ts';
import { FileError } from '../files/error.ts';
import { statusOfAnswer } from '../network/http.ts';
import type { HttpMessage } from '../network/http.ts';
import type { Next } from '../process/program.ts';
import type { System } from '../process/system.ts';
import { tlsLines } from './curl-tls.ts';
import { fetchStep, newFetching, parseUrl, requestText } from './http-client.ts';
import type { Failure, Fetching, Url } from './http-client.ts';
import { options, Refusal, steppedTool } from './tool.ts';
import type { Options } from './tool.ts';

const VERSION = '8.18.0';

interface Kept {
  /** Which of the addresses it is at. */
  at: number;
  url: string;
  redirects: number;
  tries: number;
  fetching: Fetching;
  /** Not before then. */
  wait: number;
  status: number;
  /** Bytes shown of an answer that goes on; null: it has not begun. */
  shown: number | null;
}

const LETTERS = 'sSo:OiIvkX:d:H:Lw:fm:u:A:F:Ne:b:c:x:gGq4600#JT:r:t:n';
const WORDS = [
  'silent',
  'show-error',
  'output=',
  'remote-name',
  'include',
  'head',
  'verbose',
  'insecure',
  'request=',
  'data=',
  'data-raw=',
  'data-binary=',
  'data-urlencode=',
  'json=',
  'header=',
  'location',
  'write-out=',
  'fail',
  'fail-with-body',
  'max-time=',
  'connect-timeout=',
  'user=',
  'user-agent=',
  'form=',
  'no-buffer',
  'retry=',
  'retry-delay=',
  'retry-connrefused',
  'retry-all-errors',
  'retry-max-time=',
  'cacert=',
  'cert=',
  'key=',
  'resolve=',
  'http1.1',
  'http2',
  'http1.0',
  'compressed',
  'no-progress-meter',
  'progress-bar',
  'cookie=',
  'cookie-jar=',
  'referer=',
  'get',
  'url=',
  'version',
  'noproxy=',
  'oauth2-bearer=',
  'ipv4',
  'tlsv1.2',
  'interface=',
  'limit-rate=',
  'keepalive-time=',
  'no-keepalive',
  'parallel',
  'create-dirs',
  'unix-socket=',
  'connect-to=',
  'disable',
  'globoff',
];
const ALIASES = {
  silent: 's',
  'show-error': 'S',
  output: 'o',
  'remote-name': 'O',
  include: 'i',
  head: 'I',
  verbose: 'v',
  insecure: 'k',
  request: 'X',
  header: 'H',
  location: 'L',
  'write-out': 'w',
  fail: 'f',
  'max-time': 'm',
  user: 'u',
  'user-agent': 'A',
  'data-raw': 'd',
  data: 'd',
  'data-binary': 'd',
  'data-urlencode': 'd',
  get: 'G',
  cookie: 'b',
  referer: 'e',
};

export const curl = steppedTool(
  'curl',
  go,
  (message) => `curl: ${message}\ncurl: try 'curl --help' or 'curl --manual' for more information\n`,
);

function go(system: System): Next {
  let given: Options;
  try {
    given = options(system, LETTERS, WORDS, { aliases: ALIASES });
  } catch (error) {
    if (error instanceof Refusal) throw new Refusal(`option ${system.argv.find((arg) => arg.startsWith('-')) ?? ''}: is unknown`, 2);
    throw error;
  }
  if (given.has('version')) {
    system.out(
      `curl ${VERSION} (x86_64-pc-linux-musl) libcurl/${VERSION} OpenSSL/3.5.5 zlib/1.3.1\nRelease-Date: 2026-01-07\nProtocols: file ftp http https\nFeatures: IPv6 SSL libz\n`,
    );
    return { exit: 0 };
  }
  const urls = [...given.rest, ...given.all('url')];
  if (!urls.length) throw new Refusal('(2) no URL specified', 2);
  const kept = (system.process.data ??= {
    at: 0,
    url: urls[0]!,
    redirects: 0,
    tries: 0,
    fetching: newFetching(system),
    wait: 0,
    status: 0,
    shown: null,
  } satisfies Kept) as Kept;
  for (;;) {
    if (system.now() < kept.wait) return { wait: { until: kept.wait } };
    const result = one(system, given, kept);
    if ('wait' in result) return result;
    if ('again' in result) continue;
    kept.status = result.status;
    const next = urls[++kept.at];
    if (next === undefined) return { exit: kept.status };
    Object.assign(kept, { url: next, redirects: 0, tries: 0, fetching: newFetching(system), shown: null });
  }
}

type Outcome =
  | { readonly wait: NonNullable<Exclude<Next, 'again' | { exit: number }>>['wait'] }
  | { readonly again: true }
  | { readonly status: number };

function one(system: System, given: Options, kept: Kept): Outcome {
  const url = parseUrl(kept.url);
  if (!url)
    return fail(system, given, 3, `URL rejected: ${kept.url === '' ? 'Malformed input to a URL function' : 'No host part in the URL'}`);
  if (url.scheme !== 'http' && url.scheme !== 'https') return fail(system, given, 1, `Protocol "${url.scheme}" not supported`);
  const seconds = (name: string): number | undefined => (given.has(name) ? Number(given.get(name)) * 1000 : undefined);
  const connectTimeout = seconds('connect-timeout');
  const timeout = seconds('m');
  const isFresh = kept.fetching.phase === 'begin';
  const method = methodOf(given);
  const request = requestOf(system, given, url, method);
  const bundle = given.get('cacert');
  const trusted = (): string => system.find(bundle ?? CERTIFICATES)?.content ?? '';
  if (url.scheme === 'https' && !given.has('k') && bundle !== undefined && !system.find(bundle))
    return fail(system, given, 77, `error adding trust anchors from file: ${bundle}`);
  const result = fetchStep(system, kept.fetching, {
    host: hostFor(given, url),
    port: url.port,
    isTls: url.scheme === 'https',
    request,
    isHead: method === 'HEAD',
    inParts: (start) => goesToStdout(given) && !isLeft(given, statusOfAnswer(start)),
    timeout,
    connectTimeout,
    ...(given.has('v') && { shows: url.host }),
    ...(!given.has('k') && {
      trusts: (authority) => trusted().includes(authority.trim()),
      distrusts: { serverName: url.host, problem: (certificates) => serverProblem(certificates, trusted(), url.host, system.now()) },
    }),
  });
  if (isFresh && given.has('v')) trace(system, url, kept.fetching, request, given.has('k') ? undefined : (bundle ?? CERTIFICATES));
  if ('wait' in result) {
    if (result.part) showPart(system, given, kept, result.part);
    return { wait: result.wait };
  }
  if ('failure' in result) {
    const [code, text] = failureOf(result.failure, url, result.after, kept.fetching, connectTimeout ?? timeout ?? 0);
    if (
      kept.tries < Number(given.get('retry') ?? 0) &&
      (given.has('retry-all-errors') || (result.failure === 'refused' ? given.has('retry-connrefused') : code === 28 || code === 6))
    ) {
      kept.tries++;
      const delay = given.has('retry-delay') ? Number(given.get('retry-delay')) * 1000 : 1000 * 2 ** (kept.tries - 1);
      if (!given.has('s'))
        system.err(
          `Warning: Problem: ${result.failure === 'refused' ? 'connection refused' : 'timeout'}. Will retry in ${delay / 1000} second${delay === 1000 ? '' : 's'}. ${Number(given.get('retry')) - kept.tries} ${Number(given.get('retry')) - kept.tries === 1 ? 'retry' : 'retries'} left.\n`,
        );
      kept.wait = system.now() + delay;
      kept.fetching = newFetching(system);
      return { again: true };
    }
    if (given.has('w')) system.out(writeOut(given.get('w')!, codeSeen(kept.fetching), url, kept, undefined, result.after));
    return fail(system, given, code, text);
  }
  return received(system, given, kept, url, result.message, result.after);
}

/** Of an answer that never ended, its status; `000` if there was none. */
const codeSeen = ({ received: got }: Fetching): string => String(statusOfAnswer(got)).padStart(3, '0');

/** Whether an answer of this status is not shown: it leads elsewhere, or is an error. */
const isLeft = (given: Options, status: number): boolean =>
  (given.has('L') && status >= 300 && status < 400) || (given.has('f') && status >= 400);

const goesToStdout = (given: Options): boolean => !given.has('O') && (given.get('o') ?? '-') === '-';

/** What has come of an answer that goes on; the first time behind its head. */
function showPart(system: System, given: Options, kept: Kept, message: HttpMessage): void {
  if (kept.shown === null) {
    traceAnswer(system, given, message);
    if (hasMeter(system, given)) system.err(METER);
    if (given.has('i')) system.out(headOf(message));
  }
  kept.shown = (kept.shown ?? 0) + message.body.length;
  system.out(message.body);
}

const headOf = ({ start, headers }: HttpMessage): string =>
  `${[start, ...headers.list.map(([name, value]) => `${name}: ${value}`)].join('\r\n')}\r\n\r\n`;

function traceAnswer(system: System, given: Options, { start, headers }: HttpMessage): void {
  if (!given.has('v')) return;
  for (const line of [start, ...headers.list.map(([name, value]) => `${name}: ${value}`)]) system.err(`< ${line}\r\n`);
  system.err(`< \r\n`);
}

function received(system: System, given: Options, kept: Kept, url: Url, message: HttpMessage, after: number): Outcome {
  if (kept.shown !== null) {
    showPart(system, given, kept, message);
    if (hasMeter(system, given)) system.err(meterLine(kept.shown, false));
    return finish(system, given, kept, url, message, after);
  }
  const status = statusOfAnswer(message.start);
  const location = message.headers.get('location');
  traceAnswer(system, given, message);
  const head = headOf(message);
  const showsHead = given.has('i', 'I');
  if (given.has('L') && status >= 300 && status < 400 && location !== undefined) {
    if (++kept.redirects > 50) return fail(system, given, 47, 'Maximum (50) redirects followed');
    if (showsHead) system.out(head);
    kept.url = targetOf(location, url);
    kept.fetching = newFetching(system);
    return { again: true };
  }
  const fails = status >= 400 && given.has('f', 'fail-with-body');
  const body = fails && !given.has('fail-with-body') ? '' : message.body;
  const problem = deliver(system, given, url, (showsHead && !(fails && !given.has('fail-with-body')) ? head : '') + body);
  if (problem !== undefined) return fail(system, given, 23, problem);
  return finish(system, given, kept, url, message, after);
}

function finish(system: System, given: Options, kept: Kept, url: Url, message: HttpMessage, after: number): Outcome {
  const status = statusOfAnswer(message.start);
  if (given.has('v')) system.err(`* Connection #0 to host ${url.host}:${url.port} left intact\n`);
  if (given.has('w')) system.out(writeOut(given.get('w')!, String(status), url, kept, message, after));
  if (status >= 400 && given.has('f', 'fail-with-body')) return fail(system, given, 22, `The requested URL returned error: ${status}`);
  return { status: 0 };
}

const methodOf = (given: Options): string =>
  given.get('X') ?? (given.has('I') ? 'HEAD' : given.has('d', 'F', 'json') && !given.has('G') ? 'POST' : given.has('T') ? 'PUT' : 'GET');

function hostFor(given: Options, url: Url): string {
  for (const entry of given.all('resolve')) {
    const [host, port, address] = entry.split(':');
    if (host === url.host && Number(port) === url.port && address) return address;
  }
  return url.host;
}

function requestOf(system: System, given: Options, url: Url, method: string): string {
  const file = (path: string): string => system.find(path)?.content ?? '';
  const data = given.all('d').map((one) => (one.startsWith('@') ? file(one.slice(1)).replace(/\n/g, '') : one));
  const json = given.get('json');
  const form = given.all('F').map((one) => one);
  const body = json ?? (data.length ? data.join('&') : form.length ? form.join('&') : given.has('T') ? file(given.get('T')!) : undefined);
  const target =
    given.has('G') && data.length ? { ...url, path: `${url.path}${url.path.includes('?') ? '&' : '?'}${data.join('&')}` } : url;
  const own = given
    .all('H')
    .filter((line) => line.includes(':'))
    .map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()] as const);
  const has = (name: string): boolean => own.some(([one]) => one.toLowerCase() === name);
  const user = given.get('u') ?? url.user;
  const headers: (readonly [string, string])[] = [
    ...(user ? [['Authorization', `Basic ${toBase64(utf8(user))}`] as const] : []),
    ...(given.has('oauth2-bearer') ? [['Authorization', `Bearer ${given.get('oauth2-bearer')}`] as const] : []),
    ...(has('user-agent') ? [] : [['User-Agent', given.get('A') ?? `curl/${VERSION}`] as const]),
    ...(has('accept') ? [] : [['Accept', json === undefined ? '*/*' : 'application/json'] as const]),
    ...(given.has('e') ? [['Referer', given.get('e')!] as const] : []),
    ...(given.has('b') ? [['Cookie', given.get('b')!] as const] : []),
    ...own.filter(([, value]) => value !== ''),
    ...(body === undefined || given.has('G')
      ? []
      : [
          ...(has('content-type')
            ? []
            : [['Content-Type', json === undefined ? 'application/x-www-form-urlencoded' : 'application/json'] as const]),
          ['Content-Length', String(body.length)] as const,
        ]),
  ];
  return requestText(method, target, headers, given.has('G') ? '' : (body ?? ''));
}

function trace(
  system: System,
  url: Url,
  { address, certificates, phase, failure, problem }: Fetching,
  request: string,
  anchors: string | undefined,
): void {
  if (failure === 'unknown' || failure === 'dns-timeout') return system.err(`* Could not resolve host: ${url.host}\n`);
  if (url.host !== address) system.err(`* Host ${url.host}:${url.port} was resolved.\n* IPv6: (none)\n* IPv4: ${address}\n`);
  system.err(`*   Trying ${address}:${url.port}...\n`);
  if (certificates !== undefined)
    for (const line of tlsLines({ certificates, host: url.host, anchors, problem })) system.err(`* ${line}\n`);
  if (failure === 'untrusted' && problem) return system.err(`* ${problemText(problem, url.host)}\n* closing connection #0\n`);
  if (phase !== 'waiting') return undefined;
  system.err(
    `* Established connection to ${url.host} (${address} port ${url.port}) from ${system.sandbox?.ip ?? ''} port 41234 \n* using HTTP/1.x\n`,
  );
  for (const line of request.slice(0, request.indexOf('\r\n\r\n')).split('\r\n')) system.err(`> ${line}\r\n`);
  system.err('> \r\n* Request completely sent off\n');
}

function failureOf(
  failure: Failure,
  url: Url,
  after: number,
  { phase, received: got, problem = 'unknown-issuer' }: Fetching,
  limit: number,
): [code: number, text: string] {
  switch (failure) {
    case 'unknown':
      return [6, `Could not resolve host: ${url.host}`];
    case 'dns-timeout':
      return limit ? [28, `Resolving timed out after ${after} milliseconds`] : [6, `Could not resolve host: ${url.host}`];
    case 'refused':
    case 'no-route':
    case 'connect-timeout':
      return [7, `Failed to connect to ${url.host} port ${url.port} after ${after} ms: Could not connect to server`];
    case 'timeout':
      return phase === 'failing'
        ? [28, `Connection timed out after ${after} milliseconds`]
        : [28, `Operation timed out after ${after} milliseconds with ${got.length} bytes received`];
    case 'untrusted':
      return [60, `${problemText(problem, url.host)}\n${UNTRUSTED}`];
    case 'not-tls':
      return [35, 'TLS connect error: error:0A0000C6:SSL routines::packet length too long'];
    case 'reset':
      return got === '' ? [52, 'Empty reply from server'] : [18, 'end of response with bytes missing'];
    default:
      return [1, 'Received HTTP/0.9 when not allowed'];
  }
}

function problemText(problem: ServerProblem, host: string): string {
  if (problem === 'other-name')
    return `SSL: no alternative certificate subject name matches target ${/^[\d.]+$/.test(host) ? 'ipv4 address' : 'host name'} '${host}'`;
  return `SSL certificate OpenSSL verify result: ${VERIFY_RESULTS[problem]}`;
}

/** Of X509_verify_cert. */
const VERIFY_RESULTS = {
  'not-yet-valid': 'certificate is not yet valid (9)',
  expired: 'certificate has expired (10)',
  'self-signed': 'self-signed certificate (18)',
  'unknown-issuer': 'unable to get local issuer certificate (20)',
} as const;

const UNTRUSTED = `More details here: https://curl.se/docs/sslcerts.html

curl failed to verify the legitimacy of the server and therefore could not
establish a secure connection to it. To learn more about this situation and
how to fix it, please visit the webpage mentioned above.`;

function fail(system: System, given: Options, status: number, text: string): { readonly status: number } {
  if (!given.has('s') || given.has('S')) {
    if (!given.has('s') && !system.tty(1) && (status === 6 || status === 7 || status === 28)) system.err(METER + meterLine(0, true));
    system.err(`curl: (${status}) ${text}\n`);
  }
  return { status };
}

/** Whom a distribution trusts. */
const CERTIFICATES = '/etc/ssl/certs/ca-certificates.crt';

const METER =
  '  % Total    % Received % Xferd  Average Speed  Time    Time    Time   Current\n                                 Dload  Upload  Total   Spent   Left   Speed\n';

function meterLine(bytes: number, isEmpty: boolean): string {
  const size = String(bytes).padStart(6);
  return isEmpty
    ? `\r  0      0   0      0   0      0      0      0                              0\r  0      0   0      0   0      0      0      0                              0\n`
    : `\r100 ${size} 100 ${size}   0      0 ${size}      0                              0\n`;
}

/** Where the answer goes. Gives what went wrong. */
function deliver(system: System, given: Options, url: Url, text: string): string | undefined {
  const name = given.get('o') ?? (given.has('O') ? url.path.split('?')[0]!.split('/').at(-1) : undefined);
  const isMetered = hasMeter(system, given);
  if (isMetered) system.err(METER);
  try {
    if (name === undefined || name === '-') system.out(text);
    else if (name !== '/dev/null') {
      const fd = system.open(name, 'w');
      system.write(fd, text);
      system.close(fd);
    }
  } catch (error) {
    if (error instanceof FileError) return `Failure writing output to destination, passed ${text.length} returned 0`;
    throw error;
  }
  if (isMetered) system.err(meterLine(text.length, false));
  return undefined;
}

const hasMeter = (system: System, given: Options): boolean =>
  !given.has('s', 'no-progress-meter') && (given.has('o', 'O') || !system.tty(1));

/** Where a location leads from a page. */
const targetOf = (location: string, { scheme, authority }: Url): string =>
  /^[a-z]+:\/\//i.test(location) ? location : `${scheme}://${authority}${location.startsWith('/') ? '' : '/'}${location}`;

function writeOut(
  format: string,
  code: string,
  url: Url,
  { redirects, fetching, shown }: Kept,
  message: HttpMessage | undefined,
  after: number,
): string {
  const seconds = (after / 1000).toFixed(6);
  const location = message?.headers.get('location');
  const values: Record<string, string> = {
    http_code: code,
    response_code: code,
    time_total: seconds,
    time_connect: '0.000312',
    time_namelookup: '0.000218',
    time_starttransfer: seconds,
    size_download: String(shown ?? message?.body.length ?? 0),
    remote_ip: fetching.address,
    remote_port: String(url.port),
    url: `${url.scheme}://${url.authority}${url.path}`,
    url_effective: `${url.scheme}://${url.authority}${url.path}`,
    content_type: message?.headers.get('content-type') ?? '',
    num_redirects: String(redirects),
    scheme: url.scheme,
    http_version: '1.1',
    redirect_url: location === undefined ? '' : targetOf(location, url),
  };
  return format.replace(/%\{(\w+)\}|%%|\\([ntr\\])/g, (all, name?: string, escape?: string) =>
    name !== undefined ? (values[name] ?? '') : escape ? ({ n: '\n', t: '\t', r: '\r', '\\': '\\' }[escape] ?? all) : '%',
  );
}
