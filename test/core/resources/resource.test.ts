import { describe, expect, test } from 'vitest';
import type { Device } from '../../../worker/api/gen/resource-v1.ts';
import { StatusError } from '../../../worker/api/status.ts';
import { deviceClasses } from '../../../worker/resources/resource/deviceclass.ts';
import { resourceClaims } from '../../../worker/resources/resource/resourceclaim.ts';
import { resourceClaimTemplates } from '../../../worker/resources/resource/resourceclaimtemplate.ts';
import { resourceSlices } from '../../../worker/resources/resource/resourceslice.ts';
import { selects } from '../../../worker/resources/resource/selectors.ts';
import { cells, createRules, created, defaultRules, errorsOfCreate, updateRules, updated } from './kind-rules.ts';

const LABEL =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const REF = "must be the name of a request in the claim or the name of a request and a subrequest separated by '/'";
const gpu = (exactly: object = {}): object => ({ name: 'gpu', exactly: { deviceClassName: 'gpu.example.com', ...exactly } });
const selector = (expression: string): object => ({ selectors: [{ cel: { expression } }] });
const asking = (request: object): object => ({ spec: { devices: { requests: [request] } } });
const claim = { metadata: { name: 'c' }, spec: { devices: { requests: [gpu()] } } };
const at = 'spec.devices.requests[0]';

