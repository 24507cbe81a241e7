// What configures: ConfigMaps, Secrets, accounts, namespaces, limits, quotas.

import { describe, expect, test } from 'vitest';
import { configMaps } from '../../../../worker/resources/core/configmap.ts';
import { limitRanges } from '../../../../worker/resources/core/limitrange.ts';
import { namespaces } from '../../../../worker/resources/core/namespace.ts';
import { resourceQuotas } from '../../../../worker/resources/core/resourcequota.ts';
import { secrets } from '../../../../worker/resources/core/secret.ts';
import { serviceAccounts } from '../../../../worker/resources/core/serviceaccount.ts';
import { cells, created, createRules, defaultRules, updated, updateRules } from '../kind-rules.ts';

const BAD_KEY =
  "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";
const big = 'x'.repeat(1024 * 1024 + 1);

const map = { metadata: { name: 'a' }, data: { key: 'value' } };
createRules(configMaps, map, [
  ['a bad key', { data: { 'a b': '' } }, `data[a b]: Invalid value: "a b": ${BAD_KEY}`],
  ['a key that leads away', { data: { '..x': '' } }, `data[..x]: Invalid value: "..x": must not start with '..'`],
  ['a key twice', { binaryData: { key: 'eA==' } }, 'data[key]: Invalid value: "key": duplicate of key present in binaryData'],
  ['too much', { data: { key: big } }, '[]: Too long: may not be more than 1048576 bytes'],
]);
updateRules(configMaps, { ...map, immutable: true }, [
  ['nothing', { metadata: { labels: { a: 'b' } } }],
  ['data', { data: { key: 'other' } }, 'data: Forbidden: field is immutable when `immutable` is set'],
  ['mutability', { immutable: false }, 'immutable: Forbidden: field is immutable when `immutable` is set'],
]);
test('columns of a ConfigMap', () =>
  expect(cells(configMaps, { ...map, binaryData: { b: 'eA==' } })).toEqual({ Name: 'a', Data: 2, Age: '60s' }));

const secret = { metadata: { name: 'a' }, data: { key: 'eA==' } };
createRules(secrets, secret, [
  ['a bad key', { data: { 'a b': 'eA==' } }, `data[a b]: Invalid value: "a b": ${BAD_KEY}`],
  ['a registry without its file', { type: 'kubernetes.io/dockerconfigjson' }, 'data[.dockerconfigjson]: Required value'],
  [
    'a registry of no JSON',
    { type: 'kubernetes.io/dockerconfigjson', data: { '.dockerconfigjson': 'eA==' } },
    `data[.dockerconfigjson]: Invalid value: "<secret contents redacted>": invalid character 'x' looking for beginning of value`,
  ],
  ['neither name nor password', { type: 'kubernetes.io/basic-auth' }, 'data[username]: Required value', 'data[password]: Required value'],
  ['a name only', { type: 'kubernetes.io/basic-auth', data: { username: 'eA==' } }],
  ['no key', { type: 'kubernetes.io/ssh-auth' }, 'data[ssh-privatekey]: Required value'],
  ['no certificate', { type: 'kubernetes.io/tls' }, 'data[tls.crt]: Required value', 'data[tls.key]: Required value'],
  [
    'a token of nobody',
    { type: 'kubernetes.io/service-account-token' },
    'metadata.annotations[kubernetes.io/service-account.name]: Required value',
  ],
]);
updateRules(secrets, secret, [
  ['data', { data: { key: 'eQ==' } }],
  ['the type', { type: 'other' }, 'type: Invalid value: "other": field is immutable'],
]);
defaultRules(secrets, [
  ['texts become data', { metadata: { name: 'a' }, stringData: { b: 'hi' } }, { type: 'Opaque', data: { b: 'aGk=' } }],
]);
describe('a Secret', () => {
  test('keeps no texts', () => expect(created(secrets, { ...secret, stringData: { b: 'hi' } })).not.toHaveProperty('stringData'));
  test('columns', () => expect(cells(secrets, secret)).toEqual({ Name: 'a', Type: 'Opaque', Data: 1, Age: '60s' }));
});

test('columns of a ServiceAccount', () =>
  expect(cells(serviceAccounts, { secrets: [{ name: 'x' }] })).toEqual({ Name: 'a', Secrets: 1, Age: '60s' }));

