import { beforeEach, describe, expect, test } from 'vitest';
import type { ClusterRole, ClusterRoleBinding, PolicyRule, Role, RoleBinding } from '../../../../worker/api/gen/rbac-v1.ts';
import { bootstrapPolicy } from '../../../../worker/cluster/bootstrap/rbac.ts';
import { namespaces } from '../../../../worker/resources/core/namespace.ts';
import { flowSchemas } from '../../../../worker/resources/flowcontrol/flowschema.ts';
import { priorityLevelConfigurations } from '../../../../worker/resources/flowcontrol/prioritylevelconfiguration.ts';
import { clusterRoles } from '../../../../worker/resources/rbac/clusterrole.ts';
import { clusterRoleBindings } from '../../../../worker/resources/rbac/clusterrolebinding.ts';
import { roles } from '../../../../worker/resources/rbac/role.ts';
import { roleBindings } from '../../../../worker/resources/rbac/rolebinding.ts';
import { priorityClasses } from '../../../../worker/resources/scheduling/priorityclass.ts';
import { MemoryBackend } from '../../../../worker/store/memory.ts';
import { makeTestCluster } from '../../harness.ts';
import type { TestCluster } from '../../harness.ts';

const GROUP = 'rbac.authorization.k8s.io';
const AUTO_UPDATE = 'rbac.authorization.kubernetes.io/autoupdate';
const SYSTEM = 'kube-system';

let cluster: TestCluster;

beforeEach(() => {
  cluster = makeTestCluster({ nodes: 1 });
  cluster.settle();
});

const role = (name: string): ClusterRole => cluster.api.get(clusterRoles, '', name)!;
const binding = (name: string): ClusterRoleBinding => cluster.api.get(clusterRoleBindings, '', name)!;
const write = (change: Partial<ClusterRole> & Pick<ClusterRole, 'metadata'>): ClusterRole =>
  cluster.api.update(clusterRoles, { ...role(change.metadata.name), ...change });

/** What an API server does when it begins. */
function begin(): void {
  cluster.cluster.loop.resync('kube-apiserver');
  cluster.settle();
  expect(cluster.errors).toEqual([]);
}

const allows = ({ rules }: ClusterRole, verb: string, resource: string): boolean =>
  (rules ?? []).some((one) => one.verbs.includes(verb) && (one.resources ?? []).includes(resource));
const NODE = 'system:node';
const annotated = (object: ClusterRole, value: string): ClusterRole['metadata'] => ({
  ...object.metadata,
  annotations: { ...object.metadata.annotations, [AUTO_UPDATE]: value },
});

