// What agnhost's servers have in common: Go's net/http at a port, klog on stderr, an end by SIGTERM.

import { httpListener } from '../../network/http-server.ts';
import type { Handled, HttpAnswer, HttpRequest } from '../../network/http-server.ts';
import { ended } from '../../process/program.ts';
import type { Ended, Listener, Service, ServiceContext } from '../../process/program.ts';
import type { Connection } from '../../network/connection.ts';
import type { SignalName } from '../../process/process.ts';
import { klogLine } from '../control-plane/klog.ts';

const MI = 2 ** 20;

export interface Keep {
  readonly argv: readonly string[];
  /** It was told to stop, and does not yet. */
  readonly isStopping?: boolean;
}

interface Server {
  readonly subcommand: string;
  readonly listeners: (keep: Keep) => readonly Listener[];
  /** What it logs at its start. */
  readonly lines?: (keep: Keep) => readonly string[];
  /** If left out, as Go's runtime does it. */
  readonly signal?: (keep: Keep, signal: SignalName, context: ServiceContext) => Keep | Ended | 'ignored';
}

export const server = ({ subcommand, listeners, lines, signal }: Server): Service<Keep> => ({
  name: `agnhost ${subcommand}`,
  isService: true,
  start: ({ argv }) => ({ argv }),
  ...(lines && {
    startLines: (keep, { startedAt }) =>
      lines(keep).map((text) => ({ after: 10, stream: 'stderr' as const, text: logLine(startedAt + 10, text).trimEnd() })),
  }),
  listeners,
  signal: (keep, name, context) => {
    if (name === 'KILL') return ended(137);
    return signal ? signal(keep, name, context) : endsByRuntime(name);
  },
  processes: ({ argv }) => [{ title: argv.join(' ') }],
  usage: () => ({ cpu: 1, memory: 10 * MI }),
});

/** Go's runtime dies of a signal that nobody asked for: even as the first process of a container, with 2. */
const endsByRuntime = (signal: SignalName): Ended | 'ignored' =>
  signal === 'TERM' || signal === 'INT' || signal === 'QUIT' ? ended(2, 10) : 'ignored';

type Answer = (request: HttpRequest, context: ServiceContext, connection: Connection) => Handled;

export const httpAt = (port: number, answer: Answer): Listener => httpListener(port, answer);

/** An answer as Go's net/http completes it. */
export const text = (body: string, status = 200): HttpAnswer => ({
  status,
  headers: body === '' ? [] : [['Content-Type', HTML.test(body) ? 'text/html; charset=utf-8' : 'text/plain; charset=utf-8']],
  body,
});

/** How what http.DetectContentType takes for HTML begins. */
const HTML = /^[\t\n\f\r ]*<(?:!doctype html|html|head|script|iframe|h1|div|font|table|a|style|title|b|body|br|p|!--)[ >]/i;

export const notFound = (): HttpAnswer => ({
  status: 404,
  headers: [
    ['Content-Type', 'text/plain; charset=utf-8'],
    ['X-Content-Type-Options', 'nosniff'],
  ],
  body: '404 page not found\n',
});

/** http.Redirect */
export const redirect = (request: HttpRequest, location: string, status: number): HttpAnswer => ({
  status,
  headers: [
    ['Content-Type', 'text/html; charset=utf-8'],
    ['Location', absoluteLocation(request, location)],
  ],
  body: request.method === 'GET' ? `<a href="${escapeHtml(location)}">${REDIRECTS[status] ?? ''}</a>.\n\n` : '',
});

const REDIRECTS: Readonly<Record<number, string>> = {
  301: 'Moved Permanently',
  302: 'Found',
  303: 'See Other',
  307: 'Temporary Redirect',
  308: 'Permanent Redirect',
};

const escapeHtml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&#34;').replaceAll("'", '&#39;');

/** A location without a host is made relative to the path that was asked for. */
const absoluteLocation = ({ path }: HttpRequest, location: string): string =>
  /^([a-z][a-z0-9+.-]*:|\/)/i.test(location) ? location : `${path.slice(0, path.lastIndexOf('/') + 1)}${location}`;

/** A line of log.Printf, which klog takes over. */
export const logLine = (at: number, message: string): string => klogLine(at, 'I', 'log.go:245', message);

export const logTo = (context: ServiceContext, message: string): void => context.log('stderr', logLine(context.now(), message));

/** The values of a query or a form, of each name the first. */
export function formOf({ query, method, body, headers }: HttpRequest): ReadonlyMap<string, string> {
  const isForm = method !== 'GET' && (headers.get('content-type') ?? '').startsWith('application/x-www-form-urlencoded');
  const out = new Map<string, string>();
  for (const pair of [...(isForm ? body.split('&') : []), ...query.split('&')]) {
    const [name = '', ...value] = pair.split('=');
    if (name !== '' && !out.has(unescape(name))) out.set(unescape(name), unescape(value.join('=')));
  }
  return out;
}

/** Bytes of a text with `%xx` and `+` in it. */
const unescape = (text: string): string =>
  text.replaceAll('+', ' ').replace(/%([0-9A-Fa-f]{2})/g, (_all, code: string) => String.fromCharCode(Number.parseInt(code, 16)));
