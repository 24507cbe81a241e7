import { describe, expect, test } from 'vitest';
import type { ConfigMap } from '../../../worker/api/gen/core-v1.ts';
import type { KubeObject, OwnerReference } from '../../../worker/api/object.ts';
import { configMaps } from '../../../worker/resources/core/configmap.ts';
import { namespaces } from '../../../worker/resources/core/namespace.ts';
import { secrets } from '../../../worker/resources/core/secret.ts';
import { clusterRoles } from '../../../worker/resources/rbac/clusterrole.ts';
import { customResourceDefinitions } from '../../../worker/resources/apiextensions/customresourcedefinition.ts';
import type { TestCluster } from '../harness.ts';
import { emptyCluster, eventsOf } from './workloads.ts';

const ref = ({ apiVersion, kind, metadata: { name, uid } }: KubeObject, more: Partial<OwnerReference> = {}): OwnerReference => ({
  apiVersion,
  kind,
  name,
  uid,
  ...more,
});
const ABSENT: OwnerReference = { apiVersion: 'v1', kind: 'ConfigMap', name: 'nobody', uid: 'u-nobody' };

function make(
  { api }: TestCluster,
  name: string,
  owners: OwnerReference[] = [],
  finalizers: string[] = [],
  namespace = 'default',
): ConfigMap {
  return api.create(configMaps, { metadata: { name, namespace, ownerReferences: owners, finalizers } });
}
const own = (name: string): boolean => name !== 'kube-root-ca.crt';
const left = ({ api }: TestCluster): string[] =>
  api
    .list(configMaps, { namespace: 'default' })
    .map(({ metadata }) => metadata.name)
    .filter(own);
const get = ({ api }: TestCluster, name: string): ConfigMap | undefined => api.get(configMaps, 'default', name);
const remove = (cluster: TestCluster, name: string, propagationPolicy?: string): void => {
  cluster.api.delete(configMaps, 'default', name, propagationPolicy ? { propagationPolicy } : {});
  cluster.settle();
};
const unhold = ({ api, settle }: TestCluster, name: string): void => {
  const object = api.get(configMaps, 'default', name)!;
  const kept = object.metadata.finalizers!.filter((one) => one !== 'x.io/hold');
  api.update(configMaps, { ...object, metadata: { ...object.metadata, finalizers: kept } });
  settle();
};
const HOLD = ['x.io/hold'];

describe('in the background', () => {
  test('dependents go after their owner, and theirs after them, of any kind', () => {
    const cluster = emptyCluster();
    const a = make(cluster, 'a');
    const b = make(cluster, 'b', [ref(a)]);
    cluster.api.create(secrets, { metadata: { name: 'c', namespace: 'default', ownerReferences: [ref(b)] } });
    make(cluster, 'other');
    remove(cluster, 'a', 'Background');
    expect(left(cluster)).toEqual(['other']);
    expect(cluster.api.list(secrets, { namespace: 'default' })).toEqual([]);
    expect(cluster.errors).toEqual([]);
  });

  test('what has another owner stays, without the reference', () => {
    const cluster = emptyCluster();
    const [a, b] = [make(cluster, 'a'), make(cluster, 'b')];
    make(cluster, 'c', [ref(a), ref(b)]);
    remove(cluster, 'a');
    expect(get(cluster, 'c')!.metadata.ownerReferences).toEqual([ref(b)]);
  });

  test('a circle goes as a whole', () => {
    const cluster = emptyCluster();
    const a = make(cluster, 'a');
    const b = make(cluster, 'b', [ref(a)]);
    cluster.api.update(configMaps, { ...a, metadata: { ...a.metadata, ownerReferences: [ref(b)] } });
    remove(cluster, 'a');
    expect(left(cluster)).toEqual([]);
  });

  test('a thousand dependents cost a thousand deletions', () => {
    const cluster = emptyCluster();
    const a = make(cluster, 'a');
    for (let i = 0; i < 1000; i++) make(cluster, `d${i}`, [ref(a)]);
    cluster.settle();
    const before = cluster.cluster.loop.reconciles;
    remove(cluster, 'a');
    expect(left(cluster)).toEqual([]);
    expect(cluster.cluster.loop.reconciles - before).toBeLessThan(1100);
  });
});