createRules(resourceClaims, claim, [
  ['a name that is none', asking({ ...gpu(), name: 'G' }), `${at}.name: Invalid value: "G": ${LABEL}`],
  ['nothing asked for', asking({ name: 'gpu' }), `${at}: Required value: exactly one of \`exactly\` or \`firstAvailable\` is required`],
  [
    'both ways of asking',
    asking({ ...gpu(), firstAvailable: [{ name: 'a', deviceClassName: 'c' }] }),
    `${at}: Invalid value: null: exactly one of \`exactly\` or \`firstAvailable\` is required, but multiple fields are set`,
  ],
  ['no class', asking({ name: 'gpu', exactly: { deviceClassName: '' } }), `${at}.exactly.deviceClassName: Required value`],
  [
    'a mode of no kind',
    asking(gpu({ allocationMode: 'Some' })),
    `${at}.exactly.allocationMode: Unsupported value: "Some": supported values: "All", "ExactCount"`,
  ],
  [
    'a number of all',
    asking(gpu({ allocationMode: 'All', count: 2 })),
    `${at}.exactly.count: Invalid value: 2: must not be specified when allocationMode is 'All'`,
  ],
  ['fewer than one', asking(gpu({ count: -1 })), `${at}.exactly.count: Invalid value: -1: must be greater than zero`],
  ['a selector', asking(gpu(selector("device.attributes['gpu.example.com'].model == 'a' && device.driver == 'd'")))],
  ['a selector with quantities', asking(gpu(selector("device.capacity['x.io'].memory.isGreaterThan(quantity('1Gi'))")))],
  ['a selector without expression', asking(gpu({ selectors: [{}] })), `${at}.exactly.selectors[0].cel: Required value`],
  [
    'a selector that gives a number',
    asking(gpu(selector('1 + 1'))),
    `${at}.exactly.selectors[0].cel.expression: Invalid value: "1 + 1": must evaluate to bool or the unknown type, not int`,
  ],
  [
    'a selector of what is not there',
    asking(gpu(selector('device.color == 1'))),
    `${at}.exactly.selectors[0].cel.expression: Invalid value: "device.color == 1": compilation failed: ERROR: <input>:1:7: undefined field 'color'\n | device.color == 1\n | ......^`,
  ],
  [
    'a selector that takes too long',
    asking(
      gpu(selector("device.attributes.all(a, device.attributes.all(b, device.attributes.all(c, device.attributes.all(d, a == 'x'))))")),
    ),
    `${at}.exactly.selectors[0].cel.expression: Forbidden: too complex, exceeds cost limit`,
  ],
  ['a request twice', { spec: { devices: { requests: [gpu(), gpu()] } } }, 'spec.devices.requests[1]: Duplicate value: "gpu"'],
  [
    '33 requests',
    { spec: { devices: { requests: Array.from({ length: 33 }, (_, i) => ({ ...gpu(), name: `g${i}` })) } } },
    'spec.devices.requests: Too many: 33: must have at most 32 items',
  ],
  [
    'a value for a key that is enough',
    asking(gpu({ tolerations: [{ key: 'k', operator: 'Exists', value: 'v' }] })),
    `${at}.exactly.tolerations[0].value: Invalid value: "v": must be empty for operator \`Exists\``,
  ],
  ['a constraint', { spec: { devices: { constraints: [{ requests: ['gpu'], matchAttribute: 'x.io/numa' }] } } }],
  [
    'a constraint of nothing',
    { spec: { devices: { constraints: [{ requests: ['cpu'] }] } } },
    `spec.devices.constraints[0].requests[0]: Invalid value: "cpu": ${REF}`,
    'spec.devices.constraints[0]: Required value: exactly one of "matchAttribute" or "distinctAttribute" is required, but multiple fields are set',
  ],
  [
    'an attribute without domain',
    { spec: { devices: { constraints: [{ matchAttribute: 'numa' }] } } },
    'spec.devices.constraints[0].matchAttribute: Invalid value: "numa": a fully qualified name must be a domain and a name separated by a slash',
  ],
  ['no configuration', { spec: { devices: { config: [{}] } } }, 'spec.devices.config[0].opaque: Required value'],
  [
    'parameters that are no object',
    { spec: { devices: { config: [{ opaque: { driver: 'x.io', parameters: [1] } }] } } },
    'spec.devices.config[0].opaque.parameters: Invalid value: "<value omitted>": must be a valid JSON object',
  ],
  [
    "an administrator's access",
    asking(gpu({ adminAccess: true })),
    `${at}.adminAccess: Internal error: could not retrieve namespace to verify admin access: namespaces "default" not found`,
  ],
]);
updateRules(resourceClaims, claim, [
  ['labels', { metadata: { labels: { a: 'b' } } }],
  [
    'the spec',
    asking({ name: 'gpu', exactly: { deviceClassName: 'c' } }),
    'spec: Invalid value: {"Devices":{"Requests":[{"Name":"gpu","Exactly":{"DeviceClassName":"c","Selectors":null,"AllocationMode":"ExactCount","Count":1,"AdminAccess":null,"Tolerations":null,"Capacity":null},"FirstAvailable":null}],"Constraints":null,"Config":null}}: field is immutable',
  ],
]);
defaultRules(resourceClaims, [
  ['one device', claim, asking({ name: 'gpu', exactly: { allocationMode: 'ExactCount', count: 1 } })],
  ['all of them', { ...claim, ...asking(gpu({ allocationMode: 'All' })) }, asking({ name: 'gpu', exactly: { allocationMode: 'All' } })],
  [
    'one of an alternative',
    { ...claim, ...asking({ name: 'gpu', firstAvailable: [{ name: 'a', deviceClassName: 'c' }] }) },
    asking({ name: 'gpu', firstAvailable: [{ allocationMode: 'ExactCount', count: 1 }] }),
  ],
]);

