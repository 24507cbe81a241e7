// Answers of the API server that go on (a watch, a followed log), to programs in the simulated world: put on their connections in chunks. An event is told while a step is
// being saved, when nothing may change any more, so what is said waits in the queue of the world's tools.

import { byteString, charsOfBytes } from '../lib/text.ts';
import type { Sink, StreamReply } from '../server/http.ts';
import { closeSide, writeSocket } from '../world/network/connection.ts';
import type { Connection } from '../world/network/connection.ts';
import type { World } from '../world/world.ts';

interface Stream {
  /** The namespace of processes that listens. */
  readonly client: string;
  readonly isChunked: boolean;
  /** Said, and not yet put on the connection. */
  waiting: string;
  isQueued: boolean;
  isOver: boolean;
  stop(): void;
  ended(): void;
}

/** What a connection remembers while an answer goes on: nobody else can go on with it. */
const GOES_ON = 'goes on';

export class StreamsFromWithin {
  readonly #world: World;
  readonly #wake: () => void;
  readonly #streams = new Map<string, Stream>();
  #count = 0;

  /** `wake`: there is something to do that no request brought. */
  constructor(world: World, wake: () => void) {
    this.#world = world;
    this.#wake = wake;
  }

  has(connection: string): boolean {
    return this.#streams.has(connection);
  }

  /** After an eviction: of those that went on, nobody knows where they were. */
  endLost(): void {
    for (const { id, state } of [...this.#world.connections.values()]) if (state === GOES_ON) closeSide(this.#world, id, 'server');
  }

  /** The head has been sent. Calls `ended` when all of it has been, unless the client leaves. */
  begin(connection: Connection, reply: StreamReply, isChunked: boolean, ended: () => void): void {
    const { id, client } = connection;
    connection.state = GOES_ON;
    this.#world.connections.put(id, connection);
    const stream: Stream = { client, isChunked, waiting: '', isQueued: false, isOver: false, stop: () => {}, ended };
    this.#streams.set(id, stream);
    const stop = reply.open(this.#sinkOf(id, stream));
    if (this.#streams.has(id)) stream.stop = stop;
    else stop();
  }

  /** Nobody listens on a connection any more. */
  leave(connection: string): void {
    const stream = this.#streams.get(connection);
    if (!stream) return;
    this.#streams.delete(connection);
    stream.stop();
    closeSide(this.#world, connection, 'server');
  }

  #sinkOf(id: string, stream: Stream): Sink {
    return {
      write: (chunk) => {
        const chars = typeof chunk === 'string' ? byteString(chunk) : charsOfBytes(chunk);
        if (chars && !stream.isOver) this.#say(id, stream, stream.isChunked ? `${chars.length.toString(16)}\r\n${chars}\r\n` : chars);
      },
      close: () => {
        if (stream.isOver) return;
        stream.isOver = true;
        this.#say(id, stream, stream.isChunked ? '0\r\n\r\n' : '');
      },
      isReady: true,
      onDrain: () => {},
    };
  }

  #say(id: string, stream: Stream, text: string): void {
    stream.waiting += text;
    if (stream.isQueued) return;
    stream.isQueued = true;
    this.#world.tools.ask(`api-stream/${id}/${this.#count++}`, stream.client, async () => {
      this.#flush(id, stream);
      return undefined;
    });
    this.#wake();
  }

  #flush(id: string, stream: Stream): void {
    const connection = this.#world.connections.get(id);
    if (!connection || connection.clientClosed) return this.leave(id);
    const { waiting } = stream;
    Object.assign(stream, { waiting: '', isQueued: false });
    writeSocket(this.#world, id, 'server', waiting);
    if (!stream.isOver || !this.#streams.delete(id)) return;
    connection.state = undefined;
    this.#world.connections.put(id, connection);
    stream.ended();
  }
}
