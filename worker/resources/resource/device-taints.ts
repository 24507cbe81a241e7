// Taints of devices, and the tolerations of claims. Mirrors ToleratesTaint of dynamic-resource-allocation/resourceclaim.

import type { DeviceTaint, DeviceToleration } from '../../api/gen/resource-v1.ts';

export const isTolerated = (taint: DeviceTaint, tolerations: readonly DeviceToleration[]): boolean =>
  tolerations.some(
    ({ key, operator, value = '', effect }) =>
      (!effect || effect === taint.effect) && (!key || key === taint.key) && (operator === 'Exists' || value === (taint.value ?? '')),
  );
