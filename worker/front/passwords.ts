// Passwords, by scrypt with OWASP's figures for 16 MB of memory. The platform's own: written in JavaScript it takes seconds.
// `scrypt$<log2 N>$<r>$<p>$<salt>$<key>`, so that the figures can change.

import { scryptSync, timingSafeEqual } from 'node:crypto';

const [LOG_N, R, P] = [14, 8, 5];
const KEY_BYTES = 32;

export function hashPassword(password: string): string {
  const salt = crypto.getRandomValues(new Uint8Array(16));
  return ['scrypt', LOG_N, R, P, hex(salt), hex(derive(password, salt, LOG_N, R, P))].join('$');
}

/** Takes as long if there is nothing to compare with. */
export function isPassword(password: string, stored: string | null): boolean {
  const [, logN, r, p, salt = '', key = ''] = (stored ?? `scrypt$${LOG_N}$${R}$${P}$${'00'.repeat(16)}$${'00'.repeat(KEY_BYTES)}`).split(
    '$',
  );
  const isSame = timingSafeEqual(derive(password, unhex(salt), Number(logN), Number(r), Number(p)), unhex(key));
  return stored !== null && isSame;
}

const derive = (password: string, salt: Uint8Array, logN: number, r: number, p: number): Uint8Array =>
  scryptSync(password.normalize('NFKC'), salt, KEY_BYTES, { N: 2 ** logN, r, p, maxmem: 64 * 1024 * 1024 });

const hex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
const unhex = (text: string): Uint8Array => Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
