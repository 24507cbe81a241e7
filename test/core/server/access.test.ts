// Who may come in, and who may do what.

import { describe, expect, test } from 'vitest';
import { hashOf } from '../../../worker/cluster/tokens.ts';
import type { Draft } from '../../../worker/api/object.ts';
import type { ClusterRole, Role } from '../../../worker/api/gen/rbac-v1.ts';
import { serviceAccounts } from '../../../worker/resources/core/serviceaccount.ts';
import { clusterRoles } from '../../../worker/resources/rbac/clusterrole.ts';
import { clusterRoleBindings } from '../../../worker/resources/rbac/clusterrolebinding.ts';
import { roles } from '../../../worker/resources/rbac/role.ts';
import { roleBindings } from '../../../worker/resources/rbac/rolebinding.ts';
import { makeTestCluster, statusOf } from '../harness.ts';
import type { TestCluster } from '../harness.ts';

const GROUP = 'rbac.authorization.k8s.io';
const AS_JANE = { 'impersonate-user': 'jane' };

function grant({ api }: TestCluster, rules: Role['rules'], options: { cluster?: boolean; subject?: object; name?: string } = {}): void {
  const { cluster = false, subject = { apiGroup: GROUP, kind: 'User', name: 'jane' }, name = 'granted' } = options;
  const kind = cluster ? 'ClusterRole' : 'Role';
  if (cluster) api.create(clusterRoles, { metadata: { name }, rules } as Draft<ClusterRole>);
  else api.create(roles, { metadata: { name, namespace: 'default' }, rules } as Draft<Role>);
  const binding = { subjects: [subject], roleRef: { apiGroup: GROUP, kind, name } };
  if (cluster) api.create(clusterRoleBindings, { metadata: { name }, ...binding } as never);
  else api.create(roleBindings, { metadata: { name, namespace: 'default' }, ...binding } as never);
}

describe('authentication', () => {
  test('a wrong token is refused; none is anonymous', async () => {
    const { request } = makeTestCluster();
    const wrong = await request('GET', '/api/v1/pods', undefined, { authorization: 'Bearer nope' });
    expect(statusOf(wrong)).toMatchObject({ code: 401, reason: 'Unauthorized', message: 'Unauthorized' });
    const none = await request('GET', '/api/v1/pods', undefined, { authorization: '' });
    expect(statusOf(none).message).toBe(
      'pods is forbidden: User "system:anonymous" cannot list resource "pods" in API group "" at the cluster scope',
    );
    const version = await request('GET', '/version', undefined, { authorization: '' });
    expect(version.body).toMatchObject({
      major: '1',
      minor: '36',
      emulationMinor: '36',
      minCompatibilityMajor: '1',
      minCompatibilityMinor: '35',
    });
  });

  test('a service account’s token works until it expires, or the account is another', async () => {
    const cluster = makeTestCluster();
    const { request, api, advance } = cluster;
    api.create(serviceAccounts, { metadata: { name: 'bot', namespace: 'default' } });
    grant(cluster, [{ verbs: ['list'], apiGroups: [''], resources: ['pods'] }], {
      subject: { kind: 'ServiceAccount', namespace: 'default', name: 'bot' },
    });
    const asked = await request<{ status: { token: string } }>('POST', '/api/v1/namespaces/default/serviceaccounts/bot/token', {
      spec: { expirationSeconds: 1200 },
    });
    expect(asked.status).toBe(201);
    const headers = { authorization: `Bearer ${asked.body.status.token}` };
    const list = (): Promise<{ status: number; body: unknown }> => request('GET', '/api/v1/namespaces/default/pods', undefined, headers);
    expect((await list()).status).toBe(200);
    expect((await request('GET', '/api/v1/nodes', undefined, headers)).status).toBe(403);
    const who = await request<{ status: { userInfo: object } }>('POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', {}, headers);
    expect(who.body.status.userInfo).toMatchObject({
      username: 'system:serviceaccount:default:bot',
      groups: ['system:serviceaccounts', 'system:serviceaccounts:default', 'system:authenticated'],
    });
    const forged = `${asked.body.status.token.slice(0, -4)}AAAA`;
    expect((await request('GET', '/version', undefined, { authorization: `Bearer ${forged}` })).status).toBe(401);
    advance(1_199_000);
    expect((await list()).status).toBe(200);
    advance(1000);
    expect((await list()).status).toBe(401);
  });

  test.each([
    [{ expirationSeconds: 599 }, 422, 'may not specify a duration less than 10 minutes'],
    [{ expirationSeconds: 2 ** 32 + 1 }, 422, 'may not specify a duration larger than 2^32 seconds'],
    [{ boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name: 'none' } }, 404, 'pods "none" not found'],
    [
      { boundObjectRef: { apiVersion: 'v1', kind: 'ConfigMap', name: 'x' } },
      400,
      'cannot bind token to object of type /v1, Kind=ConfigMap',
    ],
  ])('a token request of %j is refused', async (spec, code, message) => {
    const { request, api } = makeTestCluster();
    api.create(serviceAccounts, { metadata: { name: 'bot', namespace: 'default' } });
    const refused = await request('POST', '/api/v1/namespaces/default/serviceaccounts/bot/token', { spec });
    expect(refused.status).toBe(code);
    expect(statusOf(refused).message).toContain(message);
  });

  test('the keys that check a token are published', async () => {
    const { request } = makeTestCluster();
    const configuration = await request<{ jwks_uri: string; issuer: string }>('GET', '/.well-known/openid-configuration');
    expect(configuration.body.issuer).toBe('https://kubernetes.default.svc.cluster.local');
    expect((await request<string>('GET', '/openid/v1/jwks')).body).toContain('"crv":"P-256"');
  });
});

