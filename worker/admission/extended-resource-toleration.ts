// Nodes with special devices are tainted by the devices' names; who asks for one bears the taint. Mirrors kubernetes
// plugin/pkg/admission/extendedresourcetoleration.

import type { AdmissionPlugin } from '../api/admission.ts';
import type { Pod, Toleration } from '../api/gen/core-v1.ts';
import { isEqual } from '../lib/json.ts';
import { isExtendedResource } from '../resources/core/pod/resource-list.ts';
import { only } from './refusal.ts';

export const extendedResourceToleration: AdmissionPlugin = {
  name: 'ExtendedResourceToleration',
  operations: ['CREATE', 'UPDATE'],
  handles: only('pods'),
  admit({ operation, subresource, object }) {
    if (subresource || (operation !== 'CREATE' && operation !== 'UPDATE')) return;
    const { spec } = object as Pod;
    const requested = [...spec.containers, ...(spec.initContainers ?? [])].flatMap(({ resources }) =>
      Object.keys(resources?.requests ?? {}),
    );
    for (const key of [...new Set(requested.filter(isExtendedResource))].sort())
      spec.tolerations = including({ key, operator: 'Exists', effect: 'NoSchedule' }, spec.tolerations ?? []);
  },
};

/** In the place of those that speak of the same, or else at the end. */
function including(wanted: Toleration, tolerations: readonly Toleration[]): Toleration[] {
  const isSame = ({ key, operator, value = '', effect }: Toleration): boolean =>
    key === wanted.key && operator === wanted.operator && value === '' && effect === wanted.effect;
  if (tolerations.some((one) => isEqual(one, wanted))) return [...tolerations];
  return tolerations.some(isSame) ? tolerations.map((one) => (isSame(one) ? wanted : one)) : [...tolerations, wanted];
}
