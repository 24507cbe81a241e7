import { describe, expect, test } from 'vitest';
import { csiDrivers } from '../../../worker/resources/storage/csidriver.ts';
import { csiNodes } from '../../../worker/resources/storage/csinode.ts';
import { csiStorageCapacities } from '../../../worker/resources/storage/csistoragecapacity.ts';
import { storageClasses } from '../../../worker/resources/storage/storageclass.ts';
import { volumeAttachments } from '../../../worker/resources/storage/volumeattachment.ts';
import { volumeAttributesClasses } from '../../../worker/resources/storage/volumeattributesclass.ts';
import { cells, created, createRules, defaultRules, updated, updateRules } from './kind-rules.ts';

const storageClass = { metadata: { name: 'fast' }, provisioner: 'csi.example.com', parameters: { type: 'ssd' } };
const key = 'topology.kubernetes.io/zone';
createRules(storageClasses, storageClass, [
  ['capitals in the provisioner', { provisioner: 'Example.com/P' }],
  ['no provisioner', { provisioner: '' }, 'provisioner: Required value'],
  [
    'a provisioner that is none',
    { provisioner: 'a/b/c' },
    "provisioner: Invalid value: \"a/b/c\": a valid label key must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]') with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')",
  ],
  ['a parameter without name', { parameters: { '': 'x' } }, 'parameters: Invalid value: "": field can not be empty.'],
  [
    '513 parameters',
    { parameters: Object.fromEntries(Array.from({ length: 513 }, (_, i) => [`k${i}`, 'v'])) },
    'parameters: Too long: may not be more than 512 bytes',
  ],
  ['parameters of 256 kB', { parameters: { a: 'x'.repeat(256 * 1024) } }, 'parameters: Too long: may not be more than 262144 bytes'],
  ['recycling', { reclaimPolicy: 'Recycle' }, 'reclaimPolicy: Unsupported value: "Recycle": supported values: "Delete", "Retain"'],
  [
    'a mode of no kind',
    { volumeBindingMode: 'Later' },
    'volumeBindingMode: Unsupported value: "Later": supported values: "Immediate", "WaitForFirstConsumer"',
  ],
  ['a topology', { allowedTopologies: [{ matchLabelExpressions: [{ key, values: ['a', 'b'] }] }] }],
  [
    'a topology without values',
    { allowedTopologies: [{ matchLabelExpressions: [{ key, values: [] }] }] },
    'allowedTopologies[0].matchLabelExpressions[0].values: Required value',
  ],
  [
    'values and keys twice',
    {
      allowedTopologies: [
        {
          matchLabelExpressions: [
            { key, values: ['a', 'a'] },
            { key, values: ['b'] },
          ],
        },
      ],
    },
    'allowedTopologies[0].matchLabelExpressions[0].values[1]: Duplicate value: "a"',
    `allowedTopologies[0].matchLabelExpressions[1].key: Duplicate value: "${key}"`,
  ],
  [
    'two equal terms',
    {
      allowedTopologies: [
        { matchLabelExpressions: [{ key, values: ['a', 'b'] }] },
        { matchLabelExpressions: [{ key, values: ['b', 'a'] }] },
      ],
    },
    'allowedTopologies[1].matchLabelExpressions: Duplicate value: ""',
  ],
]);
updateRules(storageClasses, storageClass, [
  ['mount options', { mountOptions: ['ro'] }],
  ['parameters', { parameters: { type: 'hdd' } }, 'parameters: Invalid value: {"type":"hdd"}: field is immutable'],
  ['the provisioner', { provisioner: 'other.example.com' }, 'provisioner: Invalid value: "other.example.com": field is immutable'],
  ['what happens to volumes', { reclaimPolicy: 'Retain' }, 'reclaimPolicy: Invalid value: "Retain": field is immutable'],
  [
    'the mode',
    { volumeBindingMode: 'WaitForFirstConsumer' },
    'volumeBindingMode: Invalid value: "WaitForFirstConsumer": field is immutable',
  ],
]);
defaultRules(storageClasses, [['policy and mode', storageClass, { reclaimPolicy: 'Delete', volumeBindingMode: 'Immediate' }]]);
describe('storage classes', () => {
  test('the default one is marked', () =>
    expect(
      cells(storageClasses, {
        ...storageClass,
        metadata: { name: 'fast', annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } },
      }),
    ).toEqual({
      Name: 'fast (default)',
      Provisioner: 'csi.example.com',
      ReclaimPolicy: 'Delete',
      VolumeBindingMode: 'Immediate',
      AllowVolumeExpansion: false,
      Age: '60s',
    }));
  test('old labels are warned of', () =>
    expect(
      storageClasses.warnings!(
        created(storageClasses, {
          ...storageClass,
          allowedTopologies: [{ matchLabelExpressions: [{ key: 'failure-domain.beta.kubernetes.io/zone', values: ['a'] }] }],
        }) as never,
        undefined,
      ),
    ).toEqual(['allowedTopologies[0].matchLabelExpressions[0].key: deprecated since v1.17; use "topology.kubernetes.io/zone" instead']));
});

