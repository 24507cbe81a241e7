// VolumeAttributesClasses. Mirrors pkg/registry/storage/volumeattributesclass and pkg/apis/storage/validation.

import { forbiddenField } from '../../api/field-error.ts';
import type { FieldError } from '../../api/field-error.ts';
import { AGE_COLUMN, column, defineResource, NAME_COLUMN } from '../../api/resource.ts';
import type { VolumeAttributesClass } from '../../api/gen/storage-v1.ts';
import { isEqual } from '../../lib/json.ts';
import { docOf } from '../doc.ts';
import { builtinType } from '../schema/index.ts';
import { validateParameters, validateProvisioner } from './validation.ts';

export const volumeAttributesClasses = defineResource<VolumeAttributesClass>({
  group: 'storage.k8s.io',
  version: 'v1',
  resource: 'volumeattributesclasses',
  kind: 'VolumeAttributesClass',
  namespaced: false,
  shortNames: ['vac'],
  schema: builtinType('storage.v1.VolumeAttributesClass'),
  returnDeleted: true,
  validate: validateClass,
  validateUpdate: (next, old) => [
    ...(next.driverName === old.driverName ? [] : [forbiddenField('driverName', 'updates to driverName are forbidden.')]),
    ...(isEqual(next.parameters, old.parameters) ? [] : [forbiddenField('parameters', 'updates to parameters are forbidden.')]),
    ...validateClass(next),
  ],
  columns: [
    NAME_COLUMN,
    column('DriverName', ({ driverName }) => driverName, { description: docOf('storage.v1.VolumeAttributesClass.driverName') }),
    AGE_COLUMN,
  ],
});

function validateClass({ driverName, parameters }: VolumeAttributesClass): FieldError[] {
  return [...validateProvisioner(driverName, 'driverName'), ...validateParameters(parameters, false, 'parameters')];
}
