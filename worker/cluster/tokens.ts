// The bearer tokens that let somebody into a sandbox, kept as hashes in the sandbox itself: a request needs no other database.

import { sha256 } from '@noble/hashes/sha2.js';
import { AUTHENTICATED, MASTERS } from '../api/access.ts';
import type { UserInfo } from '../api/resource.ts';
import type { PrivateState } from '../store/store.ts';
import { toBase64Url, utf8 } from '../lib/text.ts';

/** What a token allows: everything, or only to look. */
export type Access = 'edit' | 'view';

interface TokenRecord {
  readonly access: Access;
  readonly user: string;
}

const SCOPE = 'tokens';
export const VIEWERS = 'kubarium:viewers';

export class Tokens {
  readonly #state: PrivateState;
  /** Tokens seen, so that only the first request of each is hashed. */
  readonly #known = new Map<string, UserInfo>();

  constructor(state: PrivateState) {
    this.#state = state;
  }

  add(token: string, access: Access, user: string): void {
    this.#state.set(SCOPE, hashOf(token), { access, user } satisfies TokenRecord);
  }

  revoke(token: string): void {
    this.#state.delete(SCOPE, hashOf(token));
    this.#known.clear();
  }

  /** Undefined if it is none of this sandbox's. */
  userOf(token: string): UserInfo | undefined {
    const known = this.#known.get(token);
    if (known) return known;
    const record = this.#state.get<TokenRecord>(SCOPE, hashOf(token));
    if (!record) return undefined;
    const user = { name: record.user, groups: [record.access === 'edit' ? MASTERS : VIEWERS, AUTHENTICATED] };
    if (this.#known.size > 1000) this.#known.clear();
    this.#known.set(token, user);
    return user;
  }
}

const hashOf = (token: string): string => toBase64Url(sha256(utf8(token)));
