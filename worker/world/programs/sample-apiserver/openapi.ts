// The OpenAPI documents of the sample API server: its kinds as kubectl explains them and checks manifests by them, in version 3 and in version 2. Mirrors
// kube-openapi's builders, but for what no client of two kinds needs: most parameters, and what the fields of metadata mean.

import { fnv1a32 } from '../../../lib/hash.ts';
import { GROUP, groupVersionOf, kindsOf, VERSIONS } from './documents.ts';
import type { Version } from './documents.ts';

type Schema = Readonly<Record<string, unknown>>;

const nameOf = (version: Version, type: string): string => `io.k8s.sample-apiserver.pkg.apis.wardle.${version}.${type}`;
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

const named = (description: string): Schema => ({ ...TEXT, description });
const SPECS: Readonly<Record<Version, Schema>> = {
  v1alpha1: {
    reference: named('Names the flunder or the fischer that this flunder refers to.'),
    referenceType: named('What is referred to: "Flunder", or "Fischer". "Flunder" if there is a reference and nothing is said.'),
  },
  v1beta1: {
    fischerReference: named('Names the fischer that this flunder refers to. Not together with flunderReference.'),
    flunderReference: named('Names the flunder that this flunder refers to. Not together with fischerReference.'),
    referenceType: named('What is referred to: "Flunder", or "Fischer".'),
  },
};

const fieldsOf = (version: Version, kind: string): Schema =>
  kind === 'Flunder'
    ? { spec: of(nameOf(version, 'FlunderSpec')), status: of(nameOf(version, 'FlunderStatus')) }
    : { disallowedFlunders: { ...listOf({ default: '', ...TEXT }), description: 'Names that no flunder may have.' } };

function schemasOf(version: Version): Readonly<Record<string, Schema>> {
  const own = kindsOf(version).flatMap(([, { kind }]): [string, Schema][] => {
    const gvk = (of: string): Schema => ({ 'x-kubernetes-group-version-kind': [{ group: GROUP, kind: of, version }] });
    const list = { ...TYPE_META, items: listOf(of(nameOf(version, kind))), metadata: of(`${META}.ListMeta`) };
    return [
      [
        nameOf(version, kind),
        { ...object({ ...TYPE_META, metadata: of(`${META}.ObjectMeta`), ...fieldsOf(version, kind) }), ...gvk(kind) },
      ],
      [nameOf(version, `${kind}List`), { ...object(list, ['items'], `A list of objects of the kind ${kind}.`), ...gvk(`${kind}List`) }],
    ];
  });
  const all: [string, Schema][] = [
    ...own,
    [nameOf(version, 'FlunderSpec'), object(SPECS[version])],
    [nameOf(version, 'FlunderStatus'), { type: 'object' }],
    ...Object.entries(META_SCHEMAS).map(([name, schema]): [string, Schema] => [`${META}.${name}`, schema]),
  ];
  return Object.fromEntries(all.sort(([a], [b]) => (a < b ? -1 : 1)));
}

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

/** How a version of OpenAPI writes things down. */
interface Style {
  operation(operation: Schema, answer?: string, body?: string): Schema;
  /** Of the path. */
  parameter(name: string): Schema;
}

function pathsOf(version: Version, style: Style): Record<string, Schema> {
  const paths: Record<string, Schema> = {};
  for (const [resource, { kind, namespaced }] of kindsOf(version)) {
    const collection = `/apis/${groupVersionOf(version)}/${namespaced ? 'namespaces/{namespace}/' : ''}${resource}`;
    const scope = namespaced ? ['namespace'] : [];
    const operations = (all: readonly Operation[]): Schema =>
      Object.fromEntries(
        all.map(([method, action, verb, answer, takesObject]) => {
          const gvk = { group: GROUP, kind, version };
          const id = `${verb}WardleExampleCom${upperFirst(version)}${namespaced ? 'Namespaced' : ''}${kind}`;
          const operation = { operationId: id, 'x-kubernetes-action': action, 'x-kubernetes-group-version-kind': gvk };
          const name = { object: nameOf(version, kind), list: nameOf(version, `${kind}List`), none: undefined }[answer];
          return [method, style.operation(operation, name, takesObject ? nameOf(version, kind) : undefined)];
        }),
      );
    paths[collection] = { ...operations(OF_COLLECTION), ...(scope.length && { parameters: scope.map(style.parameter) }) };
    paths[`${collection}/{name}`] = { ...operations(OF_ITEM), parameters: ['name', ...scope].map(style.parameter) };
  }
  return paths;
}

