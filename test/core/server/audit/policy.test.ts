// Which requests a policy asks for, and what is wrong with its file.

import { describe, expect, test } from 'vitest';
import { ConfigFault } from '../../../../worker/lib/config-file.ts';
import { evaluate, readPolicy } from '../../../../worker/server/audit/policy.ts';
import type { Asked, Policy, Stage } from '../../../../worker/server/audit/policy.ts';

const HEAD = 'apiVersion: audit.k8s.io/v1\nkind: Policy\n';
const policyOf = (text: string): Policy => readPolicy(HEAD + text, () => {});

const PODS = {
  isResource: true,
  verb: 'get',
  path: '/api/v1/namespaces/a/pods/p',
  group: '',
  resource: 'pods',
  subresource: '',
  namespace: 'a',
  name: 'p',
};
const pod = (more: Partial<Asked> = {}): Asked => ({ ...PODS, ...more });
const page = (path: string): Asked => ({ ...PODS, isResource: false, path, resource: '', namespace: '', name: '' });
const JANE = { name: 'jane', groups: ['dev', 'system:authenticated'] };

describe('the first rule that matches decides', () => {
  test.each<{ name: string; rules: string; asked?: Asked; want: string | undefined; user?: typeof JANE | undefined; nobody?: true }>([
    { name: 'no rule matches', rules: '[{level: Metadata, verbs: [list]}]', want: undefined },
    { name: 'a rule for all', rules: '[{level: Metadata}]', want: 'Metadata' },
    { name: 'None before it', rules: '[{level: None, verbs: [get]}, {level: Metadata}]', want: undefined },
    { name: 'the first of two', rules: '[{level: Request}, {level: RequestResponse}]', want: 'Request' },
    { name: 'a user', rules: '[{level: Metadata, users: [jane]}]', want: 'Metadata' },
    { name: 'another user', rules: '[{level: Metadata, users: [joe]}]', want: undefined },
    { name: 'nobody is no user', rules: '[{level: Metadata, users: [""]}]', want: undefined, nobody: true },
    { name: 'one of the groups', rules: '[{level: Metadata, userGroups: [ops, dev]}]', want: 'Metadata' },
    { name: 'a group and another verb', rules: '[{level: Metadata, userGroups: [dev], verbs: [list]}]', want: undefined },
    { name: 'a resource', rules: '[{level: Metadata, resources: [{group: "", resources: [pods]}]}]', want: 'Metadata' },
    { name: 'a resource without a group is of the core', rules: '[{level: Metadata, resources: [{resources: [pods]}]}]', want: 'Metadata' },
    { name: 'of another group', rules: '[{level: Metadata, resources: [{group: apps, resources: [pods]}]}]', want: undefined },
    { name: 'of any group', rules: '[{level: Metadata, resources: [{group: "*", resources: [pods]}]}]', want: 'Metadata' },
    {
      name: 'all of a group',
      rules: '[{level: Metadata, resources: [{group: ""}]}]',
      asked: pod({ subresource: 'log' }),
      want: 'Metadata',
    },
    {
      name: 'a resource is not its subresource',
      rules: '[{level: Metadata, resources: [{resources: [pods]}]}]',
      asked: pod({ subresource: 'log' }),
      want: undefined,
    },
    {
      name: 'a subresource',
      rules: '[{level: Metadata, resources: [{resources: [pods/log]}]}]',
      asked: pod({ subresource: 'log' }),
      want: 'Metadata',
    },
    {
      name: 'a subresource of all',
      rules: '[{level: Metadata, resources: [{resources: ["*/status"]}]}]',
      asked: pod({ subresource: 'status' }),
      want: 'Metadata',
    },
    { name: 'all subresources, and the resource', rules: '[{level: Metadata, resources: [{resources: [pods/*]}]}]', want: 'Metadata' },
    {
      name: 'everything',
      rules: '[{level: Metadata, resources: [{resources: ["*"]}]}]',
      asked: pod({ subresource: 'exec' }),
      want: 'Metadata',
    },
    { name: 'a name', rules: '[{level: Metadata, resources: [{resources: [pods], resourceNames: [p]}]}]', want: 'Metadata' },
    { name: 'another name', rules: '[{level: Metadata, resources: [{resources: [pods], resourceNames: [q]}]}]', want: undefined },
    { name: 'a namespace', rules: '[{level: Metadata, namespaces: [a]}]', want: 'Metadata' },
    { name: 'no namespace', rules: '[{level: Metadata, namespaces: [""]}]', want: undefined },
    {
      name: 'what is in no namespace',
      rules: '[{level: Metadata, namespaces: [""]}]',
      asked: pod({ namespace: '', resource: 'nodes' }),
      want: 'Metadata',
    },
    { name: 'a page is no resource', rules: '[{level: Metadata, namespaces: [""]}]', asked: page('/healthz'), want: undefined },
    { name: 'a page', rules: '[{level: Metadata, nonResourceURLs: [/healthz]}]', asked: page('/healthz'), want: 'Metadata' },
    { name: 'pages below', rules: '[{level: Metadata, nonResourceURLs: ["/api*"]}]', asked: page('/apis'), want: 'Metadata' },
    { name: 'another page', rules: '[{level: Metadata, nonResourceURLs: ["/api*"]}]', asked: page('/healthz'), want: undefined },
    { name: 'all pages', rules: '[{level: Metadata, nonResourceURLs: ["*"]}]', asked: page('/'), want: 'Metadata' },
    { name: 'a resource is no page', rules: '[{level: Metadata, nonResourceURLs: ["*"]}]', want: undefined },
  ])('$name', ({ rules, asked = pod(), want, nobody }) => {
    expect(evaluate(policyOf(`rules: ${rules}\n`), asked, nobody ? undefined : JANE)?.level).toBe(want);
  });

  test.each<{ name: string; text: string; stages: Stage[]; owners: boolean }>([
    {
      name: 'of the policy and of the rule',
      text: 'omitStages: [RequestReceived]\nrules: [{level: Metadata, omitStages: [Panic]}]\n',
      stages: ['RequestReceived', 'Panic'],
      owners: false,
    },
    {
      name: 'a rule goes before the policy',
      text: 'omitManagedFields: true\nrules: [{level: Metadata, omitManagedFields: false}]\n',
      stages: [],
      owners: false,
    },
    { name: 'of the policy', text: 'omitManagedFields: true\nrules: [{level: Metadata}]\n', stages: [], owners: true },
  ])('what is left out: $name', ({ text, stages, owners }) => {
    const verdict = evaluate(policyOf(text), pod(), JANE)!;
    expect((['RequestReceived', 'ResponseStarted', 'ResponseComplete', 'Panic'] as const).filter(verdict.omits)).toEqual(stages);
    expect(verdict.omitManagedFields).toBe(owners);
  });
});

