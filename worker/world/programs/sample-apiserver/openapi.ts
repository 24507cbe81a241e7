// The OpenAPI documents of the sample API server: its kinds as kubectl explains them and checks manifests by them, in version 3 and in version 2. Mirrors
// kube-openapi's builders, but for what no client of two kinds needs: most parameters, and what the fields of metadata mean.

import { fnv1a32 } from '../../../lib/hash.ts';
import { GROUP, GROUP_VERSION, KINDS, VERSION } from './documents.ts';

type Schema = Readonly<Record<string, unknown>>;

const OWN = `io.k8s.sample-apiserver.pkg.apis.wardle.${VERSION}`;
const META = 'io.k8s.apimachinery.pkg.apis.meta.v1';
const INFO = { title: 'Wardle', version: '0.1' };

const TEXT = { type: 'string' };
const INT64 = { type: 'integer', format: 'int64' };
const FLAG = { type: 'boolean' };
const listOf = (items: Schema): Schema => ({ type: 'array', items });
const mapOf = (additionalProperties: Schema): Schema => ({ type: 'object', additionalProperties });
const refTo = (name: string): Schema => ({ $ref: `#/components/schemas/${name}` });
/** A reference that may have neighbours. */
const of = (name: string): Schema => ({ default: {}, allOf: [refTo(name)] });
const object = (properties: Schema, required: readonly string[] = [], description?: string): Schema => ({
  ...(description !== undefined && { description }),
  type: 'object',
  ...(required.length && { required }),
  properties,
});

const TIME = refTo(`${META}.Time`);
const TYPE_META = {
  apiVersion: { ...TEXT, description: 'The group and version of this object.' },
  kind: { ...TEXT, description: 'The kind of this object.' },
};

const META_SCHEMAS: Readonly<Record<string, Schema>> = {
  FieldsV1: { type: 'object' },
  ListMeta: object({ continue: TEXT, remainingItemCount: INT64, resourceVersion: TEXT, selfLink: TEXT }),
  ManagedFieldsEntry: object({
    apiVersion: TEXT,
    fieldsType: TEXT,
    fieldsV1: refTo(`${META}.FieldsV1`),
    manager: TEXT,
    operation: TEXT,
    subresource: TEXT,
    time: TIME,
  }),
  ObjectMeta: object({
    annotations: mapOf(TEXT),
    creationTimestamp: TIME,
    deletionGracePeriodSeconds: INT64,
    deletionTimestamp: TIME,
    finalizers: listOf(TEXT),
    generateName: TEXT,
    generation: INT64,
    labels: mapOf(TEXT),
    managedFields: listOf(of(`${META}.ManagedFieldsEntry`)),
    name: TEXT,
    namespace: TEXT,
    ownerReferences: listOf(of(`${META}.OwnerReference`)),
    resourceVersion: TEXT,
    selfLink: TEXT,
    uid: TEXT,
  }),
  OwnerReference: object({ apiVersion: TEXT, blockOwnerDeletion: FLAG, controller: FLAG, kind: TEXT, name: TEXT, uid: TEXT }, [
    'apiVersion',
    'kind',
    'name',
    'uid',
  ]),
  Time: { ...TEXT, format: 'date-time' },
};

const REFERENCE = {
  reference: { ...TEXT, description: 'Names the flunder or the fischer that this flunder refers to.' },
  referenceType: {
    ...TEXT,
    description: 'What is referred to: "Flunder", or "Fischer". "Flunder" if there is a reference and nothing is said.',
  },
};
const OWN_FIELDS: Readonly<Record<string, Schema>> = {
  Flunder: { spec: of(`${OWN}.FlunderSpec`), status: of(`${OWN}.FlunderStatus`) },
  Fischer: {
    disallowedFlunders: { ...listOf({ default: '', ...TEXT }), description: 'Names that no flunder may have.' },
  },
};

function ownSchemas(): [name: string, schema: Schema][] {
  const kinds = Object.entries(OWN_FIELDS).flatMap(([kind, fields]): [string, Schema][] => {
    const gvk = (of: string): Schema => ({ 'x-kubernetes-group-version-kind': [{ group: GROUP, kind: of, version: VERSION }] });
    const list = { ...TYPE_META, items: listOf(of(`${OWN}.${kind}`)), metadata: of(`${META}.ListMeta`) };
    return [
      [`${OWN}.${kind}`, { ...object({ ...TYPE_META, metadata: of(`${META}.ObjectMeta`), ...fields }), ...gvk(kind) }],
      [`${OWN}.${kind}List`, { ...object(list, ['items'], `A list of objects of the kind ${kind}.`), ...gvk(`${kind}List`) }],
    ];
  });
  return [...kinds, [`${OWN}.FlunderSpec`, object(REFERENCE)], [`${OWN}.FlunderStatus`, { type: 'object' }]];
}

