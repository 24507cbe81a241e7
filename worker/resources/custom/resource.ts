// One version of a custom resource, made from its CRD: the same shape as a built-in kind's file. What makes it custom are its schema (schema.ts), which is JSON
// and not Go, and that it is read, pruned, defaulted and checked by it. Mirrors apiextensions-apiserver pkg/registry/customresource and pkg/apiserver.

import type {
  CustomResourceDefinition,
  CustomResourceDefinitionVersion,
  CustomResourceSubresources,
} from '../../api/gen/apiextensions-v1.ts';
import { invalidField } from '../../api/field-error.ts';
import type { FieldError, FieldErrorType } from '../../api/field-error.ts';
import type { KubeObject } from '../../api/object.ts';
import { apiVersionOf, defineResource } from '../../api/resource.ts';
import type { Conversion, ObjectSubresource, Resource, Subresource, Verb } from '../../api/resource.ts';
import { forbidden, invalid, StatusError } from '../../api/status.ts';
import { isEqual, isRecord } from '../../lib/json.ts';
import { parseJsonPath } from '../../lib/json-path.ts';
import { finalizerWarnings } from './finalizers.ts';
import { customColumns, printed } from './columns.ts';
import { fillDefaults } from './defaults.ts';
import { deprecationOf } from './deprecation.ts';
import { validateEmbedded } from './embedded.ts';
import { validateLists } from './list-types.ts';
import { isSettled, prune } from './prune.ts';
import type { ReadMetadata } from './prune.ts';
import { compileRules } from './rules.ts';
import { scaleAccess, validateScaleSpec, validateScaleStatus } from './scale.ts';
import { asResource, propertyOf } from './schema.ts';
import type { Schema } from './schema.ts';
import { objectType } from './types.ts';
import { validateValue } from './validate.ts';

/** What the core gives: how metadata is read, and how an object becomes another version where that is not just another name. */
export interface CustomParts {
  readonly readMetadata: ReadMetadata;
  /** Of CRDs with a webhook. Throws a StatusError, or Pending. */
  convert?(crd: CustomResourceDefinition, object: KubeObject, apiVersion: string): KubeObject;
}

/** In the order of upstream's discovery. */
const VERBS: readonly Verb[] = ['delete', 'deletecollection', 'get', 'list', 'patch', 'create', 'update', 'watch'];
const TERMINATING_VERBS: readonly Verb[] = ['delete', 'deletecollection', 'get', 'list', 'watch'];

export const customBucket = (group: string, plural: string): string => `${group}/${plural}`;

export const isTerminating = ({ metadata, status }: CustomResourceDefinition): boolean =>
  Boolean(metadata.deletionTimestamp) || (status.conditions ?? []).some(({ type, status: is }) => type === 'Terminating' && is === 'True');

export function customResource(crd: CustomResourceDefinition, version: CustomResourceDefinitionVersion, parts: CustomParts): Resource {
  const { spec, status } = crd;
  const { group } = spec;
  const names = status.acceptedNames;
  const schema = version.schema?.openAPIV3Schema ?? {};
  const terminating = isTerminating(crd);
  const storage = spec.versions.find((one) => one.storage) ?? version;
  const conversion = conversionOf(crd, version, storage, schema, parts);
  const subresources = version.subresources ?? {};
  const rules = makeRules(names.plural, schema, subresources, terminating, conversion.isWebhook ? conversion.fromStored : undefined);
  const warning = deprecationOf(crd, version);

  const base: Resource = defineResource<KubeObject>({
    group,
    version: version.name,
    resource: names.plural,
    kind: names.kind,
    singular: names.singular ?? '',
    listKind: names.listKind ?? `${names.kind}List`,
    shortNames: names.shortNames ?? [],
    categories: names.categories ?? [],
    namespaced: spec.scope === 'Namespaced',
    schema: objectType(schema, `${group}.${version.name}.${names.kind}`),
    bucket: customBucket(group, names.plural),
    columns: customColumns(version.additionalPrinterColumns),
    verbs: terminating ? TERMINATING_VERBS : VERBS,
    subresources: subresourcesOf(subresources, rules),
    updateMustNameRevision: true,
    ...(warning !== undefined && { deprecation: warning }),
    decode: (body) => decode(body, base, schema, parts),
    openapiSchema: () => schema as Readonly<Record<string, unknown>>,
    default: (object) => fillDefaults(object, schema),
    prepareForCreate: rules.prepareForCreate,
    prepareForUpdate: rules.prepareForUpdate,
    validate: (object) => rules.validate(object),
    validateUpdate: (object, old) => rules.validateUpdate(object, old),
    warnings: finalizerWarnings,
    ...selectable(version),
  });
  const hub: Resource = { ...base, version: storage.name };
  const { isWebhook: _, ...conversions } = conversion;
  return { ...base, conversion: { ...conversions, hub } };
}

