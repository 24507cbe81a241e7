// Serving HTTP/1.1 at a port: requests off the connection, one after the other, each answered by a function, or passed on to another server.

import type { Listener, ServiceContext } from '../process/program.ts';
import { connect } from './connect.ts';
import type { Connection } from './connection.ts';
import { closeSide, writeSocket } from './connection.ts';
import type { Headers, HttpMessage, HttpRequestLine } from './http.ts';
import { formatMessage, httpDate, parseMessage, parseRequestLine, reasonOf, statusOfAnswer } from './http.ts';

export interface HttpRequest {
  readonly method: string;
  /** With its query. */
  readonly target: string;
  readonly path: string;
  readonly query: string;
  readonly version: string;
  readonly headers: Headers;
  readonly body: string;
  readonly client: string;
  readonly clientPort: number;
  readonly start: string;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: string;
  /** Headers are complete: nothing is added. */
  readonly isWhole?: boolean;
}

/** The request is another server's. */
export interface PassedOn {
  readonly to: { readonly address: string; readonly port: number };
  /** The request as it is sent there. */
  readonly request: string;
  readonly isHead: boolean;
  /** What the answer becomes, or whom is asked then; undefined: nobody answered. Called with the same answer again if it has to wait for others. */
  finish(answer: HttpAnswer | undefined): HttpAnswer | PassedOn;
}

/** A request waits for another server; those that were asked before have answered. */
interface Serving {
  readonly upstream: string;
  readonly before: readonly (HttpAnswer | null)[];
}

/** `waiting`: it has asked others, keeps in `connection.state` what it knows, and is called again with the same request when something came. */
export type Handled = HttpAnswer | PassedOn | 'waiting';

type Handle = (request: HttpRequest, context: ServiceContext, connection: Connection) => Handled;

export interface HttpOptions {
  readonly server?: string;
  /** Called for each answer, with the bytes of its body. */
  log?(request: HttpRequest, status: number, bytes: number, context: ServiceContext): void;
  /** The answer to what is no HTTP. */
  bad?(context: ServiceContext): HttpAnswer;
}

export function httpListener(port: number, handle: Handle, options: HttpOptions = {}, address = '0.0.0.0'): Listener {
  return { port, address, serve: (connection, context) => serve(connection, context, handle, options) };
}

function serve(connection: Connection, context: ServiceContext, handle: Handle, options: HttpOptions): void {
  for (let requests = 0; requests < 100; requests++) {
    const state = connection.state as Serving | undefined;
    const parsed = isNoRequest(connection.toServer) ? new Error('malformed HTTP request') : parseMessage(connection.toServer);
    if (parsed === undefined) {
      if (connection.clientClosed) connection.serverClosed = true;
      return;
    }
    const line = parsed instanceof Error ? undefined : parseRequestLine(parsed.message.start);
    if (parsed instanceof Error || !line) {
      const answer = options.bad?.(context) ?? BAD_REQUEST;
      connection.toServer = '';
      return send(connection, context, answer, { isHead: false, keeps: false }, options);
    }
    const request = requestOf(parsed.message, line, connection);
    const wanted = handle(request, context, connection);
    if (wanted === 'waiting') return;
    const answer = answerOf(connection, context, wanted, state);
    if (!answer) return;
    connection.toServer = connection.toServer.slice(parsed.length);
    connection.state = undefined;
    const keeps = staysOpen(request);
    options.log?.(request, answer.status, line.method === 'HEAD' ? 0 : answer.body.length, context);
    send(connection, context, answer, { isHead: line.method === 'HEAD', keeps }, options);
    if (!keeps) return;
  }
}

/** Asks one server after the other, as long as it is passed on. Undefined while it waits. */
function answerOf(
  connection: Connection,
  context: ServiceContext,
  first: HttpAnswer | PassedOn,
  state: Serving | undefined,
): HttpAnswer | undefined {
  const before = [...(state?.before ?? [])];
  let wanted = first;
  for (const got of before) if ('to' in wanted) wanted = wanted.finish(got ?? undefined);
  let upstream = state?.upstream;
  while ('to' in wanted) {
    const got = passOn(connection, context, wanted, upstream, before);
    if (got === 'waiting') return undefined;
    before.push(got ?? null);
    wanted = wanted.finish(got);
    upstream = undefined;
  }
  return wanted;
}

