// The conditions of a Deployment's status.

import type { DeploymentCondition } from '../../api/gen/apps-v1.ts';
import { formatTime } from '../../lib/time.ts';

type Conditions = readonly DeploymentCondition[];

export function makeCondition(type: string, status: string, reason: string, message: string, now: number): DeploymentCondition {
  const time = formatTime(now);
  return { type, status, lastUpdateTime: time, lastTransitionTime: time, reason, message };
}

export const findCondition = (conditions: Conditions | undefined, type: string): DeploymentCondition | undefined =>
  conditions?.find((one) => one.type === type);

/** Replaces the condition of its type, which moves to the end; unless status and reason are what they were. */
export function withCondition(conditions: Conditions, next: DeploymentCondition): DeploymentCondition[] {
  const now = findCondition(conditions, next.type);
  if (now?.status === next.status && now.reason === next.reason) return [...conditions];
  const since = now?.status === next.status ? now.lastTransitionTime : next.lastTransitionTime;
  return [...withoutCondition(conditions, next.type), { ...next, ...(since !== undefined && { lastTransitionTime: since }) }];
}

export const withoutCondition = (conditions: Conditions, type: string): DeploymentCondition[] =>
  conditions.filter((one) => one.type !== type);