const attributes = { metadata: { name: 'gold' }, driverName: 'csi.example.com', parameters: { iops: '100' } };
createRules(volumeAttributesClasses, attributes, [
  ['no driver', { driverName: '' }, 'driverName: Required value'],
  ['no parameters', { parameters: null }, 'parameters: Required value: must contain at least one key/value pair'],
]);
updateRules(volumeAttributesClasses, attributes, [
  ['labels', { metadata: { labels: { a: 'b' } } }],
  ['the driver', { driverName: 'x' }, 'driverName: Forbidden: updates to driverName are forbidden.'],
  ['parameters', { parameters: { iops: '200' } }, 'parameters: Forbidden: updates to parameters are forbidden.'],
]);
test('columns of a class of attributes', () =>
  expect(cells(volumeAttributesClasses, attributes)).toEqual({ Name: 'gold', DriverName: 'csi.example.com', Age: '60s' }));

const driver = { metadata: { name: 'csi.example.com' }, spec: {} };
createRules(csiDrivers, driver, [
  [
    'a policy of no kind',
    { spec: { fsGroupPolicy: 'X' } },
    'spec.fsGroupPolicy: Unsupported value: "X": supported values: "File", "None", "ReadWriteOnceWithFSType"',
  ],
  [
    'a mode of no kind',
    { spec: { volumeLifecycleModes: ['X'] } },
    'spec.volumeLifecycleModes: Unsupported value: "X": supported values: "Persistent", "Ephemeral"',
  ],
  [
    'an audience twice',
    { spec: { tokenRequests: [{ audience: 'a' }, { audience: 'a' }] } },
    'spec.tokenRequests[1].audience: Duplicate value: "a"',
  ],
  [
    'a short token',
    { spec: { tokenRequests: [{ audience: 'a', expirationSeconds: 599 }] } },
    'spec.tokenRequests[0].expirationSeconds: Invalid value: 599: may not specify a duration less than 10 minutes',
  ],
  [
    'a long token',
    { spec: { tokenRequests: [{ audience: 'a', expirationSeconds: 2 ** 32 + 1 }] } },
    'spec.tokenRequests[0].expirationSeconds: Invalid value: 4294967297: may not specify a duration larger than 2^32 seconds',
  ],
  [
    'tokens in secrets, without tokens',
    { spec: { serviceAccountTokenInSecrets: true } },
    'spec.serviceAccountTokenInSecrets: Invalid value: true: serviceAccountTokenInSecrets is set but no tokenRequests are specified',
  ],
  [
    'counting too often',
    { spec: { nodeAllocatableUpdatePeriodSeconds: 9 } },
    'spec.nodeAllocatableUpdatePeriodSeconds: Invalid value: 9: must be greater than or equal to 10 seconds',
  ],
]);
updateRules(csiDrivers, driver, [
  ['pod info', { spec: { podInfoOnMount: true } }],
  ['attaching', { spec: { attachRequired: false } }, 'spec.attachedRequired: Invalid value: false: field is immutable'],
  [
    'modes',
    { spec: { volumeLifecycleModes: ['Ephemeral'] } },
    'spec.volumeLifecycleModes: Invalid value: ["Ephemeral"]: field is immutable',
  ],
]);
describe('drivers', () => {
  defaultRules(csiDrivers, [
    [
      'all there are',
      driver,
      {
        spec: {
          attachRequired: true,
          podInfoOnMount: false,
          storageCapacity: false,
          fsGroupPolicy: 'ReadWriteOnceWithFSType',
          volumeLifecycleModes: ['Persistent'],
          requiresRepublish: false,
          seLinuxMount: false,
        },
      },
    ],
  ]);
  test('scaling of limits is off: its field is dropped', () =>
    expect(created(csiDrivers, { ...driver, spec: { preventPodSchedulingIfMissing: true } })).not.toMatchObject({
      spec: { preventPodSchedulingIfMissing: true },
    }));
  test('a changed spec counts', () =>
    expect(updated(csiDrivers, driver, { spec: { podInfoOnMount: true } }).object.metadata.generation).toBe(1));
  test('columns', () =>
    expect(cells(csiDrivers, { ...driver, spec: { tokenRequests: [{ audience: 'a' }, { audience: 'b' }] } })).toEqual({
      Name: 'csi.example.com',
      AttachRequired: true,
      PodInfoOnMount: false,
      StorageCapacity: false,
      TokenRequests: 'a,b',
      RequiresRepublish: false,
      Modes: 'Persistent',
      Age: '60s',
    }));
  test('tokens that may be logged are warned of', () => {
    const withTokens = { ...driver, spec: { tokenRequests: [{ audience: 'a' }] } };
    expect(csiDrivers.warnings!(created(csiDrivers, withTokens) as never, undefined)).toHaveLength(1);
    expect(csiDrivers.warnings!(created(csiDrivers, withTokens) as never, created(csiDrivers, withTokens) as never)).toEqual([]);
  });
});

