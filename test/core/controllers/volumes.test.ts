// Claims and volumes: how they find each other, stay together, part, and are kept from going; and the disks that a driver makes for them.

import { describe, expect, test } from 'vitest';
import type { Node, PersistentVolume, PersistentVolumeClaim, Pod } from '../../../worker/api/gen/core-v1.ts';
import type { CSIDriver, StorageClass, VolumeAttachment } from '../../../worker/api/gen/storage-v1.ts';
import { installAddon } from '../../../worker/cluster/addons/index.ts';
import { events } from '../../../worker/resources/core/event.ts';
import { nodes } from '../../../worker/resources/core/node.ts';
import { persistentVolumes } from '../../../worker/resources/core/persistentvolume.ts';
import { persistentVolumeClaims } from '../../../worker/resources/core/persistentvolumeclaim.ts';
import { pods } from '../../../worker/resources/core/pod.ts';
import { csiDrivers } from '../../../worker/resources/storage/csidriver.ts';
import { storageClasses } from '../../../worker/resources/storage/storageclass.ts';
import { volumeAttributesClasses } from '../../../worker/resources/storage/volumeattributesclass.ts';
import { volumeAttachments } from '../../../worker/resources/storage/volumeattachment.ts';
import { setService } from '../../../worker/world/machine.ts';
import { sizeOfVolume } from '../../../worker/world/files/container-files.ts';
import { makeTestCluster } from '../harness.ts';
import type { TestCluster } from '../harness.ts';

interface VolumeGiven {
  readonly name: string;
  readonly size?: string;
  readonly modes?: string[];
  readonly className?: string;
  readonly labels?: Record<string, string>;
  readonly claim?: string;
  readonly policy?: string;
  readonly volumeMode?: string;
  readonly path?: string;
}

function addVolume({ api }: TestCluster, given: VolumeGiven): void {
  const {
    name,
    size = '1Gi',
    modes = ['ReadWriteOnce'],
    className = 'slow',
    labels,
    claim,
    policy = 'Retain',
    volumeMode,
    path = '/data',
  } = given;
  api.create<PersistentVolume>(persistentVolumes, {
    metadata: { name, ...(labels && { labels }) },
    spec: {
      capacity: { storage: size },
      accessModes: modes,
      storageClassName: className,
      persistentVolumeReclaimPolicy: policy,
      hostPath: { path },
      ...(claim && { claimRef: { kind: 'PersistentVolumeClaim', namespace: 'default', name: claim } }),
      ...(volumeMode && { volumeMode }),
    },
  });
}

interface ClaimGiven {
  readonly name?: string;
  readonly size?: string;
  readonly modes?: string[];
  /** Null: none is named. */
  readonly className?: string | null;
  readonly selector?: Record<string, string>;
  readonly volumeName?: string;
  readonly volumeMode?: string;
}

function addClaim({ api }: TestCluster, given: ClaimGiven = {}): void {
  const { name = 'data', size = '1Gi', modes = ['ReadWriteOnce'], className = 'slow', selector, volumeName, volumeMode } = given;
  api.create<PersistentVolumeClaim>(persistentVolumeClaims, {
    metadata: { name, namespace: 'default' },
    spec: {
      accessModes: modes,
      resources: { requests: { storage: size } },
      ...(className !== null && { storageClassName: className }),
      ...(selector && { selector: { matchLabels: selector } }),
      ...(volumeName && { volumeName }),
      ...(volumeMode && { volumeMode }),
    },
  });
}

const addClass = ({ api }: TestCluster, name: string, more: Partial<StorageClass> = {}): StorageClass =>
  api.create<StorageClass>(storageClasses, { metadata: { name }, provisioner: 'example.com/none', ...more } as never);

const claimOf = ({ api }: TestCluster, name = 'data'): PersistentVolumeClaim => api.get(persistentVolumeClaims, 'default', name)!;
const volumeOf = ({ api }: TestCluster, name: string): PersistentVolume | undefined => api.get(persistentVolumes, '', name);
/** `reason: message` of each event about an object. */
const told = ({ api }: TestCluster, name: string): string[] =>
  api
    .list(events)
    .filter(({ involvedObject }) => involvedObject.name === name)
    .map(({ reason, message }) => `${reason}: ${message}`);

const addPod = ({ api }: TestCluster, name: string, claim = 'data', more: Partial<Pod['spec']> = {}): Pod =>
  api.create<Pod>(pods, {
    metadata: { name, namespace: 'default' },
    spec: {
      containers: [{ name: 'c', image: 'nginx', resources: {}, volumeMounts: [{ name: 'v', mountPath: '/v' }] }],
      volumes: [{ name: 'v', persistentVolumeClaim: { claimName: claim } }],
      ...more,
    },
  } as never);

