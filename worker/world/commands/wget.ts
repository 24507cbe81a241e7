// wget, busybox's: fetches a file by HTTP.

import { statusOfAnswer } from '../network/http.ts';
import type { HttpMessage } from '../network/http.ts';
import type { Next } from '../process/program.ts';
import type { System } from '../process/system.ts';
import { FileError } from '../files/error.ts';
import { toBase64, utf8 } from '../../lib/text.ts';
import type { Fetching } from './http-client.ts';
import { fetchStep, newFetching, parseUrl, requestText } from './http-client.ts';
import type { Url } from './http-client.ts';
import { options, Refusal, steppedTool } from './tool.ts';
import type { Options } from './tool.ts';

interface Kept {
  url: string;
  redirects: number;
  fetching: Fetching;
  /** Bytes shown of an answer that goes on; null: it has not begun. */
  shown: number | null;
}

const USAGE =
  'BusyBox v1.37.0 (2024-09-26 21:31:42 UTC) multi-call binary.\n\nUsage: wget [-cqS] [--spider] [-O FILE] [-o LOGFILE] [--header STR]\n\t[--post-data STR | --post-file FILE] [-Y on/off]\n\t[-P DIR] [-U AGENT] [-T SEC] URL...\n';

export const wget = steppedTool('wget', go);

function go(system: System): Next {
  const given = options(
    system,
    'cqSO:o:P:U:T:Y:t:nvb',
    [
      'spider',
      'header=',
      'post-data=',
      'post-file=',
      'no-check-certificate',
      'timeout=',
      'output-document=',
      'quiet',
      'server-response',
      'tries=',
      'user-agent=',
      'no-verbose',
      'continue',
      'no-proxy',
      'max-redirect=',
      'retry-connrefused',
      'waitretry=',
    ],
    {
      aliases: { timeout: 'T', 'output-document': 'O', quiet: 'q', 'server-response': 'S', 'user-agent': 'U' },
    },
  );
  const [first] = given.rest;
  if (first === undefined) {
    system.err(USAGE);
    return { exit: 1 };
  }
  const kept = (system.process.data ??= { url: first, redirects: 0, fetching: newFetching(system), shown: null }) as Kept;
  for (;;) {
    const url = parseUrl(kept.url);
    if (!url) throw new Refusal(`bad address '${kept.url}'`);
    if (url.scheme !== 'http' && url.scheme !== 'https') throw new Refusal(`not an http or ftp url: ${kept.url}`);
    const isQuiet = given.has('q');
    const timeout = given.get('T');
    const isFresh = kept.fetching.phase === 'begin';
    const result = fetchStep(system, kept.fetching, {
      host: url.host,
      port: url.port,
      isTls: url.scheme === 'https',
      request: requestOf(system, url, given),
      isHead: given.has('spider'),
      inParts: (start) => given.get('O') === '-' && /^\S+ 2/.test(start),
      timeout: timeout === undefined ? 900_000 : Number(timeout) * 1000,
    });
    const { address } = kept.fetching;
    if (isFresh && address && !isQuiet)
      system.err(`Connecting to ${url.host === address ? `${address}:${url.port}` : url.host} (${address}:${url.port})\n`);
    if ('wait' in result) {
      if (result.part) {
        showPart(system, given, kept, result.part);
        // Its patience is with each part.
        kept.fetching.startedAt = system.now();
      }
      return { wait: result.wait };
    }
    if ('failure' in result) throw new Refusal(failureText(result.failure, url, address, kept.fetching));
    const { message } = result;
    if (kept.shown !== null) {
      showPart(system, given, kept, message);
      return endShown(system, kept.shown, isQuiet);
    }
    const status = statusOfAnswer(message.start);
    if (given.has('S')) showHead(system, message);
    const location = message.headers.get('location');
    if (status >= 300 && status < 400 && location !== undefined) {
      if (++kept.redirects > 5) throw new Refusal('too many redirections');
      kept.url = /^[a-z]+:\/\//i.test(location)
        ? location
        : `${url.scheme}://${url.authority}${location.startsWith('/') ? '' : '/'}${location}`;
      kept.fetching = newFetching(system);
      continue;
    }
    if (status < 200 || status >= 300) throw new Refusal(`server returned error: ${message.start}`);
    if (given.has('spider')) {
      if (!isQuiet) system.err('remote file exists\n');
      return { exit: 0 };
    }
    return { exit: save(system, given, url, message.body, isQuiet) };
  }
}

