// The bearer tokens that let somebody into a sandbox from outside, kept as hashes in the sandbox itself: a request needs no other database. A token is 256
// random bits, so a plain hash of it can neither be guessed nor turned back, and looking the hash up tells nothing about it by its time.

import { sha256 } from '@noble/hashes/sha2.js';
import { AUTHENTICATED, MASTERS } from '../api/access.ts';
import type { UserInfo } from '../api/resource.ts';
import type { PrivateState } from '../store/store.ts';
import { toBase64Url, utf8 } from '../lib/text.ts';
import { VIEWERS } from './view-only.ts';

/** What a token allows: everything, or only to look. */
export type Access = 'edit' | 'view';

export interface Grant {
  readonly access: Access;
  /** The name that the API server knows the bearer by. */
  readonly user: string;
  /** How it was come by: `kubeconfig`, `console`, or a share link's id. What came one way can be taken back together. */
  readonly via: string;
  /** By the world's clock, ms; undefined for as long as the sandbox lives. */
  readonly expiresAt?: number | undefined;
}

interface Known {
  readonly user: UserInfo;
  readonly via: string;
  readonly expiresAt: number;
}

/** The scope of the store's state that holds them. A copy of the sandbox does not get it. */
export const TOKEN_SCOPE = 'tokens';
/** Of one way in. Beyond so many the oldest go: who fetches a kubeconfig for every call need not fill the sandbox. */
const MAX_TOKENS = 500;

export class Tokens {
  readonly #state: PrivateState;
  readonly #worldNow: () => number;
  /** Tokens seen, so that only the first request of each is hashed. */
  readonly #known = new Map<string, Known>();

  constructor(state: PrivateState, worldNow: () => number) {
    this.#state = state;
    this.#worldNow = worldNow;
  }

  /** `hash` is `hashOf(token)`: the token itself is never kept. */
  add(hash: string, grant: Grant): void {
    const now = this.#worldNow();
    const sameWay: { key: string; order: number }[] = [];
    let last = 0;
    for (const [key, one] of this.#state.entries<Grant & { order: number }>(TOKEN_SCOPE)) {
      last = Math.max(last, one.order);
      if ((one.expiresAt ?? Infinity) <= now) this.#state.delete(TOKEN_SCOPE, key);
      else if (one.via === grant.via) sameWay.push({ key, order: one.order });
    }
    sameWay.sort((a, b) => b.order - a.order);
    for (const { key } of sameWay.slice(MAX_TOKENS - 1)) this.#state.delete(TOKEN_SCOPE, key);
    this.#state.set(TOKEN_SCOPE, hash, { ...grant, order: last + 1 });
    this.#known.clear();
  }

  /** Takes back what came in one way, or everything. */
  revoke(via?: string): void {
    for (const [key, grant] of this.#state.entries<Grant>(TOKEN_SCOPE)) {
      if (via === undefined || grant.via === via) this.#state.delete(TOKEN_SCOPE, key);
    }
    this.#known.clear();
  }

  /** Undefined if it is none of this sandbox's, or no longer. */
  userOf(token: string): UserInfo | undefined {
    return this.#find(token)?.user;
  }

  /** How the bearer came by it. */
  viaOf(token: string): string | undefined {
    return this.#find(token)?.via;
  }

  #find(token: string): Known | undefined {
    const known = this.#known.get(token) ?? this.#look(token);
    return known && known.expiresAt > this.#worldNow() ? known : undefined;
  }

  #look(token: string): Known | undefined {
    const grant = this.#state.get<Grant>(TOKEN_SCOPE, hashOf(token));
    if (!grant) return undefined;
    const groups = [grant.access === 'edit' ? MASTERS : VIEWERS, AUTHENTICATED];
    const known = { user: { name: grant.user, groups }, via: grant.via, expiresAt: grant.expiresAt ?? Infinity };
    if (this.#known.size > 1000) this.#known.clear();
    this.#known.set(token, known);
    return known;
  }
}

export const hashOf = (token: string): string => toBase64Url(sha256(utf8(token)));
