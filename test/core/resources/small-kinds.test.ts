// Kinds with few rules: leases, classes of priority and runtime, slices of endpoints, budgets.

import { describe, expect, test } from 'vitest';
import { leases } from '../../../worker/resources/coordination/lease.ts';
import { endpointSlices } from '../../../worker/resources/discovery/endpointslice.ts';
import { runtimeClasses } from '../../../worker/resources/node/runtimeclass.ts';
import { podDisruptionBudgets } from '../../../worker/resources/policy/poddisruptionbudget.ts';
import { priorityClasses } from '../../../worker/resources/scheduling/priorityclass.ts';
import { cells, created, createRules, defaultRules, updated, updateRules } from './kind-rules.ts';

const lease = { metadata: { name: 'a' }, spec: { holderIdentity: 'me', leaseDurationSeconds: 15 } };
createRules(leases, lease, [
  ['no spec', { spec: null }],
  ['no duration', { spec: { leaseDurationSeconds: 0 } }, 'spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0'],
  [
    'negative transitions',
    { spec: { leaseTransitions: -1 } },
    'spec.leaseTransitions: Invalid value: -1: must be greater than or equal to 0',
  ],
]);
describe('leases', () => {
  test('coordinated election is off: its fields are dropped', () =>
    expect(created(leases, { ...lease, spec: { ...lease.spec, strategy: 'OldestEmulationVersion', preferredHolder: 'x' } })).toMatchObject({
      spec: { holderIdentity: 'me', leaseDurationSeconds: 15 },
    }));
  test('columns', () => expect(cells(leases, lease)).toEqual({ Name: 'a', Holder: 'me', Age: '60s' }));
});

const priority = { metadata: { name: 'high' }, value: 1000 };
createRules(priorityClasses, priority, [
  ['the highest', { value: 1_000_000_000 }],
  ['too high', { value: 1_000_000_001 }, 'value: Forbidden: maximum allowed value of a user defined priority is 1000000000'],
  [
    'a system name',
    { metadata: { name: 'system-mine' } },
    "metadata.name: Forbidden: priority class names with 'system-' prefix are reserved for system use only. error: system-mine is not a known system priority class",
  ],
  ['a system class', { metadata: { name: 'system-node-critical' }, value: 2_000_001_000 }],
  [
    'a system class of another value',
    { metadata: { name: 'system-node-critical' } },
    "metadata.name: Forbidden: priority class names with 'system-' prefix are reserved for system use only. error: value of system-node-critical PriorityClass must be 2000001000",
  ],
  [
    'a system class as default',
    { metadata: { name: 'system-cluster-critical' }, value: 2_000_000_000, globalDefault: true },
    "metadata.name: Forbidden: priority class names with 'system-' prefix are reserved for system use only. error: globalDefault of system-cluster-critical PriorityClass must be false",
  ],
  ['no policy', { preemptionPolicy: '' }, 'preemptionPolicy: Required value'],
  [
    'another policy',
    { preemptionPolicy: 'Ask' },
    'preemptionPolicy: Unsupported value: "Ask": supported values: "PreemptLowerPriority", "Never"',
  ],
]);
updateRules(priorityClasses, priority, [
  ['the default', { globalDefault: true }],
  ['the value', { value: 2 }, 'value: Forbidden: may not be changed in an update.'],
  ['the policy', { preemptionPolicy: 'Never' }, 'preemptionPolicy: Invalid value: "Never": field is immutable'],
]);
defaultRules(priorityClasses, [['the policy', priority, { preemptionPolicy: 'PreemptLowerPriority' }]]);
test('columns of a priority class', () =>
  expect(cells(priorityClasses, priority)).toEqual({
    Name: 'high',
    Value: 1000,
    'Global-Default': false,
    Age: '60s',
    PreemptionPolicy: 'PreemptLowerPriority',
  }));

