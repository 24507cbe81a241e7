// HTTP as the server sees it: plain values, no platform's Request or Response. The edge (cluster/durable-object.ts) translates.

export interface HttpRequest {
  readonly method: string;
  /** Without the prefix of the sandbox, undecoded: `/api/v1/namespaces/default/pods/web`. */
  readonly path: string;
  /** What stood before it, for links that lead back here. */
  readonly prefix?: string;
  readonly query: Query;
  /** Names in lower case. */
  readonly headers: { get(name: string): string | null; keys(): Iterable<string> };
  readonly body: Uint8Array;
  /** In DER: one whose key the client was seen to hold. */
  readonly clientCertificate?: Uint8Array;
}

export interface HttpReply {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: string | Uint8Array;
  /** Sentences for `Warning` headers, one each. */
  readonly warnings?: readonly string[];
}

/** An answer that goes on: a watch, a followed log. */
export interface StreamReply {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly warnings?: readonly string[];
  /** It is about what happens in the simulated world, and not about what is stored. */
  readonly isOfWorld?: boolean;
  /** Begins to write, and gives what stops it. */
  open(sink: Sink): () => void;
}

export interface Sink {
  write(chunk: string | Uint8Array): void;
  close(): void;
  /** False while the reader is behind; `drained` tells when it caught up. */
  readonly isReady: boolean;
  onDrain(wake: () => void): void;
}

/** The connection becomes a WebSocket, spoken to by a session. */
export interface UpgradeReply {
  /** The one of those that the client offered; '' if it offered none. */
  readonly protocol: string;
  /** It is about what happens in the simulated world, and not about what is stored. */
  readonly isOfWorld?: boolean;
  /** The first message may be sent at once. */
  open(socket: Socket): SocketSession;
}

export interface Socket {
  /** Bytes go in a binary message, a text in a text message. */
  send(message: string | Uint8Array): void;
  close(code: number, reason: string): void;
}

export interface SocketSession {
  message(data: Uint8Array): void;
  closed(): void;
}

export type Reply = HttpReply | StreamReply | UpgradeReply;

export const isUpgrade = (reply: Reply): reply is UpgradeReply => 'protocol' in reply;
export const isStream = (reply: Reply): reply is StreamReply => 'open' in reply && 'status' in reply;

/** A parsed query string. */
export class Query {
  readonly #values = new Map<string, string[]>();
  /** As it was sent. */
  readonly text: string;

  constructor(text: string) {
    this.text = text;
    for (const pair of text ? text.split('&') : []) {
      const equals = pair.indexOf('=');
      const name = decode(equals < 0 ? pair : pair.slice(0, equals));
      const value = equals < 0 ? '' : decode(pair.slice(equals + 1));
      if (name === undefined || value === undefined) continue; // Go leaves out what it cannot read
      const known = this.#values.get(name);
      if (known) known.push(value);
      else this.#values.set(name, [value]);
    }
  }

  /** The first value, '' if there is none. */
  get(name: string): string {
    return this.#values.get(name)?.[0] ?? '';
  }
  has(name: string): boolean {
    return this.#values.has(name);
  }
  all(name: string): readonly string[] {
    return this.#values.get(name) ?? [];
  }
  /** As Go reads a boolean option: `?watch`, `watch=1`, `watch=true`. */
  isTrue(name: string): boolean {
    return this.has(name) && !['false', '0'].includes(this.get(name).toLowerCase());
  }
}

function decode(text: string): string | undefined {
  if (text.includes(';')) return undefined;
  if (!text.includes('%')) return text.includes('+') ? text.replaceAll('+', ' ') : text;
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return undefined;
  }
}

export const JSON_TYPE = 'application/json';

export function jsonText(body: string, status = 200): HttpReply {
  return { status, headers: { 'content-type': JSON_TYPE }, body };
}

export function text(body: string, status = 200): HttpReply {
  return { status, headers: { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' }, body };
}

/** What Go's mux says of a path that nobody serves. */
export const notFoundPage = (): HttpReply => text('404 page not found\n', 404);