describe('a claim gets', () => {
  test.each<{ name: string; volumes: VolumeGiven[]; claim?: ClaimGiven; want: string | undefined }>([
    {
      name: 'the smallest that is large enough',
      volumes: [
        { name: 'a', size: '5Gi' },
        { name: 'b', size: '2Gi' },
        { name: 'c', size: '500Mi' },
      ],
      want: 'b',
    },
    { name: 'none that is too small', volumes: [{ name: 'a', size: '500Mi' }], want: undefined },
    { name: 'none of another class', volumes: [{ name: 'a', className: 'fast' }], want: undefined },
    { name: 'one without a class, if it asks for that', volumes: [{ name: 'a', className: '' }], claim: { className: '' }, want: 'a' },
    {
      name: 'one that has its modes',
      volumes: [{ name: 'a' }, { name: 'b', size: '9Gi', modes: ['ReadWriteOnce', 'ReadWriteMany'] }],
      claim: { modes: ['ReadWriteMany'] },
      want: 'b',
    },
    {
      name: 'one that its selector matches',
      volumes: [{ name: 'a' }, { name: 'b', size: '9Gi', labels: { disk: 'ssd' } }],
      claim: { selector: { disk: 'ssd' } },
      want: 'b',
    },
    { name: 'the one that was made for it', volumes: [{ name: 'a' }, { name: 'b', size: '9Gi', claim: 'data' }], want: 'b' },
    { name: 'none that was made for another', volumes: [{ name: 'a', claim: 'other' }], want: undefined },
    { name: 'the one that it names', volumes: [{ name: 'a' }, { name: 'b', size: '9Gi' }], claim: { volumeName: 'b' }, want: 'b' },
    { name: 'none of another mode of volumes', volumes: [{ name: 'a', volumeMode: 'Block' }], want: undefined },
  ])('$name', ({ volumes, claim, want }) => {
    const cluster = makeTestCluster();
    for (const volume of volumes) addVolume(cluster, volume);
    addClaim(cluster, claim);
    cluster.settle();
    const { spec, status } = claimOf(cluster);
    expect([spec.volumeName === undefined || status.phase !== 'Bound' ? undefined : spec.volumeName, status.phase]).toEqual([
      want,
      want ? 'Bound' : 'Pending',
    ]);
    for (const { name } of volumes) expect(volumeOf(cluster, name)!.status.phase).toBe(name === want ? 'Bound' : 'Available');
    expect(cluster.errors).toEqual([]);
  });

  test('only one each, in whichever order they come', () => {
    const outcomes = [false, true].map((claimsFirst) => {
      const cluster = makeTestCluster();
      const claims = (): void => ['x', 'y', 'z'].forEach((name) => addClaim(cluster, { name }));
      const volumes = (): void => ['a', 'b'].forEach((name) => addVolume(cluster, { name }));
      for (const step of claimsFirst ? [claims, volumes] : [volumes, claims]) {
        step();
        cluster.settle();
      }
      const bound = ['x', 'y', 'z'].map((name) => claimOf(cluster, name).spec.volumeName);
      expect(new Set(bound.filter(Boolean)).size).toBe(2);
      for (const name of ['a', 'b']) expect(claimOf(cluster, volumeOf(cluster, name)!.spec.claimRef!.name!).spec.volumeName).toBe(name);
      return bound.filter(Boolean).length;
    });
    expect(outcomes).toEqual([2, 2]);
  });

  test('the default class once there is one', () => {
    const cluster = makeTestCluster();
    addClaim(cluster, { className: null });
    cluster.settle();
    expect(claimOf(cluster).spec.storageClassName).toBeUndefined();
    addClass(cluster, 'late', {
      metadata: { name: 'late', annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } } as never,
    });
    cluster.settle();
    expect(claimOf(cluster).spec.storageClassName).toBe('late');
  });
});

