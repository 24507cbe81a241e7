// The body of an answer that does not say how long it is, as it comes: in chunks (RFC 9112, section 7.1), or until the connection ends.

import type { Source } from './pass.ts';

/** A reader that is further behind is let go, in bytes. */
const MAX_BEHIND = 16 * 1024 * 1024;

export class AnswerBody {
  readonly #isChunked: boolean;
  readonly #hangUp: () => void;
  #raw = '';
  /** Came, and was not read. */
  #text = '';
  #isOver = false;
  #more: (() => void) | undefined;

  /** `raw`: what is there already. */
  constructor(raw: string, isChunked: boolean, hangUp: () => void) {
    this.#isChunked = isChunked;
    this.#hangUp = hangUp;
    this.#take(raw);
  }

  receive(data: string): void {
    if (this.#isOver) return;
    this.#take(data);
    if (this.#text.length > MAX_BEHIND) this.#isOver = true;
    this.#more?.();
  }

  /** The other side sends no more. */
  closed(): void {
    this.#isOver = true;
    this.#more?.();
  }

  readonly source: Source = ({ more }) => {
    this.#more = more;
    const isOver = (): boolean => this.#isOver;
    return {
      read: () => {
        const text = this.#text;
        this.#text = '';
        return text;
      },
      get isFull() {
        return isOver();
      },
      stop: () => {
        this.#isOver = true;
        this.#more = undefined;
        this.#hangUp();
      },
    };
  };

  #take(data: string): void {
    if (!this.#isChunked) {
      this.#text += data;
      return;
    }
    const { body, rest, isOver } = takeChunks(this.#raw + data);
    this.#raw = rest;
    this.#text += body;
    this.#isOver = isOver;
  }
}

/** The chunks that are whole, and what follows them. */
export function takeChunks(text: string): { readonly body: string; readonly rest: string; readonly isOver: boolean } {
  let body = '';
  for (let at = 0; ;) {
    const line = text.indexOf('\r\n', at);
    const size = Number.parseInt(text.slice(at, line), 16);
    if (line >= 0 && !size) return { body, rest: '', isOver: true };
    const end = line + 2 + size + 2;
    if (line < 0 || text.length < end) return { body, rest: text.slice(at), isOver: false };
    body += text.slice(line + 2, end - 2);
    at = end;
  }
}
