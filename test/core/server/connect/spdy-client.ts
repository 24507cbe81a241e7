// The client's side of SPDY, as kubectl speaks it: headers are compressed by zlib itself.

import { constants, createDeflate, inflateSync } from 'node:zlib';
import { DICTIONARY } from '../../../../worker/server/connect/spdy/dictionary.ts';
import { bytesOfChars, charsOfBytes } from '../../../../worker/lib/text.ts';

export class SpdyClient {
  readonly #deflate = createDeflate({ dictionary: DICTIONARY });
  #pieces: Buffer[] = [];

  constructor() {
    this.#deflate.on('data', (piece: Buffer) => this.#pieces.push(piece));
  }

  async open(stream: number, headers: Record<string, string>): Promise<Uint8Array> {
    const text = (value: string): Buffer => Buffer.concat([word(value.length), Buffer.from(value, 'latin1')]);
    const block = Buffer.concat([
      word(Object.keys(headers).length),
      ...Object.entries(headers).flatMap(([name, value]) => [text(name), text(value)]),
    ]);
    this.#pieces = [];
    this.#deflate.write(block);
    await new Promise<void>((resolve) => this.#deflate.flush(constants.Z_SYNC_FLUSH, resolve));
    return control(1, Buffer.concat([word(stream), word(0), Buffer.from([0, 0]), ...this.#pieces]));
  }
}

export const data = (stream: number, text: string, isLast = false): Uint8Array =>
  Buffer.concat([word(stream), word(text.length + (isLast ? 0x1000000 : 0)), Buffer.from(text, 'latin1')]);
export const ping = (id: number): Uint8Array => control(6, word(id));
export const reset = (stream: number): Uint8Array => control(3, Buffer.concat([word(stream), word(5)]));

const word = (value: number): Buffer => {
  const out = Buffer.alloc(4);
  out.writeUInt32BE(value);
  return out;
};
const control = (type: number, body: Uint8Array): Uint8Array => Buffer.concat([word(0x80030000 + type), word(body.length), body]);

/** What the server sent, a line a frame; the data of a stream's frames in a row are one. */
export function framesOf(messages: readonly (Uint8Array | string)[]): string[] {
  const all = Buffer.concat(messages.map((message) => (typeof message === 'string' ? bytesOfChars(message) : message)));
  const out: string[] = [];
  for (let at = 0; at < all.length;) {
    const [first, second] = [all.readUInt32BE(at), all.readUInt32BE(at + 4)];
    const body = all.subarray(at + 8, at + 8 + (second & 0xffffff));
    at += 8 + body.length;
    if (first < 0x80000000) out.push(`data ${first} ${JSON.stringify(charsOfBytes(body))}${second >>> 24 ? ' end' : ''}`);
    else if ((first & 0xffff) === 6) out.push(`ping ${body.readUInt32BE(0)}`);
    else out.push(`${(first & 0xffff) === 2 ? 'reply' : 'reset'} ${body.readUInt32BE(0)}`);
  }
  return out;
}

/** The headers of the first reply, as zlib reads them. */
export function firstReplyHeaders(message: Uint8Array | string): number[] {
  const block = (message as Uint8Array).subarray(12);
  return [...inflateSync(block, { dictionary: DICTIONARY, finishFlush: constants.Z_SYNC_FLUSH })];
}