describe('a claim that waits says why', () => {
  test.each<{ name: string; given(cluster: TestCluster): void; want: string }>([
    {
      name: 'no class',
      given: (cluster) => addClaim(cluster, { className: '' }),
      want: 'FailedBinding: no persistent volumes available for this claim and no storage class is set',
    },
    {
      name: 'a class that is not there',
      given: (cluster) => addClaim(cluster),
      want: 'ProvisioningFailed: storageclass.storage.k8s.io "slow" not found',
    },
    {
      name: 'a class without a provisioner',
      given: (cluster) => {
        addClass(cluster, 'slow', { provisioner: 'kubernetes.io/no-provisioner' });
        addClaim(cluster);
      },
      want: 'ProvisioningFailed: no volume plugin matched name: kubernetes.io/no-provisioner',
    },
    {
      name: 'a class that waits for a consumer',
      given: (cluster) => {
        addClass(cluster, 'slow', { volumeBindingMode: 'WaitForFirstConsumer' });
        addClaim(cluster);
      },
      want: 'WaitForFirstConsumer: waiting for first consumer to be created before binding',
    },
    {
      name: 'a provisioner that does not come',
      given: (cluster) => {
        addClass(cluster, 'slow');
        addClaim(cluster);
      },
      want: "ExternalProvisioning: Waiting for a volume to be created either by the external provisioner 'example.com/none' or manually by the system administrator. If volume creation is delayed, please verify that the provisioner is running and correctly registered.",
    },
    {
      name: 'a class of a plugin that has become a driver',
      given: (cluster) => {
        addClass(cluster, 'slow', { provisioner: 'kubernetes.io/aws-ebs' });
        addClaim(cluster);
      },
      want: "ExternalProvisioning: Waiting for a volume to be created either by the external provisioner 'ebs.csi.aws.com' or manually by the system administrator. If volume creation is delayed, please verify that the provisioner is running and correctly registered.",
    },
    {
      name: 'a class of a plugin that is no more',
      given: (cluster) => {
        addClass(cluster, 'slow', { provisioner: 'kubernetes.io/glusterfs' });
        addClaim(cluster);
      },
      want: 'ProvisioningFailed: no volume plugin matched name: kubernetes.io/glusterfs',
    },
    {
      name: 'a volume that is too small',
      given: (cluster) => {
        addVolume(cluster, { name: 'a', size: '1Mi' });
        addClaim(cluster, { volumeName: 'a' });
      },
      want: 'VolumeMismatch: Cannot bind to requested volume "a": requested PV is too small',
    },
    {
      name: 'a volume of somebody else',
      given: (cluster) => {
        addVolume(cluster, { name: 'a', claim: 'other' });
        addClaim(cluster, { volumeName: 'a' });
      },
      want: 'FailedBinding: volume "a" already bound to a different claim.',
    },
  ])('$name', ({ given, want }) => {
    const cluster = makeTestCluster();
    given(cluster);
    cluster.settle();
    expect(told(cluster, 'data')).toEqual([want]);
    expect(claimOf(cluster).status.phase).toBe('Pending');
  });

  test('and says it again every 15 seconds, counted', () => {
    const cluster = makeTestCluster();
    const count = (): number => cluster.api.list(events).find(({ reason }) => reason === 'FailedBinding')!.count ?? 0;
    addClaim(cluster, { className: '' });
    cluster.advance(1000);
    const before = count();
    cluster.advance(45_000);
    expect(count()).toBe(before + 3);
  });
});

test('a driver is asked by its own name for what a plugin would have made', () => {
  const cluster = makeTestCluster();
  addClass(cluster, 'slow', { provisioner: 'kubernetes.io/gce-pd' });
  addClaim(cluster);
  cluster.settle();
  expect(claimOf(cluster).metadata.annotations).toEqual({
    'volume.beta.kubernetes.io/storage-provisioner': 'pd.csi.storage.gke.io',
    'volume.kubernetes.io/storage-provisioner': 'pd.csi.storage.gke.io',
  });
});