describe('RBAC', () => {
  test.each<[name: string, rule: object, cluster: boolean, allowed: string[], refused: string[]]>([
    [
      'a verb of a resource',
      { verbs: ['get'], apiGroups: [''], resources: ['configmaps'] },
      false,
      ['GET default/configmaps/x'],
      ['GET default/configmaps', 'DELETE default/configmaps/x', 'GET kube-system/configmaps/x', 'GET default/secrets/x'],
    ],
    [
      'in the whole cluster',
      { verbs: ['list'], apiGroups: [''], resources: ['pods'] },
      true,
      ['GET default/pods', 'GET kube-system/pods'],
      ['POST default/pods'],
    ],
    [
      'names',
      { verbs: ['get'], apiGroups: [''], resources: ['configmaps'], resourceNames: ['x'] },
      false,
      ['GET default/configmaps/x'],
      ['GET default/configmaps/y'],
    ],
    [
      'everything',
      { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
      false,
      ['GET default/configmaps/x', 'GET default/pods', 'GET default/pods/x/log'],
      ['GET kube-system/pods'],
    ],
    [
      'a subresource',
      { verbs: ['get'], apiGroups: [''], resources: ['pods/log'] },
      false,
      ['GET default/pods/x/log'],
      ['GET default/pods/x'],
    ],
    [
      'a subresource of all',
      { verbs: ['get'], apiGroups: ['*'], resources: ['*/status'] },
      false,
      ['GET default/pods/x/status'],
      ['GET default/pods/x', 'GET default/pods/x/log'],
    ],
    ['another group', { verbs: ['*'], apiGroups: ['apps'], resources: ['*'] }, true, [], ['GET default/pods']],
  ])('%s', async (_name, rule, cluster, allowed, refused) => {
    const at = makeTestCluster();
    grant(at, [rule as never], { cluster });
    const statusOfLine = async (line: string): Promise<number> => {
      const [method = '', path = ''] = line.split(' ');
      const [namespace, ...rest] = path.split('/');
      return (await at.request(method, `/api/v1/namespaces/${namespace}/${rest.join('/')}`, method === 'POST' ? {} : undefined, AS_JANE))
        .status;
    };
    for (const line of allowed) expect(await statusOfLine(line), line).not.toBe(403);
    for (const line of refused) expect(await statusOfLine(line), line).toBe(403);
  });

  test('a missing role is named', async () => {
    const { api, request } = makeTestCluster();
    api.create(clusterRoleBindings, {
      metadata: { name: 'b' },
      subjects: [{ apiGroup: GROUP, kind: 'User', name: 'jane' }],
      roleRef: { apiGroup: GROUP, kind: 'ClusterRole', name: 'ghost' },
    } as never);
    expect(statusOf(await request('GET', '/api/v1/pods', undefined, AS_JANE)).message).toBe(
      'pods is forbidden: User "jane" cannot list resource "pods" in API group "" at the cluster scope: RBAC: clusterrole.rbac.authorization.k8s.io "ghost" not found',
    );
  });

  test('paths', async () => {
    const { request } = makeTestCluster();
    expect((await request('GET', '/healthz', undefined, AS_JANE)).status).toBe(200);
    expect(statusOf(await request('GET', '/metrics', undefined, AS_JANE)).message).toBe(
      'forbidden: User "jane" cannot get path "/metrics"',
    );
  });

  test('nobody grants what they do not hold', async () => {
    const cluster = makeTestCluster();
    grant(cluster, [{ verbs: ['create', 'get'], apiGroups: [GROUP], resources: ['roles', 'rolebindings'] }]);
    const post = (resource: string, body: object): Promise<{ status: number; body: unknown }> =>
      cluster.request('POST', `/apis/${GROUP}/v1/namespaces/default/${resource}`, body, AS_JANE);
    const strong = await post('roles', {
      metadata: { name: 'strong' },
      rules: [{ verbs: ['get', 'list'], apiGroups: [''], resources: ['secrets'] }],
    });
    expect(statusOf(strong).message).toBe(
      'roles.rbac.authorization.k8s.io "strong" is forbidden: user "jane" (groups=["system:authenticated"]) is attempting to grant RBAC permissions not currently held:\n{APIGroups:[""], Resources:["secrets"], Verbs:["get" "list"]}',
    );
    expect(
      (await post('roles', { metadata: { name: 'same' }, rules: [{ verbs: ['get'], apiGroups: [GROUP], resources: ['roles'] }] })).status,
    ).toBe(201);
    expect(
      (await post('rolebindings', { metadata: { name: 'self' }, roleRef: { apiGroup: GROUP, kind: 'Role', name: 'granted' } })).status,
    ).toBe(201);
    expect(
      (await post('rolebindings', { metadata: { name: 'up' }, roleRef: { apiGroup: GROUP, kind: 'ClusterRole', name: 'cluster-admin' } }))
        .status,
    ).toBe(403);
    expect(
      (await post('rolebindings', { metadata: { name: 'ghost' }, roleRef: { apiGroup: GROUP, kind: 'Role', name: 'nope' } })).status,
    ).toBe(404);
  });
});

describe('impersonation', () => {
  test.each<[headers: Record<string, string>, user: object]>([
    [{ 'impersonate-user': 'jane' }, { username: 'jane', groups: ['system:authenticated'] }],
    [
      { 'impersonate-user': 'jane', 'impersonate-group': 'dev, ops' },
      { username: 'jane', groups: ['dev', 'ops', 'system:authenticated'] },
    ],
    [
      { 'impersonate-user': 'jane', 'impersonate-group': 'CN=dev,OU=a, ,,,ops' },
      { username: 'jane', groups: ['CN=dev,OU=a', ',,,ops', 'system:authenticated'] },
    ],
    [
      { 'impersonate-user': 'system:serviceaccount:a:b' },
      { username: 'system:serviceaccount:a:b', groups: ['system:serviceaccounts', 'system:serviceaccounts:a', 'system:authenticated'] },
    ],
    [
      { 'impersonate-user': 'jane', 'impersonate-uid': '7', 'impersonate-extra-scopes': 'view' },
      { username: 'jane', uid: '7', extra: { scopes: ['view'] } },
    ],
  ])('%j', async (headers, user) => {
    const { request } = makeTestCluster();
    const who = await request<{ status: { userInfo: object } }>('POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', {}, headers);
    expect(who.body.status.userInfo).toMatchObject(user);
  });

  test('nobody is unauthenticated', async () => {
    const { request } = makeTestCluster();
    const refused = await request(
      'POST',
      '/apis/authentication.k8s.io/v1/selfsubjectreviews',
      {},
      { 'impersonate-user': 'system:anonymous' },
    );
    expect(statusOf(refused).message).toContain('User "system:anonymous" cannot create resource "selfsubjectreviews"');
  });

  test('needs the right to', async () => {
    const cluster = makeTestCluster();
    grant(cluster, [{ verbs: ['impersonate'], apiGroups: [''], resources: ['users'], resourceNames: ['joe'] }], {
      cluster: true,
      subject: { kind: 'ServiceAccount', namespace: 'default', name: 'bot' },
    });
    cluster.api.create(serviceAccounts, { metadata: { name: 'bot', namespace: 'default' } });
    const { body } = await cluster.request<{ status: { token: string } }>('POST', '/api/v1/namespaces/default/serviceaccounts/bot/token', {
      spec: {},
    });
    const as = (name: string): Promise<{ status: number; body: unknown }> =>
      cluster.request('GET', '/healthz', undefined, { authorization: `Bearer ${body.status.token}`, 'impersonate-user': name });
    expect((await as('joe')).status).toBe(200);
    expect(statusOf(await as('jane')).message).toBe(
      'users "jane" is forbidden: User "system:serviceaccount:default:bot" cannot impersonate resource "users" in API group "" at the cluster scope',
    );
  });
});

describe('constrained impersonation', () => {
  const BOT = { kind: 'ServiceAccount', namespace: 'default', name: 'bot' };
  const rule = (verb: string, apiGroup: string, resource: string, more: object = {}): object => ({
    verbs: [verb],
    apiGroups: [apiGroup],
    resources: [resource],
    ...more,
  });
  const AUTHN = 'authentication.k8s.io';
  const LIST = '/api/v1/namespaces/default/pods';
  const onPods = (mode: string): object => rule(`impersonate-on:${mode}:list`, '', 'pods');
  const cannot = (verb: string, what: string): string => `User "system:serviceaccount:default:bot" cannot ${verb} resource ${what}`;
  const userInfo = cannot('impersonate:user-info', '"users" in API group "authentication.k8s.io" at the cluster scope');

  test.each<{
    name: string;
    rules?: object[];
    minor?: number;
    /** A node whose pod the token is bound to. */
    on?: string;
    before?: Record<string, string>;
    headers: Record<string, string>;
    want: string;
  }>([
    {
      name: 'without any right, the first way of all is what is said',
      headers: { 'impersonate-user': 'jane' },
      want: `pods is forbidden: ${cannot('impersonate-on:user-info:list', '"pods" in API group "" in the namespace "default"')}`,
    },
    {
      name: 'before 1.36, there is one way',
      minor: 35,
      rules: [onPods('user-info'), rule('impersonate:user-info', AUTHN, 'users')],
      headers: { 'impersonate-user': 'jane' },
      want: `users "jane" is forbidden: ${cannot('impersonate', '"users" in API group "" at the cluster scope')}`,
    },
    {
      name: 'a user, for what may be done as one',
      rules: [onPods('user-info'), rule('impersonate:user-info', AUTHN, 'users', { resourceNames: ['jane'] })],
      headers: { 'impersonate-user': 'jane' },
      want: 'User "jane" impersonate:user-info',
    },
    {
      name: 'another user',
      rules: [onPods('user-info'), rule('impersonate:user-info', AUTHN, 'users', { resourceNames: ['jane'] })],
      headers: { 'impersonate-user': 'joe' },
      want: `users.authentication.k8s.io "joe" is forbidden: ${userInfo}`,
    },
    {
      name: 'a group that may not be',
      rules: [onPods('user-info'), rule('impersonate:user-info', AUTHN, 'users')],
      headers: { 'impersonate-user': 'jane', 'impersonate-group': 'dev' },
      want: `groups.authentication.k8s.io "dev" is forbidden: ${cannot('impersonate:user-info', '"groups" in API group "authentication.k8s.io" at the cluster scope')}`,
    },
    {
      name: 'masters, never',
      rules: [onPods('user-info'), rule('*', AUTHN, '*')],
      headers: { 'impersonate-user': 'jane', 'impersonate-group': 'system:masters' },
      want: `groups.authentication.k8s.io "system:masters" is forbidden: ${cannot('impersonate:user-info', '"groups" in API group "authentication.k8s.io" at the cluster scope')}: impersonating the system:masters group is not allowed`,
    },
    {
      name: 'extra whose key has no domain',
      rules: [onPods('user-info'), rule('*', AUTHN, '*')],
      headers: { 'impersonate-user': 'jane', 'impersonate-extra-scopes': 'a' },
      want: `userextras.authentication.k8s.io is forbidden: ${cannot('impersonate:user-info', '"userextras" in API group "authentication.k8s.io" at the cluster scope')}: impersonating an invalid key in extra is not allowed: extra.key: Invalid value: "scopes": must be a domain-prefixed path (such as "acme.io/foo")`,
    },
    {
      name: 'a service account',
      rules: [onPods('serviceaccount'), rule('impersonate:serviceaccount', AUTHN, 'serviceaccounts')],
      headers: { 'impersonate-user': 'system:serviceaccount:default:other' },
      want: 'User "system:serviceaccount:default:other" impersonate:serviceaccount',
    },
    {
      name: 'a node, with its group, which reads what is its own',
      rules: [onPods('arbitrary-node'), rule('impersonate:arbitrary-node', AUTHN, 'nodes')],
      headers: { 'impersonate-user': 'system:node:node-1' },
      want: 'User "system:node:node-1" impersonate:arbitrary-node: can only list/watch pods with spec.nodeName field selector',
    },
    {
      name: 'the node that its pod is on',
      on: 'node-1',
      rules: [onPods('associated-node'), rule('impersonate:associated-node', AUTHN, 'nodes')],
      headers: { 'impersonate-user': 'system:node:node-1' },
      want: 'User "system:node:node-1" impersonate:associated-node: can only list/watch pods with spec.nodeName field selector',
    },
    {
      name: 'a node that it is not on',
      on: 'node-1',
      rules: [onPods('associated-node'), rule('impersonate:associated-node', AUTHN, 'nodes')],
      headers: { 'impersonate-user': 'system:node:node-2' },
      want: `pods is forbidden: ${cannot('impersonate-on:arbitrary-node:list', '"pods" in API group "" in the namespace "default"')}`,
    },
    {
      name: 'whoever was let in by the old way hears of that',
      rules: [rule('impersonate', '', 'users', { resourceNames: ['joe'] })],
      before: { 'impersonate-user': 'joe' },
      headers: { 'impersonate-user': 'jane' },
      want: `users "jane" is forbidden: ${cannot('impersonate', '"users" in API group "" at the cluster scope')}`,
    },
  ])('$name', async ({ rules = [], minor = 36, on, before, headers, want }) => {
    const cluster = makeTestCluster({ minor, nodes: 2 });
    cluster.api.create(serviceAccounts, { metadata: { name: 'bot', namespace: 'default' } });
    if (rules.length) grant(cluster, rules as unknown as Role['rules'], { cluster: true, subject: BOT });
    const pod = { metadata: { name: 'p' }, spec: { serviceAccountName: 'bot', nodeName: on, containers: [{ name: 'c', image: 'x' }] } };
    if (on) await cluster.request('POST', LIST, pod);
    const boundObjectRef = on && { kind: 'Pod', apiVersion: 'v1', name: 'p' };
    const { body } = await cluster.request<{ status: { token: string } }>('POST', '/api/v1/namespaces/default/serviceaccounts/bot/token', {
      spec: { ...(boundObjectRef && { boundObjectRef }) },
    });
    const authorization = `Bearer ${body.status.token}`;
    if (before) await cluster.request('GET', LIST, undefined, { authorization, ...before });
    const { message } = statusOf(await cluster.request('GET', LIST, undefined, { authorization, ...headers }));
    const { impersonatedUser, authenticationMetadata } = cluster.cluster.audit.list().at(-1)!;
    const constraint = authenticationMetadata?.impersonationConstraint ?? '';
    if (!impersonatedUser) return expect(message).toBe(want);
    const why = message?.split('in the namespace "default"')[1] ?? '';
    expect(`User ${JSON.stringify(impersonatedUser.username)} ${constraint}${why}`).toBe(want);
    return undefined;
  });

  test('a master acts by the way that suits', async () => {
    const { request } = makeTestCluster();
    const who = await request<{ status: { userInfo: object } }>(
      'POST',
      '/apis/authentication.k8s.io/v1/selfsubjectreviews',
      {},
      { 'impersonate-user': 'system:node:node-1' },
    );
    expect(who.body.status.userInfo).toMatchObject({ username: 'system:node:node-1', groups: ['system:nodes', 'system:authenticated'] });
  });
});

describe('a token for looking', () => {
  test('can write nothing, by any path', async () => {
    const { cluster, request, save } = makeTestCluster();
    cluster.tokens.add(hashOf('looker'), { access: 'view', user: 'guest', via: 'link/x' });
    save();
    const headers = { authorization: 'Bearer looker' };
    const before = cluster.registry.revision;
    expect((await request('GET', '/api/v1/namespaces', undefined, headers)).status).toBe(200);
    expect((await request('GET', '/api/v1/namespaces/default/secrets', undefined, headers)).status).toBe(403); // they hold tokens that may do more
    const { resources } = (await request<{ resources: { name: string; namespaced: boolean }[] }>('GET', '/api/v1', undefined, headers))
      .body;
    for (const { name, namespaced } of resources) {
      const [resource, subresource] = name.split('/');
      const path = `/api/v1/${namespaced ? 'namespaces/default/' : ''}${resource}/x${subresource ? `/${subresource}` : ''}`;
      for (const method of ['POST', 'PUT', 'PATCH', 'DELETE'])
        expect((await request(method, path, {}, headers)).status, `${method} ${path}`).toBe(403);
      if (['exec', 'attach', 'portforward', 'proxy'].includes(subresource ?? ''))
        expect((await request('GET', path, undefined, headers)).status, path).toBe(403);
    }
    expect((await request('GET', '/healthz', undefined, { ...headers, 'impersonate-user': 'kubernetes-admin' })).status).toBe(403);
    expect(
      (
        await request(
          'POST',
          '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
          { spec: { resourceAttributes: { verb: 'create', resource: 'pods' } } },
          headers,
        )
      ).body,
    ).toMatchObject({ status: { allowed: false } });
    expect(cluster.registry.revision).toBe(before);
  });
});

describe('reviews', () => {
  test.each<[kind: string, namespace: string, spec: object, status: object]>([
    [
      'subjectaccessreviews',
      '',
      { user: 'jane', resourceAttributes: { namespace: 'default', verb: 'get', resource: 'pods' } },
      { allowed: true, reason: 'RBAC: allowed by RoleBinding "granted/default" of Role "granted" to User "jane"' },
    ],
    [
      'subjectaccessreviews',
      '',
      { user: 'joe', resourceAttributes: { namespace: 'default', verb: 'get', resource: 'pods' } },
      { allowed: false },
    ],
    [
      'subjectaccessreviews',
      '',
      { user: 'joe', groups: ['system:masters'], resourceAttributes: { verb: '*', resource: '*' } },
      { allowed: true },
    ],
    [
      'localsubjectaccessreviews',
      'default',
      { user: 'jane', resourceAttributes: { namespace: 'default', verb: 'get', resource: 'pods' } },
      { allowed: true },
    ],
    ['selfsubjectaccessreviews', '', { nonResourceAttributes: { path: '/metrics', verb: 'get' } }, { allowed: true }],
  ])('%s %s %j', async (kind, namespace, spec, status) => {
    const cluster = makeTestCluster();
    grant(cluster, [{ verbs: ['get'], apiGroups: [''], resources: ['pods'] }]);
    const answer = await cluster.request<{ status: object }>(
      'POST',
      `/apis/authorization.k8s.io/v1/${namespace ? `namespaces/${namespace}/` : ''}${kind}`,
      { spec },
    );
    expect(answer.status).toBe(201);
    expect(answer.body.status).toEqual(kind.startsWith('local') ? expect.objectContaining(status) : status);
  });

  const SUBJECT = 'subjectaccessreviews';
  const LOCAL = 'namespaces/default/localsubjectaccessreviews';
  const pods = { verb: 'list', resource: 'pods' };
  const inDefault = { ...pods, namespace: 'default' };
  const nonResourceAttributes = { path: '/x', verb: 'get' };
  const AT = 'spec.resourceAttributes';
  test.each<{ name: string; kind?: string; body: object; want: string[] }>([
    {
      name: 'about nobody',
      body: { spec: { resourceAttributes: pods } },
      want: ['spec.user: Invalid value: "": at least one of user or group must be specified'],
    },
    {
      name: 'about nothing',
      body: { spec: { user: 'jane' } },
      want: [`${AT}: Invalid value: null: exactly one of nonResourceAttributes or resourceAttributes must be specified`],
    },
    {
      name: 'about two things',
      kind: 'selfsubjectaccessreviews',
      body: { spec: { resourceAttributes: pods, nonResourceAttributes } },
      want: [
        'spec.nonResourceAttributes: Invalid value: {"path":"/x","verb":"get"}: cannot be specified in combination with resourceAttributes',
      ],
    },
    {
      name: 'with a name',
      body: { metadata: { name: 'x' }, spec: { user: 'jane', resourceAttributes: pods } },
      want: ['metadata: Invalid value: {"name":"x"}: must be empty'],
    },
    {
      name: 'with a name, of a namespace',
      kind: LOCAL,
      body: { metadata: { name: 'x' }, spec: { user: 'jane', resourceAttributes: inDefault } },
      want: ['metadata: Invalid value: {"name":"x","namespace":"default"}: must be empty except for namespace'],
    },
    {
      name: 'about another namespace than its own',
      kind: LOCAL,
      body: { spec: { user: 'jane', resourceAttributes: { ...pods, namespace: 'x' } } },
      want: [`${AT}.namespace: Invalid value: "x": must match metadata.namespace`],
    },
    {
      name: 'about no resource, in a namespace',
      kind: LOCAL,
      body: { spec: { user: 'jane', nonResourceAttributes } },
      want: ['spec.nonResourceAttributes: Invalid value: {"path":"/x","verb":"get"}: disallowed on this kind of request'],
    },
    {
      name: 'with selectors of both kinds, and of none',
      body: {
        spec: {
          user: 'jane',
          resourceAttributes: {
            ...pods,
            labelSelector: { rawSelector: 'a=b', requirements: [{ key: 'a', operator: 'In', values: ['b'] }] },
            fieldSelector: {},
          },
        },
      },
      want: [
        `${AT}.fieldSelector.requirements: Required value: when ${AT}.fieldSelector is specified, requirements or rawSelector is required`,
        `${AT}.labelSelector.rawSelector: Invalid value: "a=b": may not specified at the same time as requirements`,
      ],
    },
    {
      name: 'with requirements that are none',
      body: {
        spec: {
          user: 'jane',
          resourceAttributes: {
            ...pods,
            fieldSelector: {
              requirements: [
                { key: '', operator: 'In' },
                { key: 'b', operator: 'Exists', values: ['x'] },
                { key: 'c', operator: 'New' },
              ],
            },
          },
        },
      },
      want: [
        `${AT}.fieldSelector.requirements[0].key: Required value: must be specified`,
        `${AT}.fieldSelector.requirements[0].values: Required value: must be specified when \`operator\` is 'In' or 'NotIn'`,
        `${AT}.fieldSelector.requirements[1].values: Forbidden: may not be specified when \`operator\` is 'Exists' or 'DoesNotExist'`,
      ],
    },
  ])('a question $name is refused', async ({ kind = SUBJECT, body, want }) => {
    const { request } = makeTestCluster();
    const { details } = statusOf(await request('POST', `/apis/authorization.k8s.io/v1/${kind}`, body));
    expect(details?.causes?.map(({ field, message }) => `${field}: ${message}`)).toEqual(want);
  });

  test('a question of another namespace than its path is refused', async () => {
    const { request } = makeTestCluster();
    const body = { metadata: { namespace: 'x' }, spec: { user: 'jane', resourceAttributes: inDefault } };
    expect(statusOf(await request('POST', `/apis/authorization.k8s.io/v1/${LOCAL}`, body)).message).toBe(
      'the namespace of the provided object does not match the namespace sent on the request',
    );
  });

  test('rules', async () => {
    const cluster = makeTestCluster();
    grant(cluster, [{ verbs: ['get'], apiGroups: [''], resources: ['pods'] }]);
    const answer = await cluster.request<{ status: { resourceRules: object[] } }>(
      'POST',
      '/apis/authorization.k8s.io/v1/selfsubjectrulesreviews',
      { spec: { namespace: 'default' } },
      AS_JANE,
    );
    expect(answer.body.status.resourceRules).toContainEqual({ verbs: ['get'], apiGroups: [''], resources: ['pods'] });
  });

  test('tokens', async () => {
    const { request, api } = makeTestCluster();
    api.create(serviceAccounts, { metadata: { name: 'bot', namespace: 'default' } });
    const { body } = await request<{ status: { token: string } }>('POST', '/api/v1/namespaces/default/serviceaccounts/bot/token', {
      spec: { audiences: ['vault'] },
    });
    const reviewed = (spec: object): Promise<{ body: { status: object } }> =>
      request('POST', '/apis/authentication.k8s.io/v1/tokenreviews', { spec });
    expect((await reviewed({ token: body.status.token, audiences: ['vault', 'x'] })).body.status).toMatchObject({
      authenticated: true,
      audiences: ['vault'],
    });
    expect((await reviewed({ token: body.status.token })).body.status).toMatchObject({ error: expect.stringContaining('token audiences') });
    expect((await reviewed({ token: 'nope' })).body.status).toEqual({ user: {}, error: 'invalid bearer token' });
  });
});