const runtime = { metadata: { name: 'gvisor' }, handler: 'runsc' };
createRules(runtimeClasses, runtime, [
  ['no handler', { handler: '' }, 'handler: Required value'],
  ['a handler with dots', { handler: 'a.b' }, 'handler: Invalid value: "a.b": must not contain dots'],
  [
    'a selector that is none',
    { scheduling: { nodeSelector: { 'a b': 'c' } } },
    "scheduling.nodeSelector: Invalid value: \"a b\": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')",
  ],
]);
createRules(runtimeClasses, runtime, [
  ['an overhead', { overhead: { podFixed: { cpu: '10m', memory: '1Mi' } } }],
  [
    'an overhead of no resource',
    { overhead: { podFixed: { fun: '1' } } },
    'overhead.limits[fun]: Invalid value: "fun": must be a standard resource type or fully qualified',
    'overhead.limits[fun]: Invalid value: "fun": must be a standard resource for containers',
  ],
  [
    'a toleration twice',
    {
      scheduling: {
        tolerations: [
          { key: 'a', operator: 'Exists' },
          { key: 'a', operator: 'Exists', effect: '' },
        ],
      },
    },
    'scheduling.tolerations[1]: Duplicate value: {"Key":"a","Operator":"Exists","Value":"","Effect":"","TolerationSeconds":null}',
  ],
]);
updateRules(runtimeClasses, runtime, [['the handler', { handler: 'kata' }, 'handler: Invalid value: "kata": field is immutable']]);
test('a runtime class that selects by an old label is warned of', () =>
  expect(
    runtimeClasses.warnings!(
      { ...created(runtimeClasses, runtime), scheduling: { nodeSelector: { 'beta.kubernetes.io/os': 'linux' } } } as never,
      undefined,
    ),
  ).toEqual(['scheduling.nodeSelector: deprecated since v1.14; use "kubernetes.io/os" instead']));

const slice = { metadata: { name: 'web-1' }, addressType: 'IPv4', endpoints: [{ addresses: ['10.0.0.1'] }], ports: [{ port: 80 }] };
const endpoint = (change: object): object => ({ endpoints: [{ addresses: ['10.0.0.1'], ...change }] });
createRules(endpointSlices, slice, [
  ['no endpoints', { endpoints: null, ports: null }],
  ['no type', { addressType: '' }, 'addressType: Required value'],
  ['another type', { addressType: 'IPX' }, 'addressType: Unsupported value: "IPX": supported values: "FQDN", "IPv4", "IPv6"'],
  ['no address', { endpoints: [{ addresses: [] }] }, 'endpoints[0].addresses: Required value: must contain at least 1 address'],
  [
    '101 addresses',
    { endpoints: [{ addresses: Array.from({ length: 101 }, (_, i) => `10.0.1.${i}`) }] },
    'endpoints[0].addresses: Too many: 101: must have at most 100 items',
  ],
  [
    '1001 endpoints',
    { endpoints: Array.from({ length: 1001 }, () => ({ addresses: ['10.0.0.1'] })) },
    'endpoints: Too many: 1001: must have at most 1000 items',
  ],
  [
    'no IP',
    endpoint({ addresses: ['x'] }),
    'endpoints[0].addresses[0]: Invalid value: "x": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
  ],
  [
    'of the other family',
    endpoint({ addresses: ['2001:db8::1'] }),
    'endpoints[0].addresses: Invalid value: "2001:db8::1": must be an IPv4 address',
  ],
  [
    'loopback',
    endpoint({ addresses: ['127.0.0.1'] }),
    'endpoints[0].addresses[0]: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128)',
  ],
  ['an IPv6 slice', { addressType: 'IPv6', ...endpoint({ addresses: ['2001:db8::1'] }) }],
  [
    'an IPv6 address not canonical',
    { addressType: 'IPv6', ...endpoint({ addresses: ['2001:DB8::1'] }) },
    'endpoints[0].addresses[0]: Invalid value: "2001:DB8::1": must be in canonical form ("2001:db8::1")',
  ],
  ['names', { addressType: 'FQDN', ...endpoint({ addresses: ['a.example.com'] }) }],
  [
    'a name of one segment',
    { addressType: 'FQDN', ...endpoint({ addresses: ['a'] }) },
    'endpoints[0].addresses[0]: Invalid value: "a": should be a domain with at least two segments separated by dots',
  ],
  ['a host with dots', endpoint({ hostname: 'a.b' }), 'endpoints[0].hostname: Invalid value: "a.b": must not contain dots'],
  [
    'two equal zones',
    endpoint({ hints: { forZones: [{ name: 'a' }, { name: 'a' }] } }),
    'endpoints[0].hints.forZones[1].name: Duplicate value: "a"',
  ],
  [
    '9 zones',
    endpoint({ hints: { forZones: Array.from({ length: 9 }, (_, i) => ({ name: `z${i}` })) } }),
    'endpoints[0].hints.forZones: Too many: 9: must have at most 8 items',
  ],
  [
    '9 nodes',
    endpoint({ hints: { forNodes: Array.from({ length: 9 }, (_, i) => ({ name: `n${i}` })) } }),
    'endpoints[0].hints.forNodes: Too many: 9: must have at most 8 items',
  ],
  ['equal port names', { ports: [{ port: 80 }, { port: 81 }] }, 'ports[1].name: Duplicate value: ""'],
  [
    'a protocol of no kind',
    { ports: [{ protocol: 'ICMP' }] },
    'ports[0].protocol: Unsupported value: "ICMP": supported values: "SCTP", "TCP", "UDP"',
  ],
]);
updateRules(endpointSlices, slice, [
  ['the type', { addressType: 'FQDN', endpoints: [] }, 'addressType: Invalid value: "FQDN": field is immutable'],
]);
defaultRules(endpointSlices, [['names and protocols of ports', slice, { ports: [{ name: '', protocol: 'TCP', port: 80 }] }]]);
describe('endpoint slices', () => {
  test.each([
    ['content', { endpoints: [] }, 2],
    ['labels', { metadata: { labels: { a: 'b' } } }, 2],
    ['annotations', { metadata: { annotations: { a: 'b' } } }, 1],
  ])('a change of %s', (_name, change, generation) =>
    expect(updated(endpointSlices, slice, change).object.metadata.generation).toBe(generation),
  );
  test.each([
    [{ ports: [{ port: 80 }, { name: 'b' }, { port: 82 }, { port: 83 }, { port: 84 }] }, '80,b,82 + 2 more...'],
    [{ ports: [] }, '<unset>'],
  ])('ports shown %#', (change, want) => expect(cells(endpointSlices, { ...slice, ...change })['Ports']).toBe(want));
  test('addresses are shown of all endpoints', () =>
    expect(
      cells(endpointSlices, { ...slice, endpoints: [{ addresses: ['10.0.0.1', '10.0.0.2'] }, { addresses: ['10.0.0.3', '10.0.0.4'] }] })[
        'Endpoints'
      ],
    ).toBe('10.0.0.1,10.0.0.2,10.0.0.3 + 1 more...'));
  test('the controller is not warned of addresses, others are', () => {
    const bad = { ...slice, endpoints: [{ addresses: ['2001:DB8::1'] }] };
    expect(endpointSlices.warnings!(created(endpointSlices, bad) as never, undefined)).toHaveLength(1);
    const own = {
      ...bad,
      metadata: { name: 'a', labels: { 'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io' } },
    };
    expect(endpointSlices.warnings!(created(endpointSlices, own) as never, undefined)).toEqual([]);
  });
});

