// ConfigMaps. Mirrors pkg/registry/core/configmap and ValidateConfigMap.

import { forbiddenField, invalidField, mapKey, tooLong } from '../../api/field-error.ts';
import type { FieldError } from '../../api/field-error.ts';
import { AGE_COLUMN, column, defineResource, NAME_COLUMN } from '../../api/resource.ts';
import type { ConfigMap } from '../../api/gen/core-v1.ts';
import { configKeyProblems } from '../../lib/formats.ts';
import { isEqual } from '../../lib/json.ts';
import { base64Size, byteLength } from '../../lib/text.ts';
import { docOf } from '../doc.ts';
import { builtinType } from '../schema/index.ts';
import { problems } from '../validation/values.ts';

/** Of Secrets too. */
export const MAX_DATA_BYTES = 1024 * 1024;
export const IMMUTABLE_DATA = 'field is immutable when `immutable` is set';

export const configMaps = defineResource<ConfigMap>({
  group: '',
  version: 'v1',
  resource: 'configmaps',
  kind: 'ConfigMap',
  namespaced: true,
  shortNames: ['cm'],
  schema: builtinType('core.v1.ConfigMap'),
  validate: validateData,
  validateUpdate: (next, old) => [...validateImmutableData(next, old, ['data', 'binaryData']), ...validateData(next)],
  columns: [
    NAME_COLUMN,
    column('Data', ({ data, binaryData }) => Object.keys(data ?? {}).length + Object.keys(binaryData ?? {}).length, {
      description: docOf('core.v1.ConfigMap.data'),
    }),
    AGE_COLUMN,
  ],
});

type Immutable = { immutable?: boolean };

export function validateImmutableData<T extends Immutable>(next: T, old: T, fields: readonly (keyof T & string)[]): FieldError[] {
  if (!old.immutable) return [];
  return [
    ...(next.immutable ? [] : [forbiddenField('immutable', IMMUTABLE_DATA)]),
    ...fields.filter((name) => !isEqual(next[name] ?? {}, old[name] ?? {})).map((name) => forbiddenField(name, IMMUTABLE_DATA)),
  ];
}

function validateData({ data = {}, binaryData = {} }: ConfigMap): FieldError[] {
  const errors: FieldError[] = [];
  let size = 0;
  for (const [key, value] of Object.entries(data)) {
    errors.push(...problems(key, configKeyProblems(key), mapKey('data', key)));
    if (Object.hasOwn(binaryData, key)) errors.push(invalidField(mapKey('data', key), key, 'duplicate of key present in binaryData'));
    size += byteLength(value);
  }
  for (const [key, value] of Object.entries(binaryData)) {
    errors.push(...problems(key, configKeyProblems(key), mapKey('binaryData', key)));
    size += base64Size(value ?? ''); // Go has nil here for what was null
  }
  if (size > MAX_DATA_BYTES) errors.push(tooLong('[]', MAX_DATA_BYTES)); // how upstream prints a path of nothing
  return errors;
}
