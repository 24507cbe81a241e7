// Who may say what of a claim's devices: RBAC has words for it that no request has.

import { describe, expect, test } from 'vitest';
import type { PolicyRule } from '../../../worker/api/gen/rbac-v1.ts';
import type { ResourceClaim } from '../../../worker/api/gen/resource-v1.ts';
import { clusterRoleBindings } from '../../../worker/resources/rbac/clusterrolebinding.ts';
import { clusterRoles } from '../../../worker/resources/rbac/clusterrole.ts';
import { resourceClaims } from '../../../worker/resources/resource/resourceclaim.ts';
import { makeAsker } from '../admission/ask.ts';
import type { Asker } from '../admission/ask.ts';

const DRIVER = 'gpu.example.com';
const USER = 'system:serviceaccount:kube-system:driver';
const STATUS = '/apis/resource.k8s.io/v1/namespaces/default/resourceclaims/c/status';
const NODE = { nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: ['n'] }] }] };
const result = { request: 'gpu', driver: DRIVER, pool: 'n', device: 'gpu-0' };
const allocation = { devices: { results: [result] }, nodeSelector: NODE };
const state = { driver: DRIVER, pool: 'n', device: 'gpu-0', conditions: [], data: { a: 1 } };

const rule = (resource: string, verbs: string[], more: Partial<PolicyRule> = {}): PolicyRule => ({
  apiGroups: ['resource.k8s.io'],
  resources: [`resourceclaims/${resource}`],
  verbs,
  ...more,
});

/** A claim, with or without devices, and somebody who may write its status, and what else the rules say. */
function given(rules: PolicyRule[], isAllocated: boolean, minor = 36): Asker {
  const asker = makeAsker({ minor });
  const { api } = asker;
  const requests = [{ name: 'gpu', exactly: { deviceClassName: 'gpu' } }];
  const claim = api.create<ResourceClaim>(resourceClaims, {
    metadata: { name: 'c', namespace: 'default' },
    spec: { devices: { requests } },
  } as never);
  if (isAllocated) api.updateStatus(resourceClaims, { ...claim, status: { allocation } } as ResourceClaim);
  const all = [rule('status', ['update', 'patch']), ...rules];
  api.create(clusterRoles, { metadata: { name: 'driver' }, rules: all } as never);
  api.create(clusterRoleBindings, {
    metadata: { name: 'driver' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'driver' },
    subjects: [{ kind: 'ServiceAccount', name: 'driver', namespace: 'kube-system' }],
  } as never);
  return asker;
}

const onNode = { 'impersonate-user': USER, 'impersonate-extra-authentication.kubernetes.io%2fnode-name': 'n' };
const anywhere = { 'impersonate-user': USER };

const forbidden = (subresource: string, verb: string, needs: string, where: string, name = ''): string =>
  `requires resource="resourceclaims/${subresource}", verb="${needs}" permission: resourceclaims.resource.k8s.io ${name}is forbidden: User "${USER}" cannot ${verb} resource "resourceclaims/${subresource}" in API group "resource.k8s.io" ${where}`;

describe('a write of', () => {
  test.each<{ name: string; rules?: PolicyRule[]; status: object; isAllocated?: boolean; as?: Record<string, string>; want: string }>([
    {
      name: 'devices and users needs “binding”',
      status: { allocation },
      want: `status: Forbidden: changing status.allocation or status.reservedFor ${forbidden('binding', 'patch', 'patch', 'at the cluster scope')}`,
    },
    { name: 'devices and users, with “binding”', rules: [rule('binding', ['patch'])], status: { allocation }, want: '' },
    {
      name: 'devices and users, with “binding” for another verb',
      rules: [rule('binding', ['update'])],
      status: { allocation },
      want: `status: Forbidden: changing status.allocation or status.reservedFor ${forbidden('binding', 'patch', 'patch', 'at the cluster scope')}`,
    },
    {
      name: 'what a device is like needs “driver”',
      isAllocated: true,
      status: { devices: [state] },
      want: `status.devices: Forbidden: changing status.devices ${forbidden('driver', 'arbitrary-node:patch', '[arbitrary-node:patch]', 'in the namespace "default"', `"${DRIVER}" `)}`,
    },
    {
      name: 'what a device is like, from its node',
      rules: [rule('driver', ['associated-node:patch'], { resourceNames: [DRIVER] })],
      isAllocated: true,
      status: { devices: [state] },
      as: onNode,
      want: '',
    },
    {
      name: 'what a device is like, from elsewhere, with what is good on its node',
      rules: [rule('driver', ['associated-node:patch'], { resourceNames: [DRIVER] })],
      isAllocated: true,
      status: { devices: [state] },
      want: `status.devices: Forbidden: changing status.devices ${forbidden('driver', 'arbitrary-node:patch', '[arbitrary-node:patch]', 'in the namespace "default"', `"${DRIVER}" `)}`,
    },
    {
      name: 'what a device is like, by the driver of others',
      rules: [rule('driver', ['associated-node:patch'], { resourceNames: ['nic.example.com'] })],
      isAllocated: true,
      status: { devices: [state] },
      as: onNode,
      want: `status.devices: Forbidden: changing status.devices ${forbidden('driver', 'associated-node:patch', '[associated-node:patch arbitrary-node:patch]', 'in the namespace "default"', `"${DRIVER}" `)}`,
    },
    {
      name: 'what a device is like, from anywhere',
      rules: [rule('driver', ['arbitrary-node:patch'])],
      isAllocated: true,
      status: { devices: [state] },
      want: '',
    },
    { name: 'nothing new needs no more', isAllocated: true, status: { allocation }, want: '' },
  ])('$name', async ({ rules = [], status, isAllocated = false, as = anywhere, want }) => {
    const { ask } = given(rules, isAllocated);
    const answer = await ask(`PATCH ${STATUS}`, { status }, as);
    expect([answer.status, answer.message]).toEqual(want ? [422, `ResourceClaim.resource.k8s.io "c" is invalid: ${want}`] : [200, '']);
  });

  test('anything of the status needs no more before 1.36', async () => {
    const { ask } = given([], false, 35);
    expect((await ask(`PATCH ${STATUS}`, { status: { allocation } }, anywhere)).status).toBe(200);
  });
});