describe('an owner that is not there', () => {
  test.each([
    { name: 'by name', owner: ABSENT },
    { name: 'by UID: another has its name', owner: { ...ABSENT, name: 'there' } },
  ])('$name: the object goes', ({ owner }) => {
    const cluster = emptyCluster();
    make(cluster, 'there');
    make(cluster, 'lost', [owner]);
    cluster.settle();
    expect(left(cluster)).toEqual(['there']);
  });

  test('of a kind that nobody serves: the object stays', () => {
    const cluster = emptyCluster();
    make(cluster, 'kept', [{ apiVersion: 'example.com/v1', kind: 'Thing', name: 'x', uid: 'u' }]);
    cluster.settle();
    expect(left(cluster)).toEqual(['kept']);
  });

  test('in the same namespace, but in another: the object goes, and an event says why', () => {
    const cluster = emptyCluster();
    const far = make(cluster, 'far', [], [], 'kube-system');
    const lost = make(cluster, 'lost', [ref(far)]);
    cluster.settle();
    expect(left(cluster)).toEqual([]);
    expect(eventsOf(cluster.api, lost)).toEqual([
      `OwnerRefInvalidNamespace: ownerRef [v1/ConfigMap, namespace: default, name: far, uid: ${far.metadata.uid}] does not exist in namespace "default"`,
    ]);
  });

  test('by name, while its UID is there under another: the object goes, and nothing is said', () => {
    const cluster = emptyCluster();
    const there = make(cluster, 'there');
    const lost = make(cluster, 'lost', [ref(there, { name: 'elsewhere' })]);
    cluster.settle();
    expect(left(cluster)).toEqual(['there']);
    expect(eventsOf(cluster.api, lost)).toEqual([]);
  });

  test('because it is namespaced and the object is not, though it exists: the object stays, and an event says why', () => {
    const cluster = emptyCluster();
    const far = make(cluster, 'far');
    const role = cluster.api.create(clusterRoles, { metadata: { name: 'r', ownerReferences: [ref(far)] } });
    cluster.settle();
    expect(cluster.api.get(clusterRoles, '', 'r')).toBeDefined();
    expect(eventsOf(cluster.api, role)).toEqual([
      `OwnerRefInvalidNamespace: ownerRef [v1/ConfigMap, namespace: , name: far, uid: ${far.metadata.uid}] does not exist in namespace ""`,
    ]);
  });

  test('because it is namespaced and the object is not: the object stays', () => {
    const cluster = emptyCluster();
    cluster.api.create(clusterRoles, { metadata: { name: 'r', ownerReferences: [ABSENT] } });
    cluster.settle();
    expect(cluster.api.get(clusterRoles, '', 'r')).toBeDefined();
  });

  test('is noticed when a reference to it is added later', () => {
    const cluster = emptyCluster();
    const object = make(cluster, 'a');
    cluster.settle();
    cluster.api.update(configMaps, { ...object, metadata: { ...object.metadata, ownerReferences: [ABSENT] } });
    cluster.settle();
    expect(left(cluster)).toEqual([]);
  });
});

describe('in the foreground', () => {
  test('the owner waits for those that block it', () => {
    const cluster = emptyCluster();
    const a = make(cluster, 'a');
    make(cluster, 'blocks', [ref(a, { blockOwnerDeletion: true })], HOLD);
    make(cluster, 'goes', [ref(a, { blockOwnerDeletion: true })]);
    remove(cluster, 'a', 'Foreground');
    expect(left(cluster)).toEqual(['a', 'blocks']);
    expect(get(cluster, 'a')!.metadata).toMatchObject({
      finalizers: ['foregroundDeletion'],
      deletionTimestamp: expect.any(String) as string,
    });
    expect(get(cluster, 'blocks')!.metadata.deletionTimestamp).toBeDefined();
    unhold(cluster, 'blocks');
    expect(left(cluster)).toEqual([]);
  });

  test('it does not wait for those that do not', () => {
    const cluster = emptyCluster();
    const a = make(cluster, 'a');
    make(cluster, 'slow', [ref(a)], HOLD);
    remove(cluster, 'a', 'Foreground');
    expect(left(cluster)).toEqual(['slow']);
  });

  test('nor for one that lets go of it', () => {
    const cluster = emptyCluster();
    const a = make(cluster, 'a');
    const b = make(cluster, 'b', [ref(a, { blockOwnerDeletion: true })], HOLD);
    remove(cluster, 'a', 'Foreground');
    const now = get(cluster, 'b')!;
    const { ownerReferences: _, ...metadata } = now.metadata;
    cluster.api.update(configMaps, { ...now, metadata });
    cluster.settle();
    expect(left(cluster)).toEqual(['b']);
    expect(b.metadata.uid).toBe(now.metadata.uid);
  });

  test('dependents with dependents go in the foreground too', () => {
    const cluster = emptyCluster();
    const a = make(cluster, 'a');
    const b = make(cluster, 'b', [ref(a, { blockOwnerDeletion: true })]);
    make(cluster, 'c', [ref(b, { blockOwnerDeletion: true })], HOLD);
    remove(cluster, 'a', 'Foreground');
    expect(left(cluster)).toEqual(['a', 'b', 'c']);
    expect(get(cluster, 'b')!.metadata.finalizers).toEqual(['foregroundDeletion']);
    unhold(cluster, 'c');
    expect(left(cluster)).toEqual([]);
  });

  test('a circle that blocks itself is broken', () => {
    const cluster = emptyCluster();
    const a = make(cluster, 'a');
    const b = make(cluster, 'b', [ref(a, { blockOwnerDeletion: true })]);
    cluster.api.update(configMaps, { ...a, metadata: { ...a.metadata, ownerReferences: [ref(b, { blockOwnerDeletion: true })] } });
    remove(cluster, 'a', 'Foreground');
    expect(left(cluster)).toEqual([]);
  });

  test('what has another owner is let go', () => {
    const cluster = emptyCluster();
    const [a, b] = [make(cluster, 'a'), make(cluster, 'b')];
    make(cluster, 'c', [ref(a, { blockOwnerDeletion: true }), ref(b)]);
    remove(cluster, 'a', 'Foreground');
    expect(left(cluster)).toEqual(['b', 'c']);
    expect(get(cluster, 'c')!.metadata.ownerReferences).toEqual([ref(b)]);
  });
});