describe('a namespace', () => {
  test('is made with its finalizer, its phase and its name as a label', () =>
    expect(created(namespaces, { metadata: { name: 'team' }, status: { phase: 'Terminating' } })).toMatchObject({
      metadata: { labels: { 'kubernetes.io/metadata.name': 'team' } },
      spec: { finalizers: ['kubernetes'] },
      status: { phase: 'Active' },
    }));
  test('keeps its finalizers against a client', () =>
    expect(updated(namespaces, { metadata: { name: 'team' } }, { spec: { finalizers: null } }).object).toMatchObject({
      spec: { finalizers: ['kubernetes'] },
    }));
  createRules(namespaces, { metadata: { name: 'team' } }, [
    ['dots', { metadata: { name: 'a.b' } }, 'metadata.name: Invalid value: "a.b": must not contain dots'],
    [
      'a strange finalizer',
      { spec: { finalizers: ['strange'] } },
      'spec.finalizers: Invalid value: "strange": name is neither a standard finalizer name nor is it fully qualified',
    ],
  ]);
  updateRules(
    namespaces,
    { metadata: { name: 'team' } },
    [
      [
        'a phase that is not so',
        { status: { phase: 'Terminating' } },
        'status.Phase: Invalid value: "Terminating": may only be \'Active\' if `deletionTimestamp` is empty',
      ],
    ],
    'status',
  );
  test('columns', () => expect(cells(namespaces, {})).toEqual({ Name: 'a', Status: 'Active', Age: '60s' }));
});

const range = { metadata: { name: 'a' }, spec: { limits: [{ type: 'Container', max: { cpu: '2' }, min: { cpu: '100m' } }] } };
const limits = (...list: object[]): object => ({ spec: { limits: list } });
defaultRules(limitRanges, [
  [
    'what is left out follows from the rest',
    { metadata: { name: 'a' }, ...limits({ type: 'Container', max: { cpu: '2' }, min: { memory: '1Mi' } }) },
    limits({ default: { cpu: '2' }, defaultRequest: { cpu: '2', memory: '1Mi' } }),
  ],
]);
test('nothing follows from a ratio, or for a pod', () => {
  for (const item of [
    { type: 'Container', maxLimitRequestRatio: { cpu: '2' } },
    { type: 'Pod', max: { cpu: '2' } },
  ])
    expect(created(limitRanges, { metadata: { name: 'a' }, ...limits(item) })).toMatchObject({ spec: { limits: [item] } });
});
createRules(limitRanges, range, [
  [
    'less at most than at least',
    limits({ type: 'Pod', max: { cpu: '1' }, min: { cpu: '2' } }),
    'spec.limits[0].min[cpu]: Invalid value: "2": min value 2 is greater than max value 1',
  ],
  [
    'defaults of pods',
    limits({ type: 'Pod', default: { cpu: '1' } }),
    "spec.limits[0].default: Forbidden: may not be specified when `type` is 'Pod'",
  ],
  ['a type twice', limits({ type: 'Pod' }, { type: 'Pod' }), 'spec.limits[1].type: Duplicate value: "Pod"'],
  [
    'an unknown type',
    limits({ type: 'Ship' }),
    'spec.limits[0].type: Invalid value: "Ship": must be a standard limit type or fully qualified',
  ],
  [
    'claims without a size',
    limits({ type: 'PersistentVolumeClaim' }),
    'spec.limits[0].limits: Required value: either minimum or maximum storage value is required, but neither was provided',
  ],
  [
    'a ratio below one',
    limits({ type: 'Container', maxLimitRequestRatio: { cpu: '500m' } }),
    'spec.limits[0].maxLimitRequestRatio[cpu]: Invalid value: "500m": ratio 500m is less than 1',
  ],
]);

const quota = { metadata: { name: 'a' }, spec: { hard: { pods: '10', 'requests.cpu': '4', 'count/jobs.batch': '3' } } };
createRules(resourceQuotas, quota, [
  ['a negative amount', { spec: { hard: { pods: '-1' } } }, 'spec.hard[pods]: Invalid value: "-1": must be greater than or equal to 0'],
  ['half a pod', { spec: { hard: { pods: '500m' } } }, 'spec.hard[pods]: Invalid value: "500m": must be an integer'],
  [
    'an unknown name',
    { spec: { hard: { ships: '1' } } },
    'spec.hard[ships]: Invalid value: "ships": must be a standard resource type or fully qualified',
    'spec.hard[ships]: Invalid value: "ships": must be a standard resource for quota',
  ],
  [
    'scopes against each other',
    { spec: { hard: { pods: '1' }, scopes: ['BestEffort', 'NotBestEffort'] } },
    'spec.scopes: Invalid value: ["BestEffort","NotBestEffort"]: unsupported scope applied to resource',
    'spec.scopes: Invalid value: ["BestEffort","NotBestEffort"]: conflicting scopes',
  ],
]);
updateRules(resourceQuotas, quota, [
  ['more', { spec: { hard: { pods: '20' } } }],
  ['scopes', { spec: { scopes: ['NotTerminating'] } }, 'spec.scopes: Invalid value: ["NotTerminating"]: field is immutable'],
]);
test('columns of a quota', () => {
  const status = { hard: { 'limits.cpu': '4', pods: '10' }, used: { pods: '3' } };
  expect(cells(resourceQuotas, { ...quota, status })).toEqual({ Name: 'a', Age: '60s', Request: 'pods: 3/10', Limit: 'limits.cpu: 0/4' });
});