describe('an API server that begins', () => {
  test('changes nothing that is as it should be', () => {
    const before = cluster.store.revision;
    begin();
    expect(cluster.store.revision).toBe(before);
  });

  test.each(['cluster-admin', NODE, 'admin', 'system:controller:job-controller'])('makes the ClusterRole %s again', (name) => {
    const { rules, aggregationRule, metadata } = role(name);
    cluster.api.delete(clusterRoles, '', name);
    begin();
    const now = role(name);
    expect(now.aggregationRule).toEqual(aggregationRule);
    expect(now.rules).toEqual(rules);
    expect(now.metadata.labels).toEqual(metadata.labels);
    expect(now.metadata.annotations).toEqual({ [AUTO_UPDATE]: 'true' });
    expect(now.metadata.uid).not.toBe(metadata.uid);
  });

  test('adds rules that are missing, one for each thing, and keeps others', () => {
    const known = role(NODE);
    const extra: PolicyRule = { verbs: ['get'], apiGroups: ['example.com'], resources: ['widgets'] };
    const rules = known.rules!.filter(({ resources }) => !resources?.includes('leases'));
    write({ metadata: known.metadata, rules: [extra, ...rules] });
    begin();
    const now = role(NODE).rules!;
    expect(now.slice(0, rules.length + 1)).toEqual([extra, ...rules]);
    expect(now.slice(rules.length + 1)).toEqual(
      ['create', 'delete', 'get', 'patch', 'update'].map((verb) => ({
        verbs: [verb],
        apiGroups: ['coordination.k8s.io'],
        resources: ['leases'],
      })),
    );
  });

  test('adds no rule that a wider one covers', () => {
    const known = role('system:discovery');
    write({ metadata: known.metadata, rules: [{ verbs: ['*'], nonResourceURLs: ['*'] }] });
    const before = cluster.store.revision;
    begin();
    expect(cluster.store.revision).toBe(before);
  });

  test('leaves alone what is protected', () => {
    const known = role(NODE);
    write({ metadata: annotated(known, 'false'), rules: [] });
    begin();
    expect(role(NODE).rules ?? []).toEqual([]);
    const { name, uid } = binding(NODE).metadata;
    cluster.api.delete(clusterRoleBindings, '', name);
    cluster.api.create(clusterRoleBindings, {
      metadata: { name, annotations: { [AUTO_UPDATE]: 'false' } },
      roleRef: { apiGroup: GROUP, kind: 'ClusterRole', name: 'view' },
    });
    begin();
    expect(binding(NODE).roleRef.name).toBe('view');
    expect(binding(NODE).metadata.uid).not.toBe(uid);
  });

  test('puts back labels and annotations, and does not change their values', () => {
    const known = role('edit');
    write({ metadata: { ...known.metadata, labels: { mine: 'yes' }, annotations: {} } });
    begin();
    expect(role('edit').metadata.labels).toEqual({ mine: 'yes', ...known.metadata.labels });
    expect(role('edit').metadata.annotations).toEqual({ [AUTO_UPDATE]: 'true' });
    write({ metadata: annotated(role('edit'), 'perhaps') });
    begin();
    expect(role('edit').metadata.annotations).toEqual({ [AUTO_UPDATE]: 'perhaps' });
  });

  test('knows which roles gather others', () => {
    const gathers = { clusterRoleSelectors: [{ matchLabels: { other: 'yes' } }] };
    write({ metadata: role('view').metadata, aggregationRule: gathers });
    write({ metadata: role(NODE).metadata, aggregationRule: gathers });
    begin();
    expect(role('view').aggregationRule!.clusterRoleSelectors).toEqual([
      ...gathers.clusterRoleSelectors,
      { matchLabels: { 'rbac.authorization.k8s.io/aggregate-to-view': 'true' } },
    ]);
    expect(role(NODE).aggregationRule).toBeUndefined();
    expect(allows(role(NODE), 'get', 'leases')).toBe(true);
  });

  test('adds subjects that are missing, and keeps others', () => {
    const known = binding('cluster-admin');
    const jane = { apiGroup: GROUP, kind: 'User', name: 'jane' };
    cluster.api.update(clusterRoleBindings, { ...known, subjects: [jane] });
    begin();
    expect(binding('cluster-admin').subjects).toEqual([jane, ...known.subjects!]);
  });

  test('makes a binding anew that leads to another role', () => {
    const { metadata, roleRef } = binding('system:discovery');
    cluster.api.delete(clusterRoleBindings, '', metadata.name);
    const other = cluster.api.create(clusterRoleBindings, { metadata: { name: metadata.name }, roleRef: { ...roleRef, name: 'view' } });
    begin();
    const now = binding(metadata.name);
    expect(now.roleRef).toEqual(roleRef);
    expect(now.metadata.uid).not.toBe(other.metadata.uid);
  });

  test('does the same in namespaces', () => {
    const name = 'system:controller:bootstrap-signer';
    const { api } = cluster;
    const [known, bound] = [api.get(roles, SYSTEM, name)!, api.get(roleBindings, SYSTEM, name)!];
    api.delete(roles, SYSTEM, name);
    api.update(roleBindings, { ...bound, subjects: [] } as RoleBinding);
    begin();
    expect((api.get(roles, SYSTEM, name) as Role).rules).toEqual(known.rules);
    expect(api.get(roleBindings, SYSTEM, name)!.subjects).toEqual(bound.subjects);
  });

  test('makes priority classes that are gone, and leaves others as they are', () => {
    const { api, store } = cluster;
    const critical = api.get(priorityClasses, '', 'system-cluster-critical')!;
    api.update(priorityClasses, { ...critical, description: 'mine' });
    // The API does not take it away; etcdctl does.
    const { bucket, key, value, revision } = store.get<object>('priorityclasses', 'system-node-critical')!;
    store.delete(bucket, key, value, revision);
    begin();
    expect(api.get(priorityClasses, '', 'system-cluster-critical')!.description).toBe('mine');
    expect(api.get(priorityClasses, '', 'system-node-critical')!.value).toBe(2_000_001_000);
  });
});

/** As etcdctl does it: nobody hears of it. */
function lose(bucket: string, key: string): void {
  const { value, revision, ...at } = cluster.store.get<object>(bucket, key)!;
  cluster.store.delete(at.bucket, at.key, value, revision);
}

