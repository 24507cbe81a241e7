// Passwords, by scrypt with OWASP's figures for 16 MB of memory: 0.4 s of work, in slices, so that others get their turn.
// `scrypt$<log2 N>$<r>$<p>$<salt>$<key>`, so that the figures can change.

import { scryptAsync } from '@noble/hashes/scrypt.js';

const [LOG_N, R, P] = [14, 8, 5];
const KEY_BYTES = 32;

export async function hashPassword(password: string): Promise<string> {
  const salt = crypto.getRandomValues(new Uint8Array(16));
  return ['scrypt', LOG_N, R, P, hex(salt), hex(await derive(password, salt, LOG_N, R, P))].join('$');
}

/** Takes as long if there is nothing to compare with. */
export async function isPassword(password: string, stored: string | null): Promise<boolean> {
  const [, logN, r, p, salt = '', key = ''] = (stored ?? `scrypt$${LOG_N}$${R}$${P}$${'00'.repeat(16)}$`).split('$');
  const derived = hex(await derive(password, unhex(salt), Number(logN), Number(r), Number(p)));
  let difference = derived.length ^ key.length;
  for (let i = 0; i < derived.length; i++) difference |= derived.charCodeAt(i) ^ key.charCodeAt(i % (key.length || 1));
  return stored !== null && difference === 0;
}

const derive = (password: string, salt: Uint8Array, logN: number, r: number, p: number): Promise<Uint8Array> =>
  scryptAsync(password.normalize('NFKC'), salt, { N: 2 ** logN, r, p, dkLen: KEY_BYTES });

const hex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
const unhex = (text: string): Uint8Array => Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
