// The sandbox's own keys, made from its seed at its start and kept with its state.

import type { Random } from '../lib/host.ts';
import type { PrivateState } from '../store/store.ts';
import { signingKey } from '../server/authentication/jwt.ts';
import type { SigningKey } from '../server/authentication/jwt.ts';

const SCOPE = 'pki';

/** 32 bytes: any number below the curve's order will do, and nearly all are. */
export function keyOf(state: PrivateState, name: string, random: Random): SigningKey {
  let bytes = state.get<number[]>(SCOPE, name);
  if (!bytes) {
    bytes = Array.from({ length: 32 }, (_, i) => (i === 0 ? random.below(255) : random.below(256)));
    state.set(SCOPE, name, bytes);
  }
  return signingKey(Uint8Array.from(bytes));
}