test.each([
  {
    name: 'a driver’s',
    source: { csi: { driver: 'ebs.csi.aws.com', volumeHandle: 'vol-1' } },
    want: 'waiting for an external controller to expand this PVC',
    resizer: undefined,
  },
  {
    name: 'a plugin’s that has become a driver',
    source: { awsElasticBlockStore: { volumeID: 'vol-1' } },
    want: 'CSI migration enabled for kubernetes.io/aws-ebs; waiting for external resizer to expand the pvc',
    resizer: 'ebs.csi.aws.com',
  },
])('who makes a volume grow is waited for: $name', ({ source, want, resizer }) => {
  const cluster = makeTestCluster();
  addClass(cluster, 'slow', { allowVolumeExpansion: true });
  cluster.api.create<PersistentVolume>(persistentVolumes, {
    metadata: { name: 'a' },
    spec: { capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'], storageClassName: 'slow', ...source },
  });
  addClaim(cluster);
  cluster.settle();
  const claim = claimOf(cluster);
  cluster.api.update(persistentVolumeClaims, { ...claim, spec: { ...claim.spec, resources: { requests: { storage: '2Gi' } } } });
  cluster.settle();
  const found = cluster.api.list(events).filter(({ reason }) => reason === 'ExternalExpanding');
  expect(found.map(({ type, message, count }) => [type, message, count])).toEqual([['Normal', want, 1]]);
  expect(claimOf(cluster).metadata.annotations?.['volume.kubernetes.io/storage-resizer']).toBe(resizer);
  expect(cluster.errors).toEqual([]);
});

describe('a volume of a driver that is somewhere else', () => {
  const attachment = (cluster: TestCluster): VolumeAttachment => cluster.api.list(volumeAttachments)[0]!;
  const failures = (cluster: TestCluster): [message: string, count: number | undefined][] =>
    cluster.api
      .list(events)
      .filter(({ reason, involvedObject }) => reason === 'FailedAttachVolume' && involvedObject.name === 'p')
      .map(({ message, count }) => [message ?? '', count]);
  const ofDriver = (): TestCluster => {
    const cluster = makeTestCluster();
    cluster.api.create<PersistentVolume>(persistentVolumes, {
      metadata: { name: 'a' },
      spec: {
        capacity: { storage: '1Gi' },
        accessModes: ['ReadWriteOnce'],
        storageClassName: 'slow',
        csi: { driver: 'ebs.csi.aws.com', volumeHandle: 'vol-1' },
      },
    });
    addClaim(cluster);
    addPod(cluster, 'p');
    cluster.advance(1000);
    return cluster;
  };
  const say = (cluster: TestCluster, status: VolumeAttachment['status']): void =>
    void cluster.api.updateStatus(volumeAttachments, { ...attachment(cluster), status: status! });
  const addDriver = ({ api }: TestCluster, attachRequired: boolean): void =>
    void api.create<CSIDriver>(csiDrivers, { metadata: { name: 'ebs.csi.aws.com' }, spec: { attachRequired } });
  const LATE =
    'AttachVolume.Attach failed for volume "a" : timed out waiting for external-attacher of ebs.csi.aws.com CSI driver to attach volume vol-1';
  const REFUSED = 'AttachVolume.Attach failed for volume "a" : rpc error: no such disk';

  test.each<{ name: string; act(cluster: TestCluster): void; want: [string, number][] }>([
    { name: 'is waited for two minutes', act: (cluster) => cluster.advance(118_000), want: [] },
    { name: 'is told of after that', act: (cluster) => cluster.advance(120_000), want: [[LATE, 1]] },
    { name: 'and every two minutes more', act: (cluster) => cluster.advance(120_500 + 121_000), want: [[LATE, 2]] },
    {
      name: 'is told of at once if it is refused, and less and less often',
      act(cluster) {
        say(cluster, { attached: false, attachError: { message: 'rpc error: no such disk' } });
        cluster.advance(500 + 1000 + 2000 + 1000);
      },
      want: [[REFUSED, 4]],
    },
    {
      name: 'is forgotten when it comes',
      act(cluster) {
        say(cluster, { attached: true });
        cluster.advance(300_000);
      },
      want: [],
    },
    {
      name: 'is not told of to a pod that is gone',
      act(cluster) {
        cluster.api.delete(pods, 'default', 'p', { gracePeriodSeconds: 0 });
        cluster.advance(300_000);
      },
      want: [],
    },
    {
      name: 'that does not let go of it is told of, too',
      act(cluster) {
        const { metadata, ...rest } = attachment(cluster);
        cluster.api.update(volumeAttachments, { ...rest, metadata: { ...metadata, finalizers: ['example.com/attacher'] } });
        cluster.api.delete(volumeAttachments, '', metadata.name);
        cluster.advance(119_300);
      },
      want: [['AttachVolume.Attach failed for volume "a" : volume attachment is being deleted', 1]],
    },
  ])('$name', ({ act, want }) => {
    const cluster = ofDriver();
    expect(attachment(cluster).spec.attacher).toBe('ebs.csi.aws.com');
    act(cluster);
    expect(failures(cluster)).toEqual(want);
    expect(cluster.errors).toEqual([]);
  });

  test('what somebody else attached is theirs to detach', () => {
    const cluster = makeTestCluster();
    const spec = { attacher: 'example.com', nodeName: 'node-1', source: { persistentVolumeName: 'theirs' } };
    cluster.api.create(volumeAttachments, { metadata: { name: 'theirs' }, spec } as never);
    cluster.advance(600_000);
    expect(cluster.api.list(volumeAttachments).map(({ metadata }) => metadata.name)).toEqual(['theirs']);
  });

  test('is detached, and mounted all the same, when its driver says that it need not be attached', () => {
    const cluster = ofDriver();
    cluster.advance(20_000);
    expect(cluster.api.list(volumeAttachments)).toHaveLength(1);
    expect(cluster.api.get(pods, 'default', 'p')!.status.phase).toBe('Pending');
    addDriver(cluster, false);
    cluster.advance(30_000);
    expect(cluster.api.list(volumeAttachments)).toEqual([]);
    expect(cluster.api.list(nodes).some(({ status }) => status.volumesInUse ?? status.volumesAttached)).toBe(false);
    expect(cluster.api.get(pods, 'default', 'p')!.status.phase).toBe('Running');
  });

  test('is attached when its driver no longer says so', () => {
    const cluster = ofDriver();
    addDriver(cluster, false);
    cluster.advance(30_000);
    cluster.api.delete(csiDrivers, '', 'ebs.csi.aws.com');
    cluster.advance(30_000);
    expect(cluster.api.list(volumeAttachments)).toHaveLength(1);
  });
});

describe('a volume whose claim is gone', () => {
  const bound = (policy: string, path?: string): TestCluster => {
    const cluster = makeTestCluster();
    addVolume(cluster, { name: 'a', policy, ...(path && { path }) });
    addClaim(cluster);
    cluster.settle();
    cluster.api.delete(persistentVolumeClaims, 'default', 'data');
    cluster.advance(1000);
    expect(cluster.api.get(persistentVolumeClaims, 'default', 'data')).toBeUndefined();
    return cluster;
  };

  test('is kept as it is', () => {
    const cluster = bound('Retain');
    expect(volumeOf(cluster, 'a')!.status.phase).toBe('Released');
    addClaim(cluster, { name: 'next' });
    cluster.settle();
    expect(claimOf(cluster, 'next').status.phase).toBe('Pending');
    const { claimRef: _, ...spec } = volumeOf(cluster, 'a')!.spec;
    cluster.api.update(persistentVolumes, { ...volumeOf(cluster, 'a')!, spec });
    cluster.settle();
    expect(claimOf(cluster, 'next').spec.volumeName).toBe('a');
  });

  test('is deleted, if it is below /tmp', () => {
    expect(volumeOf(bound('Delete', '/tmp/x'), 'a')).toBeUndefined();
  });

  test('is not deleted where nobody can', () => {
    const cluster = bound('Delete', '/data');
    expect(volumeOf(cluster, 'a')!.status).toMatchObject({
      phase: 'Failed',
      message: 'host_path deleter only supports /tmp/.+ but received provided /data',
    });
    expect(told(cluster, 'a')).toEqual(['VolumeFailedDelete: host_path deleter only supports /tmp/.+ but received provided /data']);
  });

  test('is emptied by a pod, and free again', () => {
    const cluster = bound('Recycle', '/data');
    cluster.advance(31_000);
    expect(told(cluster, 'a')).toContain('RecyclerPod: Recycler pod: created pod recycler-for-a');
    expect(cluster.api.get(pods, 'default', 'recycler-for-a')).toBeUndefined();
    expect(volumeOf(cluster, 'a')!.status.phase).toBe('Available');
    expect(volumeOf(cluster, 'a')!.spec.claimRef).toBeUndefined();
    expect(told(cluster, 'a').at(-1)).toBe('VolumeRecycled: Volume recycled');
  });

  test('loses it for good: the claim says so', () => {
    const cluster = makeTestCluster();
    addVolume(cluster, { name: 'a' });
    addClaim(cluster);
    cluster.settle();
    const { finalizers: _, ...metadata } = volumeOf(cluster, 'a')!.metadata;
    cluster.api.delete(persistentVolumes, '', 'a');
    cluster.api.update(persistentVolumes, {
      ...volumeOf(cluster, 'a')!,
      metadata: { ...volumeOf(cluster, 'a')!.metadata, finalizers: [] },
    });
    expect(metadata.name).toBe('a');
    cluster.settle();
    expect(claimOf(cluster).status.phase).toBe('Lost');
    expect(told(cluster, 'data')).toEqual(['ClaimLost: Bound claim has lost its PersistentVolume. Data on the volume is lost!']);
  });
});

describe('nothing goes that is needed', () => {
  test('a claim stays while a pod has it, and its volume while it is bound', () => {
    const cluster = makeTestCluster();
    addVolume(cluster, { name: 'a' });
    addClaim(cluster);
    addPod(cluster, 'p');
    cluster.advance(10_000);
    cluster.api.delete(persistentVolumeClaims, 'default', 'data');
    cluster.api.delete(persistentVolumes, '', 'a');
    cluster.advance(10_000);
    expect(claimOf(cluster).metadata.finalizers).toEqual(['kubernetes.io/pvc-protection']);
    expect(volumeOf(cluster, 'a')!.metadata.finalizers).toEqual(['kubernetes.io/pv-protection']);
    cluster.api.delete(pods, 'default', 'p', { gracePeriodSeconds: 0 });
    cluster.advance(10_000);
    expect(cluster.api.get(persistentVolumeClaims, 'default', 'data')).toBeUndefined();
    expect(volumeOf(cluster, 'a')).toBeUndefined();
    expect(cluster.errors).toEqual([]);
  });
});

describe('disks of the driver', () => {
  function withDriver(): TestCluster {
    const cluster = makeTestCluster({ nodes: 2 });
    installAddon(cluster.api, 'csi-disk');
    cluster.advance(20_000);
    return cluster;
  }
  const phases = (cluster: TestCluster): (string | undefined)[] =>
    cluster.api.list(pods, { namespace: 'default' }).map(({ status }) => status.phase);

  test('are made when a pod needs them, attached where it is, and deleted with their claim', () => {
    const cluster = withDriver();
    addClaim(cluster, { className: null });
    cluster.advance(20_000);
    expect(claimOf(cluster).spec.storageClassName).toBe('standard');
    expect(claimOf(cluster).status.phase).toBe('Pending');
    addPod(cluster, 'p');
    cluster.advance(30_000);
    expect(phases(cluster)).toEqual(['Running']);
    const { uid } = claimOf(cluster).metadata;
    expect(told(cluster, 'data').map((line) => line.split(':')[0])).toEqual(
      expect.arrayContaining(['WaitForFirstConsumer', 'ExternalProvisioning', 'Provisioning', 'ProvisioningSucceeded']),
    );
    expect(told(cluster, 'p')).toContain(`SuccessfulAttachVolume: AttachVolume.Attach succeeded for volume "pvc-${uid}" `);
    const [attachment] = cluster.api.list(volumeAttachments);
    expect(attachment).toMatchObject({
      spec: { attacher: 'disk.csi.kubarium.io', source: { persistentVolumeName: `pvc-${uid}` } },
      status: { attached: true },
    });
    const node = (): Node => cluster.api.get(nodes, '', attachment!.spec.nodeName)!;
    expect(node().status.volumesAttached).toEqual([{ name: `kubernetes.io/csi/disk.csi.kubarium.io^pvc-${uid}`, devicePath: '' }]);
    expect(node().status.volumesInUse).toEqual([`kubernetes.io/csi/disk.csi.kubarium.io^pvc-${uid}`]);

    cluster.api.delete(pods, 'default', 'p', { gracePeriodSeconds: 1 });
    cluster.api.delete(persistentVolumeClaims, 'default', 'data');
    while (cluster.api.get(pods, 'default', 'p')) cluster.advance(100);
    expect(cluster.api.list(volumeAttachments)).toHaveLength(1);
    cluster.advance(10_000);
    expect(node().status).not.toHaveProperty('volumesInUse');
    cluster.advance(60_000);
    expect(cluster.api.list(volumeAttachments)).toEqual([]);
    expect(volumeOf(cluster, `pvc-${uid}`)).toBeUndefined();
    expect(cluster.errors).toEqual([]);
  });

  test('are mounted when the kubelet has told that it uses them, with its next status', () => {
    const cluster = withDriver();
    addClaim(cluster, { className: null });
    addPod(cluster, 'p');
    const attached = (): boolean => cluster.api.list(volumeAttachments).some(({ status }) => status?.attached);
    const told = (): boolean => cluster.api.list(nodes).some(({ status }) => status.volumesInUse);
    let waited = 0;
    for (let i = 0; i < 400 && !told(); i++) {
      cluster.advance(100);
      if (attached() && !told()) waited++;
    }
    expect(waited).toBeGreaterThan(0);
    expect(waited).toBeLessThan(100);
    expect(phases(cluster)).toEqual(['Pending']);
    cluster.advance(20_000);
    expect(phases(cluster)).toEqual(['Running']);
  });

  test('stay mounted in a pod that runs, whatever becomes of its node', () => {
    const cluster = withDriver();
    addClaim(cluster, { className: null });
    const containers = [{ name: 'c', image: 'busybox', command: ['sleep', '30'], volumeMounts: [{ name: 'v', mountPath: '/v' }] }];
    addPod(cluster, 'p', 'data', { containers } as never);
    cluster.advance(30_000);
    const pod = (): Pod => cluster.api.get(pods, 'default', 'p')!;
    expect(pod().status.phase).toBe('Running');
    cluster.api.delete(nodes, '', pod().spec.nodeName!);
    cluster.advance(25_000);
    expect(pod().status.containerStatuses![0]).toMatchObject({ restartCount: 1, state: { running: expect.anything() } });
  });

  test('belong to one node at a time', () => {
    const cluster = withDriver();
    addClaim(cluster, { className: null });
    addPod(cluster, 'p', 'data', { nodeSelector: { 'kubernetes.io/hostname': 'node-1' } });
    cluster.advance(30_000);
    addPod(cluster, 'q', 'data', { nodeSelector: { 'kubernetes.io/hostname': 'node-2' } });
    cluster.advance(200_000);
    const { uid } = claimOf(cluster).metadata;
    const refusals = cluster.api.list(events).filter(({ reason }) => reason === 'FailedAttachVolume');
    expect(refusals.map(({ count }) => count)).toEqual([1]);
    expect(told(cluster, 'q')).toContain(
      `FailedAttachVolume: Multi-Attach error for volume "pvc-${uid}" Volume is already used by pod(s) p`,
    );
    expect(told(cluster, 'q')).toContain(
      'FailedMount: Unable to attach or mount volumes: unmounted volumes=[v], unattached volumes=[], failed to process volumes=[]: context deadline exceeded',
    );
    cluster.api.delete(pods, 'default', 'p');
    cluster.advance(60_000);
    expect(phases(cluster)).toEqual(['Running']);
    expect(cluster.errors).toEqual([]);
  });

  test.each([
    { name: 'six minutes after its pod was given up', act: () => {}, atOnce: false },
    {
      name: 'at once if it is out of service',
      act: ({ api }: TestCluster) => {
        const node = api.get(nodes, '', 'node-1')!;
        const taint = { key: 'node.kubernetes.io/out-of-service', value: 'nodeshutdown', effect: 'NoExecute' };
        api.update(nodes, { ...node, spec: { ...node.spec, taints: [...(node.spec.taints ?? []), taint] } });
      },
      atOnce: true,
    },
    {
      name: 'at once if it does not say that it uses it',
      act: ({ api }: TestCluster) => {
        const node = api.get(nodes, '', 'node-1')!;
        const { volumesInUse: _, ...status } = node.status;
        api.updateStatus(nodes, { ...node, status });
      },
      atOnce: true,
    },
    {
      name: 'six minutes later, too, if the node is deleted',
      act: ({ api }: TestCluster) => {
        api.delete(nodes, '', 'node-1');
      },
      atOnce: false,
    },
  ])('are taken from a node that does not answer: $name', ({ act, atOnce }) => {
    const cluster = withDriver();
    addClaim(cluster, { className: null });
    addPod(cluster, 'p', 'data', { nodeSelector: { 'kubernetes.io/hostname': 'node-1' } });
    cluster.advance(30_000);
    const { world } = cluster.cluster.simulation;
    setService(world, world.machines.get('node-1')!, 'kubelet', 'inactive');
    cluster.advance(60_000);
    cluster.api.delete(pods, 'default', 'p', { gracePeriodSeconds: 0 });
    act(cluster);
    cluster.advance(1000);
    addPod(cluster, 'q', 'data', { nodeSelector: { 'kubernetes.io/hostname': 'node-2' } });
    cluster.advance(50_000);
    expect(phases(cluster)).toEqual([atOnce ? 'Running' : 'Pending']);
    cluster.advance(290_000);
    expect(phases(cluster)).toEqual([atOnce ? 'Running' : 'Pending']);
    cluster.advance(200_000);
    expect(phases(cluster)).toEqual(['Running']);
    expect(cluster.errors).toEqual([]);
  });

  test('grow', () => {
    const cluster = withDriver();
    addClaim(cluster, { className: null });
    addPod(cluster, 'p');
    cluster.advance(30_000);
    const claim = claimOf(cluster);
    const room = (): number =>
      sizeOfVolume(cluster.cluster.simulation.world, `disk/${volumeOf(cluster, claim.spec.volumeName!)!.metadata.uid}`)!;
    const before = room();
    cluster.api.update(persistentVolumeClaims, { ...claim, spec: { ...claim.spec, resources: { requests: { storage: '3Gi' } } } });
    cluster.advance(30_000);
    expect(room() / before).toBeCloseTo(3);
    expect(claimOf(cluster).status).toMatchObject({ phase: 'Bound', capacity: { storage: '3Gi' } });
    expect(claimOf(cluster).status.conditions).toBeUndefined();
    expect(told(cluster, 'data').map((line) => line.split(':')[0])).toEqual(
      expect.arrayContaining(['Resizing', 'FileSystemResizeRequired']),
    );
    expect(told(cluster, 'data').filter((line) => line.startsWith('ExternalExpanding'))).toEqual([
      'ExternalExpanding: waiting for an external controller to expand this PVC',
    ]);
    const grown = `FileSystemResizeSuccessful: MountVolume.NodeExpandVolume succeeded for volume "${claim.spec.volumeName}" `;
    for (const name of ['p', 'data'])
      expect(
        told(cluster, name)
          .find((line) => line.startsWith(grown))
          ?.slice(grown.length),
      ).toMatch(/^node-\d$/);
  });

  test('grow while nobody has them mounted: what is on them grows with the next pod', () => {
    const cluster = withDriver();
    addClaim(cluster, { className: null });
    addPod(cluster, 'p');
    cluster.advance(30_000);
    cluster.api.delete(pods, 'default', 'p');
    cluster.advance(60_000);
    const claim = claimOf(cluster);
    cluster.api.update(persistentVolumeClaims, { ...claim, spec: { ...claim.spec, resources: { requests: { storage: '3Gi' } } } });
    cluster.advance(30_000);
    expect(volumeOf(cluster, claim.spec.volumeName!)!.spec.capacity).toEqual({ storage: '3Gi' });
    expect(claimOf(cluster).status).toMatchObject({
      capacity: { storage: '1Gi' },
      allocatedResources: { storage: '3Gi' },
      allocatedResourceStatuses: { storage: 'NodeResizePending' },
      conditions: [
        {
          type: 'FileSystemResizePending',
          status: 'True',
          message: 'Waiting for user to (re-)start a pod to finish file system resize of volume on node.',
        },
      ],
    });
    addPod(cluster, 'q');
    cluster.advance(30_000);
    const { capacity, conditions, allocatedResourceStatuses } = claimOf(cluster).status;
    expect([capacity, conditions, allocatedResourceStatuses]).toEqual([{ storage: '3Gi' }, undefined, undefined]);
    expect(cluster.errors).toEqual([]);
  });

  test('take on the attributes of another class, which stays as long as it is used', () => {
    const cluster = withDriver();
    addClaim(cluster, { className: null });
    addPod(cluster, 'p');
    cluster.advance(30_000);
    const change = (volumeAttributesClassName: string): void => {
      const claim = claimOf(cluster);
      cluster.api.update(persistentVolumeClaims, { ...claim, spec: { ...claim.spec, volumeAttributesClassName } });
      cluster.advance(30_000);
    };
    change('gold');
    expect(claimOf(cluster).status.modifyVolumeStatus).toEqual({ targetVolumeAttributesClassName: 'gold', status: 'Pending' });
    cluster.api.create(volumeAttributesClasses, {
      metadata: { name: 'gold' },
      driverName: 'disk.csi.kubarium.io',
      parameters: { iops: '9' },
    });
    cluster.advance(30_000);
    const { status, spec } = claimOf(cluster);
    expect(status).toMatchObject({ currentVolumeAttributesClassName: 'gold' });
    expect([status.modifyVolumeStatus, status.conditions]).toEqual([undefined, undefined]);
    expect(volumeOf(cluster, spec.volumeName!)!.spec.volumeAttributesClassName).toBe('gold');
    expect(told(cluster, 'data').filter((line) => line.startsWith('VolumeModify'))).toEqual([
      'VolumeModify: external resizer is modifying volume data with vac gold',
      'VolumeModifySuccessful: external resizer modified volume data with vac gold successfully',
    ]);
    cluster.api.delete(volumeAttributesClasses, '', 'gold');
    cluster.advance(1000);
    expect(cluster.api.get(volumeAttributesClasses, '', 'gold')?.metadata.deletionTimestamp).toBeDefined();
    cluster.api.delete(pods, 'default', 'p');
    cluster.api.delete(persistentVolumeClaims, 'default', 'data');
    cluster.advance(90_000);
    expect(cluster.api.get(volumeAttributesClasses, '', 'gold')).toBeUndefined();
    expect(cluster.errors).toEqual([]);
  });

  test('keep a class to which they are on their way', () => {
    const cluster = withDriver();
    const parts = { driverName: 'elsewhere.example.com', parameters: { iops: '9' } };
    cluster.api.create(volumeAttributesClasses, { metadata: { name: 'silver' }, ...parts });
    addClaim(cluster, { className: null });
    cluster.settle();
    const say = (modifyVolumeStatus: object | undefined): void => {
      const claim = claimOf(cluster);
      const { modifyVolumeStatus: _, ...status } = claim.status;
      cluster.api.updateStatus(persistentVolumeClaims, {
        ...claim,
        status: { ...status, ...(modifyVolumeStatus && { modifyVolumeStatus }) },
      } as never);
      cluster.settle();
    };
    say({ targetVolumeAttributesClassName: 'silver', status: 'InProgress' });
    cluster.api.delete(volumeAttributesClasses, '', 'silver');
    cluster.settle();
    expect(cluster.api.get(volumeAttributesClasses, '', 'silver')).toBeDefined();
    say(undefined);
    expect(cluster.api.get(volumeAttributesClasses, '', 'silver')).toBeUndefined();
  });

  test('come for ephemeral volumes, and go with the pod', () => {
    const cluster = withDriver();
    addPod(cluster, 'p', 'data', {
      volumes: [
        {
          name: 'v',
          ephemeral: {
            volumeClaimTemplate: { spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } },
          } as never,
        },
      ],
    });
    cluster.advance(30_000);
    expect(claimOf(cluster, 'p-v').status.phase).toBe('Bound');
    expect(phases(cluster)).toEqual(['Running']);
    cluster.api.delete(pods, 'default', 'p');
    cluster.advance(90_000);
    expect(cluster.api.list(persistentVolumeClaims)).toEqual([]);
    expect(cluster.api.list(persistentVolumes)).toEqual([]);
  });

  test('of a pod that only something else still holds can go', () => {
    const cluster = withDriver();
    const template = { spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } };
    addPod(cluster, 'p', 'data', { volumes: [{ name: 'v', ephemeral: { volumeClaimTemplate: template } as never }] });
    cluster.advance(30_000);
    const pod = cluster.api.get(pods, 'default', 'p')!;
    cluster.api.update(pods, { ...pod, metadata: { ...pod.metadata, finalizers: ['x.io/hold'] } });
    cluster.api.delete(persistentVolumeClaims, 'default', 'p-v');
    cluster.advance(5000);
    expect(claimOf(cluster, 'p-v').metadata.deletionTimestamp).toBeDefined();
    cluster.api.delete(pods, 'default', 'p');
    cluster.advance(90_000);
    expect(cluster.api.get(pods, 'default', 'p')).toBeDefined();
    expect(cluster.api.list(persistentVolumeClaims)).toEqual([]);
  });

  test('are not made while the driver is down', () => {
    const cluster = withDriver();
    addClaim(cluster, { className: null });
    cluster.api.setScale(cluster.api.resourceOf('apps', 'Deployment')!, 'kube-system', 'csi-disk', 0);
    cluster.advance(40_000);
    addPod(cluster, 'p');
    cluster.advance(40_000);
    expect(claimOf(cluster).status.phase).toBe('Pending');
    cluster.api.setScale(cluster.api.resourceOf('apps', 'Deployment')!, 'kube-system', 'csi-disk', 1);
    cluster.advance(90_000);
    expect(claimOf(cluster).status.phase).toBe('Bound');
    expect(phases(cluster)).toEqual(['Running']);
  });
});