function decode(
  body: unknown,
  { group, kind }: Resource,
  schema: Schema,
  { readMetadata }: CustomParts,
): { object: Record<string, unknown>; unknown: string[] } {
  const given = isRecord(body) ? body : {};
  const meta = Object.hasOwn(given, 'metadata') ? readMetadata(given['metadata']) : undefined;
  if (typeof given['kind'] === 'string' && given['kind'] !== kind)
    throw invalid({ group, kind }, String(meta?.object['name'] ?? ''), [invalidField('kind', given['kind'], `must be ${kind}`)]);
  const unknown: string[] = [];
  const object = prune(given, asResource(schema), { unknown, readMetadata }) as Record<string, unknown>;
  if (meta) object['metadata'] = meta.object;
  return { object, unknown: [...(meta?.unknown ?? []).map((one) => `metadata.${one}`), ...unknown].map((one) => `unknown field "${one}"`) };
}

interface CustomConversion extends Conversion<KubeObject> {
  readonly isWebhook: boolean;
}

/**
 * Between what is stored and this version. What is stored may have been written under another schema: on the way out it is pruned and defaulted by this one, as
 * upstream does when it reads from etcd; nothing is copied where there is nothing to do.
 */
function conversionOf(
  crd: CustomResourceDefinition,
  version: CustomResourceDefinitionVersion,
  storage: CustomResourceDefinitionVersion,
  schema: Schema,
  { readMetadata, convert }: CustomParts,
): CustomConversion {
  const { group } = crd.spec;
  const root = asResource(schema);
  const [mine, kept] = [apiVersionOf({ group, version: version.name }), apiVersionOf({ group, version: storage.name })];
  const isWebhook = crd.spec.conversion?.strategy === 'Webhook' && convert !== undefined;
  const converted = (object: KubeObject, apiVersion: string): KubeObject => {
    if (object.apiVersion === apiVersion) return object;
    return isWebhook ? convert(crd, object, apiVersion) : { ...object, apiVersion };
  };
  return {
    isWebhook,
    stored: { group, version: storage.name, resource: crd.status.acceptedNames.plural },
    ...(isWebhook && {
      ready: (stored) => {
        for (const { name, served } of crd.spec.versions) {
          if (!served) continue;
          try {
            converted(stored, apiVersionOf({ group, version: name }));
          } catch (error) {
            // What is wrong with a version that nobody asked for, those hear who ask for it.
            if (!(error instanceof StatusError) || name === version.name) throw error;
          }
        }
      },
    }),
    toStored: (object) => converted(object, kept),
    fromStored: (stored) => {
      const object = converted(stored, mine);
      if (isSettled(object, root)) return object;
      const settled = prune(object, root, { unknown: [], readMetadata }) as KubeObject;
      fillDefaults(settled, schema);
      return settled;
    },
  };
}

interface Rules {
  prepareForCreate(object: KubeObject): void;
  prepareForUpdate(object: KubeObject, old: KubeObject): void;
  validate(object: KubeObject): FieldError[];
  validateUpdate(object: KubeObject, old: KubeObject): FieldError[];
  validateStatus(object: KubeObject, old: KubeObject): FieldError[];
}

interface WithStatus extends KubeObject {
  status?: unknown;
}

