// Taints of nodes and tolerations of pods. Mirrors component-helpers scheduling/corev1.

import type { Taint, Toleration } from '../../api/gen/core-v1.ts';

export type Tolerations = readonly Toleration[] | undefined;

/** The operators Lt and Gt are behind a gate that is off. */
export function tolerates({ effect, key, operator = 'Equal', value = '' }: Toleration, taint: Taint): boolean {
  if (effect && effect !== taint.effect) return false;
  if (key && key !== taint.key) return false;
  return operator === 'Exists' || ((operator === 'Equal' || operator === '') && value === (taint.value ?? ''));
}

export const isTolerated = (taint: Taint, tolerations: Tolerations): boolean => tolerations?.some((one) => tolerates(one, taint)) ?? false;

/** The first taint that keeps a pod from being placed. */
export function untoleratedTaint(taints: readonly Taint[], tolerations: Tolerations): Taint | undefined {
  for (const taint of taints) {
    if ((taint.effect === 'NoSchedule' || taint.effect === 'NoExecute') && !isTolerated(taint, tolerations)) return taint;
  }
  return undefined;
}

export const UNSCHEDULABLE_TAINT: Taint = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' };
