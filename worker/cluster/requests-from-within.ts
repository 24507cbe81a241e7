// Requests of programs in the simulated world to the API server of their own cluster, and to other components for pages that tell of it: read off the connection, answered
// between two steps as any other client's, and the answer put on the connection. They wait in the queue of the world's tools, so they are answered in the order in which they were asked.
// Differs: an upgraded connection is not offered; an answer that goes on ends when the sandbox has lost its memory.

import { Pending } from '../api/admission.ts';
import { bytesOfChars, byteString, charsOfBytes } from '../lib/text.ts';
import { isStream, isUpgrade, Query } from '../server/http.ts';
import type { HttpReply, HttpRequest, Reply, Sink } from '../server/http.ts';
import { warningHeaders } from '../server/warnings.ts';
import type { Connection } from '../world/network/connection.ts';
import { closeSide, PAGE_ASKED, writeSocket } from '../world/network/connection.ts';
import { formatMessage, httpDate, parseMessage, parseRequestLine, reasonOf } from '../world/network/http.ts';
import type { HttpMessage } from '../world/network/http.ts';
import type { World } from '../world/world.ts';
import { StreamsFromWithin } from './streams-from-within.ts';
import { Attempts } from './webhook-calls.ts';

export interface Parts {
  readonly world: World;
  /** Throws `Pending` if a server outside, or of the cluster, has to be asked first. */
  answer(request: HttpRequest, attempts: Attempts): Reply | Promise<Reply>;
  /** The page of a container that is a component. */
  page(container: string, request: HttpRequest): HttpReply;
  /** Asks that server; the answer is kept in `attempts`. */
  ask(pending: Pending, attempts: Attempts): Promise<void>;
  /** Does something as a step of its own. */
  step(work: () => void): void;
  /** There is something to do that no request brought. */
  wake(): void;
}

export class RequestsFromWithin {
  readonly #parts: Parts;
  readonly #asked = new Set<string>();
  readonly #streams: StreamsFromWithin;
  #count = 0;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#streams = new StreamsFromWithin(parts.world, () => parts.wake());
  }

  /** After an eviction, what was not answered is asked again: a client then sees what one sees that tries again. */
  resume(): void {
    this.#streams.endLost();
    for (const connection of this.#parts.world.connections.values())
      if ('api' in connection.server || connection.state === PAGE_ASKED) this.received(connection);
  }

  /** There is something on a connection to the API server, or a page was asked for. */
  received({ id }: Pick<Connection, 'id'>): void {
    const { world } = this.#parts;
    const connection = world.connections.get(id);
    if (this.#streams.has(id)) {
      if (!connection || connection.clientClosed) this.#streams.leave(id);
      return;
    }
    if (!connection || this.#asked.has(id)) return;
    const parsed = parseMessage(connection.toServer);
    if (parsed === undefined) {
      if (connection.clientClosed) closeSide(world, id, 'server');
      return;
    }
    const request = parsed instanceof Error ? undefined : requestOf(parsed.message);
    if (parsed instanceof Error || !request) {
      this.#put(connection, connection.toServer.length, textOf(BAD_REQUEST, world.now()), true);
      return;
    }
    this.#asked.add(id);
    const closes = (parsed.message.headers.get('connection') ?? '').toLowerCase() === 'close' || parsed.message.start.endsWith('/1.0');
    const isOld = parsed.message.start.endsWith('/1.0');
    this.#queue(connection, request, new Attempts(), (reply) => {
      this.#asked.delete(id);
      const now = world.connections.get(id);
      const isStreamed = isStream(reply);
      if (!now) return isStreamed ? reply.open(NOBODY)() : undefined;
      const goOn = (): void => {
        if (!closes) this.received({ id });
      };
      if (isStreamed) {
        this.#put(now, parsed.length, headOf(reply, world.now(), isOld ? [] : [['Transfer-Encoding', 'chunked']]), false);
        this.#streams.begin(now, reply, !isOld, () => (closes ? closeSide(world, id, 'server') : goOn()));
        return;
      }
      this.#put(now, parsed.length, textOf(isUpgrade(reply) ? BAD_REQUEST : reply, world.now(), request.method === 'HEAD'), closes);
      goOn();
    });
  }

  #put(connection: Connection, taken: number, text: string, closes: boolean): void {
    const { world } = this.#parts;
    connection.toServer = connection.toServer.slice(taken);
    if (connection.state === PAGE_ASKED) connection.state = undefined;
    world.connections.put(connection.id, connection);
    writeSocket(world, connection.id, 'server', text);
    if (closes) closeSide(world, connection.id, 'server');
  }

  #queue(
    { id, client, server }: Pick<Connection, 'id' | 'client' | 'server'>,
    request: HttpRequest,
    attempts: Attempts,
    done: (reply: Reply) => void,
  ): void {
    const { world, answer, page, ask, step } = this.#parts;
    const job = `api/${id}/${this.#count++}`;
    const again = (error: unknown): void => {
      if (!(error instanceof Pending)) throw error;
      void ask(error, attempts).then(() => step(() => this.#queue({ id, client, server }, request, attempts, done)));
    };
    world.tools.ask(job, client, async () => {
      try {
        const reply = 'container' in server ? page(server.container, request) : answer(request, attempts);
        // What takes its time (a pod of this cluster may have to answer) does not hold up the queue.
        if (reply instanceof Promise) void reply.then((late) => step(() => done(late)), again);
        else done(reply);
      } catch (error) {
        again(error);
      }
      return undefined;
    });
  }
}

const BAD_REQUEST: HttpReply = { status: 400, headers: { 'content-type': 'text/plain; charset=utf-8' }, body: '400 Bad Request' };

function requestOf({ start, headers, body }: HttpMessage): HttpRequest | undefined {
  const line = parseRequestLine(start);
  if (!line) return undefined;
  const at = line.target.indexOf('?');
  return {
    method: line.method,
    path: at < 0 ? line.target : line.target.slice(0, at),
    query: new Query(at < 0 ? '' : line.target.slice(at + 1)),
    headers: { get: (name) => headers.get(name) ?? null, keys: () => headers.list.map(([name]) => name.toLowerCase()) },
    body: bytesOfChars(body),
  };
}

const NOBODY: Sink = { write: () => {}, close: () => {}, isReady: true, onDrain: () => {} };

const charsOf = (body: string | Uint8Array): string => (typeof body === 'string' ? byteString(body) : charsOfBytes(body));

function textOf(reply: HttpReply, now: number, isHead = false): string {
  const chars = charsOf(reply.body);
  return headOf(reply, now, [['Content-Length', String(chars.length)]]) + (isHead ? '' : chars);
}

function headOf(
  { status, headers, warnings = [] }: Pick<HttpReply, 'status' | 'headers' | 'warnings'>,
  now: number,
  ofBody: readonly (readonly [name: string, value: string])[],
): string {
  const own = Object.entries(headers).filter(([name]) => !['content-length', 'date'].includes(name.toLowerCase()));
  return formatMessage(`HTTP/1.1 ${status} ${reasonOf(status)}`, [
    ...own.map(([name, value]) => [name.replace(/(^|-)[a-z]/g, (start) => start.toUpperCase()), value] as const),
    ...warningHeaders(warnings).map((warning) => ['Warning', warning] as const),
    ['Date', httpDate(now)],
    ...ofBody,
  ]);
}