/** Whether the client may ask again on the same connection. */
export function staysOpen({ headers, version }: HttpRequest): boolean {
  const asked = (headers.get('connection') ?? '').toLowerCase();
  return version === 'HTTP/1.1' ? asked !== 'close' : asked === 'keep-alive';
}

/** What was asked, and by whom. */
export function requestOf({ start, headers, body }: HttpMessage, line: HttpRequestLine, from: Connection): HttpRequest {
  const [path = '', query = ''] = splitOnce(line.target, '?');
  return { ...line, path, query, headers, body, client: from.clientAddress, clientPort: from.clientPort, start };
}

/** Its first line is there, and is none of a request: nobody waits for the rest. */
function isNoRequest(buffer: string): boolean {
  const end = buffer.indexOf('\n');
  return end >= 0 && parseRequestLine(buffer.slice(0, end).replace(/\r$/, '')) === undefined;
}

/** As Go's net/http says it. */
const BAD_REQUEST: HttpAnswer = {
  status: 400,
  headers: [
    ['Content-Type', 'text/plain; charset=utf-8'],
    ['Connection', 'close'],
  ],
  body: '400 Bad Request',
  isWhole: true,
};

const splitOnce = (text: string, separator: string): string[] => {
  const at = text.indexOf(separator);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
};

interface Manner {
  readonly isHead: boolean;
  readonly keeps: boolean;
}

function send(connection: Connection, context: ServiceContext, answer: HttpAnswer, manner: Manner, { server }: HttpOptions): void {
  connection.toClient += answerText(answer, manner, context.now(), server);
  if (!manner.keeps) connection.serverClosed = true;
}

/** An answer as it goes over the wire. */
export function answerText(answer: HttpAnswer, { isHead, keeps }: Manner, now: number, server?: string): string {
  const { status, headers, body } = answer;
  const has = (name: string): boolean => headers.some(([one]) => one.toLowerCase() === name);
  const all = answer.isWhole
    ? headers
    : [
        ...(server ? [['Server', server] as const] : []),
        ...(has('date') ? [] : [['Date', httpDate(now)] as const]),
        ...headers.filter(([name]) => name.toLowerCase() === 'content-type'),
        ...(has('content-length') || has('transfer-encoding') || status === 304 || status === 204
          ? []
          : [['Content-Length', String(body.length)] as const]),
        ...headers.filter(([name]) => name.toLowerCase() !== 'content-type'),
        ...(has('connection') ? [] : [['Connection', keeps ? 'keep-alive' : 'close'] as const]),
      ];
  return formatMessage(`HTTP/1.1 ${status} ${reasonOf(status)}`, all, isHead || status === 304 ? '' : body);
}

/** Opens the connection to the other server, or looks what came from there. */
function passOn(
  connection: Connection,
  { world, caller }: ServiceContext,
  { to, request, isHead }: PassedOn,
  known: string | undefined,
  before: readonly (HttpAnswer | null)[],
): HttpAnswer | 'waiting' | undefined {
  let id = known;
  if (id === undefined) {
    const opened = connect(world, { ...caller, namespace: `connection/${connection.id}` }, to.address, to.port);
    if ('error' in opened) return undefined;
    ({ id } = opened.connection);
    connection.state = { upstream: id, before: [...before] } satisfies Serving;
    writeSocket(world, id, 'client', request);
  }
  const upstream = world.connections.get(id);
  if (!upstream) return undefined;
  const parsed = parseMessage(upstream.toClient, { closed: upstream.serverClosed, bodiless: isHead });
  if (parsed === undefined) return upstream.serverClosed ? undefined : 'waiting';
  closeSide(world, id, 'client');
  if (parsed instanceof Error) return undefined;
  const { message } = parsed;
  return {
    status: statusOfAnswer(message.start),
    headers: message.headers.list.filter(([name]) => !/^(transfer-encoding|connection|content-length|keep-alive)$/i.test(name)),
    body: message.body,
  };
}