const upperFirst = (text: string): string => text[0]!.toUpperCase() + text.slice(1);

const JSON_TYPE = 'application/json';
const ANSWERS = { '401': { description: 'Unauthorized' } };
const contentOf = (name: string): Schema => ({ content: { [JSON_TYPE]: { schema: refTo(name) } } });

const version3 = (version: Version): object => ({
  openapi: '3.0.0',
  info: INFO,
  paths: pathsOf(version, {
    operation: (operation, answer, body) => ({
      ...operation,
      ...(body !== undefined && { requestBody: { ...contentOf(body), required: true } }),
      responses: { '200': { description: 'OK', ...(answer !== undefined && contentOf(answer)) }, ...ANSWERS },
    }),
    parameter: (name) => ({ name, in: 'path', required: true, schema: { ...TEXT, uniqueItems: true } }),
  }),
  components: { schemas: schemasOf(version) },
});

const definitionOf = (name: string): Schema => ({ $ref: `#/definitions/${name}` });

/** References have no neighbours, and no defaults. */
function definition(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(definition);
  if (typeof schema !== 'object' || schema === null) return schema;
  const { allOf, $ref, default: _default, ...rest } = schema as Record<string, unknown> & { $ref?: string; allOf?: readonly Schema[] };
  const name = ($ref ?? (allOf?.[0]?.['$ref'] as string | undefined))?.replace('#/components/schemas/', '');
  return { ...Object.fromEntries(Object.entries(rest).map(([key, value]) => [key, definition(value)])), ...(name && definitionOf(name)) };
}

const STYLE_2: Style = {
  operation: (operation, answer, body) => ({
    ...operation,
    consumes: ['*/*'],
    produces: [JSON_TYPE],
    schemes: ['https'],
    ...(body !== undefined && { parameters: [{ name: 'body', in: 'body', required: true, schema: definitionOf(body) }] }),
    responses: { '200': { description: 'OK', ...(answer !== undefined && { schema: definitionOf(answer) }) }, ...ANSWERS },
  }),
  parameter: (name) => ({ ...TEXT, name, in: 'path', required: true, uniqueItems: true }),
};
const VERSION_2 = {
  swagger: '2.0',
  info: INFO,
  paths: Object.assign({}, ...VERSIONS.map((version) => pathsOf(version, STYLE_2))) as object,
  definitions: definition(Object.assign({}, ...VERSIONS.map(schemasOf))),
};

const keyOf = (version: Version): string => `apis/${groupVersionOf(version)}`;
const hashOf = (document: object): string => fnv1a32(JSON.stringify(document)).toString(16).padStart(8, '0').toUpperCase();

const DOCUMENTS_3 = VERSIONS.map((version) => [keyOf(version), version3(version)] as const);
const PLACES = DOCUMENTS_3.map(([key, document]) => [key, { serverRelativeURL: `/openapi/v3/${key}?hash=${hashOf(document)}` }] as const);

export const OPENAPI: Readonly<Record<string, object | undefined>> = {
  '/openapi/v2': VERSION_2,
  '/openapi/v3': { paths: Object.fromEntries(PLACES) },
  ...Object.fromEntries(DOCUMENTS_3.map(([key, document]) => [`/openapi/v3/${key}`, document])),
};
