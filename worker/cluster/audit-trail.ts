// The last events that the API server wrote down, kept in the sandbox itself: a ring, so that it never grows. Each is saved with the step it belongs to.

import { sha256 } from '@noble/hashes/sha2.js';
import { hexOf, utf8 } from '../lib/text.ts';
import type { AuditEvent, AuditSink } from '../server/audit/trail.ts';
import type { PrivateState } from '../store/store.ts';

/** The scope of the store's state that holds them. A copy of the sandbox does not get it: what was done to the other was not done to it. */
export const AUDIT_SCOPE = 'audit';
const KEPT = 500;
const NEXT = 'next';

export class AuditTrail implements AuditSink {
  readonly #state: PrivateState;
  /** What the ids of this life begin with, and how many there were. */
  readonly #prefix: string;
  #count = 0;

  /** `now` is when this life began, ms. */
  constructor(state: PrivateState, id: string, now: number) {
    this.#state = state;
    const hex = hexOf(sha256(utf8(`audit ${id} ${now} ${state.get<number>(AUDIT_SCOPE, NEXT) ?? 0}`)));
    this.#prefix = `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-`;
  }

  /** Looks like a UUID; is no draw from the cluster's chance, which what only reads must not move. */
  newId(): string {
    return this.#prefix + (++this.#count).toString(16).padStart(12, '0');
  }

  add(event: AuditEvent): void {
    const number = this.#state.get<number>(AUDIT_SCOPE, NEXT) ?? 0;
    this.#state.set(AUDIT_SCOPE, NEXT, number + 1);
    this.#state.set(AUDIT_SCOPE, keyOf(number), { number, event });
  }

  /** Oldest first. */
  list(): AuditEvent[] {
    return this.#state
      .entries<{ number: number; event: AuditEvent }>(AUDIT_SCOPE)
      .filter(([key]) => key !== NEXT)
      .map(([, kept]) => kept)
      .sort((a, b) => a.number - b.number)
      .map(({ event }) => event);
  }
}

const keyOf = (number: number): string => String(number % KEPT).padStart(3, '0');