const result = { request: 'gpu', driver: 'x.io', pool: 'n1', device: 'gpu-0' };
const allocation = { devices: { results: [result] } };
const pod = { resource: 'pods', name: 'p', uid: 'u1' };
updateRules(
  resourceClaims,
  claim,
  [
    ['an allocation with its user', { status: { allocation, reservedFor: [pod] } }],
    [
      'a user of nothing',
      { status: { reservedFor: [pod] } },
      'status.reservedFor: Forbidden: may not be specified when `allocated` is not set',
    ],
    [
      'users twice and half',
      { status: { allocation, reservedFor: [pod, pod, { resource: '', name: '', uid: 'u2' }] } },
      'status.reservedFor[2].resource: Required value',
      'status.reservedFor[2].name: Required value',
      'status.reservedFor[1]: Duplicate value: "u1"',
    ],
    [
      'what nobody asked for',
      { status: { allocation: { devices: { results: [{ ...result, request: 'cpu', pool: '' }] } } } },
      `status.allocation.devices.results[0].request: Invalid value: "cpu": ${REF}`,
      'status.allocation.devices.results[0].pool: Required value',
    ],
    [
      'the state of a device that it has not',
      { status: { allocation, devices: [{ driver: 'x.io', pool: 'n1', device: 'gpu-1', conditions: [] }] } },
      'status.devices[0]: Invalid value: {"Driver":"x.io","Pool":"n1","Device":"gpu-1","ShareID":""}: must be an allocated device in the claim',
    ],
  ],
  'status',
);
updateRules(
  resourceClaims,
  { ...claim, $status: { status: { allocation, reservedFor: [pod] } } },
  [
    ['taking the allocation back', { status: { allocation: null, reservedFor: null } }],
    [
      'another device',
      { status: { allocation: { devices: { results: [{ ...result, device: 'gpu-1' }] } } } },
      'status.allocation: Invalid value: {"Devices":{"Results":[{"Request":"gpu","Driver":"x.io","Pool":"n1","Device":"gpu-1","AdminAccess":null,"Tolerations":null,"BindingConditions":null,"BindingFailureConditions":null,"ShareID":null,"ConsumedCapacity":null}],"Config":null},"NodeSelector":null,"AllocationTimestamp":null}: field is immutable',
    ],
  ],
  'status',
);
test('a claim is given up with the states of its devices', () => {
  const devices = [{ driver: 'x.io', pool: 'n1', device: 'gpu-0', conditions: [] }];
  const { object } = updated(
    resourceClaims,
    { ...claim, $status: { status: { allocation, devices } } },
    { status: { allocation: null } },
    'status',
  );
  expect(object).toMatchObject({ status: {} });
  expect((object as unknown as { status: object }).status).not.toHaveProperty('devices');
});
test.each([
  { name: 'new', given: {}, want: 'pending' },
  { name: 'with devices', given: { status: { allocation } }, want: 'allocated' },
  { name: 'used', given: { status: { allocation, reservedFor: [pod] } }, want: 'allocated,reserved' },
  { name: 'going', given: { metadata: { deletionTimestamp: '2026-01-01T00:00:00Z' } }, want: 'deleted' },
  {
    name: 'going, but used',
    given: { metadata: { deletionTimestamp: '2026-01-01T00:00:00Z' }, status: { allocation, reservedFor: [pod] } },
    want: 'deleted,allocated,reserved',
  },
])('the state of a claim: $name', ({ given, want }) =>
  expect(cells(resourceClaims, { ...claim, ...given })).toMatchObject({ State: want, Age: '60s' }),
);

const template = { metadata: { name: 't' }, spec: { spec: claim.spec } };
createRules(resourceClaimTemplates, template, [
  [
    'no class',
    { spec: { spec: { devices: { requests: [gpu({ deviceClassName: '' })] } } } },
    'spec.spec.devices.requests[0].exactly.deviceClassName: Required value',
  ],
]);
defaultRules(resourceClaimTemplates, [['one device', template, { spec: asking({ name: 'gpu', exactly: { count: 1 } }) }]]);
test('a template stays as it is', () => {
  const { errors } = updated(resourceClaimTemplates, template, { spec: { metadata: { labels: { a: 'b' } } } });
  expect(errors).toEqual([expect.stringMatching(/^spec: Invalid value: \{.*\}: field is immutable$/)]);
});