test('orphaned dependents stay, without the reference', () => {
  const cluster = emptyCluster();
  const a = make(cluster, 'a');
  make(cluster, 'b', [ref(a)]);
  remove(cluster, 'a', 'Orphan');
  expect(left(cluster)).toEqual(['b']);
  expect(get(cluster, 'b')!.metadata.ownerReferences).toBeUndefined();
});

test('cluster-scoped owners have dependents in any namespace', () => {
  const cluster = emptyCluster();
  const role = cluster.api.create(clusterRoles, { metadata: { name: 'r' } });
  make(cluster, 'a', [ref(role)]);
  const space = cluster.api.create(namespaces, { metadata: { name: 'spare' } });
  expect(space.metadata.name).toBe('spare');
  make(cluster, 'b', [ref(role)], [], 'spare');
  cluster.settle();
  expect(left(cluster)).toEqual(['a']);
  cluster.api.delete(clusterRoles, '', 'r');
  cluster.settle();
  expect(
    cluster.api
      .list(configMaps)
      .map(({ metadata }) => metadata.name)
      .filter(own),
  ).toEqual([]);
});

describe('owners of a custom kind', () => {
  const kind = (scope: 'Namespaced' | 'Cluster'): never =>
    ({
      metadata: { name: 'things.example.com' },
      spec: {
        group: 'example.com',
        scope,
        names: { plural: 'things', kind: 'Thing' },
        versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }],
      },
    }) as never;
  const THING: OwnerReference = { apiVersion: 'example.com/v1', kind: 'Thing', name: 'x', uid: 'u' };

  test.each([
    { name: 'the object goes when the kind is there, and no such owner', owners: [THING], want: [] },
    { name: 'another owner keeps it', owners: [{ ...THING, name: 'y' }, 'solid'] as const, want: ['lost', 'solid'] },
  ])('that is served later: $name', ({ owners, want }) => {
    const cluster = emptyCluster();
    const solid = make(cluster, 'solid');
    if (!owners.includes('solid' as never)) cluster.api.delete(configMaps, 'default', 'solid');
    make(
      cluster,
      'lost',
      owners.map((one) => (one === 'solid' ? ref(solid) : one)),
    );
    cluster.advance(60_000);
    expect(left(cluster)).toContain('lost');
    cluster.api.create(customResourceDefinitions, kind('Namespaced'));
    cluster.advance(5000);
    expect(left(cluster)).toContain('lost');
    cluster.advance(120_000);
    expect(left(cluster)).toEqual(want);
    expect(get(cluster, 'lost')?.metadata.ownerReferences).toEqual(want.length ? [ref(solid)] : undefined);
    expect(cluster.errors).toEqual([]);
  });

  test.each(['Namespaced', 'Cluster'] as const)('%s, that go with their kind: their dependents go too', (scope) => {
    const cluster = emptyCluster();
    cluster.api.create(customResourceDefinitions, kind(scope));
    cluster.advance(5000);
    const things = cluster.api.resourceOf('example.com', 'Thing')!;
    const thing = cluster.api.create(things, { metadata: { name: 'x', ...(scope === 'Namespaced' && { namespace: 'default' }) } } as never);
    make(cluster, 'a', [ref(thing)]);
    make(cluster, 'b', [ref(thing)], HOLD);
    cluster.settle();
    cluster.api.delete(customResourceDefinitions, '', 'things.example.com');
    cluster.advance(20_000);
    expect(cluster.api.resourceOf('example.com', 'Thing')).toBeUndefined();
    expect(left(cluster)).toEqual(['b']);
    expect(get(cluster, 'b')!.metadata.deletionTimestamp).toBeDefined();
  });
});
