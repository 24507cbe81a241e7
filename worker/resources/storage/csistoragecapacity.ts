// CSIStorageCapacities: how much a driver could still provision where. Mirrors pkg/registry/storage/csistoragecapacity and pkg/apis/storage/validation.

import type { FieldError } from '../../api/field-error.ts';
import { validateImmutable } from '../../api/metadata-validation.ts';
import { defineResource } from '../../api/resource.ts';
import type { CSIStorageCapacity } from '../../api/gen/storage-v1.ts';
import { deprecatedNodeLabel } from '../core/node-labels.ts';
import { builtinType } from '../schema/index.ts';
import { hasInvalidSelectorValue, validateLabelSelector } from '../validation/label-selector.ts';
import { dnsSubdomain, nonNegativeQuantity } from '../validation/values.ts';

export const csiStorageCapacities = defineResource<CSIStorageCapacity>({
  group: 'storage.k8s.io',
  version: 'v1',
  resource: 'csistoragecapacities',
  kind: 'CSIStorageCapacity',
  namespaced: true,
  schema: builtinType('storage.v1.CSIStorageCapacity'),
  updateMustNameRevision: true,
  validate: (capacity) => validateCapacity(capacity, false),
  validateUpdate: (capacity, old) => [
    ...validateCapacity(capacity, hasInvalidSelectorValue(old.nodeTopology)),
    ...validateImmutable(capacity.nodeTopology, old.nodeTopology, 'nodeTopology'),
    ...validateImmutable(capacity.storageClassName, old.storageClassName, 'storageClassName'),
  ],
  warnings: ({ nodeTopology }) => topologyWarnings(nodeTopology),
});

function validateCapacity({ nodeTopology, storageClassName, capacity }: CSIStorageCapacity, allowInvalidValues: boolean): FieldError[] {
  return [
    ...validateLabelSelector(nodeTopology, 'nodeTopology', { allowInvalidValues }),
    ...dnsSubdomain(storageClassName, 'storageClassName'),
    ...(capacity === undefined ? [] : nonNegativeQuantity(capacity, 'capacity')),
  ];
}

function topologyWarnings(topology: CSIStorageCapacity['nodeTopology']): string[] {
  const warnings: string[] = [];
  for (const [i, { key }] of (topology?.matchExpressions ?? []).entries()) {
    const message = deprecatedNodeLabel(key);
    if (message) warnings.push(`nodeTopology.matchExpressions[${i}].key: ${key} is ${message}`);
  }
  for (const key of Object.keys(topology?.matchLabels ?? {})) {
    const message = deprecatedNodeLabel(key);
    if (message) warnings.push(`nodeTopology.matchLabels.${key}: ${message}`);
  }
  return warnings;
}