/** The strategy of a version. Objects come in the stored version; without a webhook that is this one but for the name. */
function makeRules(
  plural: string,
  schema: Schema,
  { status, scale }: CustomResourceSubresources,
  terminating: boolean,
  view: ((object: KubeObject) => KubeObject) | undefined,
): Rules {
  const statusSchema = propertyOf(schema, 'status');
  const rules = compileRules(schema, true);
  const seen = (object: KubeObject): KubeObject => (view ? view(object) : object);
  const withRules = (errors: FieldError[], object: KubeObject, old: KubeObject | undefined): FieldError[] => {
    if (!rules) return errors;
    return errors.some(({ type }) => BLOCKING.has(type)) ? [...errors, NOT_CHECKED] : [...errors, ...rules(object, old)];
  };
  const scaleErrors = (object: KubeObject): FieldError[] =>
    scale ? [...validateScaleSpec(object, scale), ...validateScaleStatus(object, scale)] : [];
  const ratchetedLists = (object: KubeObject, old: KubeObject): FieldError[] => {
    const errors = validateLists(object, schema);
    return errors.length && validateLists(old, schema).length ? [] : errors;
  };
  return {
    prepareForCreate: (object) => {
      if (terminating) {
        const [group = ''] = object.apiVersion.split('/');
        throw forbidden(
          { group, resource: plural },
          object.metadata.name ?? '',
          'create not allowed while custom resource definition is terminating',
        );
      }
      if (status) delete (object as WithStatus).status;
      object.metadata.generation = 1;
    },
    prepareForUpdate: (object: WithStatus, old: WithStatus) => {
      if (status) {
        if (old.status !== undefined) object.status = old.status;
        else delete object.status;
      }
      if (!isEqual(withoutMetadata(object), withoutMetadata(old))) object.metadata.generation = (old.metadata.generation ?? 0) + 1;
    },
    validate: (given) => {
      const object = seen(given);
      const errors = [
        ...validateValue(object, schema),
        ...scaleErrors(object),
        ...validateEmbedded(object, schema),
        ...validateLists(object, schema),
      ];
      return withRules(errors, object, undefined);
    },
    validateUpdate: (given, before) => {
      const [object, old] = [seen(given), seen(before)];
      const errors = [
        ...validateValue(object, schema, '', old),
        ...scaleErrors(object),
        ...validateEmbedded(object, schema),
        ...ratchetedLists(object, old),
      ];
      return withRules(errors, object, old);
    },
    validateStatus: (given, before) => {
      const [object, old] = [seen(given) as WithStatus, seen(before) as WithStatus];
      const errors = [
        ...(object.status !== undefined && statusSchema ? validateValue(object.status, statusSchema, 'status', old.status) : []),
        ...(scale ? validateScaleStatus(object, scale) : []),
        ...ratchetedLists(object, old),
      ];
      return withRules(errors, object, old);
    },
  };
}

const BLOCKING: ReadonlySet<FieldErrorType> = new Set([
  'FieldValueNotSupported',
  'FieldValueRequired',
  'FieldValueTooLong',
  'FieldValueTooMany',
  'FieldValueTypeInvalid',
]);
const NOT_CHECKED = invalidField(
  '',
  null,
  'some validation rules were not checked because the object was invalid; correct the existing errors to complete validation',
);

function withoutMetadata(object: KubeObject): object {
  const { metadata: _, ...rest } = object;
  return rest;
}

function subresourcesOf({ status, scale }: CustomResourceSubresources, rules: Rules): Record<string, Subresource> {
  const statusPath: ObjectSubresource = {
    type: 'object',
    verbs: ['get', 'patch', 'update'],
    resetFields: ['metadata', 'spec'],
    prepareForUpdate: keepAllButStatus,
    validateUpdate: (object, old) => rules.validateStatus(object, old),
  };
  return {
    ...(status && { status: statusPath }),
    ...(scale && { scale: { type: 'scale', verbs: ['get', 'patch', 'update'], scale: scaleAccess(scale) } as const }),
  };
}

function keepAllButStatus(object: KubeObject, old: KubeObject): void {
  const next = object as unknown as Record<string, unknown>;
  const { managedFields, resourceVersion } = object.metadata;
  const { managedFields: _, ...metadata } = old.metadata;
  for (const key of Object.keys(next)) if (key !== 'status' && key !== 'kind' && key !== 'apiVersion') delete next[key];
  for (const [key, value] of Object.entries(old)) if (key !== 'status' && key !== 'kind' && key !== 'apiVersion') next[key] = value;
  next['metadata'] = { ...metadata, resourceVersion, ...(managedFields && { managedFields }) };
}

function selectable({ selectableFields = [] }: CustomResourceDefinitionVersion): Partial<Resource> {
  if (!selectableFields.length) return {};
  const finds = selectableFields.map(({ jsonPath }) => [jsonPath.replace(/^\./, ''), parseJsonPath(jsonPath)] as const);
  return {
    fieldLabels: finds.map(([name]) => name),
    selectableFields: (object) =>
      Object.fromEntries(
        finds.map(([name, find]) => {
          const [value] = find(object);
          return [name, value === undefined || value === null ? '' : printed(value)];
        }),
      ),
  };
}
