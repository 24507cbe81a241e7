// The frames of SPDY/3.1, as far as Kubernetes' clients use them: streams are opened, answered, written, ended and reset; pings come back. Flow control and settings are
// ignored, as moby/spdystream does.

import { Inflater } from '../../../lib/inflate.ts';
import { bytesOfChars, charsOfBytes } from '../../../lib/text.ts';
import { DICTIONARY, DICTIONARY_ID } from './dictionary.ts';

export type Frame =
  | { readonly type: 'open'; readonly stream: number; readonly headers: ReadonlyMap<string, string>; readonly isLast: boolean }
  | { readonly type: 'data'; readonly stream: number; readonly data: string; readonly isLast: boolean }
  | { readonly type: 'reset'; readonly stream: number }
  | { readonly type: 'ping'; readonly bytes: Uint8Array }
  | { readonly type: 'other' };

const [SYN_STREAM, SYN_REPLY, RST_STREAM, PING] = [1, 2, 3, 6];
const FIN = 1;
const VERSION = 3;
const HEAD_BYTES = 8;
/** A frame that claims to be longer is none of a client that means well. */
const MAX_FRAME_BYTES = 4 * 1024 * 1024;

/** Reads frames from bytes that come split anywhere. Throws an Error at what is no frame. */
export class FrameReader {
  #pending = new Uint8Array();
  readonly #inflater = new Inflater(DICTIONARY);

  read(bytes: Uint8Array): Frame[] {
    const all = this.#pending.length ? joined(this.#pending, bytes) : bytes;
    const frames: Frame[] = [];
    let at = 0;
    while (all.length - at >= HEAD_BYTES) {
      const view = new DataView(all.buffer, all.byteOffset + at);
      const length = view.getUint32(4) & 0xffffff;
      if (length > MAX_FRAME_BYTES) throw new Error(`a frame of ${length} bytes`);
      if (all.length - at < HEAD_BYTES + length) break;
      frames.push(this.#frame(view, all.subarray(at, at + HEAD_BYTES + length)));
      at += HEAD_BYTES + length;
    }
    this.#pending = all.slice(at);
    return frames;
  }

  #frame(view: DataView, frame: Uint8Array): Frame {
    const first = view.getUint32(0);
    const isLast = (view.getUint8(4) & FIN) !== 0;
    const body = frame.subarray(HEAD_BYTES);
    if (first < 0x80000000) return { type: 'data', stream: first, data: charsOfBytes(body), isLast };
    const [version, type] = [(first >>> 16) & 0x7fff, first & 0xffff];
    if (version !== VERSION) throw new Error(`SPDY of version ${version}`);
    const word = (at: number): number => {
      if (body.length < at + 4) throw new Error('a frame that is too short');
      return view.getUint32(HEAD_BYTES + at) & 0x7fffffff;
    };
    switch (type) {
      case SYN_STREAM:
        return { type: 'open', stream: word(0), headers: this.#headers(body.subarray(10)), isLast };
      case RST_STREAM:
        return { type: 'reset', stream: word(0) };
      case PING:
        return { type: 'ping', bytes: frame.slice() };
      default:
        return { type: 'other' };
    }
  }

  #headers(block: Uint8Array): Map<string, string> {
    const plain = this.#inflater.inflate(block);
    const view = new DataView(plain.buffer, plain.byteOffset, plain.length);
    const headers = new Map<string, string>();
    let at = 4;
    const text = (): string => {
      const length = view.getUint32(at);
      at += 4 + length;
      if (at > plain.length) throw new Error('a header that is too long');
      return charsOfBytes(plain.subarray(at - length, at));
    };
    for (let left = view.getUint32(0); left > 0; left--) headers.set(text().toLowerCase(), text());
    return headers;
  }
}

/** Writes frames. */
export class FrameWriter {
  #hasBegun = false;

  /** A stream is accepted: no headers, in a block that is stored and not compressed. An empty block after it makes the reader give it out. */
  reply(stream: number): Uint8Array {
    const block = [0, 4, 0, 251, 255, 0, 0, 0, 0, 0, 0, 0, 255, 255];
    const begin = this.#hasBegun ? [] : [0x78, 0xbb, ...bytesOf(DICTIONARY_ID)];
    this.#hasBegun = true;
    return control(SYN_REPLY, [...bytesOf(stream), ...begin, ...block]);
  }

  reset(stream: number): Uint8Array {
    const PROTOCOL_ERROR = 1;
    return control(RST_STREAM, [...bytesOf(stream), ...bytesOf(PROTOCOL_ERROR)]);
  }

  data(stream: number, data: string, isLast: boolean): Uint8Array {
    const frame = new Uint8Array(HEAD_BYTES + data.length);
    frame.set([...bytesOf(stream), ...bytesOf(data.length)]);
    if (isLast) frame[4] = FIN;
    frame.set(bytesOfChars(data), HEAD_BYTES);
    return frame;
  }
}

const control = (type: number, body: readonly number[]): Uint8Array =>
  Uint8Array.from([0x80, VERSION, 0, type, ...bytesOf(body.length), ...body]);

const bytesOf = (value: number): [number, number, number, number] => [
  (value >>> 24) & 255,
  (value >>> 16) & 255,
  (value >>> 8) & 255,
  value & 255,
];

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const out = new Uint8Array(a.length + b.length);
  out.set(a);
  out.set(b, a.length);
  return out;
}
