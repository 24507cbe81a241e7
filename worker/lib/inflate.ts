// Decompression of a zlib stream (RFC 1950, 1951) that comes in pieces, each of whole blocks: what SPDY makes of its headers. The output so far is the window for what
// comes, and a dictionary that both sides know is where it begins.

const [WINDOW, MAX_BUFFER] = [32_768, 262_144];

export class Inflater {
  #out: Uint8Array;
  #length: number;
  #hasBegun = false;

  constructor(dictionary: Uint8Array) {
    this.#out = new Uint8Array(MAX_BUFFER);
    this.#out.set(dictionary);
    this.#length = dictionary.length;
  }

  /** What a piece stands for. Throws an Error if it is damaged, or not whole. */
  inflate(piece: Uint8Array): Uint8Array {
    const bits = new Bits(piece);
    if (!this.#hasBegun) {
      const [method, flags] = [bits.take(8), bits.take(8)];
      if ((method & 15) !== 8 || (method * 256 + flags) % 31) throw new Error('no zlib stream');
      if (flags & 32) bits.take(32); // the dictionary's checksum
      this.#hasBegun = true;
    }
    if (this.#length > WINDOW) {
      this.#out.copyWithin(0, this.#length - WINDOW, this.#length);
      this.#length = WINDOW;
    }
    const start = this.#length;
    while (!bits.isEmpty) this.#block(bits);
    return this.#out.slice(start, this.#length);
  }

  #block(bits: Bits): void {
    bits.take(1); // the last block: there is none in a stream that goes on
    const type = bits.take(2);
    if (type === 0) {
      bits.align();
      const size = bits.take(16);
      if ((bits.take(16) ^ size) !== 0xffff) throw new Error('damaged block');
      for (let i = 0; i < size; i++) this.#put(bits.take(8));
    } else if (type === 1) this.#codes(bits, FIXED_LITERALS, FIXED_DISTANCES);
    else if (type === 2) this.#codes(bits, ...readCodes(bits));
    else throw new Error('unknown kind of block');
  }

  #codes(bits: Bits, literals: Code, distances: Code): void {
    for (;;) {
      const symbol = decode(bits, literals);
      if (symbol < 256) this.#put(symbol);
      else if (symbol === 256) return;
      else {
        const length = LENGTHS[symbol - 257]! + bits.take(LENGTH_BITS[symbol - 257]!);
        const far = decode(bits, distances);
        const distance = DISTANCES[far]! + bits.take(DISTANCE_BITS[far]!);
        if (!(distance <= this.#length)) throw new Error('reaches too far back');
        for (let i = 0; i < length; i++) this.#put(this.#out[this.#length - distance]!);
      }
    }
  }

  #put(byte: number): void {
    if (this.#length >= MAX_BUFFER) throw new Error('too much at once');
    this.#out[this.#length++] = byte;
  }
}

class Bits {
  readonly #bytes: Uint8Array;
  #at = 0;
  #bit = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** The low bits come first. */
  take(count: number): number {
    let value = 0;
    for (let i = 0; i < count; i++) {
      if (this.#at >= this.#bytes.length) throw new Error('ends too early');
      value += ((this.#bytes[this.#at]! >>> this.#bit) & 1) * 2 ** i;
      if (++this.#bit === 8) {
        this.#bit = 0;
        this.#at++;
      }
    }
    return value;
  }

  align(): void {
    if (this.#bit) this.#at++;
    this.#bit = 0;
  }

  get isEmpty(): boolean {
    return this.#at >= this.#bytes.length;
  }
}

/** A canonical Huffman code: how many codes there are of each length, and their symbols in order. */
interface Code {
  readonly counts: readonly number[];
  readonly symbols: readonly number[];
}

const MAX_BITS = 15;

function codeOf(lengths: readonly number[]): Code {
  const counts = Array.from({ length: MAX_BITS + 1 }, () => 0);
  for (const length of lengths) counts[length]!++;
  const symbols: number[] = [];
  for (let bits = 1; bits <= MAX_BITS; bits++) for (const [symbol, length] of lengths.entries()) if (length === bits) symbols.push(symbol);
  counts[0] = 0;
  return { counts, symbols };
}

function decode(bits: Bits, { counts, symbols }: Code): number {
  let [code, first, index] = [0, 0, 0];
  for (let length = 1; length <= MAX_BITS; length++) {
    code |= bits.take(1);
    const count = counts[length]!;
    if (code - first < count) return symbols[index + code - first]!;
    index += count;
    first = (first + count) << 1;
    code <<= 1;
  }
  throw new Error('no such code');
}

function readCodes(bits: Bits): [literals: Code, distances: Code] {
  const [literals, distances, own] = [bits.take(5) + 257, bits.take(5) + 1, bits.take(4) + 4];
  const ownLengths = Array.from({ length: 19 }, () => 0);
  for (let i = 0; i < own; i++) ownLengths[ORDER[i]!] = bits.take(3);
  const code = codeOf(ownLengths);
  const lengths: number[] = [];
  while (lengths.length < literals + distances) {
    const symbol = decode(bits, code);
    if (symbol < 16) lengths.push(symbol);
    else {
      const again = symbol === 16 ? (lengths.at(-1) ?? 0) : 0;
      const times = symbol === 16 ? 3 + bits.take(2) : symbol === 17 ? 3 + bits.take(3) : 11 + bits.take(7);
      for (let i = 0; i < times; i++) lengths.push(again);
    }
  }
  return [codeOf(lengths.slice(0, literals)), codeOf(lengths.slice(literals, literals + distances))];
}

const ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
const LENGTHS = [3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258];
const LENGTH_BITS = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
const DISTANCE_BITS = Array.from({ length: 30 }, (_, i) => Math.max(0, (i >> 1) - 1));
const DISTANCES = DISTANCE_BITS.map((_, i) => (i < 2 ? i + 1 : (2 + (i & 1)) * 2 ** ((i >> 1) - 1) + 1));
const FIXED_LITERALS = codeOf(Array.from({ length: 288 }, (_, i) => (i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8)));
const FIXED_DISTANCES = codeOf(Array.from({ length: 30 }, () => 5));
