// How facts about an object are set: a term and what it is; conditions, a row each.

import type { ComponentChildren } from 'preact';
import { ageOf } from '../model/time.ts';

export interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
  readonly lastTransitionTime?: string | null;
}

export const Row = ({ term, children }: { term: string; children: ComponentChildren }) => (
  <div>
    <dt>{term}</dt>
    <dd>{children}</dd>
  </div>
);

export function ConditionRows({ conditions, now }: { conditions: readonly Condition[] | undefined; now: number }) {
  if (!conditions?.length) return null;
  return (
    <ul class="rows">
      {conditions.map(({ type, status, reason, message, lastTransitionTime }) => (
        <li key={type}>
          <span class="grow">
            <strong>{type}</strong> {reason && <small>{reason}</small>}
            {message && <small>{message}</small>}
          </span>
          <span>
            {status} <small>{ageOf(lastTransitionTime, now)}</small>
          </span>
        </li>
      ))}
    </ul>
  );
}