describe('the file', () => {
  test.each([
    { name: 'without rules', text: HEAD, want: 'loaded illegal policy with 0 rules' },
    { name: 'no kind', text: 'rules: []\n', want: "failed decoding: Object 'Kind' is missing in 'rules: []\n'" },
    {
      name: 'an older version',
      text: 'apiVersion: audit.k8s.io/v1beta1\nkind: Policy\n',
      want: 'failed decoding: no kind "Policy" is registered for version "audit.k8s.io/v1beta1" in scheme "pkg/audit/scheme.go:30"',
    },
    { name: 'no level', text: `${HEAD}rules: [{verbs: [get]}]\n`, want: 'rules[0].level: Required value' },
    {
      name: 'levels and stages that there are not',
      text: `${HEAD}omitStages: [Sent]\nrules: [{level: metadata}]\n`,
      want: '[omitStages[0]: Invalid value: "Sent": allowed stages are RequestReceived,ResponseStarted,ResponseComplete,Panic, rules[0].level: Unsupported value: "metadata": supported values: "None", "Metadata", "Request", "RequestResponse"]',
    },
    {
      name: 'paths',
      text: `${HEAD}rules: [{level: None, nonResourceURLs: [healthz, "/a*b"]}]\n`,
      want: `[rules[0].nonResourceURLs[0]: Invalid value: "healthz": non-resource URL rules must begin with a '/' character, rules[0].nonResourceURLs[1]: Invalid value: "/a*b": non-resource URL wildcards '*' must be the final character of the rule]`,
    },
    {
      name: 'paths and resources',
      text: `${HEAD}rules: [{level: None, nonResourceURLs: [/a], namespaces: [b]}]\n`,
      want: 'rules[0].nonResourceURLs: Invalid value: ["/a"]: rules cannot apply to both regular resources and non-resource URLs',
    },
    {
      name: 'names without resources',
      text: `${HEAD}rules: [{level: None, resources: [{resourceNames: [a]}]}]\n`,
      want: 'rules[0].resources.resourceNames: Invalid value: ["a"]: using resourceNames requires at least one resource',
    },
  ])('$name', ({ text, want }) => {
    expect(() => readPolicy(text, () => {})).toThrow(new ConfigFault(want));
  });

  test('what nobody knows is told, and passed over', () => {
    const told: string[] = [];
    const policy = readPolicy(`${HEAD}rules: [{level: Metadata, verb: [get]}]\n`, (message) => told.push(message));
    expect(policy.rules).toHaveLength(1);
    expect(told).toEqual([
      'Audit policy contains errors, falling back to lenient decoding: strict decoding error: unknown field "rules[0].verb"',
    ]);
  });
});
