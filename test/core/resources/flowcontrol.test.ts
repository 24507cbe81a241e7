import { describe, expect, test } from 'vitest';
import { flowSchemas } from '../../../worker/resources/flowcontrol/flowschema.ts';
import { MANDATORY_FLOW_SCHEMAS, MANDATORY_PRIORITY_LEVELS } from '../../../worker/resources/flowcontrol/mandatory.ts';
import { priorityLevelConfigurations } from '../../../worker/resources/flowcontrol/prioritylevelconfiguration.ts';
import { cells, createRules, defaultRules, errorsOfCreate, updated, updateRules } from './kind-rules.ts';

const resourceRule = { verbs: ['get'], apiGroups: [''], resources: ['pods'], namespaces: ['default'] };
const rule = { subjects: [{ kind: 'User', user: { name: 'bob' } }], resourceRules: [resourceRule] };
const schema = { metadata: { name: 's' }, spec: { priorityLevelConfiguration: { name: 'global-default' }, rules: [rule] } };
const subject = (value: object): object => ({ spec: { rules: [{ ...rule, subjects: [value] }] } });
const resources = (value: object): object => ({ spec: { rules: [{ ...rule, resourceRules: [{ ...resourceRule, ...value }] }] } });
const paths = (value: object): object => ({
  spec: { rules: [{ ...rule, nonResourceRules: [{ verbs: ['get'], nonResourceURLs: ['/healthz'], ...value }] }] },
});
const VERBS = '"create", "delete", "deletecollection", "get", "list", "patch", "proxy", "update", "watch"';

createRules(flowSchemas, schema, [
  ['no rules', { spec: { rules: null } }],
  ['a negative precedence', { spec: { matchingPrecedence: -1 } }, 'spec.matchingPrecedence: Invalid value: -1: must be a positive value'],
  [
    'a high precedence',
    { spec: { matchingPrecedence: 10001 } },
    'spec.matchingPrecedence: Invalid value: 10001: must not be greater than 10000',
  ],
  [
    'the precedence of the exempt',
    { spec: { matchingPrecedence: 1 } },
    "spec.matchingPrecedence: Invalid value: 1: only the schema named 'exempt' may have matchingPrecedence 1",
  ],
  [
    'another way to tell flows apart',
    { spec: { distinguisherMethod: { type: 'ByDay' } } },
    'spec.distinguisherMethod.type: Unsupported value: {"Type":"ByDay"}: supported values: "ByNamespace", "ByUser"',
  ],
  [
    'no level',
    { spec: { priorityLevelConfiguration: { name: '' } } },
    'spec.priorityLevelConfiguration.name: Required value: must reference a priority level',
  ],
  [
    'no subjects',
    { spec: { rules: [{ ...rule, subjects: [] }] } },
    'spec.rules[0].subjects: Required value: subjects must contain at least one value',
  ],
  [
    'nothing',
    { spec: { rules: [{ subjects: rule.subjects }] } },
    'spec.rules[0]: Required value: at least one of resourceRules and nonResourceRules has to be non-empty',
  ],
  [
    'a subject of no kind',
    subject({ kind: 'Robot' }),
    'spec.rules[0].subjects[0].kind: Unsupported value: "Robot": supported values: "Group", "ServiceAccount", "User"',
  ],
  [
    'a user without user',
    subject({ kind: 'User' }),
    "spec.rules[0].subjects[0].user: Required value: user is required when subject kind is 'User'",
  ],
  [
    'a user with a group',
    subject({ kind: 'User', user: { name: 'a' }, group: { name: 'b' } }),
    "spec.rules[0].subjects[0].group: Forbidden: group is forbidden when subject kind is not 'Group'",
  ],
  ['a group without name', subject({ kind: 'Group', group: { name: '' } }), 'spec.rules[0].subjects[0].group.name: Required value'],
  ['any service account of a namespace', subject({ kind: 'ServiceAccount', serviceAccount: { name: '*', namespace: 'a' } })],
  [
    'a service account of no namespace',
    subject({ kind: 'ServiceAccount', serviceAccount: { name: 'a', namespace: '' } }),
    'spec.rules[0].subjects[0].serviceAccount.namespace: Required value: must specify namespace for service account',
  ],
  ['no verbs', resources({ verbs: [] }), 'spec.rules[0].resourceRules[0].verbs: Required value: verbs must contain at least one value'],
  [
    'a verb of no kind',
    resources({ verbs: ['look'] }),
    `spec.rules[0].resourceRules[0].verbs: Unsupported value: ["look"]: supported values: ${VERBS}`,
  ],
  [
    'all verbs and one',
    resources({ verbs: ['*', 'get'] }),
    'spec.rules[0].resourceRules[0].verbs: Invalid value: ["*","get"]: if \'*\' is present, must not specify other verbs',
  ],
  [
    'no groups',
    resources({ apiGroups: [] }),
    'spec.rules[0].resourceRules[0].apiGroups: Required value: resource rules must supply at least one api group',
  ],
  [
    'all resources and one',
    resources({ resources: ['*', 'a'] }),
    'spec.rules[0].resourceRules[0].resources: Invalid value: ["*","a"]: if \'*\' is present, must not specify other resources',
  ],
  ['the cluster', resources({ namespaces: null, clusterScope: true })],
  [
    'no namespace',
    resources({ namespaces: [] }),
    'spec.rules[0].resourceRules[0].namespaces: Required value: resource rules that are not cluster scoped must supply at least one namespace',
  ],
  [
    'a namespace that is none',
    resources({ namespaces: ['a.b'] }),
    'spec.rules[0].resourceRules[0].namespaces[0]: Invalid value: "a.b": each member of this list must be \'*\' or a DNS-1123 label; must not contain dots',
  ],
  [
    'no paths',
    paths({ nonResourceURLs: [] }),
    'spec.rules[0].nonResourceRules[0].nonResourceURLs: Required value: nonResourceURLs must contain at least one value',
  ],
  [
    'a relative path',
    paths({ nonResourceURLs: ['a'] }),
    'spec.rules[0].nonResourceRules[0].nonResourceURLs[0]: Invalid value: "a": must start with slash',
  ],
  [
    'a path with a blank',
    paths({ nonResourceURLs: ['/a b'] }),
    'spec.rules[0].nonResourceRules[0].nonResourceURLs[0]: Invalid value: "/a b": must not contain white-space',
  ],
  [
    'a path with two slashes',
    paths({ nonResourceURLs: ['/a//b'] }),
    'spec.rules[0].nonResourceRules[0].nonResourceURLs[0]: Invalid value: "/a//b": must not contain double slash',
  ],
  [
    'a wildcard in the middle',
    paths({ nonResourceURLs: ['/a*b'] }),
    'spec.rules[0].nonResourceRules[0].nonResourceURLs[0]: Invalid value: "/a*b": wildcard can only do suffix matching',
  ],
]);
defaultRules(flowSchemas, [['precedence', schema, { spec: { matchingPrecedence: 1000 } }]]);
updateRules(
  flowSchemas,
  schema,
  [
    ['a condition', { status: { conditions: [{ type: 'Dangling', status: 'True' }] } }],
    ['a condition twice', { status: { conditions: [{ type: 'A' }, { type: 'A' }] } }, 'status.conditions[1].type: Duplicate value: "A"'],
    ['a condition without type', { status: { conditions: [{ status: 'True' }] } }, 'status.conditions[0].type: Required value'],
  ],
  'status',
);

