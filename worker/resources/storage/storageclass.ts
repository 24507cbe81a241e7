// StorageClasses. Mirrors pkg/registry/storage/storageclass and pkg/apis/storage.

import { notSupported, requiredField } from '../../api/field-error.ts';
import type { FieldError } from '../../api/field-error.ts';
import { validateImmutable } from '../../api/metadata-validation.ts';
import { AGE_COLUMN, column, defineResource, NAME_COLUMN } from '../../api/resource.ts';
import type { StorageClass } from '../../api/gen/storage-v1.ts';
import { deprecatedNodeLabel } from '../core/node-labels.ts';
import { docOf } from '../doc.ts';
import { builtinType } from '../schema/index.ts';
import { validateParameters, validateProvisioner, validateTopologies } from './validation.ts';

export const storageClasses = defineResource<StorageClass>({
  group: 'storage.k8s.io',
  version: 'v1',
  resource: 'storageclasses',
  kind: 'StorageClass',
  namespaced: false,
  shortNames: ['sc'],
  schema: builtinType('storage.v1.StorageClass'),
  returnDeleted: true,
  default: (storageClass) => {
    storageClass.reclaimPolicy ??= 'Delete';
    storageClass.volumeBindingMode ??= 'Immediate';
  },
  validate: validateClass,
  validateUpdate: (next, old) => [
    ...validateClass(next),
    ...(['parameters', 'provisioner', 'reclaimPolicy', 'volumeBindingMode'] as const).flatMap((name) =>
      validateImmutable(next[name], old[name], name),
    ),
  ],
  warnings: ({ allowedTopologies }) =>
    (allowedTopologies ?? []).flatMap(({ matchLabelExpressions }, i) =>
      (matchLabelExpressions ?? []).flatMap(({ key }, n) => {
        const message = deprecatedNodeLabel(key);
        return message ? [`allowedTopologies[${i}].matchLabelExpressions[${n}].key: ${message}`] : [];
      }),
    ),
  columns: [
    { ...NAME_COLUMN, value: (object) => nameCell(object as StorageClass) },
    column('Provisioner', ({ provisioner }) => provisioner, { description: docOf('storage.v1.StorageClass.provisioner') }),
    column('ReclaimPolicy', ({ reclaimPolicy }) => reclaimPolicy ?? 'Delete', {
      description: docOf('storage.v1.StorageClass.reclaimPolicy'),
    }),
    column('VolumeBindingMode', ({ volumeBindingMode }) => volumeBindingMode ?? 'Immediate', {
      description: docOf('storage.v1.StorageClass.volumeBindingMode'),
    }),
    column('AllowVolumeExpansion', ({ allowVolumeExpansion }) => allowVolumeExpansion ?? false, {
      description: docOf('storage.v1.StorageClass.allowVolumeExpansion'),
    }),
    AGE_COLUMN,
  ],
});

/** Whether claims without a class get this one. */
export function isDefaultClass({ metadata: { annotations } }: StorageClass): boolean {
  return (
    annotations?.['storageclass.kubernetes.io/is-default-class'] === 'true' ||
    annotations?.['storageclass.beta.kubernetes.io/is-default-class'] === 'true'
  );
}

const nameCell = (storageClass: StorageClass): string => `${storageClass.metadata.name}${isDefaultClass(storageClass) ? ' (default)' : ''}`;

function validateClass({ provisioner, parameters, reclaimPolicy, volumeBindingMode, allowedTopologies }: StorageClass): FieldError[] {
  const errors = [...validateProvisioner(provisioner, 'provisioner'), ...validateParameters(parameters, true, 'parameters')];
  if (reclaimPolicy && reclaimPolicy !== 'Delete' && reclaimPolicy !== 'Retain')
    errors.push(notSupported('reclaimPolicy', reclaimPolicy, ['Delete', 'Retain']));
  if (volumeBindingMode === undefined) errors.push(requiredField('volumeBindingMode'));
  else if (volumeBindingMode !== 'Immediate' && volumeBindingMode !== 'WaitForFirstConsumer')
    errors.push(notSupported('volumeBindingMode', volumeBindingMode, ['Immediate', 'WaitForFirstConsumer']));
  return [...errors, ...validateTopologies(allowedTopologies, 'allowedTopologies')];
}
