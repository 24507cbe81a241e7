// One SPDY connection, from the server's side: streams that the client opens.

import { FrameReader, FrameWriter } from './frames.ts';
import type { Frame } from './frames.ts';

export interface Stream {
  readonly id: number;
  readonly headers: ReadonlyMap<string, string>;
  write(data: string): void;
  /** Nothing more is written. */
  end(): void;
  /** What the client does with it. Set by whoever accepts the stream. */
  on: { data(data: string): void; end(): void; reset(): void };
}

interface Entry {
  readonly stream: Stream;
  isEnded: boolean;
  hasEnded: boolean;
}

/** More than this goes in several frames. */
const DATA_BYTES = 32_768;

export class SpdyConnection {
  readonly #reader = new FrameReader();
  readonly #writer = new FrameWriter();
  readonly #streams = new Map<number, Entry>();
  readonly #send: (bytes: Uint8Array) => void;
  readonly #accept: (stream: Stream) => boolean;

  /** `accept` says whether a stream is wanted. */
  constructor(send: (bytes: Uint8Array) => void, accept: (stream: Stream) => boolean) {
    this.#send = send;
    this.#accept = accept;
  }

  /** Throws an Error at what is not SPDY. */
  receive(bytes: Uint8Array): void {
    for (const frame of this.#reader.read(bytes)) this.#handle(frame);
  }

  /** The connection is gone. */
  closed(): void {
    const all = [...this.#streams.values()];
    this.#streams.clear();
    for (const { stream } of all) stream.on.reset();
  }

  #handle(frame: Frame): void {
    switch (frame.type) {
      case 'open':
        return this.#open(frame.stream, frame.headers, frame.isLast);
      case 'data': {
        const entry = this.#streams.get(frame.stream);
        if (!entry) return;
        if (frame.data) entry.stream.on.data(frame.data);
        if (frame.isLast) this.#clientEnded(entry);
        return;
      }
      case 'reset': {
        const entry = this.#streams.get(frame.stream);
        this.#streams.delete(frame.stream);
        return entry?.stream.on.reset();
      }
      case 'ping':
        return this.#send(frame.bytes);
    }
  }

  #open(id: number, headers: ReadonlyMap<string, string>, isLast: boolean): void {
    const stream: Stream = {
      id,
      headers,
      write: (data) => {
        if (entry.hasEnded || !this.#streams.has(id)) return;
        for (let at = 0; at < data.length; at += DATA_BYTES) this.#send(this.#writer.data(id, data.slice(at, at + DATA_BYTES), false));
      },
      end: () => {
        if (entry.hasEnded || !this.#streams.has(id)) return;
        entry.hasEnded = true;
        this.#send(this.#writer.data(id, '', true));
        if (entry.isEnded) this.#streams.delete(id);
      },
      on: { data: () => {}, end: () => {}, reset: () => {} },
    };
    const entry: Entry = { stream, isEnded: false, hasEnded: false };
    if (this.#streams.has(id)) return this.#send(this.#writer.reset(id));
    this.#streams.set(id, entry);
    this.#send(this.#writer.reply(id));
    if (!this.#accept(stream)) {
      this.#streams.delete(id);
      return this.#send(this.#writer.reset(id));
    }
    if (isLast) this.#clientEnded(entry);
  }

  #clientEnded(entry: Entry): void {
    if (entry.isEnded) return;
    entry.isEnded = true;
    if (entry.hasEnded) this.#streams.delete(entry.stream.id);
    entry.stream.on.end();
  }
}
