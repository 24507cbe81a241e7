// Conditions of CRDs. Mirrors apiextensions-apiserver pkg/apihelpers.

import type { CustomResourceDefinition, CustomResourceDefinitionCondition } from '../../api/gen/apiextensions-v1.ts';
import { formatTime } from '../../lib/time.ts';

export type Wanted = Omit<CustomResourceDefinitionCondition, 'lastTransitionTime'>;

export const conditionOf = ({ status }: CustomResourceDefinition, type: string): CustomResourceDefinitionCondition | undefined =>
  (status.conditions ?? []).find((one) => one.type === type);

export const isTrue = (crd: CustomResourceDefinition, type: string): boolean => conditionOf(crd, type)?.status === 'True';

export function isSame(known: CustomResourceDefinitionCondition | undefined, { status, reason, message }: Wanted): boolean {
  return known?.status === status && known.reason === reason && known.message === message;
}

/** A changed copy. */
export function withCondition(crd: CustomResourceDefinition, wanted: Wanted, now: number): CustomResourceDefinition {
  const { type, status, ...rest } = wanted;
  const known = conditionOf(crd, type);
  const lastTransitionTime = known?.status === status ? (known.lastTransitionTime ?? null) : formatTime(now);
  const next = { type, status, lastTransitionTime, ...rest } as CustomResourceDefinitionCondition;
  const before = crd.status.conditions ?? [];
  const conditions = known ? before.map((one) => (one === known ? next : one)) : [...before, next];
  return { ...crd, status: { ...crd.status, conditions } };
}