describe('what every server has', () => {
  test.each([...MANDATORY_FLOW_SCHEMAS])('schema %s is as it must be, and may not change', (name, spec) => {
    expect(errorsOfCreate(flowSchemas, { metadata: { name }, spec })).toEqual([]);
    expect(errorsOfCreate(flowSchemas, { metadata: { name }, spec: { ...(spec as object), matchingPrecedence: 5 } }).at(-1)).toMatch(
      new RegExp(
        `^spec: Invalid value: \\{"PriorityLevelConfiguration":\\{"Name":"${name}"\\},"MatchingPrecedence":5,.*: spec of '${name}' must equal the fixed value$`,
      ),
    );
  });
  test('levels are as they must be; of the exempt, its share may change', () => {
    for (const [name, spec] of MANDATORY_PRIORITY_LEVELS)
      expect(errorsOfCreate(priorityLevelConfigurations, { metadata: { name }, spec })).toEqual([]);
    const exempt = { metadata: { name: 'exempt' }, spec: { type: 'Exempt', exempt: { nominalConcurrencyShares: 9 } } };
    expect(errorsOfCreate(priorityLevelConfigurations, exempt)).toEqual([]);
    const catchAll = { metadata: { name: 'catch-all' }, spec: { type: 'Limited', limited: { limitResponse: { type: 'Reject' } } } };
    expect(errorsOfCreate(priorityLevelConfigurations, catchAll)).toEqual([
      'spec: Invalid value: {"Type":"Limited","Limited":{"NominalConcurrencyShares":30,"LimitResponse":{"Type":"Reject","Queuing":null},"LendablePercent":0,"BorrowingLimitPercent":null},"Exempt":null}: spec of \'catch-all\' must equal the fixed value',
    ]);
  });
});