const deviceClass = { metadata: { name: 'gpu' }, spec: { ...selector("device.driver == 'x.io'") } };
createRules(deviceClasses, deviceClass, [
  ['an extended resource', { spec: { extendedResourceName: 'example.com/gpu' } }],
  [
    'an extended resource that is none',
    { spec: { extendedResourceName: 'cpu' } },
    'spec.extendedResourceName: Invalid value: "cpu": must be a valid extended resource name',
  ],
  ['no expression', { spec: { selectors: [{}] } }, 'spec.selectors[0].cel: Required value'],
  ['no parameters', { spec: { config: [{}] } }, 'spec.config[0].opaque: Required value'],
]);
test('a class counts its generations', () => {
  expect(created(deviceClasses, deviceClass).metadata.generation).toBe(1);
  expect(updated(deviceClasses, deviceClass, { spec: { extendedResourceName: 'x.io/gpu' } }).object.metadata.generation).toBe(2);
});

const device = { name: 'gpu-0', attributes: { model: { string: 'a' } }, capacity: { memory: { value: '10Gi' } } };
const slice = {
  metadata: { name: 's' },
  spec: { driver: 'x.io', nodeName: 'n1', pool: { name: 'n1', resourceSliceCount: 1, generation: 1 }, devices: [device] },
};
const withDevice = (change: object): object => ({ spec: { devices: [{ ...device, ...change }] } });
createRules(resourceSlices, slice, [
  ['no driver', { spec: { driver: '' } }, 'spec.driver: Required value'],
  ['no slices', { spec: { pool: { resourceSliceCount: 0 } } }, 'spec.pool.resourceSliceCount: Invalid value: 0: must be greater than zero'],
  [
    'no node',
    { spec: { nodeName: null } },
    'spec: Required value: exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required',
  ],
  [
    'a node and all of them',
    { spec: { allNodes: true } },
    'spec: Invalid value: "{`nodeName`, `allNodes`}": exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required, but multiple fields are set',
  ],
  ['a device twice', { spec: { devices: [device, device] } }, 'spec.devices[1]: Duplicate value: "gpu-0"'],
  [
    'an attribute without value',
    withDevice({ attributes: { model: {} } }),
    'spec.devices[0].attributes[model]: Invalid value: "": exactly one value must be specified',
  ],
  [
    'a list, as if it were not there',
    withDevice({ attributes: { model: { strings: ['a'] } } }),
    'spec.devices[0].attributes[model]: Invalid value: "": exactly one value must be specified',
  ],
  [
    'a version that is none',
    withDevice({ attributes: { v: { version: '1' } } }),
    'spec.devices[0].attributes[v].version: Invalid value: "1": must be a string compatible with semver.org spec 2.0.0',
  ],
  [
    'an attribute with two slashes',
    withDevice({ attributes: { 'a/b/c': { int: 1 } } }),
    'spec.devices[0].attributes: Invalid value: "a/b/c": must not contain more than one slash',
  ],
  [
    '33 attributes',
    withDevice({ capacity: {}, attributes: Object.fromEntries(Array.from({ length: 33 }, (_, i) => [`a${i}`, { int: i }])) }),
    'spec.devices[0]: Invalid value: 33: the total number of attributes and capacities must not exceed 32',
  ],
  ['a taint', withDevice({ taints: [{ key: 'k', effect: 'NoSchedule' }] })],
  [
    'a taint of no kind',
    withDevice({ taints: [{ key: 'k', effect: 'PreferNoSchedule' }] }),
    'spec.devices[0].taints[0].effect: Unsupported value: "PreferNoSchedule": supported values: "NoExecute", "NoSchedule", "None"',
  ],
  [
    'a policy for what is not shared',
    withDevice({ capacity: { memory: { value: '10Gi', requestPolicy: { default: '1Gi' } } } }),
    'spec.devices[0].capacity[memory].requestPolicy: Forbidden: allowMultipleAllocations must be true',
  ],
  [
    'a policy off its steps',
    withDevice({
      allowMultipleAllocations: true,
      capacity: { memory: { value: '10Gi', requestPolicy: { default: '3Gi', validRange: { min: '2Gi', step: '2Gi', max: '12Gi' } } } },
    }),
    'spec.devices[0].capacity[memory].requestPolicy.validRange.max: Invalid value: "12Gi": max is larger than capacity value: 10Gi',
    'spec.devices[0].capacity[memory].requestPolicy.validRange.step: Invalid value: "3Gi": value is not a multiple of a given step (2Gi) from (2Gi)',
  ],
  [
    'a node of a device',
    withDevice({ nodeName: 'n1' }),
    'spec.devices[0]: Invalid value: null: `nodeName`, `nodeSelector` and `allNodes` can only be set if `perDeviceNodeSelection` is set to true in the ResourceSlice spec',
  ],
  ['nodes of each device', { spec: { nodeName: null, perDeviceNodeSelection: true, devices: [{ ...device, allNodes: true }] } }],
]);
updateRules(resourceSlices, slice, [
  ['other devices', { spec: { devices: [], pool: { generation: 2 } } }],
  ['the driver', { spec: { driver: 'y.io' } }, 'spec.driver: Invalid value: "y.io": field is immutable'],
  ['the pool', { spec: { pool: { name: 'n2' } } }, 'spec.pool.name: Invalid value: "n2": field is immutable'],
  ['the node', { spec: { nodeName: 'n2' } }, 'spec.nodeName: Invalid value: "n2": field is immutable'],
]);
describe('slices', () => {
  test('say whose they are', () => {
    expect(cells(resourceSlices, slice)).toEqual({ Name: 's', Node: 'n1', Driver: 'x.io', Pool: 'n1', Age: '60s' });
    expect(resourceSlices.selectableFields!(created(resourceSlices, slice) as never)).toEqual({
      'spec.nodeName': 'n1',
      'spec.driver': 'x.io',
    });
  });
  test('have nothing of features that are off', () => {
    const mappings = { cpu: { allocationMultiplier: '1' } };
    const { spec } = created(resourceSlices, {
      ...slice,
      spec: {
        ...slice.spec,
        devices: [{ ...device, nodeAllocatableResourceMappings: mappings, attributes: { model: { string: 'a', ints: [1] } } }],
      },
    }) as unknown as typeof slice;
    expect(spec.devices).toEqual([device]);
  });
  test('date their taints', () =>
    expect(
      created(resourceSlices, { ...slice, spec: { ...slice.spec, devices: [{ ...device, taints: [{ key: 'k', effect: 'NoExecute' }] }] } }),
    ).toMatchObject({
      spec: { devices: [{ taints: [{ timeAdded: expect.stringMatching(/Z$/) }] }] },
    }));
});

