// One OpenAPI 3.0 document: a group's version, with the paths of its resources and the definitions that these refer to. Mirrors kube-openapi's builder3.

import type { ApiGroup } from '../../api/catalog.ts';
import type { CreateSubresource, Resource } from '../../api/resource.ts';
import type { TypeLookup } from '../../api/schema.ts';
import { JSON_TYPE } from '../http.ts';
import { addCustom } from './custom-definitions.ts';
import { Definitions, refTo } from './definitions.ts';
import type { Describe, GroupVersionKind, Schema } from './definitions.ts';
import { pathsOf } from './paths.ts';
import type { PathTypes } from './paths.ts';

export interface OpenapiDocument {
  readonly openapi: '3.0.0';
  readonly info: { readonly title: string; readonly version: string };
  readonly paths: Readonly<Record<string, Schema>>;
  readonly components: {
    readonly schemas: Readonly<Record<string, Schema>>;
    readonly securitySchemes: Schema;
  };
}

export interface DocumentSources {
  readonly types: TypeLookup;
  readonly describe: Describe;
  /** `v1.36.1`. */
  readonly version: string;
  /** Version 2 is made from this document. */
  readonly isVersion2?: boolean;
  /** Every group and version that is served, for the kinds that belong to all of them. */
  readonly groupVersions: readonly { readonly group: string; readonly version: string }[];
}

/** Pages that say what there is, and the types of what they answer with. */
const PAGES: Readonly<Record<string, readonly [path: string, id: string, description: string, answer?: string]>> = {
  '.well-known/openid-configuration': [
    '/.well-known/openid-configuration/',
    'getServiceAccountIssuerOpenIDConfiguration',
    'get service account issuer OpenID configuration, also known as the OIDC discovery doc',
  ],
  api: ['/api/', 'getCoreAPIVersions', 'get available API versions', 'meta.v1.APIVersions'],
  apis: ['/apis/', 'getAPIVersions', 'get available API versions', 'meta.v1.APIGroupList'],
  'openid/v1/jwks': [
    '/openid/v1/jwks/',
    'getServiceAccountIssuerOpenIDKeyset',
    'get service account issuer OpenID JSON Web Key Set (contains public token verification keys)',
  ],
  version: ['/version/', 'getCodeVersion', 'get the version information for this server'],
};

/** Documents beside those of the groups' versions. */
export const pageKeys = (groups: readonly ApiGroup[]): string[] =>
  [...Object.keys(PAGES), ...groups.flatMap(({ name }) => (name ? [`apis/${name}`] : []))].sort();

/** The file that a document is kept in; assets may not begin with a dot. */
export const documentFile = (key: string): string => `${key.replace(/^\./, '').replaceAll('/', '.')}.json`;

export function pageDocument(key: string, sources: DocumentSources): OpenapiDocument {
  const definitions = new Definitions(sources.types, sources.describe);
  const [path, id, description, answer] = PAGES[key] ?? [`/${key}/`, 'getAPIGroup', 'get information of a group', 'meta.v1.APIGroup'];
  const content = answer && { content: { [JSON_TYPE]: { schema: { $ref: refTo(definitions.addNamed(answer)) } } } };
  const responses = { '200': { description: 'OK', ...content }, '401': { description: 'Unauthorized' } };
  return wrap({ [path]: { get: { description, operationId: id, responses } } }, definitions, sources);
}

export function openapiDocument(resources: readonly Resource[], sources: DocumentSources): OpenapiDocument {
  const definitions = new Definitions(sources.types, sources.describe);
  const ofAllGroups = (kind: string): GroupVersionKind[] => sources.groupVersions.map(({ group, version }) => ({ group, kind, version }));
  const common: Omit<PathTypes, 'object' | 'list'> = {
    deleteOptions: definitions.addNamed('meta.v1.DeleteOptions', ofAllGroups('DeleteOptions')),
    watchEvent: definitions.addNamed('meta.v1.WatchEvent', ofAllGroups('WatchEvent')),
    status: definitions.addNamed('meta.v1.Status', [{ group: '', kind: 'Status', version: 'v1' }]),
    patch: PATCH,
    get scale() {
      return definitions.addNamed('autoscaling.v1.Scale', [{ group: 'autoscaling', kind: 'Scale', version: 'v1' }]);
    },
    action: ({ schema, group, version, kind }: CreateSubresource) => definitions.add(schema, [{ group, kind, version }]),
  };
  const description = sources.describe('meta.v1.Patch');
  definitions.set(PATCH, { ...(description !== undefined && { description }), type: 'object' });
  const paths: Record<string, Schema> = {};
  for (const resource of resources) {
    const names = resource.openapiSchema
      ? addCustom(definitions, resource, sources.isVersion2 ?? false)
      : addBuiltin(definitions, resource);
    Object.assign(paths, pathsOf(resource, Object.defineProperties({ ...names } as PathTypes, Object.getOwnPropertyDescriptors(common))));
  }
  return wrap(paths, definitions, sources);
}

function wrap(paths: Record<string, Schema>, definitions: Definitions, { version }: DocumentSources): OpenapiDocument {
  return {
    openapi: '3.0.0',
    info: { title: 'Kubernetes', version },
    paths: Object.fromEntries(Object.entries(paths).sort(([a], [b]) => (a < b ? -1 : 1))),
    components: {
      schemas: definitions.all(),
      securitySchemes: {
        BearerToken: { description: 'Bearer Token authentication', in: 'header', name: 'authorization', type: 'apiKey' },
      },
    },
  };
}

const PATCH = 'io.k8s.apimachinery.pkg.apis.meta.v1.Patch';

type Names = Pick<PathTypes, 'object' | 'list'>;

function addBuiltin(definitions: Definitions, { schema, group, version, kind, verbs }: Resource): Names {
  const gvk = { group, kind, version };
  const object = definitions.add(schema, [gvk]);
  return { object, list: verbs.includes('list') ? definitions.addList(schema, gvk) : object };
}
