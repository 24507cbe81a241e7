// Tolerations put together, and which of them say less than others. Mirrors kubernetes pkg/util/tolerations.

import type { Toleration } from '../api/gen/core-v1.ts';
import { isEqual } from '../lib/json.ts';

/** Without those that others cover; of equal ones, the first stays. */
export function mergeTolerations(all: readonly Toleration[]): Toleration[] {
  const merged: Toleration[] = [];
  for (const [i, one] of all.entries()) {
    if (merged.some((other) => covers(other, one))) continue;
    if (all.slice(i + 1).some((other) => !isEqual(other, one) && covers(other, one))) continue;
    merged.push({ ...one });
  }
  return merged;
}

/** Whether `wide` tolerates whatever `one` does. */
export function covers(wide: Toleration, one: Toleration): boolean {
  if (isEqual(wide, one)) return true;
  const isOfAllKeys = !wide.key && wide.operator === 'Exists';
  if ((one.key ?? '') !== (wide.key ?? '') && !isOfAllKeys) return false;
  if (wide.effect && one.effect !== wide.effect) return false;
  const isShorter = wide.effect === 'NoExecute' && wide.tolerationSeconds !== undefined;
  if (isShorter && (one.tolerationSeconds ?? Infinity) > wide.tolerationSeconds!) return false;
  if (wide.operator === 'Exists') return true;
  return (wide.operator ?? 'Equal') === 'Equal' && one.operator === 'Equal' && (one.value ?? '') === (wide.value ?? '');
}
