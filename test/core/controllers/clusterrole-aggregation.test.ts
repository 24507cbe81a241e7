// ClusterRoles that gather the rules of others.

import { expect, test } from 'vitest';
import type { ClusterRole, PolicyRule } from '../../../worker/api/gen/rbac-v1.ts';
import type { Draft } from '../../../worker/api/object.ts';
import { clusterRoles } from '../../../worker/resources/rbac/clusterrole.ts';
import { clusterRoleBindings } from '../../../worker/resources/rbac/clusterrolebinding.ts';
import { makeTestCluster } from '../harness.ts';
import type { TestCluster } from '../harness.ts';

const rule = (resource: string): PolicyRule => ({ verbs: ['get'], apiGroups: [''], resources: [resource] });
const role = (name: string, labels: Record<string, string>, ...rules: PolicyRule[]): Draft<ClusterRole> => ({
  metadata: { name, labels },
  rules,
});
const gathering = (name: string, key: string, labels: Record<string, string> = {}): Draft<ClusterRole> =>
  ({ metadata: { name, labels }, aggregationRule: { clusterRoleSelectors: [{ matchLabels: { [key]: 'true' } }] } }) as Draft<ClusterRole>;
const rulesOf = ({ api }: TestCluster, name: string): string[] =>
  (api.get(clusterRoles, '', name)!.rules ?? []).map(({ resources }) => resources!.join());

function made(): TestCluster {
  const cluster = makeTestCluster();
  cluster.api.create(clusterRoles, role('a', { mine: 'true' }, rule('pods')));
  cluster.api.create(clusterRoles, role('b', { mine: 'true' }, rule('pods'), rule('secrets')));
  cluster.api.create(clusterRoles, gathering('all', 'mine', { theirs: 'true' }));
  cluster.api.create(clusterRoles, gathering('more', 'theirs'));
  cluster.settle();
  return cluster;
}

test('the rules of all that are selected, each once, and on through others', () => {
  const cluster = made();
  expect(rulesOf(cluster, 'all')).toEqual(['pods', 'secrets']);
  expect(rulesOf(cluster, 'more')).toEqual(['pods', 'secrets']);
});

test('are applied by the controller, and its own', async () => {
  const cluster = made();
  const { body } = await cluster.request('GET', '/apis/rbac.authorization.k8s.io/v1/clusterroles/all');
  expect((body as ClusterRole).metadata.managedFields).toMatchObject([
    { manager: 'clusterrole-aggregation-controller', operation: 'Apply', fieldsV1: { 'f:rules': {} } },
    { operation: 'Update', fieldsV1: { 'f:aggregationRule': {} } },
  ]);
});

test.each<[what: string, change: (cluster: TestCluster) => void, want: string[]]>([
  ['a new role', ({ api }) => void api.create(clusterRoles, role('c', { mine: 'true' }, rule('nodes'))), ['pods', 'secrets', 'nodes']],
  ['a role that goes', ({ api }) => api.delete(clusterRoles, '', 'b'), ['pods']],
  ['the last one that goes', ({ api }) => ['a', 'b'].forEach((name) => api.delete(clusterRoles, '', name)), []],
  [
    'a role that loses its label',
    ({ api }) => {
      const b = api.get(clusterRoles, '', 'b')!;
      api.update(clusterRoles, { ...b, metadata: { ...b.metadata, labels: { mine: 'false' } } });
    },
    ['pods'],
  ],
  [
    'a rule that changes',
    ({ api }) => void api.update(clusterRoles, { ...api.get(clusterRoles, '', 'b')!, rules: [rule('events')] }),
    ['pods', 'events'],
  ],
  [
    'rules that somebody wrote into it',
    ({ api }) => void api.update(clusterRoles, { ...api.get(clusterRoles, '', 'all')!, rules: [rule('x')] }),
    ['pods', 'secrets'],
  ],
])('%s is followed', (_what, change, want) => {
  const cluster = made();
  change(cluster);
  cluster.settle();
  expect(rulesOf(cluster, 'all')).toEqual(want);
  expect(rulesOf(cluster, 'more')).toEqual(want);
  expect(cluster.errors).toEqual([]);
});

test('the cluster’s own: who edits may view, and who administers may edit', () => {
  const cluster = makeTestCluster();
  cluster.settle();
  const texts = (name: string): string[] => (cluster.api.get(clusterRoles, '', name)!.rules ?? []).map((one) => JSON.stringify(one));
  const [view, edit, admin] = [texts('view'), texts('edit'), texts('admin')];
  expect(view.length).toBeGreaterThan(5);
  expect(edit).toEqual(expect.arrayContaining(view));
  expect(admin).toEqual(expect.arrayContaining(edit));
});

test.each([
  { minor: 35, there: false },
  { minor: 36, there: true },
])('roles that came with 1.36 are there in 1.$minor: $there', ({ minor, there }) => {
  const { api } = makeTestCluster({ minor });
  const name = 'system:controller:device-taint-eviction-controller';
  expect([api.get(clusterRoles, '', name), api.get(clusterRoleBindings, '', name)].map((one) => one !== undefined)).toEqual([there, there]);
});
