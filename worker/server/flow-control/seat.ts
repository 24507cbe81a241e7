// A request's dealings with flow control, over all the times that it is run: it gets its ticket once, and gives its seats back when it has its answer. Mirrors apiserver
// pkg/server/filters/priority-and-fairness.go.

import type { UserInfo } from '../../api/resource.ts';
import { text } from '../http.ts';
import type { HttpReply, HttpRequest } from '../http.ts';
import type { RequestInfo } from '../request-info.ts';
import type { FlowControl } from './flow-control.ts';
import type { Route, Ticket } from './ticket.ts';

/** It is not this request's turn. Run it again when that is decided. */
export class Queued extends Error {
  readonly decision: Promise<void>;

  constructor(decision: Promise<void>) {
    super('queued');
    this.decision = decision;
  }
}

export class Seat {
  readonly #flow: FlowControl;
  #ticket: Ticket | undefined;

  constructor(flow: FlowControl) {
    this.#flow = flow;
  }

  /** A ticket that has been decided on. Throws `Queued`. */
  take(user: UserInfo, info: RequestInfo, request: HttpRequest): Ticket {
    this.#ticket ??= this.#flow.start(user, info, request);
    if (this.#ticket.state === 'waiting') throw new Queued(this.#ticket.decision());
    return this.#ticket;
  }

  leave(): void {
    if (this.#ticket) this.#flow.answered(this.#ticket);
  }
}

/** UIDs and not names: who is refused need not know how an administrator calls that. */
export const flowHeaders = ({ schema, level }: Route): Record<string, string> => ({
  'x-kubernetes-pf-flowschema-uid': schema.metadata.uid,
  'x-kubernetes-pf-prioritylevel-uid': level.config.metadata.uid,
});

export function refusalOf(flow: FlowControl, ticket: Ticket): HttpReply {
  const reply = text('Too many requests, please try again later.\n', 429);
  return { ...reply, headers: { ...reply.headers, 'retry-after': String(flow.retryAfter(ticket)) } };
}
