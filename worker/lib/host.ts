// Time and chance, injected. Nothing below cluster/ may ask the platform for either.

/** A source of numbers that the same seed repeats. `state` is all there is to it, so that it can be saved and restored. */
export interface Random {
  /** The next number, uniform in [0, 2^32). */
  uint32(): number;
  /** Uniform in [0, bound), bound ≤ 2^32. */
  below(bound: number): number;
  /** `length` letters of Kubernetes' alphabet for generated names (no vowels, no look-alikes). */
  suffix(length: number): string;
  /** An RFC 4122 version 4 UUID. */
  uuid(): string;
  state: RandomState;
}

export type RandomState = [number, number, number, number];

export interface Host {
  /** Milliseconds since the epoch, in the sandbox's own time. It stands still within a step. */
  now(): number;
  readonly random: Random;
}

const SUFFIX_ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';
const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** The generator sfc32 (Chris Doty-Humphrey, PractRand): 128 bits of state, fast, and passes the usual test batteries. */
export function makeRandom(seed: string | RandomState): Random {
  let [a, b, c, counter] = typeof seed === 'string' ? expandSeed(seed) : seed;
  const uint32 = (): number => {
    const t = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + t;
    c |= 0;
    return t >>> 0;
  };
  const below = (bound: number): number => Math.floor((uint32() / 2 ** 32) * bound);
  if (typeof seed === 'string') for (let i = 0; i < 12; i++) uint32();
  return {
    uint32,
    below,
    suffix: (length) => {
      let text = '';
      for (let i = 0; i < length; i++) text += SUFFIX_ALPHABET[below(SUFFIX_ALPHABET.length)];
      return text;
    },
    uuid: () => formatUuid(uint32(), uint32(), uint32(), uint32()),
    get state(): RandomState {
      return [a, b, c, counter];
    },
    set state(next: RandomState) {
      [a, b, c, counter] = next;
    },
  };
}

/** In one piece (see `flat`): all that an object ever was holds its uid. */
function formatUuid(a: number, b: number, c: number, d: number): string {
  const version = (b & 0xffff0fff) | 0x4000;
  const variant = (c & 0x3fffffff) | 0x80000000;
  let at = 0;
  for (const word of [a, version, variant, d]) {
    for (let shift = 28; shift >= 0; shift -= 4) {
      if (at === 8 || at === 13 || at === 18 || at === 23) uuid[at++] = DASH;
      uuid[at++] = DIGITS[(word >>> shift) & 15]!;
    }
  }
  return String.fromCharCode(...uuid);
}

const DIGITS = Array.from('0123456789abcdef', (digit) => digit.charCodeAt(0));
const DASH = 45;
const uuid: number[] = Array(36).fill(0);

/** Eight hexadecimal digits. */
export const hex32 = (word: number): string => hex(word >>> 16) + hex(word);

/** The lower 16 bits. */
const hex = (word: number): string => HEX[(word >>> 8) & 255]! + HEX[word & 255]!;

/** Spreads a text over 128 bits (cyrb128). */
function expandSeed(text: string): RandomState {
  let [h1, h2, h3, h4] = [1779033703, 3144134277, 1013904242, 2773480762];
  for (let i = 0; i < text.length; i++) {
    const k = text.charCodeAt(i);
    h1 = h2 ^ Math.imul(h1 ^ k, 597399067);
    h2 = h3 ^ Math.imul(h2 ^ k, 2869860233);
    h3 = h4 ^ Math.imul(h3 ^ k, 951274213);
    h4 = h1 ^ Math.imul(h4 ^ k, 2716044179);
  }
  return [h1 | 0, h2 | 0, h3 | 0, h4 | 0];
}
