// Whom `auth_basic` lets in: a user, and a password as `htpasswd` and `openssl passwd` hash it. Mirrors ngx_http_auth_basic_module and ngx_crypt.

import { md5, sha1 } from '@noble/hashes/legacy.js';
import { toBase64, utf8 } from '../../../lib/text.ts';

export type Verdict = 'welcome' | 'unknown' | 'mismatch' | 'unsupported';

export interface Credentials {
  readonly user: string;
  readonly password: string;
}

/** Of an `Authorization: Basic …`; undefined for anything else. */
export function basicCredentials(header: string | null | undefined): Credentials | undefined {
  const encoded = /^basic +(\S+)\s*$/i.exec(header ?? '')?.[1];
  if (encoded === undefined) return undefined;
  let text: string;
  try {
    text = atob(encoded);
  } catch {
    return undefined;
  }
  const at = text.indexOf(':');
  return at < 0 ? undefined : { user: text.slice(0, at), password: text.slice(at + 1) };
}

/** `file` has lines of `user:hash`. Differs: of the hashes that a system's crypt(3) knows, only `$1$` is known. */
export function judge(file: string, { user, password }: Credentials): Verdict {
  const line = file.split('\n').find((one) => one.startsWith(`${user}:`));
  if (line === undefined) return 'unknown';
  const hash = line
    .slice(user.length + 1)
    .split(':')[0]!
    .trim();
  const made = hashLike(hash, password);
  return made === undefined ? 'unsupported' : made === hash ? 'welcome' : 'mismatch';
}

function hashLike(hash: string, password: string): string | undefined {
  const salted = /^(\$(?:apr1|1)\$)([^$]{0,8})\$/.exec(hash);
  if (salted) return md5Crypt(salted[1]!, salted[2]!, password);
  if (hash.startsWith('{PLAIN}')) return `{PLAIN}${password}`;
  if (hash.startsWith('{SHA}')) return `{SHA}${toBase64(sha1(bytesOf(password)))}`;
  return undefined;
}

/** What came in base 64 is bytes already. */
const bytesOf = (text: string): Uint8Array => Uint8Array.from(text, (char) => char.charCodeAt(0));

const ALPHABET = './0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const ROUNDS = 1000;

/** MD5-crypt of FreeBSD (`$1$`), and Apache's (`$apr1$`), which is the same but for its name. */
function md5Crypt(magic: string, saltText: string, passwordText: string): string {
  const [password, salt] = [bytesOf(passwordText), utf8(saltText)];
  const inner = md5(joined(password, salt, password));
  const first: Uint8Array[] = [password, utf8(magic), salt];
  for (let left = password.length; left > 0; left -= 16) first.push(inner.subarray(0, Math.min(16, left)));
  for (let bits = password.length; bits > 0; bits >>= 1) first.push(bits & 1 ? Uint8Array.of(0) : password.subarray(0, 1));
  let digest = md5(joined(...first));
  for (let round = 0; round < ROUNDS; round++) {
    const isOdd = (round & 1) === 1;
    digest = md5(
      joined(isOdd ? password : digest, ...(round % 3 ? [salt] : []), ...(round % 7 ? [password] : []), isOdd ? digest : password),
    );
  }
  return `${magic}${saltText}$${lettersOf(digest)}`;
}

/** Three bytes make four letters, the lowest bits first. */
function lettersOf(digest: Uint8Array): string {
  const letters = (value: number, count: number): string =>
    Array.from({ length: count }, (_, i) => ALPHABET[(value >> (6 * i)) & 63]).join('');
  const threes = [0, 1, 2, 3, 4].map((i) => letters((digest[i]! << 16) | (digest[i + 6]! << 8) | digest[i === 4 ? 5 : i + 12]!, 4));
  return threes.join('') + letters(digest[11]!, 2);
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
