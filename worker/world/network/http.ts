// HTTP/1.1 over bytes: reading and writing messages, for servers and clients of the simulated network.

export interface HttpMessage {
  /** `GET / HTTP/1.1`, or `HTTP/1.1 200 OK`. */
  readonly start: string;
  readonly headers: Headers;
  readonly body: string;
}

/** Names as they were written, in order; looked up without regard to case. */
export class Headers {
  readonly list: [name: string, value: string][];
  constructor(list: readonly (readonly [string, string])[] = []) {
    this.list = list.map(([name, value]) => [name, value]);
  }
  get(name: string): string | undefined {
    return this.list.find(([one]) => one.toLowerCase() === name.toLowerCase())?.[1];
  }
}

export interface Parsed {
  readonly message: HttpMessage;
  /** How many bytes it took. */
  readonly length: number;
}

const MAX_HEAD = 65_536;

/**
 * The first message in a buffer; undefined while it is not all there, an Error if it is none. `untilClose` says whether a message without a length ends with the
 * connection (an answer) and whether that has ended.
 */
export function parseMessage(
  buffer: string,
  untilClose?: { readonly closed: boolean; readonly bodiless?: boolean },
): Parsed | undefined | Error {
  const end = buffer.indexOf('\r\n\r\n');
  const bareEnd = end < 0 ? buffer.indexOf('\n\n') : -1;
  if (end < 0 && bareEnd < 0) return buffer.length > MAX_HEAD ? new Error('header too long') : undefined;
  const headEnd = end >= 0 ? end : bareEnd;
  const [start = '', ...lines] = buffer.slice(0, headEnd).split(/\r?\n/);
  const headers = new Headers(
    lines.map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon < 0 ? line.length : colon).trim(), colon < 0 ? '' : line.slice(colon + 1).trim()] as const;
    }),
  );
  const from = headEnd + (end >= 0 ? 4 : 2);
  const body = bodyOf(buffer, from, headers, start, untilClose);
  return body && { message: { start, headers, body: body.text }, length: body.end };
}

/** Of an answer that does not say how long it is and is not all there: what there is of it, and the buffer without that. */
export function takePart(buffer: string): { readonly message: HttpMessage; readonly rest: string } | undefined {
  const end = buffer.indexOf('\r\n\r\n') + 4;
  if (end < 4) return undefined;
  const head = parseMessage(buffer.slice(0, end), { closed: true, bodiless: true });
  if (!head || head instanceof Error || head.message.headers.get('content-length') !== undefined) return undefined;
  const { start, headers } = head.message;
  if (!/chunked/i.test(headers.get('transfer-encoding') ?? ''))
    return { message: { start, headers, body: buffer.slice(end) }, rest: buffer.slice(0, end) };
  const { text, end: taken } = wholeChunks(buffer, end);
  return { message: { start, headers, body: text }, rest: buffer.slice(0, end) + buffer.slice(taken) };
}

function bodyOf(
  buffer: string,
  from: number,
  headers: Headers,
  start: string,
  untilClose: { readonly closed: boolean; readonly bodiless?: boolean } | undefined,
): { text: string; end: number } | undefined {
  const isAnswer = start.startsWith('HTTP/');
  if (untilClose?.bodiless || (isAnswer && /^HTTP\/\S+ (?:1\d\d|204|304)/.test(start))) return { text: '', end: from };
  if (/chunked/i.test(headers.get('transfer-encoding') ?? '')) return dechunk(buffer, from);
  const length = headers.get('content-length');
  if (length !== undefined) {
    const size = Number(length) || 0;
    return buffer.length - from >= size ? { text: buffer.slice(from, from + size), end: from + size } : undefined;
  }
  if (!isAnswer) return { text: '', end: from };
  return untilClose?.closed ? { text: buffer.slice(from), end: buffer.length } : undefined;
}

function dechunk(buffer: string, from: number): { text: string; end: number } | undefined {
  const { text, end } = wholeChunks(buffer, from);
  const last = /^[^\r]*\r\n/.exec(buffer.slice(end, end + 100))?.[0];
  if (last === undefined || Number.parseInt(last, 16)) return undefined;
  const over = buffer.indexOf('\r\n', end + last.length);
  return over < 0 ? undefined : { text, end: over + 2 };
}

/** What is in the chunks that are all there, and where they end; the last one, which is empty, is not among them. */
function wholeChunks(buffer: string, from: number): { readonly text: string; readonly end: number } {
  let text = '';
  for (let at = from; ;) {
    const line = buffer.indexOf('\r\n', at);
    const size = line < 0 ? 0 : Number.parseInt(buffer.slice(at, line), 16) || 0;
    const end = line + 2 + size + 2;
    if (size === 0 || buffer.length < end) return { text, end: at };
    text += buffer.slice(line + 2, end - 2);
    at = end;
  }
}

export const formatMessage = (start: string, headers: readonly (readonly [string, string])[], body = ''): string =>
  `${start}\r\n${headers.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n${body}`;

export interface HttpRequestLine {
  readonly method: string;
  /** With its query. */
  readonly target: string;
  readonly version: string;
}

export function parseRequestLine(start: string): HttpRequestLine | undefined {
  const match = /^([!-~]+) (\S+) (HTTP\/\d\.\d)$/.exec(start);
  return match ? { method: match[1]!, target: match[2]!, version: match[3]! } : undefined;
}

export const statusOfAnswer = (start: string): number => Number(/^HTTP\/\S+ (\d{3})/.exec(start)?.[1] ?? 0);

const REASONS: Record<number, string> = {
  100: 'Continue',
  101: 'Switching Protocols',
  200: 'OK',
  201: 'Created',
  202: 'Accepted',
  204: 'No Content',
  206: 'Partial Content',
  301: 'Moved Permanently',
  302: 'Found',
  304: 'Not Modified',
  307: 'Temporary Redirect',
  308: 'Permanent Redirect',
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Not Allowed',
  408: 'Request Timeout',
  409: 'Conflict',
  413: 'Request Entity Too Large',
  414: 'Request-URI Too Large',
  416: 'Requested Range Not Satisfiable',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  501: 'Not Implemented',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
};

export const reasonOf = (status: number): string => REASONS[status] ?? 'Unknown';

/** `Mon, 16 Mar 2026 00:00:00 GMT` */
export const httpDate = (ms: number): string => new Date(ms).toUTCString();