const budget = { metadata: { name: 'a' }, spec: { minAvailable: 1, selector: { matchLabels: { app: 'web' } } } };
createRules(podDisruptionBudgets, budget, [
  ['a percentage', { spec: { minAvailable: '50%' } }],
  [
    'both',
    { spec: { maxUnavailable: 1 } },
    'spec: Invalid value: {"MinAvailable":1,"Selector":{"matchLabels":{"app":"web"}},"MaxUnavailable":1,"UnhealthyPodEvictionPolicy":null}: minAvailable and maxUnavailable cannot be both set',
  ],
  ['negative', { spec: { minAvailable: -1 } }, 'spec.minAvailable: Invalid value: -1: must be greater than or equal to 0'],
  ['too much', { spec: { minAvailable: '101%' } }, 'spec.minAvailable: Invalid value: "101%": must not be greater than 100%'],
  [
    'another eviction policy',
    { spec: { unhealthyPodEvictionPolicy: 'Never' } },
    'spec.unhealthyPodEvictionPolicy: Unsupported value: "Never": supported values: "AlwaysAllow", "IfHealthyBudget"',
  ],
]);
updateRules(
  podDisruptionBudgets,
  budget,
  [
    [
      'a negative count',
      { status: { currentHealthy: -1 } },
      'status.currentHealthy: Invalid value: -1: must be greater than or equal to 0',
    ],
    [
      'a condition without reason',
      { status: { conditions: [{ type: 'A', status: 'True', lastTransitionTime: '2026-01-01T00:00:00Z' }] } },
      'status.conditions[0].reason: Required value',
    ],
  ],
  'status',
);
describe('budgets', () => {
  test('a new one has no status yet', () =>
    expect(created(podDisruptionBudgets, { ...budget, status: { disruptionsAllowed: 5 } })).toMatchObject({
      metadata: { generation: 1 },
      status: { disruptionsAllowed: 0, currentHealthy: 0, desiredHealthy: 0, expectedPods: 0 },
    }));
  test('another spec is another generation', () =>
    expect(updated(podDisruptionBudgets, budget, { spec: { minAvailable: 2 } }).object.metadata.generation).toBe(2));
  test('columns', () =>
    expect(cells(podDisruptionBudgets, { ...budget, status: { disruptionsAllowed: 2 } })).toEqual({
      Name: 'a',
      'Min Available': '1',
      'Max Unavailable': 'N/A',
      'Allowed Disruptions': 2,
      Age: '60s',
    }));
});
