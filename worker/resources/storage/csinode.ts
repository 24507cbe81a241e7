// CSINodes: which drivers a node has. Mirrors pkg/registry/storage/csinode and pkg/apis/storage/validation.

import { duplicateField, invalidField, requiredField } from '../../api/field-error.ts';
import type { FieldError } from '../../api/field-error.ts';
import { IMMUTABLE } from '../../api/metadata-validation.ts';
import { AGE_COLUMN, column, defineResource, NAME_COLUMN } from '../../api/resource.ts';
import type { CSINode, CSINodeDriver } from '../../api/gen/storage-v1.ts';
import { isEqual } from '../../lib/json.ts';
import { goForm } from '../go-form.ts';
import { builtinType } from '../schema/index.ts';
import { csiDriverName, nonNegative, qualifiedName } from '../validation/values.ts';

const MAX_NODE_ID = 256;

export const csiNodes = defineResource<CSINode>({
  group: 'storage.k8s.io',
  version: 'v1',
  resource: 'csinodes',
  kind: 'CSINode',
  namespaced: false,
  schema: builtinType('storage.v1.CSINode'),
  updateMustNameRevision: true,
  returnDeleted: true,
  validate: ({ spec }) => validateDrivers(spec.drivers),
  validateUpdate: ({ spec }, old) => [...validateDrivers(spec.drivers), ...validateSameDrivers(spec.drivers, old.spec.drivers)],
  columns: [
    NAME_COLUMN,
    column('Drivers', ({ spec }) => spec.drivers?.length ?? 0, {
      type: 'integer',
      description: 'Drivers indicates the number of CSI drivers registered on the node',
    }),
    AGE_COLUMN,
  ],
});

function validateDrivers(drivers: readonly CSINodeDriver[] | null): FieldError[] {
  const errors: FieldError[] = [];
  const names = new Set<string>();
  for (const [i, { name, nodeID, allocatable, topologyKeys }] of (drivers ?? []).entries()) {
    const path = `spec.drivers[${i}]`;
    errors.push(...csiDriverName(name, `${path}.name`));
    if (!nodeID) errors.push(requiredField(`${path}.nodeID`));
    if (nodeID.length > MAX_NODE_ID) errors.push(invalidField(`${path}.nodeID`, nodeID, `must be ${MAX_NODE_ID} characters or less`));
    errors.push(...nonNegative(allocatable?.count, `${path}.allocatable.count`));
    if (names.has(name)) errors.push(duplicateField(`${path}.name`, name));
    names.add(name);
    errors.push(...validateTopologyKeys(topologyKeys ?? [], path));
  }
  return errors;
}

function validateTopologyKeys(keys: readonly string[], path: string): FieldError[] {
  return keys.flatMap((key, i) => [
    ...(key ? [] : [requiredField(path)]),
    ...(keys.indexOf(key) < i ? [duplicateField(path, key)] : []),
    ...qualifiedName(key, path),
  ]);
}

/** Of a driver that stays, only how many volumes it takes may change. */
function validateSameDrivers(drivers: readonly CSINodeDriver[] | null, old: readonly CSINodeDriver[] | null): FieldError[] {
  return (old ?? []).flatMap((before) =>
    (drivers ?? [])
      .filter(({ name }) => name === before.name)
      .flatMap((driver) => {
        const { allocatable: _a, ...rest } = driver;
        const { allocatable: _b, ...restBefore } = before;
        if (isEqual(rest, restBefore)) return [];
        return [invalidField('spec.drivers', goForm('storage.v1.CSINodeDriver', rest), IMMUTABLE)];
      }),
  );
}