test.each([
  { expression: "device.driver == 'x.io'", want: true },
  { expression: "device.attributes['x.io'].model == 'a'", want: true },
  { expression: "device.attributes['y.io'].index >= 3", want: true },
  { expression: "'model' in device.attributes['z.io']", want: false },
  { expression: "device.attributes['x.io'].version.isGreaterThan(semver('1.0.0'))", want: true },
  { expression: "device.capacity['x.io'].memory.compareTo(quantity('20Gi')) < 0", want: true },
  { expression: "cel.bind(x, device.attributes['x.io'], x.model == 'b')", want: false },
])('the selector $expression', ({ expression, want }) => {
  const one: Device = {
    name: 'gpu-0',
    attributes: { model: { string: 'a' }, 'y.io/index': { int: 3 }, version: { version: '1.2.3' } },
    capacity: { memory: { value: '10Gi' } },
  };
  expect(selects([{ cel: { expression } }], 'x.io', one)).toBe(want);
});

/** The object without each of its fields, one at a time, and with an empty value there. */
function* withGaps(value: unknown, rebuild: (changed: unknown) => unknown = (changed) => changed): Generator {
  if (typeof value !== 'object' || value === null) return;
  for (const key of Object.keys(value)) {
    const replaced = (inner: unknown): unknown =>
      rebuild(Array.isArray(value) ? value.map((one, i) => (String(i) === key ? inner : one)) : { ...value, [key]: inner });
    const inner = (value as Record<string, unknown>)[key];
    for (const empty of [undefined, null, Array.isArray(inner) ? [] : typeof inner === 'object' ? {} : typeof inner === 'string' ? '' : 0])
      if (!Array.isArray(value) || empty !== undefined) yield replaced(empty);
    yield* withGaps(inner, replaced);
  }
}

