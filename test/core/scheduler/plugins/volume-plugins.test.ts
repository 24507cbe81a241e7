// Plugins that look at a pod's volumes: VolumeRestrictions, NodeVolumeLimits, VolumeZone, VolumeBinding. (That what
// VolumeBinding decides is done is tested where volumes are: controllers/volumes.test.ts.)

import { describe, expect, test } from 'vitest';
import type { PersistentVolume, PersistentVolumeClaim, PersistentVolumeSpec, Volume } from '../../../../worker/api/gen/core-v1.ts';
import { persistentVolumes } from '../../../../worker/resources/core/persistentvolume.ts';
import { persistentVolumeClaims } from '../../../../worker/resources/core/persistentvolumeclaim.ts';
import { csiDrivers } from '../../../../worker/resources/storage/csidriver.ts';
import { csiNodes } from '../../../../worker/resources/storage/csinode.ts';
import { csiStorageCapacities } from '../../../../worker/resources/storage/csistoragecapacity.ts';
import { storageClasses } from '../../../../worker/resources/storage/storageclass.ts';
import { made, makeBench } from '../lab.ts';
import type { Made, NodeDraft, PodDraft } from '../lab.ts';

interface Row {
  readonly name: string;
  readonly nodes?: readonly NodeDraft[];
  readonly pods?: readonly PodDraft[];
  readonly objects?: readonly Made[];
  readonly pod: PodDraft;
  readonly want: Record<string, string> | 'skip';
}

const filters =
  (plugin: string) =>
  ({ nodes = [{ name: 'a' }, { name: 'b' }], pods = [], objects = [], pod, want }: Row) =>
    expect(makeBench(plugin, { nodes, pods, objects }).filter(pod)).toEqual(want);

const claimed = (...names: string[]): Volume[] => names.map((name) => ({ name: `v-${name}`, persistentVolumeClaim: { claimName: name } }));

const claim = (name: string, more: Partial<PersistentVolumeClaim['spec']> = {}): Made =>
  made(persistentVolumeClaims, {
    metadata: { name, namespace: 'default' },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } }, storageClassName: '', ...more },
  });