const node = { metadata: { name: 'n1' }, spec: { drivers: [{ name: 'csi.example.com', nodeID: 'i-1', topologyKeys: ['a'] }] } };
const withDriver = (change: object): object => ({
  spec: { drivers: [{ name: 'csi.example.com', nodeID: 'i-1', topologyKeys: ['a'], ...change }] },
});
createRules(csiNodes, node, [
  ['no drivers', { spec: { drivers: [] } }],
  ['a driver without name', withDriver({ name: '' }), 'spec.drivers[0].name: Required value'],
  ['no id', withDriver({ nodeID: '' }), 'spec.drivers[0].nodeID: Required value'],
  [
    'a long id',
    withDriver({ nodeID: 'x'.repeat(257) }),
    `spec.drivers[0].nodeID: Invalid value: "${'x'.repeat(257)}": must be 256 characters or less`,
  ],
  [
    'a negative count',
    withDriver({ allocatable: { count: -1 } }),
    'spec.drivers[0].allocatable.count: Invalid value: -1: must be greater than or equal to 0',
  ],
  ['a key twice', withDriver({ topologyKeys: ['a', 'a'] }), 'spec.drivers[0]: Duplicate value: "a"'],
  [
    'a driver twice',
    {
      spec: {
        drivers: [
          { name: 'd', nodeID: '1', topologyKeys: null },
          { name: 'd', nodeID: '2', topologyKeys: null },
        ],
      },
    },
    'spec.drivers[1].name: Duplicate value: "d"',
  ],
]);
updateRules(csiNodes, node, [
  ['the count', withDriver({ allocatable: { count: 5 } })],
  [
    'the id',
    withDriver({ nodeID: 'i-2' }),
    'spec.drivers: Invalid value: {"Name":"csi.example.com","NodeID":"i-2","TopologyKeys":["a"],"Allocatable":null}: field is immutable',
  ],
]);

const capacity = { metadata: { name: 'c' }, storageClassName: 'fast', capacity: '1Gi', nodeTopology: { matchLabels: { a: 'b' } } };
createRules(csiStorageCapacities, capacity, [
  ['negative', { capacity: '-1Gi' }, 'capacity: Invalid value: "-1Gi": must be greater than or equal to 0'],
  [
    'a class that is none',
    { storageClassName: '_' },
    "storageClassName: Invalid value: \"_\": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
  ],
]);
updateRules(csiStorageCapacities, capacity, [
  ['how much', { capacity: '2Gi' }],
  ['the class', { storageClassName: 'slow' }, 'storageClassName: Invalid value: "slow": field is immutable'],
  ['where', { nodeTopology: { matchLabels: { a: 'c' } } }, 'nodeTopology: Invalid value: {"matchLabels":{"a":"c"}}: field is immutable'],
]);

