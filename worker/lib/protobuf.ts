// The protobuf wire format: tags, varints, fixed numbers and lengths. What the fields mean is for api/protobuf. Mirrors what gogo's generated code does,
// its errors included.

import { fromUtf8, utf8 } from './text.ts';

export class ProtobufError extends Error {}

export const VARINT = 0;
export const FIXED64 = 1;
export const BYTES = 2;
export const FIXED32 = 5;

const unexpectedEnd = (): ProtobufError => new ProtobufError('unexpected EOF');
/** Texts up to this length are put together letter by letter, which is faster than the decoder's set-up. */
const SHORT_TEXT = 48;

export class ProtobufReader {
  readonly #bytes: Uint8Array;
  #at: number;
  #end: number;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#at = 0;
    this.#end = bytes.length;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#end;
  }

  /** A number that fits into 32 bits without sign: tags and lengths. */
  uint32(): number {
    const bytes = this.#bytes;
    if (this.#at < this.#end && bytes[this.#at]! < 0x80) return bytes[this.#at++]!;
    const value = this.#varint();
    if (value > 0xffffffffn) throw new ProtobufError('proto: integer overflow');
    return Number(value);
  }

  /** A signed 64-bit number; beyond 2^53 the nearest that JavaScript has. */
  int64(): number {
    const bytes = this.#bytes;
    if (this.#at < this.#end && bytes[this.#at]! < 0x80) return bytes[this.#at++]!;
    return Number(BigInt.asIntN(64, this.#varint()));
  }

  /** The lower 32 bits, as Go's conversion takes them. */
  int32(): number {
    const bytes = this.#bytes;
    if (this.#at < this.#end && bytes[this.#at]! < 0x80) return bytes[this.#at++]!;
    return Number(BigInt.asIntN(32, this.#varint()));
  }

  double(): number {
    const at = this.#take(8);
    return new DataView(this.#bytes.buffer, this.#bytes.byteOffset + at, 8).getFloat64(0, true);
  }

  /** A view, not a copy. */
  bytes(): Uint8Array {
    const length = this.uint32();
    const at = this.#take(length);
    return this.#bytes.subarray(at, at + length);
  }

  string(): string {
    const length = this.uint32();
    const at = this.#take(length);
    if (length < SHORT_TEXT) {
      let text = '';
      for (let i = at; i < at + length; i++) {
        const code = this.#bytes[i]!;
        if (code >= 0x80) return fromUtf8(this.#bytes.subarray(at, at + length));
        text += String.fromCharCode(code);
      }
      return text;
    }
    return fromUtf8(this.#bytes.subarray(at, at + length));
  }

  /** Narrows the reader to a nested message; the answer, given to `leave`, widens it again. */
  enter(): number {
    const length = this.uint32();
    if (length > this.#end - this.#at) throw unexpectedEnd();
    const outer = this.#end;
    this.#end = this.#at + length;
    return outer;
  }

  leave(outer: number): void {
    this.#at = this.#end;
    this.#end = outer;
  }

  /** Passes over a value of a field that nobody knows. */
  skip(wireType: number): void {
    switch (wireType) {
      case VARINT:
        this.#varint();
        return;
      case FIXED64:
        this.#take(8);
        return;
      case BYTES:
        this.#take(this.uint32());
        return;
      case FIXED32:
        this.#take(4);
        return;
      case 3:
        this.#skipGroup();
        return;
      case 4:
        throw new ProtobufError('proto: unexpected end of group');
      default:
        throw new ProtobufError(`proto: illegal wireType ${wireType}`);
    }
  }

  /** Groups nest: counted, not recursed into. */
  #skipGroup(): void {
    for (let depth = 1; depth > 0;) {
      const wireType = this.uint32() & 7;
      if (wireType === 3) depth++;
      else if (wireType === 4) depth--;
      else this.skip(wireType);
    }
  }

  #take(length: number): number {
    const at = this.#at;
    if (length > this.#end - at) throw unexpectedEnd();
    this.#at = at + length;
    return at;
  }

  #varint(): bigint {
    let low = 0;
    let high = 0n;
    for (let shift = 0; shift < 70; shift += 7) {
      if (this.#at >= this.#end) throw unexpectedEnd();
      const byte = this.#bytes[this.#at++]!;
      if (shift < 28) low |= (byte & 0x7f) << shift;
      else high |= BigInt(byte & 0x7f) << BigInt(shift - 28);
      if (byte < 0x80) return (BigInt.asUintN(36, high) << 28n) | BigInt(low);
    }
    throw new ProtobufError('proto: integer overflow');
  }
}

/** Grows as it is written to. A nested message is written first and then moved to make room for its length. */
export class ProtobufWriter {
  #bytes = new Uint8Array(1024);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** A copy of what was written. */
  finish(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(0, this.#length);
  }

  tag(field: number, wireType: number): void {
    this.uint32((field << 3) | wireType);
  }

  uint32(value: number): void {
    this.#reserve(5);
    let rest = value;
    while (rest > 0x7f) {
      this.#bytes[this.#length++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.#bytes[this.#length++] = rest;
  }

  /** Any signed number; a negative one takes ten bytes. */
  int64(value: number): void {
    if (value >= 0 && value <= 0x7fffffff) return this.uint32(value);
    this.#reserve(10);
    let rest = BigInt.asUintN(64, BigInt(Math.trunc(value)));
    while (rest > 0x7fn) {
      this.#bytes[this.#length++] = Number(rest & 0x7fn) | 0x80;
      rest >>= 7n;
    }
    this.#bytes[this.#length++] = Number(rest);
  }

  double(value: number): void {
    this.#reserve(8);
    new DataView(this.#bytes.buffer, this.#length, 8).setFloat64(0, value, true);
    this.#length += 8;
  }

  bytes(value: Uint8Array): void {
    this.uint32(value.length);
    this.raw(value);
  }

  /** Without a length before it. */
  raw(value: Uint8Array): void {
    this.#reserve(value.length);
    this.#bytes.set(value, this.#length);
    this.#length += value.length;
  }

  string(value: string): void {
    if (value.length < SHORT_TEXT) {
      this.#reserve(value.length + 1);
      const start = this.#length + 1;
      let i = 0;
      for (; i < value.length; i++) {
        const code = value.charCodeAt(i);
        if (code >= 0x80) break;
        this.#bytes[start + i] = code;
      }
      if (i === value.length) {
        this.#bytes[this.#length] = value.length;
        this.#length = start + value.length;
        return;
      }
    }
    this.bytes(utf8(value));
  }

  /** Starts a nested message; the answer ends it. */
  begin(): number {
    this.#reserve(1);
    return ++this.#length;
  }

  /** Puts the length before what was written since. */
  end(start: number): void {
    const size = this.#length - start;
    if (size < 0x80) {
      this.#bytes[start - 1] = size;
      return;
    }
    const extra = size < 1 << 14 ? 1 : size < 1 << 21 ? 2 : size < 1 << 28 ? 3 : 4;
    this.#reserve(extra);
    this.#bytes.copyWithin(start + extra, start, this.#length);
    const end = this.#length + extra;
    this.#length = start - 1;
    this.uint32(size);
    this.#length = end;
  }

  #reserve(more: number): void {
    if (this.#length + more <= this.#bytes.length) return;
    const bigger = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + more));
    bigger.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = bigger;
  }
}