const volume = (
  name: string,
  labels: Record<string, string> = {},
  source: Partial<PersistentVolumeSpec> = { hostPath: { path: '/x' } },
): Made =>
  made<PersistentVolume>(persistentVolumes, {
    metadata: { name, labels },
    spec: { capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'], ...source },
  });

describe('VolumeRestrictions', () => {
  const disk = (readOnly = false): Volume[] => [{ name: 'd', gcePersistentDisk: { pdName: 'one', ...(readOnly && { readOnly }) } }];
  const taken = 'node(s) had no available disk';
  test.each<Row>([
    { name: 'a pod without such volumes', pod: {}, want: 'skip' },
    {
      name: 'a disk that another pod writes on the node',
      pods: [{ nodeName: 'a', volumes: disk() }],
      pod: { volumes: disk() },
      want: { a: taken, b: '' },
    },
    {
      name: 'a disk that both only read',
      pods: [{ nodeName: 'a', volumes: disk(true) }],
      pod: { volumes: disk(true) },
      want: { a: '', b: '' },
    },
    {
      name: 'a claim for one pod, which has another pod',
      objects: [claim('only', { accessModes: ['ReadWriteOncePod'] })],
      pods: [{ nodeName: 'a', volumes: claimed('only') }],
      pod: { volumes: claimed('only') },
      want: {
        a: 'node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode already in-use by another pod',
        b: 'node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode already in-use by another pod',
      },
    },
    {
      name: 'a claim for one pod, which nobody has',
      objects: [claim('only', { accessModes: ['ReadWriteOncePod'] })],
      pod: { volumes: claimed('only') },
      want: 'skip',
    },
    { name: 'a claim that is not there', pod: { volumes: claimed('none') }, want: { '*': 'persistentvolumeclaim "none" not found' } },
  ])('$name', filters('VolumeRestrictions'));
});

describe('NodeVolumeLimits', () => {
  const limit = (node: string, count: number): Made =>
    made(csiNodes, { metadata: { name: node }, spec: { drivers: [{ name: 'd.example.com', nodeID: node, allocatable: { count } }] } });
  const csi = (name: string): Made => volume(name, {}, { csi: { driver: 'd.example.com', volumeHandle: name } });
  const bound = (name: string): Made => claim(name, { volumeName: name });
  const objects = [limit('a', 1), limit('b', 2), ...['x', 'y'].flatMap((name) => [csi(name), bound(name)])];
  test.each<Row>([
    { name: 'a pod without claims', pod: {}, want: 'skip' },
    {
      name: 'a node that has as many as it takes',
      objects,
      pods: [
        { nodeName: 'a', volumes: claimed('x') },
        { nodeName: 'b', volumes: claimed('x') },
      ],
      pod: { volumes: claimed('y') },
      want: { a: 'node(s) exceed max volume count', b: '' },
    },
    {
      name: 'a volume that is there already',
      objects,
      pods: [{ nodeName: 'a', volumes: claimed('x') }],
      pod: { volumes: claimed('x') },
      want: { a: '', b: '' },
    },
    { name: 'two at once', objects, pod: { volumes: claimed('x', 'y') }, want: { a: 'node(s) exceed max volume count', b: '' } },
    {
      name: 'one that is still to be made',
      objects: [
        ...objects,
        made(storageClasses, { metadata: { name: 'late' }, provisioner: 'd.example.com', volumeBindingMode: 'WaitForFirstConsumer' }),
        claim('new', { storageClassName: 'late' }),
      ],
      pods: [{ nodeName: 'a', volumes: claimed('x') }],
      pod: { volumes: claimed('new') },
      want: { a: 'node(s) exceed max volume count', b: '' },
    },
  ])('$name', filters('NodeVolumeLimits'));
});

describe('VolumeZone', () => {
  const ZONE = 'topology.kubernetes.io/zone';
  const nodes: NodeDraft[] = [{ name: 'a', labels: { [ZONE]: 'z1' } }, { name: 'b', labels: { [ZONE]: 'z2' } }, { name: 'c' }];
  const refused = 'node(s) had no available volume zone';
  const bound = claim('data', { volumeName: 'disk' });
  test.each<Row>(
    [
      { name: 'a volume of a zone', objects: [volume('disk', { [ZONE]: 'z1' }), bound], want: { a: '', b: refused, c: '' } },
      { name: 'a volume of several zones', objects: [volume('disk', { [ZONE]: 'z1__z2' }), bound], want: { a: '', b: '', c: '' } },
      {
        name: 'a volume with a label of old',
        objects: [volume('disk', { 'failure-domain.beta.kubernetes.io/zone': 'z2' }), bound],
        want: { a: refused, b: '', c: '' },
      },
      { name: 'a volume without a zone', objects: [volume('disk'), bound], want: 'skip' },
      {
        name: 'a claim of a class that waits for its pod',
        objects: [
          made(storageClasses, { metadata: { name: 'late' }, provisioner: 'x.example.com', volumeBindingMode: 'WaitForFirstConsumer' }),
          claim('data', { storageClassName: 'late' }),
        ],
        want: 'skip',
      },
      {
        name: 'a claim without volume and class',
        objects: [claim('data')],
        want: { '*': 'PersistentVolumeClaim had no pv name and storageClass name' },
      },
    ].map((row) => ({ ...row, nodes, pod: { volumes: claimed('data') } })) as Row[],
  )('$name', filters('VolumeZone'));
});

describe('VolumeBinding', () => {
  const nodes: NodeDraft[] = [
    { name: 'a', labels: { disk: 'ssd', rack: '1' } },
    { name: 'b', labels: { disk: 'hdd', rack: '2' } },
  ];
  const LATE = { provisioner: 'x.example.com', volumeBindingMode: 'WaitForFirstConsumer' };
  const late = (more: object = {}): Made => made(storageClasses, { metadata: { name: 'late' }, ...LATE, ...more });
  const LOCAL = { provisioner: 'kubernetes.io/no-provisioner' };
  const waiting = claim('data', { storageClassName: 'late' });
  const on = (key: string, value: string): Partial<PersistentVolumeSpec> => ({
    hostPath: { path: '/x' },
    nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions: [{ key, operator: 'In', values: [value] }] }] } },
  });
  const both = (why: string) => ({ a: why, b: why });
  const none = "node(s) didn't find available persistent volumes to bind";
  const claimIn = (spec: Partial<PersistentVolumeClaim['spec']>, phase: string, annotations = {}): Made =>
    made(persistentVolumeClaims, {
      metadata: { name: 'data', namespace: 'default', annotations },
      spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } }, storageClassName: '', ...spec },
      status: { phase },
    });
  const free = (more: Partial<PersistentVolumeSpec> = {}): Made => {
    const [resource, object] = volume('disk', {}, { hostPath: { path: '/x' }, storageClassName: 'late', ...more });
    return [resource, { ...object, status: { phase: 'Available' } }];
  };
  const bound = claimIn({ volumeName: 'disk' }, 'Bound', { 'pv.kubernetes.io/bind-completed': 'yes' });
  const capacity = (size: string, rack: string): Made =>
    made(csiStorageCapacities, {
      metadata: { name: `rack-${rack}`, namespace: 'default' },
      storageClassName: 'late',
      capacity: size,
      nodeTopology: { matchLabels: { rack } },
    });
  test.each<Row>(
    [
      { name: 'no claims', pod: {}, want: 'skip' as const },
      { name: 'a claim that is not there', want: { '*': 'persistentvolumeclaim "data" not found' } },
      {
        name: 'a claim that should be bound by now',
        objects: [claim('data')],
        want: { '*': 'pod has unbound immediate PersistentVolumeClaims' },
      },
      {
        name: 'a claim whose volume was lost',
        objects: [claimIn({ volumeName: 'gone' }, 'Lost')],
        want: { '*': 'persistentvolumeclaim "data" bound to non-existent persistentvolume "gone"' },
      },
      {
        name: 'a claim of a pod’s own that is another’s',
        objects: [claim('incoming-v', {})],
        pod: {
          volumes: [
            {
              name: 'v',
              ephemeral: {
                volumeClaimTemplate: { spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } },
              },
            },
          ],
        },
        want: { '*': 'PVC default/incoming-v was not created for pod default/incoming (pod is not owner)' },
      },
      {
        name: 'a bound volume that only some nodes reach',
        objects: [volume('disk', {}, on('disk', 'ssd')), bound],
        want: { a: '', b: "node(s) didn't match PersistentVolume's node affinity" },
      },
      {
        name: 'a bound volume that is gone',
        objects: [bound],
        want: both('node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)'),
      },
      {
        name: 'a volume of the class that one node reaches',
        objects: [late(LOCAL), waiting, free({ ...on('disk', 'hdd') })],
        want: { a: none, b: '' },
      },
      { name: 'no volume, and nobody who makes one', objects: [late(LOCAL), waiting], want: both(none) },
      {
        name: 'a volume that is too small',
        objects: [late(LOCAL), claim('data', { storageClassName: 'late', resources: { requests: { storage: '2Gi' } } }), free()],
        want: both(none),
      },
      { name: 'a volume that will be made', objects: [late(), waiting], want: both('') },
      {
        name: 'a volume that can be made in one place',
        objects: [late({ allowedTopologies: [{ matchLabelExpressions: [{ key: 'disk', values: ['ssd', 'nvme'] }] }] }), waiting],
        want: { a: '', b: none },
      },
      {
        name: 'a node was selected before',
        objects: [late(), claimIn({ storageClassName: 'late' }, 'Pending', { 'volume.kubernetes.io/selected-node': 'b' })],
        want: { a: none, b: '' },
      },
      {
        name: 'a driver that says where it has room',
        objects: [
          late(),
          waiting,
          made(csiDrivers, { metadata: { name: 'x.example.com' }, spec: { storageCapacity: true } }),
          capacity('1Mi', '1'),
          capacity('1Gi', '2'),
        ],
        want: { a: 'node(s) did not have enough free storage', b: '' },
      },
    ].map((row) => ({ nodes, pod: { volumes: claimed('data') }, ...row })) as Row[],
  )('$name', filters('VolumeBinding'));
});
