// The definitions of a custom resource, under the schema that its CustomResourceDefinition gives. Mirrors apiextensions-apiserver pkg/controller/openapi/builder and,
// for version 2, whose reader in kubectl knows less than the schema says, pkg/controller/openapi/v2.

import type { Resource } from '../../api/resource.ts';
import { refTo } from './definitions.ts';
import type { Definitions, Schema } from './definitions.ts';

/** `com.example.v1.CronTab`, and its list. */
export function addCustom(definitions: Definitions, resource: Resource, isVersion2: boolean): { object: string; list: string } {
  const { group, version, kind, listKind } = resource;
  const object = `${group.split('.').reverse().join('.')}.${version}.${kind}`;
  const list = `${object.slice(0, -kind.length)}${listKind}`;
  const own = definitions.typeMeta();
  const metadata = { description: OBJECT_META, ...metadataOf(refTo(definitions.addNamed('meta.v1.ObjectMeta'))) };
  definitions.set(object, {
    ...rootOf(resource.openapiSchema!(), { ...own, metadata }, isVersion2),
    'x-kubernetes-group-version-kind': [{ group, kind, version }],
  });
  definitions.set(list, {
    description: `${listKind} is a list of ${kind}`,
    type: 'object',
    required: ['items'],
    properties: {
      apiVersion: own.apiVersion,
      items: { description: `List of ${resource.resource}. More info: ${CONVENTIONS}`, type: 'array', items: { $ref: refTo(object) } },
      kind: own.kind,
      metadata: { description: LIST_META, ...metadataOf(refTo(definitions.addNamed('meta.v1.ListMeta'))) },
    },
    'x-kubernetes-group-version-kind': [{ group, kind: listKind, version }],
  });
  return { object, list };
}

type Properties = Readonly<Record<string, Schema>>;

/** kubectl would take the properties that are named for all there may be. */
function rootOf(given: Schema, own: Properties, isVersion2: boolean): Schema {
  if (isVersion2 && keepsUnknown(given)) return { type: 'object' };
  const schema = withEmbedded(isVersion2 ? forVersion2(given) : given, own, isVersion2);
  return { ...schema, type: 'object', properties: { ...propertiesOf(schema), ...own } };
}

/** An object in an object says what it is too. */
function withEmbedded(schema: Schema, own: Properties, isVersion2: boolean): Schema {
  const { items, properties, additionalProperties, ...rest } = schema;
  const inner = (one: unknown): Schema => withEmbedded(one as Schema, own, isVersion2);
  const isEmbedded = rest['x-kubernetes-embedded-resource'] === true && !(isVersion2 && keepsUnknown(rest));
  return {
    ...rest,
    ...(items !== undefined && { items: inner(items) }),
    ...(additionalProperties !== undefined && {
      additionalProperties: typeof additionalProperties === 'object' ? inner(additionalProperties) : additionalProperties,
    }),
    ...((properties !== undefined || isEmbedded) && {
      properties: {
        ...Object.fromEntries(Object.entries(propertiesOf(schema)).map(([name, one]) => [name, inner(one)])),
        ...(isEmbedded && own),
      },
    }),
    ...(isEmbedded && { required: [...new Set([...((rest['required'] ?? []) as string[]), 'kind', 'apiVersion'])] }),
  };
}

/** Without what version 2 cannot say, nor kubectl understand: alternatives, nulls, and values of which only a part is known. */
function forVersion2({ allOf: _allOf, oneOf: _oneOf, anyOf: _anyOf, not: _not, nullable, ...rest }: Schema): Schema {
  const isFree = nullable === true || keepsUnknown(rest);
  const { items, properties, additionalProperties, required, type, ...others } = rest;
  const known = isFree ? {} : propertiesOf(rest);
  const hasItems = items !== undefined && !isFree;
  const isUntyped = nullable === true || (type === 'array' && !hasItems) || (type === 'object' && keepsUnknown(rest));
  const needed = isNullable(additionalProperties) ? [] : ((required ?? []) as string[]).filter((name) => !isNullable(known[name]));
  return {
    ...others,
    ...(type !== undefined && !isUntyped && { type }),
    ...(hasItems && { items: forVersion2(items as Schema) }),
    ...(properties !== undefined &&
      !isFree && { properties: Object.fromEntries(Object.entries(known).map(([name, one]) => [name, forVersion2(one)])) }),
    ...(additionalProperties !== undefined && {
      additionalProperties: typeof additionalProperties === 'object' ? forVersion2(additionalProperties as Schema) : additionalProperties,
    }),
    ...(needed.length && { required: needed }),
  };
}

const propertiesOf = (schema: Schema): Record<string, Schema> => (schema['properties'] ?? {}) as Record<string, Schema>;
const keepsUnknown = (schema: Schema): boolean => schema['x-kubernetes-preserve-unknown-fields'] === true;
const isNullable = (schema: unknown): boolean => (schema as Schema | undefined)?.['nullable'] === true;

const CONVENTIONS = 'https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md';
const OBJECT_META = `Standard object's metadata. More info: ${CONVENTIONS}#metadata`;
const LIST_META = `Standard list metadata. More info: ${CONVENTIONS}#types-kinds`;
const metadataOf = ($ref: string): Schema => ({ allOf: [{ $ref }] });