const level = { metadata: { name: 'l' }, spec: { type: 'Limited', limited: { limitResponse: { type: 'Queue', queuing: {} } } } };
const limited = (change: object): object => ({ spec: { limited: change } });
const queuing = (change: object): object => limited({ limitResponse: { queuing: change } });
createRules(priorityLevelConfigurations, level, [
  [
    'exempt by another name',
    { spec: { type: 'Exempt', limited: null } },
    "spec.type: Invalid value: \"Exempt\": must be 'Exempt' if and only if `name` is 'exempt'",
  ],
  ['another type', { spec: { type: 'Free' } }, 'spec.type: Unsupported value: "Free": supported values: "Exempt", "Limited"'],
  ['exempt settings', { spec: { exempt: {} } }, 'spec.exempt: Forbidden: must be nil if the type is Limited'],
  ['no settings', { spec: { limited: null } }, 'spec.limited: Required value: must not be empty when type is Limited'],
  [
    'negative shares',
    limited({ nominalConcurrencyShares: -1 }),
    'spec.limited.nominalConcurrencyShares: Invalid value: -1: must be a non-negative integer',
  ],
  [
    'lending more than all',
    limited({ lendablePercent: 101 }),
    'spec.limited.lendablePercent: Invalid value: 101: must be between 0 and 100, inclusive',
  ],
  [
    'borrowing less than nothing',
    limited({ borrowingLimitPercent: -1 }),
    'spec.limited.borrowingLimitPercent: Invalid value: -1: if specified, must be a non-negative integer',
  ],
  [
    'queues when rejecting',
    limited({ limitResponse: { type: 'Reject' } }),
    'spec.limited.limitResponse.queuing: Forbidden: must be nil if limited.limitResponse.type is not Limited',
  ],
  [
    'no queues',
    limited({ limitResponse: { queuing: null } }),
    'spec.limited.limitResponse.queuing: Required value: must not be empty if limited.limitResponse.type is Limited',
  ],
  [
    'another response',
    limited({ limitResponse: { type: 'Wait' } }),
    'spec.limited.limitResponse.type: Unsupported value: "Wait": supported values: "Queue", "Reject"',
  ],
  [
    'negative lengths',
    queuing({ queueLengthLimit: -1 }),
    'spec.limited.limitResponse.queuing.queueLengthLimit: Invalid value: -1: must be positive',
  ],
  [
    'too many queues',
    queuing({ queues: 10_000_001, handSize: 1 }),
    'spec.limited.limitResponse.queuing.queues: Invalid value: 10000001: must not be greater than 10000000',
  ],
  [
    'a hand larger than the deck',
    queuing({ queues: 4 }),
    'spec.limited.limitResponse.queuing.handSize: Invalid value: 8: should not be greater than queues (4)',
  ],
  [
    'a hand of too much chance',
    queuing({ queues: 1024 }),
    'spec.limited.limitResponse.queuing.handSize: Invalid value: 8: required entropy bits of deckSize 1024 and handSize 8 should not be greater than 60',
  ],
]);
defaultRules(priorityLevelConfigurations, [
  [
    'shares and queues',
    level,
    {
      spec: {
        limited: {
          nominalConcurrencyShares: 30,
          lendablePercent: 0,
          limitResponse: { queuing: { queues: 64, handSize: 8, queueLengthLimit: 50 } },
        },
      },
    },
  ],
]);
test('a status changes neither labels nor spec', () => {
  const { object } = updated(
    priorityLevelConfigurations,
    level,
    { metadata: { labels: { a: 'b' } }, spec: { type: 'X' }, status: { conditions: [{ type: 'A' }] } },
    'status',
  );
  expect(object.metadata.labels).toBeUndefined();
  expect(object).toMatchObject({ spec: { type: 'Limited' }, status: { conditions: [{ type: 'A' }] } });
});
test('columns', () => {
  expect(cells(flowSchemas, { ...schema, status: { conditions: [{ type: 'Dangling', status: 'False' }] } })).toEqual({
    Name: 's',
    PriorityLevel: 'global-default',
    MatchingPrecedence: 1000,
    DistinguisherMethod: '<none>',
    Age: '60s',
    MissingPL: 'False',
  });
  expect(cells(priorityLevelConfigurations, level)).toEqual({
    Name: 'l',
    Type: 'Limited',
    NominalConcurrencyShares: 30,
    Queues: 64,
    HandSize: 8,
    QueueLengthLimit: 50,
    Age: '60s',
  });
});
