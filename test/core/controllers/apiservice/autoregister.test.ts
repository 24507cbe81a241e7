// The APIServices of what the API server serves itself.

import { describe, expect, test } from 'vitest';
import { customResourceDefinitions } from '../../../../worker/resources/apiextensions/customresourcedefinition.ts';
import { apiServices } from '../../../../worker/resources/apiregistration/apiservice.ts';
import { makeTestCluster } from '../../harness.ts';
import type { TestCluster } from '../../harness.ts';
import { crdOf, CRDS, install } from '../../resources/custom/crds.ts';

const names = ({ api }: TestCluster): string[] => api.list(apiServices).map(({ metadata }) => metadata.name);
const AVAILABLE = { type: 'Available', status: 'True', reason: 'Local', message: 'Local APIServices are always available' };
const schema = { openAPIV3Schema: { type: 'object' } };
const version = (name: string, served = true): object => ({ name, served, storage: name === 'v1', schema });

describe('built-in group versions', () => {
  test.each([
    { name: 'v1.', spec: { version: 'v1', groupPriorityMinimum: 18_000, versionPriority: 1 } },
    { name: 'v1.apps', spec: { group: 'apps', version: 'v1', groupPriorityMinimum: 17_800, versionPriority: 15 } },
    { name: 'v2.autoscaling', spec: { group: 'autoscaling', version: 'v2', groupPriorityMinimum: 17_500, versionPriority: 30 } },
  ])('have $name', ({ name, spec }) => {
    const { api } = makeTestCluster();
    expect(api.get(apiServices, '', name)).toMatchObject({
      metadata: { labels: { 'kube-aggregator.kubernetes.io/automanaged': 'onstart' } },
      spec,
      status: { conditions: [AVAILABLE] },
    });
  });

  test('have one each, but for that of APIServices', () => {
    const cluster = makeTestCluster();
    const served = new Set(cluster.api.resources().map(({ group, version: v }) => `${v}.${group}`));
    served.delete('v1.apiregistration.k8s.io');
    expect(names(cluster).toSorted()).toEqual([...served].toSorted());
  });

  test('get theirs back when the API server starts again, not before', () => {
    const cluster = makeTestCluster();
    cluster.settle();
    cluster.api.delete(apiServices, '', 'v1.apps');
    const batch = cluster.api.get(apiServices, '', 'v1.batch')!;
    cluster.api.update(apiServices, { ...batch, spec: { ...batch.spec, versionPriority: 3 } });
    cluster.settle();
    expect(names(cluster)).not.toContain('v1.apps');
    cluster.cluster.loop.resync('kube-apiserver');
    cluster.settle();
    expect(names(cluster)).toContain('v1.apps');
    expect(cluster.api.get(apiServices, '', 'v1.batch')!.spec.versionPriority).toBe(15);
    expect(cluster.errors).toEqual([]);
  });
});

describe('the group version of a CRD', () => {
  test('has one that comes back, is held to what it should be, and goes with the CRD', async () => {
    const cluster = makeTestCluster();
    await install(cluster, crdOf({}));
    const wanted = {
      metadata: { labels: { 'kube-aggregator.kubernetes.io/automanaged': 'true' } },
      spec: { group: 'example.com', version: 'v1', groupPriorityMinimum: 1000, versionPriority: 100 },
      status: { conditions: [AVAILABLE] },
    };
    const read = () => cluster.api.get(apiServices, '', 'v1.example.com');
    const made = read()!;
    expect(made).toMatchObject(wanted);
    cluster.api.update(apiServices, { ...made, spec: { ...made.spec, versionPriority: 3 } });
    cluster.settle();
    expect(read()).toMatchObject(wanted);
    cluster.api.delete(apiServices, '', 'v1.example.com');
    cluster.settle();
    expect(read()).toMatchObject(wanted);
    await cluster.request('DELETE', `${CRDS}/widgets.example.com`);
    cluster.settle();
    expect(read()).toBeUndefined();
    expect(cluster.errors).toEqual([]);
  });

  test('stays as long as another CRD serves it, and goes when it is no longer served', async () => {
    const cluster = makeTestCluster();
    const custom = (): string[] => names(cluster).filter((name) => name.endsWith('.example.com'));
    await install(cluster, crdOf({}, { versions: [version('v1'), version('v2'), version('v3', false)] }));
    await install(cluster, crdOf({}, { plural: 'gadgets', kind: 'Gadget' }));
    expect(custom()).toEqual(['v1.example.com', 'v2.example.com']);
    const crd = cluster.api.get(customResourceDefinitions, '', 'widgets.example.com')!;
    const versions = crd.spec.versions.map((one) => ({ ...one, served: one.name !== 'v2' }));
    cluster.api.update(customResourceDefinitions, { ...crd, spec: { ...crd.spec, versions } });
    cluster.settle();
    expect(custom()).toEqual(['v1.example.com', 'v3.example.com']);
    await cluster.request('DELETE', `${CRDS}/widgets.example.com`);
    cluster.settle();
    expect(custom()).toEqual(['v1.example.com']);
  });

  test('leaves alone what somebody else manages', async () => {
    const cluster = makeTestCluster();
    const spec = { group: 'example.com', version: 'v1', groupPriorityMinimum: 7, versionPriority: 7 };
    cluster.api.create(apiServices, { metadata: { name: 'v1.example.com' }, spec });
    await install(cluster, crdOf({}));
    await cluster.request('DELETE', `${CRDS}/widgets.example.com`);
    cluster.settle();
    expect(cluster.api.get(apiServices, '', 'v1.example.com')!.spec).toEqual(spec);
  });
});
