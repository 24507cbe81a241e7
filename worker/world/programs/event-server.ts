// An HTTP server that is a process of its own, not a service: it may take its time over an answer, ask others meanwhile, and do something between requests. What it keeps
// is plain data.

import { parseMessage, parseRequestLine } from '../network/http.ts';
import type { HttpMessage } from '../network/http.ts';
import { answerText, requestOf, staysOpen } from '../network/http-server.ts';
import type { HttpAnswer, HttpRequest } from '../network/http-server.ts';
import type { SignalName, Wait } from '../process/process.ts';
import type { Next, Tool } from '../process/program.ts';
import type { System } from '../process/system.ts';

/** Not yet: it goes on when one of these is over. */
export interface Later {
  readonly wait: Wait;
}

/** A part of an answer that goes on, sent as a chunk. */
export interface Part {
  /** Those of the first part count. */
  readonly headers: HttpAnswer['headers'];
  readonly part: string;
  /** Until there may be another one; undefined: this was the last. */
  readonly more: Wait | undefined;
}

/** An answer that is being made: when it was asked for, and whatever its maker keeps. */
export interface Work {
  readonly since: number;
  kept?: unknown;
}

export interface EventServer<State> {
  readonly name: string;
  begin(system: System): { readonly state: State; readonly ports: readonly Port[] } | { readonly exit: number };
  /** Called again, with the same work, until there is an answer, or its last part. */
  answer(system: System, request: HttpRequest, state: State, work: Work): HttpAnswer | Later | Part;
  /** What it does besides. */
  between?(system: System, state: State): Later | { readonly exit: number } | undefined;
}

interface Port {
  readonly port: number;
  readonly isTls?: boolean;
}

interface Exchange {
  readonly fd: number;
  received: string;
  work?: Work;
  /** A part of an answer has been sent, and not the last one. */
  isGoingOn?: boolean;
}

interface Kept<State> {
  readonly state: State;
  readonly listeners: readonly number[];
  open: Exchange[];
  ended?: number;
}

/** How Go's runtime ends for a signal that nobody handles, in a container's first process. */
const KILLED_BY_SIGNAL = 2;

export function eventServer<State>(server: EventServer<State>): Tool {
  return {
    name: server.name,
    step: (system): Next => {
      const kept = (system.process.data as Kept<State> | null) ?? begin(system, server);
      if ('exit' in kept) return kept;
      system.process.data = kept;
      if (kept.ended !== undefined) return { exit: kept.ended };
      for (const listener of kept.listeners) {
        for (let fd = system.accept(listener); fd !== undefined; fd = system.accept(listener)) kept.open.push({ fd, received: '' });
      }
      const besides = server.between?.(system, kept.state);
      if (besides && 'exit' in besides) return besides;
      const waits = new Map<number, Wait>();
      const serveThose = (isGoingOn: boolean): void => {
        kept.open = kept.open.filter((exchange) => {
          if ((exchange.isGoingOn ?? false) !== isGoingOn) return true;
          const next = serve(system, server, kept.state, exchange);
          if (next) waits.set(exchange.fd, next);
          else system.close(exchange.fd);
          return next !== undefined;
        });
      };
      serveThose(false);
      // They tell what the others have just changed.
      serveThose(true);
      return { wait: anyOf([{ reads: kept.listeners }, ...(besides ? [besides.wait] : []), ...waits.values()]) };
    },
    signal: (system, signal: SignalName) => {
      const kept = system.process.data as Kept<State> | null;
      if (!kept || (signal !== 'TERM' && signal !== 'INT' && signal !== 'QUIT')) return false;
      kept.ended = KILLED_BY_SIGNAL;
      system.process.wait = null;
      return true;
    },
  };
}

function begin<State>(system: System, server: EventServer<State>): Kept<State> | { readonly exit: number } {
  const begun = server.begin(system);
  if ('exit' in begun) return begun;
  return { state: begun.state, listeners: begun.ports.map(({ port, isTls = false }) => system.listen(port, { isTls })), open: [] };
}

/** What a connection waits for; undefined when it is over. */
function serve<State>(system: System, server: EventServer<State>, state: State, exchange: Exchange): Wait | undefined {
  const { fd } = exchange;
  let isOpen = true;
  for (let data = system.read(fd); data !== undefined; data = system.read(fd)) {
    if (data === null) {
      isOpen = false;
      break;
    }
    exchange.received += data;
  }
  if (exchange.isGoingOn && !isOpen) return undefined;
  for (;;) {
    const parsed = parseMessage(exchange.received);
    if (parsed === undefined) return isOpen ? { read: fd } : undefined;
    const request = parsed instanceof Error ? undefined : requestFrom(system, fd, parsed.message);
    if (parsed instanceof Error || !request) {
      const answer: HttpAnswer = { status: 400, headers: [['Content-Type', 'text/plain; charset=utf-8']], body: '400 Bad Request' };
      system.write(fd, answerText(answer, { isHead: false, keeps: false }, system.now()));
      return undefined;
    }
    exchange.work ??= { since: system.now() };
    const answer = server.answer(system, request, state, exchange.work);
    // Whoever has hung up waits for nothing.
    if ('wait' in answer) return isOpen ? anyOf([answer.wait, { read: fd }]) : undefined;
    const keeps = staysOpen(request);
    // What has begun can only be broken off.
    if (exchange.isGoingOn && !('part' in answer)) return undefined;
    if ('part' in answer) {
      system.write(fd, partText(answer, exchange.isGoingOn ?? false, system.now()));
      exchange.isGoingOn = true;
      if (answer.more) return anyOf([answer.more, { read: fd }]);
    } else system.write(fd, answerText(answer, { isHead: request.method === 'HEAD', keeps }, system.now()));
    delete exchange.work;
    delete exchange.isGoingOn;
    exchange.received = exchange.received.slice(parsed.length);
    if (!keeps) return undefined;
  }
}

/** A chunk, behind the head if it is the first, and before the end if it is the last. */
function partText({ headers, part, more }: Part, isGoingOn: boolean, now: number): string {
  const head: HttpAnswer = { status: 200, headers: [...headers, ['Transfer-Encoding', 'chunked']], body: '' };
  return [
    isGoingOn ? '' : answerText(head, { isHead: true, keeps: true }, now),
    part && `${part.length.toString(16)}\r\n${part}\r\n`,
    more ? '' : '0\r\n\r\n',
  ].join('');
}

function requestFrom(system: System, fd: number, message: HttpMessage): HttpRequest | undefined {
  const file = system.fileOf(fd);
  const connection = file?.type === 'socket' ? system.world.connections.get(file.connection) : undefined;
  const line = parseRequestLine(message.start);
  return line && connection && requestOf(message, line, connection);
}

function anyOf(waits: readonly Wait[]): Wait {
  const times = waits.flatMap(({ until }) => until ?? []);
  const reads = waits.flatMap(({ read, reads: more = [] }) => [...(read === undefined ? [] : [read]), ...more]);
  return { reads, ...(times.length && { until: Math.min(...times) }) };
}
