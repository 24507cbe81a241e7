// Whether two specifications mean the same. In canonical form that is nearly the same text; what v1 says twice counts once.

import type { PodSpec } from '../../../api/gen/core-v1.ts';
import { isEqual } from '../../../lib/json.ts';

export function isSameSpec({ serviceAccount: _a, ...a }: PodSpec, { serviceAccount: _b, ...b }: PodSpec): boolean {
  return isEqual(a, b);
}
