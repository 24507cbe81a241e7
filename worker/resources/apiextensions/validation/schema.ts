// The schema of a CRD's version: structural first, then what no schema may say, then its rules. Mirrors apiextensions-apiserver
// pkg/apis/apiextensions/validation (validateCustomResourceDefinitionValidation and ValidateCustomResourceDefinitionOpenAPISchema).

import type { CustomResourceDefinitionSpec, JSONSchemaProps } from '../../../api/gen/apiextensions-v1.ts';
import { forbiddenField, invalidField, notSupported, requiredField } from '../../../api/field-error.ts';
import type { FieldError } from '../../../api/field-error.ts';
import { isEqual, isRecord } from '../../../lib/json.ts';
import { itemsOf, META_FIELDS, propertyOf, valuesOf } from '../../custom/schema.ts';
import { validateDefaults } from './defaults.ts';
import { validateListKeys, validateListType } from './lists.ts';
import { checkRules, totalCostErrors, validateRuleFields } from './rules.ts';
import type { RuleContext } from './rules.ts';
import { validateStructural } from './structural.ts';

export interface SchemaOptions {
  /** The CRD before an update: what it says already is not held against it. */
  readonly old: CustomResourceDefinitionSpec | undefined;
}

export function validateSchema(
  schema: JSONSchemaProps,
  path: string,
  version: string,
  hasStatus: boolean,
  { old }: SchemaOptions,
): FieldError[] {
  const errors: FieldError[] = hasStatus ? validateRoot(schema, path) : [];
  if (schema.nullable) errors.push(forbiddenField(`${path}.nullable`, 'nullable cannot be true at the root'));
  const structural = validateStructural(schema, path);
  const defaults = structural.length ? [] : validateDefaults(schema, path);
  errors.push(...structural, ...defaults);
  const before = old?.versions.find(({ name }) => name === version)?.schema?.openAPIV3Schema;
  const context: RuleContext | undefined =
    structural.length || defaults.length
      ? undefined
      : { root: schema, isUnchanged: before !== undefined && isEqual(before, schema), total: { cost: 0n, expensive: [] } };
  const walked = walk(schema, path, ROOT, context && { ...context, cardinality: 1n });
  errors.push(...walked.schema, ...walked.rules);
  if (context) errors.push(...totalCostErrors(context, path));
  return errors;
}

const ALLOWED_AT_ROOT = [
  'Description',
  'Type',
  'Format',
  'Title',
  'Maximum',
  'ExclusiveMaximum',
  'Minimum',
  'ExclusiveMinimum',
  'MaxLength',
  'MinLength',
  'Pattern',
  'MaxItems',
  'MinItems',
  'UniqueItems',
  'MultipleOf',
  'Required',
  'Items',
  'Properties',
  'ExternalDocs',
  'Example',
  'XPreserveUnknownFields',
  'XValidations',
];

/** With a status subresource, its schema is taken out of the root's properties, which must lose nothing. */
function validateRoot(schema: JSONSchemaProps, path: string): FieldError[] {
  if (schema.type !== 'object')
    return schema.type
      ? [
          invalidField(
            `${path}.type`,
            schema.type,
            'only "object" is allowed as the type at the root of the schema if the status subresource is enabled',
          ),
        ]
      : [];
  const allowed = new Set(ALLOWED_AT_ROOT.map(jsonName));
  const stranger = Object.keys(schema).find((key) => !allowed.has(key) && !isZero((schema as Record<string, unknown>)[key]));
  if (!stranger) return [];
  const detail = `only [${ALLOWED_AT_ROOT.join(' ')}] fields are allowed at the root of the schema if the status subresource is enabled`;
  return [invalidField(path, schema, detail)];
}

const jsonName = (goName: string): string =>
  goName === 'XPreserveUnknownFields'
    ? 'x-kubernetes-preserve-unknown-fields'
    : goName === 'XValidations'
      ? 'x-kubernetes-validations'
      : goName[0]!.toLowerCase() + goName.slice(1);

const isZero = (value: unknown): boolean => value === false || value === '' || value === 0 || value === undefined;

/** What holds of a schema because of where it is. */
interface Place {
  readonly isRoot: boolean;
  readonly isInsideMeta: boolean;
  /** Why no default may be set; undefined if one may. */
  readonly noDefaults: string | undefined;
  /** The outermost list or map whose items cannot be told apart across an update. */
  readonly uncorrelatable: string | undefined;
}

const ROOT: Place = { isRoot: true, isInsideMeta: false, noDefaults: undefined, uncorrelatable: undefined };

interface Findings {
  readonly schema: FieldError[];
  readonly rules: FieldError[];
}

type WalkContext = RuleContext & { readonly cardinality: bigint | undefined };

