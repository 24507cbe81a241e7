// CRDs for tests, and requests about their objects.

import type { TestCluster } from '../../harness.ts';
import type { Status } from '../../../../worker/api/status.ts';

export interface CrdOptions {
  readonly group?: string;
  readonly plural?: string;
  readonly kind?: string;
  readonly scope?: 'Namespaced' | 'Cluster';
  readonly names?: object;
  /** Of the only version, v1. */
  readonly version?: object;
  /** Instead of it. */
  readonly versions?: readonly object[];
  readonly spec?: object;
}

/** A CRD whose `spec` has the given schema. */
export function crdOf(
  properties: object,
  { group = 'example.com', plural = 'widgets', kind = 'Widget', scope = 'Namespaced', names, version, versions, spec }: CrdOptions = {},
): object {
  const schema = { openAPIV3Schema: { type: 'object', properties } };
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope,
      names: { plural, kind, ...names },
      versions: versions ?? [{ name: 'v1', served: true, storage: true, schema, ...version }],
      ...spec,
    },
  };
}

export const CRDS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
export const WIDGETS = '/apis/example.com/v1/namespaces/default/widgets';

/** Makes it and waits until it is served. Throws what refuses it. */
export async function install(cluster: TestCluster, crd: object): Promise<void> {
  const { status, body } = await cluster.request<Status>('POST', CRDS, crd);
  if (status !== 201) throw new Error(body.message);
  cluster.settle();
}

export const widget = (spec?: unknown, more: object = {}): object => ({
  apiVersion: 'example.com/v1',
  kind: 'Widget',
  metadata: { name: 'a' },
  ...(spec !== undefined && { spec }),
  ...more,
});
export const MERGE = { 'content-type': 'application/merge-patch+json' };