const parameters = { opaque: { driver: 'x.io', parameters: { a: 1 } } };
const full = {
  requests: [
    { ...gpu({ ...selector('true'), tolerations: [{ key: 'k', operator: 'Equal', value: 'v', effect: 'NoSchedule' }] }) },
    { name: 'other', firstAvailable: [{ name: 'a', deviceClassName: 'c', ...selector('true') }] },
  ],
  constraints: [{ requests: ['gpu'], matchAttribute: 'x.io/a' }],
  config: [{ requests: ['gpu'], ...parameters }],
};
const fullDevice = {
  ...device,
  allowMultipleAllocations: true,
  capacity: { memory: { value: '4Gi', requestPolicy: { default: '1Gi', validRange: { min: '1Gi', max: '2Gi', step: '1Gi' } } } },
  taints: [{ key: 'k', effect: 'NoSchedule' }],
  consumesCounters: [{ counterSet: 's', counters: { c: { value: '1' } } }],
  nodeSelector: { nodeSelectorTerms: [{ matchExpressions: [{ key: 'a', operator: 'In', values: ['b'] }] }] },
};
test.each([
  { kind: resourceClaims, body: { metadata: { name: 'c' }, spec: { devices: full } } },
  { kind: resourceClaimTemplates, body: { metadata: { name: 't' }, spec: { metadata: { labels: { a: 'b' } }, spec: { devices: full } } } },
  { kind: deviceClasses, body: { metadata: { name: 'c' }, spec: { ...selector('true'), config: [parameters] } } },
  {
    kind: resourceSlices,
    body: { metadata: { name: 's' }, spec: { ...slice.spec, nodeName: undefined, perDeviceNodeSelection: true, devices: [fullDevice] } },
  },
  {
    kind: resourceSlices,
    body: {
      metadata: { name: 's' },
      spec: { ...slice.spec, devices: undefined, sharedCounters: [{ name: 's', counters: { c: { value: '1' } } }] },
    },
  },
])('$kind.kind: whatever is missing, the rules say something or nothing', ({ kind, body }) => {
  let refused = 0;
  for (const one of withGaps(body.spec, (spec) => ({ ...body, spec }))) {
    const errors = bodyErrors(kind, one);
    expect(errors.filter((text) => /undefined|TypeError/.test(text))).toEqual([]);
    if (errors.length) refused++;
  }
  expect(refused).toBeGreaterThan(3);
});

/** What the schema refuses counts as refused. */
function bodyErrors(kind: Parameters<typeof errorsOfCreate>[0], body: unknown): string[] {
  try {
    return errorsOfCreate(kind, JSON.parse(JSON.stringify(body)));
  } catch (error) {
    if (error instanceof StatusError) return [error.message];
    throw error;
  }
}

test.each([{ kind: resourceClaims }, { kind: resourceClaimTemplates }, { kind: deviceClasses }, { kind: resourceSlices }])(
  '$kind.kind: nothing but a name is not a fault of ours',
  ({ kind }) => {
    for (const spec of [undefined, null, {}]) expect(() => bodyErrors(kind, { metadata: { name: 'a' }, spec })).not.toThrow();
  },
);

test('a status with gaps is no fault of ours', () => {
  const status = {
    allocation: { devices: { ...allocation.devices, config: [{ source: 'FromClaim', ...parameters }] } },
    reservedFor: [pod],
    devices: [{ ...result, conditions: [], networkData: { ips: ['10.0.0.1/8'] } }],
  };
  for (const one of withGaps(status))
    expect(() => {
      try {
        updated(resourceClaims, claim, { status: JSON.parse(JSON.stringify(one)) }, 'status');
      } catch (error) {
        if (!(error instanceof StatusError)) throw error;
      }
    }).not.toThrow();
});