const SCHEMAS: Readonly<Record<string, Schema>> = Object.fromEntries(
  [...ownSchemas(), ...Object.entries(META_SCHEMAS).map(([name, schema]): [string, Schema] => [`${META}.${name}`, schema])].sort(
    ([a], [b]) => (a < b ? -1 : 1),
  ),
);

type Operation = readonly [method: string, action: string, verb: string, answer: 'object' | 'list' | 'none', takesObject?: boolean];

const OF_COLLECTION: readonly Operation[] = [
  ['get', 'list', 'list', 'list'],
  ['post', 'post', 'create', 'object', true],
  ['delete', 'deletecollection', 'deleteCollection', 'none'],
];
const OF_ITEM: readonly Operation[] = [
  ['get', 'get', 'read', 'object'],
  ['put', 'put', 'replace', 'object', true],
  ['patch', 'patch', 'patch', 'object'],
  ['delete', 'delete', 'delete', 'none'],
];

/** `describe` writes an operation, and a parameter of the path, as its version of OpenAPI has them. */
function pathsOf(describe: (operation: Schema, answer?: string, body?: string) => Schema, parameter: (name: string) => Schema): Schema {
  const paths: Record<string, Schema> = {};
  for (const [resource, { kind, namespaced }] of Object.entries(KINDS)) {
    const collection = `/apis/${GROUP_VERSION}/${namespaced ? 'namespaces/{namespace}/' : ''}${resource}`;
    const scope = namespaced ? ['namespace'] : [];
    const operations = (all: readonly Operation[]): Schema =>
      Object.fromEntries(
        all.map(([method, action, verb, answer, takesObject]) => {
          const gvk = { group: GROUP, kind, version: VERSION };
          const id = `${verb}WardleExampleCom${VERSION[0]!.toUpperCase()}${VERSION.slice(1)}${namespaced ? 'Namespaced' : ''}${kind}`;
          const operation = { operationId: id, 'x-kubernetes-action': action, 'x-kubernetes-group-version-kind': gvk };
          const name = { object: `${OWN}.${kind}`, list: `${OWN}.${kind}List`, none: undefined }[answer];
          return [method, describe(operation, name, takesObject ? `${OWN}.${kind}` : undefined)];
        }),
      );
    paths[collection] = { ...operations(OF_COLLECTION), ...(scope.length && { parameters: scope.map(parameter) }) };
    paths[`${collection}/{name}`] = { ...operations(OF_ITEM), parameters: ['name', ...scope].map(parameter) };
  }
  return paths;
}

const JSON_TYPE = 'application/json';
const ANSWERS = { '401': { description: 'Unauthorized' } };
const contentOf = (name: string, type = JSON_TYPE): Schema => ({ content: { [type]: { schema: refTo(name) } } });

const VERSION_3 = {
  openapi: '3.0.0',
  info: INFO,
  paths: pathsOf(
    (operation, answer, body) => ({
      ...operation,
      ...(body !== undefined && { requestBody: { ...contentOf(body), required: true } }),
      responses: { '200': { description: 'OK', ...(answer !== undefined && contentOf(answer)) }, ...ANSWERS },
    }),
    (name) => ({ name, in: 'path', required: true, schema: { ...TEXT, uniqueItems: true } }),
  ),
  components: { schemas: SCHEMAS },
};

const definitionOf = (name: string): Schema => ({ $ref: `#/definitions/${name}` });

/** References have no neighbours, and no defaults. */
function definition(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(definition);
  if (typeof schema !== 'object' || schema === null) return schema;
  const { allOf, $ref, default: _default, ...rest } = schema as Record<string, unknown> & { $ref?: string; allOf?: readonly Schema[] };
  const name = ($ref ?? (allOf?.[0]?.['$ref'] as string | undefined))?.replace('#/components/schemas/', '');
  return { ...Object.fromEntries(Object.entries(rest).map(([key, value]) => [key, definition(value)])), ...(name && definitionOf(name)) };
}

const VERSION_2 = {
  swagger: '2.0',
  info: INFO,
  paths: pathsOf(
    (operation, answer, body) => ({
      ...operation,
      consumes: ['*/*'],
      produces: [JSON_TYPE],
      schemes: ['https'],
      ...(body !== undefined && { parameters: [{ name: 'body', in: 'body', required: true, schema: definitionOf(body) }] }),
      responses: { '200': { description: 'OK', ...(answer !== undefined && { schema: definitionOf(answer) }) }, ...ANSWERS },
    }),
    (name) => ({ ...TEXT, name, in: 'path', required: true, uniqueItems: true }),
  ),
  definitions: definition(SCHEMAS),
};

const KEY = `apis/${GROUP_VERSION}`;
const HASH = fnv1a32(JSON.stringify(VERSION_3)).toString(16).padStart(8, '0').toUpperCase();

export const OPENAPI: Readonly<Record<string, object | undefined>> = {
  '/openapi/v2': VERSION_2,
  '/openapi/v3': { paths: { [KEY]: { serverRelativeURL: `/openapi/v3/${KEY}?hash=${HASH}` } } },
  [`/openapi/v3/${KEY}`]: VERSION_3,
};
