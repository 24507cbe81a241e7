// What openssl does with bytes alone: rand, dgst, base64.

import { md5, sha1 } from '@noble/hashes/legacy.js';
import { sha224, sha256, sha384, sha512 } from '@noble/hashes/sha2.js';
import { bytesOfChars, charsOfBytes, fromBase64, hexOf, toBase64 } from '../../../lib/text.ts';
import { Refusal } from '../tool.ts';
import { digestFailure, randomBytes, readPlain, writeOut } from './call.ts';
import type { Call } from './call.ts';

/** In lines, as it encodes. */
const inLines = (bytes: Uint8Array): string => toBase64(bytes).replaceAll(/.{1,64}/g, '$&\n');

const MOST = 1_000_000;

export function rand(call: Call): number {
  const [count = '0'] = call.rest;
  if (!/^\d+$/.test(count)) throw new Refusal(`rand: Can't parse "${count}" as a number\nrand: Use -help for summary.`);
  const bytes = randomBytes(call.system, Math.min(MOST, Number(count)));
  writeOut(call, call.has('hex') ? hexOf(bytes).replace(/.$/, '$&\n') : call.has('base64') ? inLines(bytes) : charsOfBytes(bytes));
  return 0;
}

export const DIGESTS: Readonly<Record<string, readonly [name: string, hash: (data: Uint8Array) => Uint8Array]>> = {
  md5: ['MD5', md5],
  sha1: ['SHA1', sha1],
  sha224: ['SHA2-224', sha224],
  sha256: ['SHA2-256', sha256],
  sha384: ['SHA2-384', sha384],
  sha512: ['SHA2-512', sha512],
};

/** Also by the name of a digest. Which one is said in another way if nobody chose it. */
export function dgst(call: Call): number {
  const chosen = DIGESTS[call.name] ? call.name : call.given.findLast(([name]) => DIGESTS[name])?.[0];
  const [name, hash] = DIGESTS[chosen ?? 'sha256']!;
  const label = chosen === undefined && call.release.spacesNames ? 'SHA256' : name;
  const lines = (call.rest.length ? call.rest : [undefined]).map((path) => {
    const digest = hash(bytesOfChars(readPlain(call, path, '', digestFailure)));
    if (call.has('binary')) return charsOfBytes(digest);
    return call.has('r') ? `${hexOf(digest)} *${path ?? 'stdin'}\n` : `${label}(${path ?? 'stdin'})= ${hexOf(digest)}\n`;
  });
  writeOut(call, lines.join(''));
  return 0;
}

/** `base64`, and `enc -base64`. Differs: nothing is encrypted. */
export function base64(call: Call): number {
  if (call.name === 'enc' && !call.has('base64') && !call.has('a')) throw new Refusal('enc: only -base64 is there');
  const text = readPlain(call, call.get('in'));
  if (call.has('d')) {
    // Without -A, only lines that end count.
    const bytes = fromBase64(text.replaceAll(/\s/g, ''));
    if (!bytes) throw new Refusal('error reading input file');
    writeOut(call, charsOfBytes(bytes));
  } else writeOut(call, call.has('A') ? toBase64(bytesOfChars(text)) : inLines(bytesOfChars(text)));
  return 0;
}
