import { describe, expect, test } from 'vitest';
import { clusterRoleBindings } from '../../../worker/resources/rbac/clusterrolebinding.ts';
import { clusterRoles } from '../../../worker/resources/rbac/clusterrole.ts';
import { roleBindings } from '../../../worker/resources/rbac/rolebinding.ts';
import { roles } from '../../../worker/resources/rbac/role.ts';
import { cells, createRules, defaultRules, updateRules } from './kind-rules.ts';

const GROUP = 'rbac.authorization.k8s.io';
const rule = { verbs: ['get'], apiGroups: [''], resources: ['pods'] };
const role = { metadata: { name: 'a:b' }, rules: [rule] };

createRules(roles, role, [
  ['no rules', { rules: null }],
  ['a name with a slash', { metadata: { name: 'a/b' } }, 'metadata.name: Invalid value: "a/b": may not contain \'/\''],
  ['no verbs', { rules: [{ ...rule, verbs: [] }] }, 'rules[0].verbs: Required value: verbs must contain at least one value'],
  [
    'no groups',
    { rules: [{ ...rule, apiGroups: [] }] },
    'rules[0].apiGroups: Required value: resource rules must supply at least one api group',
  ],
  [
    'no resources',
    { rules: [rule, { ...rule, resources: [] }] },
    'rules[1].resources: Required value: resource rules must supply at least one resource',
  ],
  [
    'paths in a namespace',
    { rules: [{ verbs: ['get'], nonResourceURLs: ['/healthz'] }] },
    'rules[0].nonResourceURLs: Invalid value: ["/healthz"]: namespaced rules cannot apply to non-resource URLs',
  ],
]);

createRules(clusterRoles, role, [
  ['paths', { rules: [{ verbs: ['get'], nonResourceURLs: ['/healthz'] }] }],
  [
    'paths and resources',
    { rules: [{ ...rule, nonResourceURLs: ['/healthz'] }] },
    'rules[0].nonResourceURLs: Invalid value: ["/healthz"]: rules cannot apply to both regular resources and non-resource URLs',
  ],
  ['an aggregation', { aggregationRule: { clusterRoleSelectors: [{ matchLabels: { a: 'b' } }] } }],
  [
    'an empty aggregation',
    { aggregationRule: {} },
    'aggregationRule.clusterRoleSelectors: Required value: at least one clusterRoleSelector required if aggregationRule is non-nil',
  ],
  [
    'a selector that is none',
    { aggregationRule: { clusterRoleSelectors: [{ matchExpressions: [{ key: 'a', operator: 'Is' }] }] } },
    'aggregationRule.clusterRoleSelectors[0].matchExpressions[0].operator: Invalid value: "Is": not a valid selector operator',
    'aggregationRule.clusterRoleSelectors[0]: Invalid value: null: invalid label selector.',
  ],
]);

const binding = {
  metadata: { name: 'a' },
  roleRef: { apiGroup: GROUP, kind: 'Role', name: 'r' },
  subjects: [{ kind: 'User', apiGroup: GROUP, name: 'bob' }],
};

createRules(roleBindings, binding, [
  ['nobody', { subjects: null }],
  ['a cluster role', { roleRef: { kind: 'ClusterRole' } }],
  ['another group', { roleRef: { apiGroup: 'apps' } }, `roleRef.apiGroup: Unsupported value: "apps": supported values: "${GROUP}"`],
  ['another kind', { roleRef: { kind: 'Pod' } }, 'roleRef.kind: Unsupported value: "Pod": supported values: "Role", "ClusterRole"'],
  ['no name', { roleRef: { name: '' } }, 'roleRef.name: Required value'],
  ['a name that is none', { roleRef: { name: 'a/b' } }, 'roleRef.name: Invalid value: "a/b": may not contain \'/\''],
  ['a subject without name', { subjects: [{ kind: 'User', apiGroup: GROUP, name: '' }] }, 'subjects[0].name: Required value'],
  [
    'a subject of no kind',
    { subjects: [{ kind: 'Robot', name: 'x' }] },
    'subjects[0].kind: Unsupported value: "Robot": supported values: "ServiceAccount", "User", "Group"',
  ],
  [
    'a service account in a group',
    { subjects: [{ kind: 'ServiceAccount', apiGroup: GROUP, name: 'x', namespace: 'default' }] },
    `subjects[0].apiGroup: Unsupported value: "${GROUP}": supported values: ""`,
  ],
  ['a service account without namespace', { subjects: [{ kind: 'ServiceAccount', name: 'x' }] }],
  [
    'a service account with a bad name',
    { subjects: [{ kind: 'ServiceAccount', name: 'X' }] },
    "subjects[0].name: Invalid value: \"X\": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
  ],
  [
    'a group in a wrong group',
    { subjects: [{ kind: 'Group', apiGroup: 'x', name: 'g' }] },
    `subjects[0].apiGroup: Unsupported value: "x": supported values: "${GROUP}"`,
  ],
]);

updateRules(roleBindings, binding, [
  ['other subjects', { subjects: [{ kind: 'Group', apiGroup: GROUP, name: 'g' }] }],
  [
    'another role',
    { roleRef: { name: 'other' } },
    `roleRef: Invalid value: {"APIGroup":"${GROUP}","Kind":"Role","Name":"other"}: cannot change roleRef`,
  ],
]);

const clusterBinding = { ...binding, roleRef: { kind: 'ClusterRole', name: 'r' } };
createRules(clusterRoleBindings, clusterBinding, [
  ['a role', { roleRef: { kind: 'Role' } }, 'roleRef.kind: Unsupported value: "Role": supported values: "ClusterRole"'],
  ['a service account without namespace', { subjects: [{ kind: 'ServiceAccount', name: 'x' }] }, 'subjects[0].namespace: Required value'],
]);

defaultRules(roleBindings, [
  [
    'groups of the reference, of users and of groups',
    {
      roleRef: { kind: 'Role', name: 'r' },
      subjects: [
        { kind: 'User', name: 'a' },
        { kind: 'Group', name: 'b' },
        { kind: 'ServiceAccount', name: 'c' },
      ],
    },
    { roleRef: { apiGroup: GROUP }, subjects: [{ apiGroup: GROUP }, { apiGroup: GROUP }, { kind: 'ServiceAccount', name: 'c' }] },
  ],
]);

describe('columns', () => {
  test('of a binding', () => {
    const subjects = [
      { kind: 'User', name: 'u1' },
      { kind: 'User', name: 'u2' },
      { kind: 'Group', name: 'g' },
      { kind: 'ServiceAccount', name: 's', namespace: 'n' },
    ];
    expect(cells(roleBindings, { ...binding, subjects })).toEqual({
      Name: 'a',
      Role: 'Role/r',
      Age: '60s',
      Users: 'u1, u2',
      Groups: 'g',
      ServiceAccounts: 'n/s',
    });
  });
  test('of a role: name and time', () => expect(cells(roles, role)).toEqual({ Name: 'a:b', 'Created At': '2026-01-01T00:00:00Z' }));
});
