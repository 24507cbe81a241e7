// The sandbox's own keys, made from its secret: not from its seed, which others may know or choose.

import { sha256 } from '@noble/hashes/sha2.js';
import { utf8 } from '../lib/text.ts';
import { keyName } from './named-sandbox.ts';
import { SigningKey } from '../server/authentication/jwt.ts';

/** `sandbox`: whose it is, for tokens that have to say so. */
export function keyOf(secret: string, name: string, sandbox = ''): SigningKey {
  const bytes = sha256(utf8(`${name} ${secret}`));
  bytes[0]! &= 0x7f; // below the order of the curve
  return new SigningKey(bytes, (hash) => keyName(sandbox, hash));
}
