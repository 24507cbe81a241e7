// Columns, subresources and selectable fields of a CRD's version. Mirrors apiextensions-apiserver pkg/apis/apiextensions/validation.

import type {
  CustomResourceColumnDefinition,
  CustomResourceDefinitionVersion,
  CustomResourceSubresources,
} from '../../../api/gen/apiextensions-v1.ts';
import { duplicateField, invalidField, requiredField, tooMany } from '../../../api/field-error.ts';
import type { FieldError } from '../../../api/field-error.ts';
import { FieldPathError, followFieldPath } from './field-path.ts';

const COLUMN_TYPES = ['boolean', 'date', 'integer', 'number', 'string'];
const COLUMN_FORMATS = ['byte', 'date', 'date-time', 'double', 'float', 'int32', 'int64', 'password'];

export function validateColumn({ name, type, format, jsonPath }: CustomResourceColumnDefinition, path: string): FieldError[] {
  const errors: FieldError[] = [];
  if (!name) errors.push(requiredField(`${path}.name`));
  const oneOf = (choices: readonly string[]): string => `must be one of ${choices.join(',')}`;
  if (!type) errors.push(requiredField(`${path}.type`, oneOf(COLUMN_TYPES)));
  else if (!COLUMN_TYPES.includes(type)) errors.push(invalidField(`${path}.type`, type, oneOf(COLUMN_TYPES)));
  if (format && !COLUMN_FORMATS.includes(format)) errors.push(invalidField(`${path}.format`, format, oneOf(COLUMN_FORMATS)));
  if (!jsonPath) errors.push(requiredField(`${path}.JSONPath`));
  else errors.push(...validateSimplePath(jsonPath, `${path}.JSONPath`));
  return errors;
}

const validateSimplePath = (text: string, field: string): FieldError[] =>
  text.startsWith('.') ? [] : [invalidField(field, text, 'must be a simple json path starting with .')];

export function validateSubresources(subresources: CustomResourceSubresources | undefined, path: string): FieldError[] {
  const scale = subresources?.scale;
  if (!scale) return [];
  const under = (name: string, text: string, roots: readonly string[], said: string): FieldError[] => {
    const field = `${path}.scale.${name}`;
    if (!text) return [requiredField(field)];
    const errors = validateSimplePath(text, field);
    if (errors.length || roots.some((root) => text.startsWith(root))) return errors;
    return [invalidField(field, text, `should be a json path under ${said}`)];
  };
  return [
    ...under('specReplicasPath', scale.specReplicasPath, ['.spec.'], '.spec'),
    ...under('statusReplicasPath', scale.statusReplicasPath, ['.status.'], '.status'),
    ...(scale.labelSelectorPath
      ? under('labelSelectorPath', scale.labelSelectorPath, ['.spec.', '.status.'], 'either .spec or .status')
      : []),
  ];
}

const MAX_SELECTABLE = 8;
const SELECTABLE_TYPES: ReadonlySet<string | undefined> = new Set(['string', 'boolean', 'integer']);

export function validateSelectableFields({ selectableFields = [], schema }: CustomResourceDefinitionVersion, path: string): FieldError[] {
  if (!selectableFields.length) return [];
  const root = schema?.openAPIV3Schema;
  if (!root) return [invalidField(path, '', 'may only be set when `version.schema.openAPIV3Schema` is not included')];
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  for (const [i, { jsonPath }] of selectableFields.entries()) {
    const field = `${path}[${i}].jsonPath`;
    if (!jsonPath) {
      errors.push(requiredField(field));
      continue;
    }
    try {
      const { path: found, schema: target } = followFieldPath(jsonPath, root, false);
      if (/^metadata\b/.test(found)) errors.push(invalidField(field, jsonPath, 'must not point to fields in metadata'));
      if (!SELECTABLE_TYPES.has(target.type))
        errors.push(
          invalidField(
            field,
            jsonPath,
            'must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.',
          ),
        );
      if (seen.has(found)) errors.push(duplicateField(field, jsonPath));
      seen.add(found);
    } catch (error) {
      if (!(error instanceof FieldPathError)) throw error;
      errors.push(invalidField(field, jsonPath, `is an invalid path: ${error.message}`));
    }
  }
  if (seen.size > MAX_SELECTABLE) errors.push(tooMany(path, seen.size, MAX_SELECTABLE));
  return errors;
}
