// Flow control's objects: what keeps them as they should be, and what is said of schemas without a level.

import { expect, test } from 'vitest';
import type { FlowSchema, PriorityLevelConfiguration } from '../../../worker/api/gen/flowcontrol-v1.ts';
import { makeTestCluster } from '../harness.ts';
import type { TestCluster } from '../harness.ts';

const AUTO = 'apf.kubernetes.io/autoupdate-spec';
const BASE = '/apis/flowcontrol.apiserver.k8s.io/v1';
type Flow = FlowSchema | PriorityLevelConfiguration;

/** `path` is `flowschemas/probes`. */
const read = async (cluster: TestCluster, path: string): Promise<Flow | undefined> => {
  const { status, body } = await cluster.request<Flow>('GET', `${BASE}/${path}`);
  return status === 200 ? body : undefined;
};
const patch = (cluster: TestCluster, path: string, body: object): ReturnType<TestCluster['request']> =>
  cluster.request('PATCH', `${BASE}/${path}`, body, { 'content-type': 'application/merge-patch+json' });
const remove = (cluster: TestCluster, path: string): ReturnType<TestCluster['request']> => cluster.request('DELETE', `${BASE}/${path}`);

interface Row {
  readonly name: string;
  readonly path: string;
  change(cluster: TestCluster, path: string): Promise<unknown>;
  /** Of the object, half a minute later. */
  want(object: Flow | undefined): unknown;
  readonly is: unknown;
}

const share = (object: Flow | undefined): unknown => (object as PriorityLevelConfiguration).spec.limited?.nominalConcurrencyShares;
const auto = (object: Flow | undefined): unknown => object?.metadata.annotations?.[AUTO];
const shares = (nominalConcurrencyShares: number): object => ({ spec: { limited: { nominalConcurrencyShares } } });

test.each<Row>([
  {
    name: 'a mandatory level comes back',
    path: 'prioritylevelconfigurations/catch-all',
    change: remove,
    want: (object) => [share(object), auto(object)],
    is: [5, 'true'],
  },
  {
    name: 'a mandatory schema comes back',
    path: 'flowschemas/exempt',
    change: remove,
    want: (object) => [
      (object as FlowSchema).spec.matchingPrecedence,
      object?.metadata.managedFields?.map(({ manager }) => manager).sort(),
    ],
    is: [1, ['api-priority-and-fairness-config-consumer-v1', 'api-priority-and-fairness-config-producer-v1']],
  },
  { name: 'a suggested level comes back', path: 'prioritylevelconfigurations/system', change: remove, want: share, is: 30 },
  {
    name: 'a suggested level that is changed is set right, as long as it says so',
    path: 'prioritylevelconfigurations/system',
    change: (cluster, path) => patch(cluster, path, shares(77)),
    want: share,
    is: 30,
  },
  {
    name: 'and is left as it is otherwise',
    path: 'prioritylevelconfigurations/system',
    change: (cluster, path) => patch(cluster, path, { metadata: { annotations: { [AUTO]: 'false' } }, ...shares(77) }),
    want: (object) => [share(object), auto(object)],
    is: [77, 'false'],
  },
  {
    name: 'without a word, one that was changed is its owner’s',
    path: 'prioritylevelconfigurations/system',
    change: (cluster, path) => patch(cluster, path, { metadata: { annotations: { [AUTO]: null } }, ...shares(77) }),
    want: (object) => [share(object), auto(object)],
    is: [77, 'false'],
  },
  {
    name: 'without a word, one that was not changed is ours',
    path: 'prioritylevelconfigurations/system',
    change: (cluster, path) => patch(cluster, path, { metadata: { annotations: { [AUTO]: 'perhaps' } } }),
    want: (object) => [share(object), auto(object)],
    is: [30, 'true'],
  },
  {
    name: 'a mandatory one cannot be taken over',
    path: 'flowschemas/catch-all',
    change: (cluster, path) => patch(cluster, path, { metadata: { annotations: { [AUTO]: 'false' } } }),
    want: auto,
    is: 'true',
  },
  {
    name: 'what `exempt` lends is left as it is',
    path: 'prioritylevelconfigurations/exempt',
    change: (cluster, path) => patch(cluster, path, { spec: { exempt: { nominalConcurrencyShares: 10, lendablePercent: 50 } } }),
    want: (object) => (object as PriorityLevelConfiguration).spec.exempt,
    is: { nominalConcurrencyShares: 10, lendablePercent: 50 },
  },
  {
    name: 'one that was ours in another version goes',
    path: 'prioritylevelconfigurations/old',
    change: (cluster) => cluster.request('POST', `${BASE}/prioritylevelconfigurations`, levelOf('old', { [AUTO]: 'true' })),
    want: (object) => object,
    is: undefined,
  },
  {
    name: 'one of a user stays',
    path: 'prioritylevelconfigurations/mine',
    change: (cluster) => cluster.request('POST', `${BASE}/prioritylevelconfigurations`, levelOf('mine', {})),
    want: (object) => [share(object), auto(object)],
    is: [3, undefined],
  },
])('$name', async ({ path, change, want, is }) => {
  const cluster = makeTestCluster();
  cluster.settle();
  await change(cluster, path);
  cluster.advance(31_000);
  expect(want(await read(cluster, path))).toEqual(is);
  expect(cluster.errors).toEqual([]);
});

function levelOf(name: string, annotations: Record<string, string>): object {
  return {
    metadata: { name, annotations },
    spec: { type: 'Limited', limited: { nominalConcurrencyShares: 3, limitResponse: { type: 'Reject' } } },
  };
}

test('nothing is written where everything is right', () => {
  const cluster = makeTestCluster();
  cluster.settle();
  const before = cluster.store.revision;
  cluster.advance(300_000);
  expect(
    cluster
      .log()
      .split('\n')
      .slice(before)
      .filter((line) => line.includes('flowcontrol')),
  ).toEqual([]);
});

test('a schema says whether its level is there', async () => {
  const cluster = makeTestCluster();
  cluster.settle();
  const conditions = async (name: string): Promise<unknown> => (await read(cluster, `flowschemas/${name}`))!.status.conditions;
  expect(await conditions('probes')).toEqual([
    {
      type: 'Dangling',
      status: 'False',
      lastTransitionTime: '2026-01-01T00:00:00Z',
      reason: 'Found',
      message: 'This FlowSchema references the PriorityLevelConfiguration object named "exempt" and it exists',
    },
  ]);
  await cluster.request('POST', `${BASE}/flowschemas`, {
    metadata: { name: 'lost' },
    spec: { priorityLevelConfiguration: { name: 'mine' } },
  });
  cluster.settle();
  expect(await conditions('lost')).toMatchObject([
    {
      status: 'True',
      reason: 'NotFound',
      message: 'This FlowSchema references the PriorityLevelConfiguration object named "mine" but there is no such object',
    },
  ]);
  cluster.advance(1000);
  await cluster.request('POST', `${BASE}/prioritylevelconfigurations`, levelOf('mine', {}));
  cluster.settle();
  expect(await conditions('lost')).toMatchObject([{ status: 'False', reason: 'Found', lastTransitionTime: '2026-01-01T00:00:01Z' }]);
  await remove(cluster, 'prioritylevelconfigurations/mine');
  cluster.settle();
  expect(await conditions('lost')).toMatchObject([{ status: 'True' }]);
  const { managedFields } = (await read(cluster, 'flowschemas/lost'))!.metadata;
  expect(managedFields?.[0]).toMatchObject({
    manager: 'api-priority-and-fairness-config-consumer-v1',
    operation: 'Apply',
    subresource: 'status',
  });
});
