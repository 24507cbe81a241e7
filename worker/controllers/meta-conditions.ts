// Conditions as most kinds have them (metav1.Condition). Mirrors apimachinery pkg/api/meta/conditions.go.

import type { Condition } from '../api/gen/meta-v1.ts';
import { formatTime } from '../lib/time.ts';

export interface ConditionFacts {
  readonly type: string;
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: string;
  readonly message: string;
  readonly observedGeneration?: number | undefined;
}

/** Sets a condition in its place; its time changes with its status only. */
export function setCondition(conditions: readonly Condition[] = [], facts: ConditionFacts, now: number): Condition[] {
  const { type, status, reason, message, observedGeneration } = facts;
  const old = conditions.find((one) => one.type === type);
  const next: Condition = {
    type,
    status,
    ...(observedGeneration && { observedGeneration }),
    lastTransitionTime: old?.status === status ? old.lastTransitionTime : formatTime(now),
    reason,
    message,
  };
  return old ? conditions.map((one) => (one === old ? next : one)) : [...conditions, next];
}
