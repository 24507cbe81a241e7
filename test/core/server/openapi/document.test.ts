// What kubectl reads from the published documents.

import { describe, expect, test } from 'vitest';
import { builtinResources } from '../../../../worker/resources/index.ts';
import { builtinType } from '../../../../worker/resources/schema/index.ts';
import { makeCatalog } from '../../../../worker/registry/catalog.ts';
import { openapiDocument, pageDocument, pageKeys } from '../../../../worker/server/openapi/document.ts';
import type { OpenapiDocument } from '../../../../worker/server/openapi/document.ts';
import { swaggerOf } from '../../../../worker/server/openapi/version-2.ts';
import { encodeSwagger } from '../../../../worker/server/openapi/version-2-protobuf.ts';
import { ProtobufReader } from '../../../../worker/lib/protobuf.ts';

const PROSE: Readonly<Record<string, string>> = {
  'apps.v1.DeploymentSpec.template': 'What it runs.',
  'parameter.pretty': "If 'true', then the output is pretty printed.",
};
const groups = makeCatalog(builtinResources, 36).groups();
const sources = {
  types: builtinType,
  describe: (type: string, field?: string): string | undefined => PROSE[`${type}.${field}`],
  version: 'v1.36.1',
  groupVersions: groups.flatMap(({ name, versions }) => versions.map(({ version }) => ({ group: name, version }))),
};
const documents = new Map<string, OpenapiDocument>();
for (const { name, versions } of groups)
  for (const { version, resources } of versions) documents.set(`${name}/${version}`, openapiDocument(resources, sources));
for (const key of pageKeys(groups)) documents.set(key, pageDocument(key, sources));
/** What is found on the way through plain data. */
const at = (value: unknown, ...way: string[]): unknown => way.reduce((one, name) => (one as Record<string, unknown>)[name], value);
const schemaOf = (key: string, name: string, ...way: string[]): unknown => at(documents.get(key)!.components.schemas[name], ...way);

test.each([
  {
    name: 'a struct that is always there is its own default, and its prose stands beside it',
    schema: schemaOf('apps/v1', 'io.k8s.api.apps.v1.DeploymentSpec', 'properties', 'template'),
    want: { description: 'What it runs.', default: {}, allOf: [{ $ref: '#/components/schemas/io.k8s.api.core.v1.PodTemplateSpec' }] },
  },
  {
    name: 'a pointer has no default',
    schema: schemaOf('apps/v1', 'io.k8s.api.apps.v1.DeploymentSpec', 'properties', 'replicas'),
    want: { type: 'integer', format: 'int32' },
  },
  {
    name: 'a list map says its keys and how patches merge it',
    schema: schemaOf('/v1', 'io.k8s.api.core.v1.PodSpec', 'properties', 'containers'),
    want: {
      type: 'array',
      items: { default: {}, allOf: [{ $ref: '#/components/schemas/io.k8s.api.core.v1.Container' }] },
      'x-kubernetes-list-map-keys': ['name'],
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-patch-merge-key': 'name',
      'x-kubernetes-patch-strategy': 'merge',
    },
  },
  {
    name: 'a default and an enumeration',
    schema: schemaOf('/v1', 'io.k8s.api.core.v1.ContainerPort', 'properties', 'protocol'),
    want: { type: 'string', default: 'TCP', enum: ['SCTP', 'TCP', 'UDP'] },
  },
  {
    name: 'quantities are a type of their own',
    schema: schemaOf('/v1', 'io.k8s.api.core.v1.ResourceRequirements', 'properties', 'limits'),
    want: { type: 'object', additionalProperties: { $ref: '#/components/schemas/io.k8s.apimachinery.pkg.api.resource.Quantity' } },
  },
  {
    name: 'a kind says which it is',
    schema: schemaOf('apps/v1', 'io.k8s.api.apps.v1.Deployment', 'x-kubernetes-group-version-kind'),
    want: [{ group: 'apps', kind: 'Deployment', version: 'v1' }],
  },
])('$name', ({ schema, want }) => expect(schema).toEqual(want));

interface Operation {
  readonly operationId: string;
  readonly parameters: readonly { readonly name: string }[];
  readonly 'x-kubernetes-action': string;
  readonly 'x-kubernetes-group-version-kind': { readonly kind: string };
}

const everyPath = [...documents.values()].flatMap(({ paths }) => Object.entries(paths) as [string, Record<string, Operation>][]);