function showHead(system: System, { start, headers }: HttpMessage): void {
  for (const line of [start, ...headers.list.map(([name, value]) => `${name}: ${value}`)]) system.err(`  ${line}\n`);
}

/** What has come of an answer that goes on. */
function showPart(system: System, given: Options, kept: Kept, message: HttpMessage): void {
  if (kept.shown === null) {
    if (given.has('S')) showHead(system, message);
    if (!given.has('q')) system.err('writing to stdout\n');
  }
  kept.shown = (kept.shown ?? 0) + message.body.length;
  system.out(message.body);
}

function endShown(system: System, bytes: number, isQuiet: boolean): Next {
  if (!isQuiet) system.err(`${progressText('-', bytes)}written to stdout\n`);
  return { exit: 0 };
}

function requestOf(system: System, url: Url, given: Options): string {
  const post = given.get('post-data') ?? (given.has('post-file') ? system.files.read(system.path(given.get('post-file')!)) : undefined);
  const own = given.all('header').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()] as const);
  const has = (name: string): boolean => own.some(([one]) => one.toLowerCase() === name);
  return requestText(
    post === undefined ? (given.has('spider') ? 'HEAD' : 'GET') : 'POST',
    url,
    [
      ...(has('user-agent') ? [] : [['User-Agent', given.get('U') ?? 'Wget'] as const]),
      ['Connection', 'close'],
      ...(url.user ? [['Authorization', `Basic ${toBase64(utf8(url.user))}`] as const] : []),
      ...own,
      ...(post === undefined
        ? []
        : [
            ...(has('content-type') ? [] : [['Content-Type', 'application/x-www-form-urlencoded'] as const]),
            ['Content-Length', String(post.length)] as const,
          ]),
    ],
    post ?? '',
  );
}

function failureText(failure: string, url: Url, address: string, { received }: Fetching): string {
  switch (failure) {
    case 'unknown':
    case 'dns-timeout':
      return `bad address '${url.host}${url.port === 80 || url.port === 443 ? '' : `:${url.port}`}'`;
    case 'refused':
      return `can't connect to remote host (${address}): Connection refused`;
    case 'no-route':
      return `can't connect to remote host (${address}): Host is unreachable`;
    case 'connect-timeout':
      return `can't connect to remote host (${address}): Operation timed out`;
    case 'timeout':
      return 'download timed out';
    case 'not-tls':
      return 'TLS error from peer (alert code 80): 80';
    case 'reset':
      return received === '' ? 'error getting response' : 'short read';
    default:
      return 'bad response';
  }
}

function save(system: System, given: Options, url: Url, body: string, isQuiet: boolean): number {
  const name =
    given.get('O') ?? `${given.has('P') ? `${given.get('P')}/` : ''}${url.path.split('?')[0]!.split('/').at(-1) || 'index.html'}`;
  if (name === '-') {
    if (!isQuiet) system.err('writing to stdout\n');
    system.out(body);
    if (!isQuiet) system.err(`${progressText('-', body.length)}written to stdout\n`);
    return 0;
  }
  if (!given.has('O') && system.find(name)) throw new Refusal(`can't open '${name}': File exists`);
  try {
    if (!isQuiet) system.err(`saving to '${name}'\n`);
    const fd = system.open(name, 'w');
    system.write(fd, body);
    system.close(fd);
  } catch (error) {
    if (error instanceof FileError) throw new Refusal(`can't open '${name}': ${error.message}`);
    throw error;
  }
  if (!isQuiet) system.err(`${progressText(name.slice(name.lastIndexOf('/') + 1), body.length)}'${name}' saved\n`);
  return 0;
}

const progressText = (label: string, bytes: number): string =>
  `${label.slice(0, 20).padEnd(20)} 100% |${'*'.repeat(32)}| ${sizeText(bytes)}  0:00:00 ETA\n`;

function sizeText(bytes: number): string {
  if (bytes < 100_000) return String(bytes).padStart(5);
  return `${Math.round(bytes / 1024)}k`.padStart(5);
}