const csi = { driver: 'd.example.com', volumeHandle: 'h' };
const attachment = { metadata: { name: 'a' }, spec: { attacher: 'd.example.com', nodeName: 'n', source: { persistentVolumeName: 'pv' } } };
const inline = (spec: object): object => ({ spec: { source: { persistentVolumeName: null, inlineVolumeSpec: spec } } });
const SUBDOMAIN =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const INLINE = 'spec.source.inlineVolumeSpec';
createRules(volumeAttachments, attachment, [
  ['no attacher', { spec: { attacher: '' } }, 'spec.attacher: Required value'],
  ['an attacher that is no domain', { spec: { attacher: 'a/b' } }, `spec.attacher: Invalid value: "a/b": ${SUBDOMAIN}`],
  ['an attacher of 64 bytes', { spec: { attacher: 'a'.repeat(64) } }, 'spec.attacher: Too long: may not be more than 63 bytes'],
  ['no node', { spec: { nodeName: '' } }, `spec.nodeName: Invalid value: "": ${SUBDOMAIN}`],
  [
    'no source',
    { spec: { source: { persistentVolumeName: null } } },
    'spec.source: Required value: must specify exactly one of inlineVolumeSpec and persistentVolumeName',
  ],
  [
    'two sources',
    { spec: { source: { inlineVolumeSpec: { csi, accessModes: ['ReadWriteOnce'] } } } },
    'spec.source: Forbidden: must specify exactly one of inlineVolumeSpec and persistentVolumeName',
  ],
  [
    'a volume without name',
    { spec: { source: { persistentVolumeName: '' } } },
    'spec.source.persistentVolumeName: Required value: must specify non empty persistentVolumeName',
    `spec.source.persistentVolumeName: Invalid value: "": ${SUBDOMAIN}`,
  ],
  ['a volume of its own', inline({ csi, accessModes: ['ReadWriteOnce'] })],
  [
    'one of no driver',
    inline({ nfs: { server: 's', path: '/' }, accessModes: [] }),
    `${INLINE}.csi: Required value: has to be specified in the context of inline volumes`,
    `${INLINE}.accessModes: Required value`,
  ],
  [
    'one that is bound',
    inline({
      csi,
      accessModes: ['ReadWriteOnce'],
      claimRef: { name: 'c' },
      capacity: { storage: '1Gi' },
      persistentVolumeReclaimPolicy: 'Delete',
      nodeAffinity: {},
      storageClassName: 'fast',
      volumeMode: 'Block',
    }),
    `${INLINE}.claimRef: Forbidden: may not be specified in the context of inline volumes`,
    `${INLINE}.capacity: Forbidden: may not be specified in the context of inline volumes`,
    `${INLINE}.persistentVolumeReclaimPolicy: Forbidden: may only be Retain in the context of inline volumes`,
    `${INLINE}.nodeAffinity: Forbidden: may not be specified in the context of inline volumes`,
    `${INLINE}.storageClassName: Forbidden: may not be specified in the context of inline volumes`,
    `${INLINE}.volumeMode: Forbidden: may not specify volumeMode other than Filesystem in the context of inline volumes`,
  ],
]);
updateRules(volumeAttachments, attachment, [
  ['a label', { metadata: { labels: { a: 'b' } } }],
  [
    'the node',
    { spec: { nodeName: 'm' } },
    'spec: Invalid value: {"Attacher":"d.example.com","Source":{"PersistentVolumeName":"pv","InlineVolumeSpec":null},"NodeName":"m"}: field is immutable',
  ],
]);
updateRules(
  volumeAttachments,
  attachment,
  [
    ['attached', { status: { attached: true } }],
    [
      'metadata of 256 kB',
      { status: { attachmentMetadata: { a: 'x'.repeat(256 * 1024) } } },
      'status.attachmentMetadata: Too long: may not be more than 262144 bytes',
    ],
    [
      'a long error with a negative code',
      { status: { attachError: { message: 'x'.repeat(1025), errorCode: -1 } } },
      'status.attachError.message: Too long: may not be more than 262144 bytes',
      'status.attachError.errorCode: Invalid value: -1: must be between 0 and 2147483647, inclusive',
    ],
  ],
  'status',
);