test('every patch names its kind and takes fieldValidation', () => {
  const patches = everyPath.flatMap(([path, { patch }]) => (patch && patch['x-kubernetes-action'] === 'patch' ? [{ path, patch }] : []));
  const lacking = patches.filter(
    ({ patch }) => !patch['x-kubernetes-group-version-kind'].kind || !patch.parameters.some(({ name }) => name === 'fieldValidation'),
  );
  expect(lacking).toEqual([]);
  expect(patches.length).toBeGreaterThan(80);
});

test('no two operations have one id', () => {
  const ids = everyPath.flatMap(([, item]) =>
    Object.values(item).flatMap((one) => (one.operationId && !one.operationId.startsWith('getAPIGroup') ? [one.operationId] : [])),
  );
  expect(ids.filter((id, i) => ids.indexOf(id) !== i)).toEqual([]);
  expect(ids).toContain('patchAppsV1NamespacedDeploymentScale');
});

test('every reference leads somewhere', () => {
  for (const [key, document] of documents) {
    const refs = JSON.stringify(document).matchAll(/"#\/components\/schemas\/([^"]+)"/g);
    const missing = [...refs].map(([, name]) => name!).filter((name) => !(name in document.components.schemas));
    expect({ key, missing }).toEqual({ key, missing: [] });
  }
});

describe('version 2', () => {
  const swagger = swaggerOf([...documents.values()], sources.describe);

  test('references have neighbours, zero values are silent', () => {
    const spec = swagger.definitions['io.k8s.api.apps.v1.DeploymentSpec'];
    expect(at(spec, 'properties', 'template')).toEqual({
      description: 'What it runs.',
      $ref: '#/definitions/io.k8s.api.core.v1.PodTemplateSpec',
    });
    expect(at(swagger.definitions, 'io.k8s.apimachinery.pkg.util.intstr.IntOrString', 'type')).toBe('string');
  });

  test.each([
    { name: 'of the path', way: ['parameters', '1'], want: 'namespace-vgWSWtn3' },
    { name: 'of the query, with upstream’s prose', way: ['parameters', '2'], want: 'pretty-nN7o5FEq' },
    { name: 'of the body', way: ['delete', 'parameters', '0'], want: 'body-2Y1dVQaQ' },
  ])('a parameter $name that many have is said once, under the name that upstream gives it', ({ way, want }) => {
    expect(at(swagger.paths['/api/v1/namespaces/{namespace}/pods/{name}'], ...way)).toEqual({ $ref: `#/parameters/${want}` });
    expect(swagger.parameters).toHaveProperty([want, 'name'], want.slice(0, want.indexOf('-')));
  });

  test('what clients look for in an operation stays in it', () => {
    const parameters = at(swagger.paths['/api/v1/namespaces/{namespace}/pods/{name}'], 'patch', 'parameters') as { name?: string }[];
    expect(parameters.flatMap(({ name }) => name ?? [])).toEqual(['dryRun', 'fieldValidation']);
  });

  test('protobuf holds the same definitions, and a second document adds to it', () => {
    const whole = encodeSwagger(swagger);
    const more = encodeSwagger({ paths: {}, definitions: { 'com.example.v1.Thing': { type: 'object' } } });
    expect(definitionNames(whole)).toEqual(Object.keys(swagger.definitions));
    const both = new Uint8Array([...whole, ...more]);
    expect(definitionNames(both)).toEqual([...Object.keys(swagger.definitions), 'com.example.v1.Thing']);
  });
});

/** Of field 9 of the document, field 1 of each entry's. */
function definitionNames(bytes: Uint8Array): string[] {
  const names: string[] = [];
  const reader = new ProtobufReader(bytes);
  each(reader, (field) => {
    if (field !== 9) return false;
    within(reader, () =>
      each(reader, () => {
        within(reader, () =>
          each(reader, (entry) => {
            if (entry !== 1) return false;
            names.push(reader.string());
            return true;
          }),
        );
        return true;
      }),
    );
    return true;
  });
  return names;
}

function each(reader: ProtobufReader, read: (field: number) => boolean): void {
  while (!reader.isAtEnd) {
    const tag = reader.uint32();
    if (!read(tag >>> 3)) reader.skip(tag & 7);
  }
}

function within(reader: ProtobufReader, read: () => void): void {
  const outer = reader.enter();
  read();
  reader.leave(outer);
}
