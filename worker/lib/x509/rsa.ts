// RSA keys (RFC 8017): looking for primes piece by piece, since that takes long, and signing by PKCS #1 v1.5. Chance is given; the same chance gives the same key.

import { bytesToBigInt, integerOf, sequenceOf } from './der.ts';
import type { Der } from './der.ts';
import { integer, sequence } from '../der.ts';

export interface RsaKey {
  readonly modulus: bigint;
  readonly publicExponent: bigint;
  readonly privateExponent: bigint;
  readonly p: bigint;
  readonly q: bigint;
}

/** Plain data. Where the search for a key's two primes stands. */
export interface KeySearch {
  readonly bits: number;
  /** In hexadecimal. */
  found: string[];
  /** From where numbers are tried, in hexadecimal; '' for nowhere yet. */
  start: string;
  offset: number;
}

const EXPONENT = 65_537n;

export const newKeySearch = (bits: number): KeySearch => ({ bits, found: [], start: '', offset: 0 });

/** Tries so many numbers at the most; the key when it is found. `tried` is told of each: whether it is a prime. */
export function searchKey(
  search: KeySearch,
  most: number,
  randomBytes: (length: number) => Uint8Array,
  tried: (isPrime: boolean) => void = () => {},
): RsaKey | undefined {
  for (let left = most; left > 0; left--) {
    const sizes = [Math.ceil(search.bits / 2), Math.floor(search.bits / 2)];
    const size = sizes[search.found.length]!;
    search.start ||= startOf(size, randomBytes).toString(16);
    const start = BigInt(`0x${search.start}`);
    const offset = nextOffset(start, search.offset);
    const candidate = start + BigInt(offset);
    search.offset = offset + 2;
    const isPrime = candidate.toString(2).length === size && isProbablePrime(candidate);
    tried(isPrime);
    if (!isPrime) {
      if (candidate.toString(2).length !== size) search.start = '';
      continue;
    }
    Object.assign(search, { start: '', offset: 0 });
    const hex = candidate.toString(16);
    if (!search.found.includes(hex)) search.found.push(hex);
    if (search.found.length === 2) return keyOf(BigInt(`0x${search.found[0]}`), BigInt(`0x${search.found[1]}`));
  }
  return undefined;
}

/** Odd, its two highest bits set, so that the product of two has all the bits. */
function startOf(size: number, randomBytes: (length: number) => Uint8Array): bigint {
  const bits = BigInt(size);
  const mask = (1n << bits) - 1n;
  return (bytesToBigInt(randomBytes(Math.ceil(size / 8))) & mask) | (3n << (bits - 2n)) | 1n;
}

const SMALL_PRIMES = ((): number[] => {
  const primes: number[] = [];
  for (let n = 3; n < 8000; n += 2) if (primes.every((prime) => n % prime)) primes.push(n);
  return primes;
})();

/** The next number that no small prime divides, and of which a key can be made. */
function nextOffset(start: bigint, from: number): number {
  const rests = SMALL_PRIMES.map((prime) => Number(start % BigInt(prime)));
  const last = Number((start - 1n) % EXPONENT);
  for (let offset = from; ; offset += 2)
    if ((last + offset) % Number(EXPONENT) && SMALL_PRIMES.every((prime, i) => (rests[i]! + offset) % prime)) return offset;
}

/** Miller and Rabin's test: 2 shows nearly all that are none, the others the rest. */
function isProbablePrime(n: bigint): boolean {
  const shift = (n - 1n).toString(2).length - (n - 1n).toString(2).lastIndexOf('1') - 1;
  const odd = (n - 1n) >> BigInt(shift);
  return [2n, 3n, 5n, 7n, 11n].every((base) => {
    let value = power(base, odd, n);
    if (value === 1n || value === n - 1n) return true;
    for (let i = 1; i < shift; i++) {
      value = (value * value) % n;
      if (value === n - 1n) return true;
    }
    return false;
  });
}

function keyOf(one: bigint, other: bigint): RsaKey {
  const [p, q] = one > other ? [one, other] : [other, one];
  const [a, b] = [p - 1n, q - 1n];
  const privateExponent = inverse(EXPONENT, (a * b) / gcd(a, b));
  return { modulus: p * q, publicExponent: EXPONENT, privateExponent, p, q };
}

const gcd = (a: bigint, b: bigint): bigint => (b ? gcd(b, a % b) : a);

function inverse(value: bigint, modulus: bigint): bigint {
  let [rest, next, factor, nextFactor] = [modulus, value % modulus, 0n, 1n];
  while (next) {
    const quotient = rest / next;
    [rest, next] = [next, rest - quotient * next];
    [factor, nextFactor] = [nextFactor, factor - quotient * nextFactor];
  }
  return factor < 0n ? factor + modulus : factor;
}

export function power(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let result = 1n;
  let square = base % modulus;
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = (result * square) % modulus;
    square = (square * square) % modulus;
  }
  return result;
}

/** What else a private key holds: the exponents and the coefficient of the Chinese remainder theorem. */
export const remainders = ({ privateExponent, p, q }: RsaKey): [bigint, bigint, bigint] => [
  privateExponent % (p - 1n),
  privateExponent % (q - 1n),
  inverse(q, p),
];

/** A signature of a digest with its prefix (DigestInfo). */
export function signRsa(key: RsaKey, digestInfo: Uint8Array): Uint8Array {
  const size = Math.ceil(key.modulus.toString(16).length / 2);
  const padded = new Uint8Array(size).fill(0xff);
  padded.set([0, 1]);
  padded[size - digestInfo.length - 1] = 0;
  padded.set(digestInfo, size - digestInfo.length);
  const message = bytesToBigInt(padded);
  const [dp, dq, coefficient] = remainders(key);
  const [byP, byQ] = [power(message % key.p, dp, key.p), power(message % key.q, dq, key.q)];
  const difference = (((byP - byQ) % key.p) + key.p) % key.p;
  return bytesOf(byQ + ((difference * coefficient) % key.p) * key.q, size);
}

/** Big-endian; at least so many. */
export function bytesOf(value: bigint, size = 1): Uint8Array {
  const hex = value.toString(16);
  const even = hex.padStart(Math.max(size * 2, hex.length + (hex.length % 2)), '0');
  return Uint8Array.from(even.match(/../g)!, (pair) => Number.parseInt(pair, 16));
}

const number = (value: bigint): Uint8Array => integer(bytesOf(value));

/** RSAPublicKey. */
export const rsaPublicDer = ({ modulus, publicExponent }: Pick<RsaKey, 'modulus' | 'publicExponent'>): Uint8Array =>
  sequence(number(modulus), number(publicExponent));

/** RSAPrivateKey. */
export const rsaPrivateDer = (key: RsaKey): Uint8Array =>
  sequence(integer(0), ...[key.modulus, key.publicExponent, key.privateExponent, key.p, key.q, ...remainders(key)].map(number));

export function readRsaPrivate(value: Der): RsaKey {
  const [, modulus, publicExponent, privateExponent, p, q] = sequenceOf(value).map(integerOf) as [
    bigint,
    bigint,
    bigint,
    bigint,
    bigint,
    bigint,
  ];
  return { modulus, publicExponent, privateExponent, p, q };
}