test.each([
  { name: 'suggested flow schemas', resource: flowSchemas, bucket: 'flowschemas', key: 'service-accounts' },
  { name: 'mandatory priority levels', resource: priorityLevelConfigurations, bucket: 'prioritylevelconfigurations', key: 'catch-all' },
  { name: 'the system’s namespaces', resource: namespaces, bucket: 'namespaces', key: 'kube-public' },
] as const)('an API server that begins makes $name that are gone', ({ resource, bucket, key }) => {
  const { uid } = cluster.api.get(resource as never, '', key)!.metadata;
  lose(bucket, key);
  begin();
  expect(cluster.api.get(resource as never, '', key)!.metadata.uid).not.toBe(uid);
});

test('says in its log what it did', async () => {
  const own = makeTestCluster({ template: 'default', nodes: 1 });
  own.advance(60_000);
  const { api } = own;
  const linesOf = async (): Promise<string[]> =>
    String((await own.request('GET', `/api/v1/namespaces/${SYSTEM}/pods/kube-apiserver-control-plane/log`)).body)
      .split('\n')
      .filter((line) => /storage_(rbac|scheduling)\.go/.test(line))
      .map((line) => `${line[0]} ${line.slice(line.indexOf('] ') + 2)}`);
  const { length } = await linesOf();
  const known = api.get(clusterRoles, '', 'system:discovery')!;
  api.update(clusterRoles, { ...known, rules: [] });
  api.delete(clusterRoleBindings, '', 'system:monitoring');
  const admins = api.get(clusterRoleBindings, '', 'cluster-admin')!;
  api.update(clusterRoleBindings, { ...admins, subjects: [] } as ClusterRoleBinding);
  const basic = api.get(clusterRoles, '', 'system:basic-user')!;
  api.update(clusterRoles, { ...basic, metadata: annotated(basic, 'false'), rules: [] });
  own.cluster.loop.resync('kube-apiserver');
  own.settle();
  expect((await linesOf()).slice(length)).toEqual([
    'W skipped reconcile-protected clusterrole.rbac.authorization.k8s.io/system:basic-user with missing permissions: [{[create] [authorization.k8s.io] [selfsubjectaccessreviews] [] []} {[create] [authorization.k8s.io] [selfsubjectrulesreviews] [] []} {[create] [authentication.k8s.io] [selfsubjectreviews] [] []}]',
    expect.stringMatching(
      /^I updated clusterrole\.rbac\.authorization\.k8s\.io\/system:discovery with additional permissions: \[\{\[get\] \[\] \[\] \[\] \[\/api\]\} /,
    ),
    'I updated clusterrolebinding.rbac.authorization.k8s.io/cluster-admin with additional subjects: [{Group rbac.authorization.k8s.io system:masters }]',
    'I created clusterrolebinding.rbac.authorization.k8s.io/system:monitoring',
  ]);
});

describe('a sandbox of an earlier release', () => {
  test('gets the policy of this one when it wakes, once', () => {
    const backend = new MemoryBackend();
    const first = makeTestCluster({ nodes: 1, backend });
    first.settle();
    first.api.delete(clusterRoles, '', 'view');
    const { value, revision, bucket, key } = first.store.get<object>('flowschemas', 'system-nodes')!;
    first.store.delete(bucket, key, value, revision);
    first.store.state.set('bootstrap', 'policy', 'an earlier one');
    first.save();
    const second = makeTestCluster({ nodes: 1, backend });
    second.settle();
    expect(second.api.get(clusterRoles, '', 'view')?.aggregationRule).toBeDefined();
    expect(second.api.get(flowSchemas, '', 'system-nodes')).toBeDefined();
    second.api.delete(clusterRoles, '', 'view');
    second.settle();
    second.save();
    const third = makeTestCluster({ nodes: 1, backend });
    third.settle();
    expect(third.api.get(clusterRoles, '', 'view')).toBeUndefined();
    expect([...first.errors, ...second.errors, ...third.errors]).toEqual([]);
  });

  test('keeps to what its own version has', () => {
    const names = (minor: number): string[] => bootstrapPolicy(minor).map(({ object }) => object.metadata.name);
    expect(names(35).every((name) => names(36).includes(name))).toBe(true);
    expect(names(35).length).toBeLessThan(names(36).length);
  });
});