function walk(schema: JSONSchemaProps, path: string, place: Place, context: WalkContext | undefined): Findings {
  const found: Findings = { schema: validateOne(schema, path, place), rules: [] };
  const inside = { ...place, isRoot: false };
  const visit = (child: JSONSchemaProps | undefined, at: string, childPlace: Place, childContext?: WalkContext): void => {
    if (!child) return;
    const below = walk(child, at, childPlace, childContext);
    found.schema.push(...below.schema);
    found.rules.push(...below.rules);
  };
  const values = valuesOf(schema);
  visit(
    values,
    `${path}.additionalProperties`,
    place.isInsideMeta ? { ...inside, noDefaults: 'inside additionalProperties applying to object metadata' } : inside,
    context && times(context, maxOf(schema.maxProperties, values)),
  );
  for (const name of Object.keys(schema.properties ?? {}))
    visit(propertyOf(schema, name), `${path}.properties[${name}]`, propertyPlace(schema, name, path, place), context);
  visit(schema.not, `${path}.not`, inside);
  for (const key of ['allOf', 'oneOf', 'anyOf'] as const)
    for (const [i, one] of (schema[key] ?? []).entries()) visit(one, `${path}.${key}[${i}]`, inside);
  const items = itemsOf(schema);
  const isMapList = schema['x-kubernetes-list-type'] === 'map';
  visit(
    items,
    `${path}.items`,
    isMapList ? inside : { ...inside, uncorrelatable: place.uncorrelatable ?? path },
    context && times(context, maxOf(schema.maxItems, items)),
  );
  found.schema.push(...validateRest(schema, path));
  if (!found.schema.length && context) found.rules.push(...checkRules(schema, path, place.uncorrelatable, place.isRoot, context));
  return found;
}

function propertyPlace(schema: JSONSchemaProps, name: string, path: string, place: Place): Place {
  const uncorrelatable = place.uncorrelatable ?? (schema['x-kubernetes-map-type'] === 'atomic' ? path : undefined);
  const isMeta = (place.isRoot || schema['x-kubernetes-embedded-resource'] === true) && META_FIELDS.has(name);
  return {
    isRoot: false,
    isInsideMeta: place.isInsideMeta || isMeta,
    noDefaults: isMeta && place.isRoot ? `in top-level ${name}` : place.noDefaults,
    uncorrelatable,
  };
}

/** How many there may be, if the schema says; otherwise as many as fit into a request. */
const maxOf = (stated: number | undefined, child: JSONSchemaProps | undefined): bigint | undefined =>
  child === undefined ? 1n : stated === undefined ? undefined : BigInt(stated);

function times(context: WalkContext, factor: bigint | undefined): WalkContext {
  const { cardinality } = context;
  return { ...context, cardinality: cardinality === undefined || factor === undefined ? undefined : cardinality * factor };
}

const TYPES = ['array', 'boolean', 'integer', 'number', 'object', 'string'];

/** What is said of the schema itself before its parts. */
function validateOne(schema: JSONSchemaProps, path: string, { noDefaults, isInsideMeta }: Place): FieldError[] {
  const errors: FieldError[] = [];
  const { type, items, uniqueItems, additionalProperties, properties } = schema;
  if (type && !TYPES.includes(type)) errors.push(notSupported(`${path}.type`, type, TYPES));
  if (schema.default !== undefined && noDefaults !== undefined)
    errors.push(forbiddenField(`${path}.default`, `must not be set ${noDefaults}`));
  for (const name of UNSUPPORTED)
    if (schema[name] !== undefined && !isZero(schema[name])) errors.push(forbiddenField(`${path}.${name}`, `${name} is not supported`));
  if (type === 'null') errors.push(forbiddenField(`${path}.type`, 'type cannot be set to null, use nullable as an alternative'));
  if (Array.isArray(items) && items.length) errors.push(forbiddenField(`${path}.items`, 'items must be a schema object and not an array'));
  if (isInsideMeta && schema['x-kubernetes-embedded-resource'])
    errors.push(forbiddenField(`${path}.x-kubernetes-embedded-resource`, 'must not be used inside of resource meta'));
  if (uniqueItems)
    errors.push(forbiddenField(`${path}.uniqueItems`, 'uniqueItems cannot be set to true since the runtime complexity becomes quadratic'));
  if (additionalProperties !== undefined && additionalProperties !== null && Object.keys(properties ?? {}).length)
    if (additionalProperties === false || isRecord(additionalProperties))
      errors.push(forbiddenField(`${path}.additionalProperties`, 'additionalProperties and properties are mutual exclusive'));
  return errors;
}

const UNSUPPORTED = ['id', 'additionalItems', 'patternProperties', 'definitions', 'dependencies', '$ref'] as const;

/** And after them. */
function validateRest(schema: JSONSchemaProps, path: string): FieldError[] {
  const errors: FieldError[] = [];
  if (schema['x-kubernetes-preserve-unknown-fields'] === false)
    errors.push(invalidField(`${path}.x-kubernetes-preserve-unknown-fields`, false, 'must be true or undefined'));
  const mapType = schema['x-kubernetes-map-type'];
  if (mapType !== undefined && schema.type !== 'object') {
    const detail = 'must be object if x-kubernetes-map-type is specified';
    errors.push(schema.type ? invalidField(`${path}.type`, schema.type, detail) : requiredField(`${path}.type`, detail));
  }
  if (mapType !== undefined && mapType !== 'atomic' && mapType !== 'granular')
    errors.push(notSupported(`${path}.x-kubernetes-map-type`, mapType, ['atomic', 'granular']));
  return [...errors, ...validateListType(schema, path), ...validateListKeys(schema, path), ...validateRuleFields(schema, path)];
}
