// ValidatingAdmissionPolicies: what they refuse, warn of and note, for whom, and with which parameters; and which of them are refused themselves.

import { beforeEach, describe, expect, test } from 'vitest';
import { makeTestCluster, statusOf } from '../../harness.ts';
import type { TestCluster } from '../../harness.ts';

let cluster: TestCluster;
beforeEach(() => {
  cluster = makeTestCluster({ alone: true });
});

const GROUP = '/apis/admissionregistration.k8s.io/v1';
const CONFIGMAPS = '/api/v1/namespaces/default/configmaps';
const RULES = { resourceRules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE', 'UPDATE'], resources: ['configmaps'] }] };

const make = async (path: string, body: object): Promise<void> => {
  const reply = await cluster.request('POST', path, body);
  if (reply.status !== 201) throw new Error(statusOf(reply).message);
};
const policy = (spec: object, name = 'p'): Promise<void> =>
  make(`${GROUP}/validatingadmissionpolicies`, { metadata: { name }, spec: { matchConstraints: RULES, ...spec } });
const bind = (spec: object = {}, policyName = 'p'): Promise<void> =>
  make(`${GROUP}/validatingadmissionpolicybindings`, {
    metadata: { name: `${policyName}-b` },
    spec: { policyName, validationActions: ['Deny'], ...spec },
  });
const put = (name: string, more: object = {}) => cluster.request('POST', CONFIGMAPS, { metadata: { name }, ...more });
const answer = async (name: string, more: object = {}): Promise<string> => {
  const reply = await put(name, more);
  return reply.status === 201 ? 'fine' : statusOf(reply).message!;
};

const denied = (name: string, why: string): string =>
  `configmaps "${name}" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'p-b' denied request: ${why}`;

describe('a policy', () => {
  test('without a binding does nothing', async () => {
    await policy({ validations: [{ expression: 'false' }] });
    expect(await answer('a')).toBe('fine');
  });

  test('refuses, with its message and reason', async () => {
    await policy({
      validations: [
        { expression: '!has(object.data) || size(object.data) <= 2', message: 'too many keys' },
        {
          expression: "object.metadata.name != 'forbidden'",
          reason: 'Forbidden',
          messageExpression: "'name ' + object.metadata.name + ' is not allowed'",
        },
        { expression: "object.metadata.name != 'plain'" },
      ],
    });
    await bind();
    expect(await answer('fine', { data: { a: '1' } })).toBe('fine');
    const many = await put('many', { data: { a: '1', b: '2', c: '3' } });
    expect(statusOf(many)).toMatchObject({ code: 422, reason: 'Invalid', message: denied('many', 'too many keys') });
    expect(statusOf(await put('forbidden'))).toMatchObject({
      code: 403,
      reason: 'Forbidden',
      message: denied('forbidden', 'name forbidden is not allowed'),
    });
    expect(await answer('plain')).toBe(denied('plain', "failed expression: object.metadata.name != 'plain'"));
  });

  test.each<{ name: string; expression: string; want: string }>([
    {
      name: 'the request',
      expression: "request.operation == 'CREATE' && request.userInfo.username == 'kubernetes-admin' && !request.dryRun",
      want: 'fine',
    },
    {
      name: 'its kind',
      expression: "request.kind.kind == 'ConfigMap' && request.resource.resource == 'configmaps' && request.namespace == 'default'",
      want: 'fine',
    },
    { name: 'the namespace', expression: "namespaceObject.metadata.labels['kubernetes.io/metadata.name'] == 'default'", want: 'fine' },
    { name: 'no old object', expression: 'oldObject == null', want: 'fine' },
    { name: 'variables', expression: 'variables.twice == 2 && variables.both == 3', want: 'fine' },
    {
      name: 'what the user may do',
      expression: "authorizer.group('').resource('secrets').namespace('default').check('get').allowed()",
      want: 'fine',
    },
    { name: 'what the user may do with this', expression: "authorizer.requestResource.check('delete').allowed()", want: 'fine' },
    {
      name: 'a field that is not there',
      expression: 'object.nope == 1',
      want: denied('a', "expression 'object.nope == 1' resulted in error: no such key: nope"),
    },
  ])('looks at $name', async ({ expression, want }) => {
    cluster = makeTestCluster();
    cluster.settle();
    await cluster.request(
      'PATCH',
      '/api/v1/namespaces/default',
      { metadata: { labels: { 'kubernetes.io/metadata.name': 'default' } } },
      { 'content-type': 'application/merge-patch+json' },
    );
    const variables = [
      { name: 'twice', expression: '1 + 1' },
      { name: 'both', expression: 'variables.twice + 1' },
    ];
    await policy({ variables, validations: [{ expression }] });
    await bind();
    expect(await answer('a')).toBe(want);
  });

  test('warns, and notes for the audit', async () => {
    await policy({ validations: [{ expression: 'false', message: 'never' }] });
    await bind({ validationActions: ['Warn', 'Audit'] });
    const reply = await put('a');
    expect(reply.status).toBe(201);
    expect(reply.warnings).toEqual(["Validation failed for ValidatingAdmissionPolicy 'p' with binding 'p-b': never"]);
  });

  test('that fails is as if it were not there, if it says so', async () => {
    await policy({ failurePolicy: 'Ignore', validations: [{ expression: 'object.nope == 1' }] });
    await bind();
    expect(await answer('a')).toBe('fine');
  });

  test('speaks of those that its conditions let pass', async () => {
    await policy({
      matchConditions: [{ name: 'named', expression: "object.metadata.name.startsWith('x')" }],
      validations: [{ expression: 'false', message: 'no' }],
    });
    await bind();
    expect(await answer('a')).toBe('fine');
    expect(await answer('xa')).toBe(denied('xa', 'no'));
  });

  test('is bound to what the binding is about', async () => {
    await policy({ validations: [{ expression: 'false', message: 'no' }] });
    await bind({ matchResources: { objectSelector: { matchLabels: { strict: 'yes' } } } });
    expect(await answer('a')).toBe('fine');
    expect(await answer('b', { metadata: { name: 'b', labels: { strict: 'yes' } } })).toBe(denied('b', 'no'));
  });

  test('leaves out what it excludes, and what another rule is about', async () => {
    const [rule] = RULES.resourceRules;
    await policy({
      matchConstraints: { ...RULES, excludeResourceRules: [{ ...rule, resourceNames: ['spared'] }] },
      validations: [{ expression: 'false', message: 'no' }],
    });
    await bind();
    expect(await answer('spared')).toBe('fine');
    expect(await answer('a')).toBe(denied('a', 'no'));
    expect((await cluster.request('POST', '/api/v1/namespaces/default/secrets', { metadata: { name: 's' } })).status).toBe(201);
  });

  test('cannot refuse policies', async () => {
    await policy({
      matchConstraints: { resourceRules: [{ apiGroups: ['*'], apiVersions: ['*'], operations: ['*'], resources: ['*'] }] },
      validations: [{ expression: 'false', message: 'no' }],
    });
    await bind();
    expect(await answer('a')).toBe(denied('a', 'no'));
    expect((await cluster.request('DELETE', `${GROUP}/validatingadmissionpolicybindings/p-b`)).status).toBe(200);
    expect(await answer('a')).toBe('fine');
  });
});

describe('parameters', () => {
  const PARAMS = { paramKind: { apiVersion: 'v1', kind: 'ConfigMap' } };
  const limited = {
    ...PARAMS,
    matchConstraints: { ...RULES, objectSelector: { matchLabels: { check: 'yes' } } },
    validations: [{ expression: 'params == null || size(object.data) <= int(params.data.max)', message: 'too many' }],
  };
  const checked = (data: object): object => ({ metadata: { name: 'a', labels: { check: 'yes' } }, data });

  test('are an object that the binding names', async () => {
    await put('limit', { data: { max: '1' } });
    await policy(limited);
    await bind({ paramRef: { name: 'limit', parameterNotFoundAction: 'Deny' } });
    expect(await answer('a', checked({ a: '1', b: '2' }))).toBe(denied('a', 'too many'));
    expect(await answer('a', checked({ a: '1' }))).toBe('fine');
  });

  test('or those that it selects: all must be content', async () => {
    await put('wide', { metadata: { name: 'wide', labels: { limit: 'yes' } }, data: { max: '5' } });
    await put('narrow', { metadata: { name: 'narrow', labels: { limit: 'yes' } }, data: { max: '1' } });
    await policy(limited);
    await bind({ paramRef: { selector: { matchLabels: { limit: 'yes' } }, parameterNotFoundAction: 'Allow' } });
    expect(await answer('a', checked({ a: '1', b: '2' }))).toBe(denied('a', 'too many'));
  });

  test.each([
    ['Deny', denied('a', 'failed to configure binding: no params found for policy binding with `Deny` parameterNotFoundAction')],
    ['Allow', 'fine'],
  ])('that are not there: %s', async (parameterNotFoundAction, want) => {
    await policy(limited);
    await bind({ paramRef: { name: 'limit', parameterNotFoundAction } });
    expect(await answer('a', checked({ a: '1', b: '2' }))).toBe(want);
  });

  test('of a kind that there is not are the fault of the policy', async () => {
    await policy({ ...limited, paramKind: { apiVersion: 'v1', kind: 'Nothing' } });
    await bind({ paramRef: { name: 'limit', parameterNotFoundAction: 'Allow' } });
    expect(await answer('a', checked({}))).toBe(
      `configmaps "a" is forbidden: ValidatingAdmissionPolicy 'p' denied request: failed to configure policy: failed to find resource referenced by paramKind: '/v1, Kind=Nothing'`,
    );
  });
});

describe('is refused', () => {
  const invalid = async (spec: object): Promise<string> =>
    statusOf(
      await cluster.request('POST', `${GROUP}/validatingadmissionpolicies`, {
        metadata: { name: 'bad' },
        spec: { matchConstraints: RULES, ...spec },
      }),
    ).message!;
  const IS = 'ValidatingAdmissionPolicy.admissionregistration.k8s.io "bad" is invalid: ';
  test.each<{ name: string; spec: object; want: string }>([
    {
      name: 'an expression that is none',
      spec: { validations: [{ expression: 'object.nope +' }] },
      want: `spec.validations[0].expression: Invalid value: "object.nope +": compilation failed: ERROR: <input>:1:14: Syntax error: mismatched input '<EOF>' expecting {'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}\n | object.nope +\n | .............^`,
    },
    {
      name: 'an expression that is not true or false',
      spec: { validations: [{ expression: '1' }] },
      want: 'spec.validations[0].expression: Invalid value: "1": must evaluate to bool',
    },
    {
      name: 'an expression of which nobody knows what it comes to',
      spec: { validations: [{ expression: 'object.spec.ok', messageExpression: 'object.metadata.name' }] },
      want: '[spec.validations[0].expression: Invalid value: "object.spec.ok": must evaluate to bool, spec.validations[0].messageExpression: Invalid value: "object.metadata.name": must evaluate to string]',
    },
    {
      name: 'an annotation that is no text',
      spec: { auditAnnotations: [{ key: 'a', valueExpression: '1' }] },
      want: 'spec.auditAnnotations[0].valueExpression: Invalid value: "1": must evaluate to one of [string null_type]',
    },
    {
      name: 'parameters without a kind',
      spec: { validations: [{ expression: 'params.x' }] },
      want: `spec.validations[0].expression: Invalid value: "params.x": compilation failed: ERROR: <input>:1:1: undeclared reference to 'params' (in container '')\n | params.x\n | ^`,
    },
    {
      name: 'nothing to check',
      spec: {},
      want: '[spec.validations: Required value: validations or auditAnnotations must contain at least one item, spec.auditAnnotations: Required value: validations or auditAnnotations must contain at least one item]',
    },
    {
      name: 'no resources',
      spec: { matchConstraints: {}, validations: [{ expression: 'true' }] },
      want: 'spec.matchConstraints.resourceRules: Required value',
    },
    {
      name: 'an unknown reason',
      spec: { validations: [{ expression: 'true', reason: 'Because' }] },
      want: 'spec.validations[0].reason: Unsupported value: "Because": supported values: "Forbidden", "Invalid", "RequestEntityTooLarge"',
    },
    {
      name: 'an unknown request field',
      spec: { validations: [{ expression: 'request.nope' }] },
      want: `spec.validations[0].expression: Invalid value: "request.nope": compilation failed: ERROR: <input>:1:8: undefined field 'nope'\n | request.nope\n | .......^`,
    },
  ])('$name', async ({ spec, want }) => expect(await invalid(spec)).toBe(IS + want));

  test('a binding that denies and warns', async () => {
    const reply = await cluster.request('POST', `${GROUP}/validatingadmissionpolicybindings`, {
      metadata: { name: 'b' },
      spec: { policyName: 'p', validationActions: ['Deny', 'Warn'] },
    });
    expect(statusOf(reply).message).toBe(
      'ValidatingAdmissionPolicyBinding.admissionregistration.k8s.io "b" is invalid: spec.validationActions: Invalid value: ["Deny","Warn"]: must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)',
    );
  });
});
