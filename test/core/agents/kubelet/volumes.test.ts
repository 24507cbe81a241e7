// Files of ConfigMaps and of the pod itself: the whole volume, and one file mounted by itself.

import { describe, expect, test } from 'vitest';
import type { Volume } from '../../../../worker/api/gen/core-v1.ts';
import { configMaps } from '../../../../worker/resources/core/configmap.ts';
import { events } from '../../../../worker/resources/core/event.ts';
import { persistentVolumes } from '../../../../worker/resources/core/persistentvolume.ts';
import { persistentVolumeClaims } from '../../../../worker/resources/core/persistentvolumeclaim.ts';
import { pods } from '../../../../worker/resources/core/pod.ts';
import { readLog } from '../../../../worker/world/runtime/log.ts';
import { makeTestCluster } from '../../harness.ts';
import type { TestCluster } from '../../harness.ts';
import { onePod } from './one-pod.ts';

/** A pod that says every so many seconds what is in a file of a volume, and in one that is mounted by itself. */
function watching(cluster: TestCluster, volume: Omit<Volume, 'name'>, seconds: number, subPath?: string): void {
  cluster.api.create(pods, {
    metadata: { name: 'web', namespace: 'default', annotations: { a: '1' } },
    spec: {
      nodeName: 'node-1',
      restartPolicy: 'Always',
      volumes: [{ name: 'v', ...volume }],
      containers: [
        {
          name: 'c',
          image: 'busybox',
          command: ['sh', '-c', `while true; do echo $(cat /all/key 2>&1) $(cat /one); sleep ${seconds}; done`],
          resources: {},
          volumeMounts: [{ name: 'v', mountPath: '/all' }, ...(subPath ? [{ name: 'v', mountPath: '/one', subPath }] : [])],
        },
      ],
    },
  });
}

function linesOf({ api, cluster }: TestCluster): string[] {
  const { world } = cluster.simulation;
  const [container] = world.sandboxes.find('pod', api.get(pods, 'default', 'web')!.metadata.uid)[0]!.containers;
  return readLog(world, container!.id)
    .entries.filter(({ stream }) => stream === 'stdout')
    .map(({ text }) => text);
}

function begin(): TestCluster {
  const cluster = makeTestCluster({ strictImages: true });
  cluster.settle();
  return cluster;
}

const make = ({ api }: TestCluster, key: string) =>
  api.create(configMaps, { metadata: { name: 'm', namespace: 'default' }, data: { key } });

test('what a pod mounts where the kubelet would put something of its own is what is there', () => {
  const cluster = begin();
  make(cluster, 'mine');
  cluster.api.create(pods, {
    metadata: { name: 'web', namespace: 'default' },
    spec: {
      nodeName: 'node-1',
      restartPolicy: 'Never',
      volumes: [{ name: 'v', configMap: { name: 'm', defaultMode: 0o644 } }],
      containers: [
        {
          name: 'c',
          image: 'busybox',
          command: ['cat', '/etc/resolv.conf'],
          resources: {},
          volumeMounts: [{ name: 'v', mountPath: '/etc/resolv.conf', subPath: 'key' }],
        },
      ],
    },
  });
  cluster.advance(10_000);
  expect(linesOf(cluster)).toEqual(['mine']);
});

test('the end of a log that becomes a message ends as it was written', () => {
  const command = ['sh', '-c', 'echo a; printf DONE; false'];
  const { pod } = onePod({ command, terminationMessagePolicy: 'FallbackToLogsOnError' }, 10_000);
  expect(pod().status.containerStatuses![0]!.state.terminated!.message).toBe('a\nDONE');
});

describe('a path of the machine', () => {
  /** Pods one after the other on the same machine, each with what is in its directory; what the last says, or what is wrong with it. */
  function say(hostPath: { path: string; type?: string }, commands: readonly string[]): string[] {
    const cluster = begin();
    let last = '';
    for (const [i, command] of commands.entries()) {
      last = `web-${i}`;
      cluster.api.create(pods, {
        metadata: { name: last, namespace: 'default' },
        spec: {
          nodeName: 'node-1',
          restartPolicy: 'Never',
          volumes: [{ name: 'v', hostPath }],
          containers: [
            { name: 'c', image: 'busybox', command: ['sh', '-c', command], resources: {}, volumeMounts: [{ name: 'v', mountPath: '/v' }] },
          ],
        },
      });
      cluster.advance(5000);
    }
    const { world } = cluster.cluster.simulation;
    const [container] = world.sandboxes.find('pod', cluster.api.get(pods, 'default', last)!.metadata.uid)[0]?.containers ?? [];
    if (container) return readLog(world, container.id).entries.map(({ text }) => text);
    return cluster.api.list(events).flatMap(({ reason, message = '' }) => (reason === 'FailedMount' ? [message] : []));
  }
  const failed = (problem: string): string => `MountVolume.SetUp failed for volume "v" : hostPath type check failed: ${problem}`;
  test.each([
    { name: 'is made, and stays', given: { path: '/mnt/a/b' }, commands: ['echo x > /v/f', 'cat /v/f'], want: ['x'] },
    { name: 'is a directory', given: { path: '/mnt', type: 'Directory' }, commands: ['echo here'], want: ['here'] },
    {
      name: 'is no directory',
      given: { path: '/none', type: 'Directory' },
      commands: ['echo here'],
      want: [failed('/none is not a directory')],
    },
    { name: 'is made a directory', given: { path: '/none', type: 'DirectoryOrCreate' }, commands: ['ls -d /v/.'], want: ['/v/.'] },
    { name: 'is made a file', given: { path: '/mnt/f', type: 'FileOrCreate' }, commands: ['echo x > /v', 'cat /v'], want: ['x'] },
    { name: 'is a socket', given: { path: '/run/containerd/containerd.sock', type: 'Socket' }, commands: ['echo here'], want: ['here'] },
    { name: 'is a character device', given: { path: '/dev/null', type: 'CharDevice' }, commands: ['echo here'], want: ['here'] },
    { name: 'is a disk', given: { path: '/dev/vda', type: 'BlockDevice' }, commands: ['test -b /v && echo here'], want: ['here'] },
    {
      name: 'is no disk',
      given: { path: '/dev/null', type: 'BlockDevice' },
      commands: ['echo here'],
      want: [failed('/dev/null is not a block device')],
    },
    { name: 'is no file', given: { path: '/dev/null', type: 'File' }, commands: ['echo here'], want: [failed('/dev/null is not a file')] },
    { name: 'is no socket', given: { path: '/mnt', type: 'Socket' }, commands: ['echo here'], want: [failed('/mnt is not a socket file')] },
  ])('$name', ({ given, commands, want }) => {
    expect(say(given, commands)).toEqual(want);
  });
});

describe('a local volume', () => {
  test.each([
    { name: 'is a directory of its machine', path: '/mnt', want: undefined },
    { name: 'is not made', path: '/mnt/disks/ssd1', want: 'path "/mnt/disks/ssd1" does not exist' },
    { name: 'is no file', path: '/etc/hosts', want: 'only directory and block device are supported' },
  ])('$name', ({ path, want }) => {
    const cluster = begin();
    const { api } = cluster;
    const terms = [{ matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: ['node-1'] }] }];
    const common = { accessModes: ['ReadWriteOnce'], storageClassName: 'local' };
    api.create(persistentVolumes, {
      metadata: { name: 'disk' },
      spec: { ...common, capacity: { storage: '1Gi' }, local: { path }, nodeAffinity: { required: { nodeSelectorTerms: terms } } },
    } as never);
    api.create(persistentVolumeClaims, {
      metadata: { name: 'data', namespace: 'default' },
      spec: { ...common, volumeName: 'disk', resources: { requests: { storage: '1Gi' } } },
    } as never);
    api.create(pods, {
      metadata: { name: 'p', namespace: 'default' },
      spec: {
        nodeName: 'node-1',
        volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'data' } }],
        containers: [{ name: 'c', image: 'nginx', resources: {}, volumeMounts: [{ name: 'v', mountPath: '/v' }] }],
      },
    } as never);
    cluster.advance(20_000);
    const said = api.list(events).flatMap(({ reason, message = '' }) => (reason === 'FailedMount' ? [message] : []));
    expect(said).toEqual(want === undefined ? [] : [`MountVolume.NewMounter initialization failed for volume "disk" : ${want}`]);
    expect(api.get(pods, 'default', 'p')!.status.phase).toBe(want === undefined ? 'Running' : 'Pending');
  });
});

describe('a volume', () => {
  test('of a ConfigMap follows it; a file of it that is mounted by itself stays as it was', () => {
    const cluster = begin();
    const map = make(cluster, 'old');
    watching(cluster, { configMap: { name: 'm' } }, 150, 'key');
    cluster.advance(50_000);
    cluster.api.update(configMaps, { ...map, data: { key: 'new' } });
    cluster.advance(150_000);
    expect(linesOf(cluster)).toEqual(['old old', 'new old']);
  });

  test('of a ConfigMap that may be missing notices when it comes, and when it goes', () => {
    const cluster = begin();
    watching(cluster, { configMap: { name: 'm', optional: true } }, 100);
    cluster.advance(20_000);
    make(cluster, 'here');
    cluster.advance(100_000);
    cluster.api.delete(configMaps, 'default', 'm');
    cluster.advance(100_000);
    const missing = "cat: can't open '/all/key': No such file or directory";
    expect(linesOf(cluster)).toEqual([missing, 'here', missing]);
  });

  test('of what the pod says of itself follows at once', () => {
    const cluster = begin();
    watching(
      cluster,
      { downwardAPI: { items: [{ path: 'key', fieldRef: { apiVersion: 'v1', fieldPath: "metadata.annotations['a']" } }] } },
      20,
    );
    cluster.advance(15_000);
    const pod = cluster.api.get(pods, 'default', 'web')!;
    cluster.api.update(pods, { ...pod, metadata: { ...pod.metadata, annotations: { a: '2' } } });
    cluster.advance(15_000);
    expect(linesOf(cluster)).toEqual(['1', '2']);
  });
});

test.each([
  { name: 'nobody in particular', of: {}, want: '644 0 0' },
  { name: 'the user of the pod', of: { runAsUser: 1000 }, want: '600 1000 0' },
  { name: 'the group of its files', of: { fsGroup: 10_000 }, want: '640 0 10000' },
  { name: 'both', of: { runAsUser: 1000, fsGroup: 10_000 }, want: '640 1000 10000' },
  { name: 'users that differ', of: { runAsUser: 1000 }, other: { runAsUser: 1001 }, want: '644 0 0' },
])('a token is for $name', ({ of, other, want }) => {
  const cluster = begin();
  const more = other && [{ name: 'd', image: 'busybox', command: ['true'], securityContext: other }];
  cluster.api.create(pods, {
    metadata: { name: 'web', namespace: 'default' },
    spec: {
      nodeName: 'node-1',
      securityContext: of,
      restartPolicy: 'Never',
      volumes: [{ name: 'v', projected: { sources: [{ serviceAccountToken: { path: 'token' } }] } }],
      containers: [
        {
          name: 'c',
          image: 'busybox',
          command: ['stat', '-L', '-c', '%a %u %g', '/all/token'],
          volumeMounts: [{ name: 'v', mountPath: '/all' }],
        },
        ...(more ?? []),
      ],
    },
  } as never);
  cluster.advance(10_000);
  expect(linesOf(cluster)).toEqual([want]);
});

test.each([
  { name: 'asks for ten minutes', expirationSeconds: 600, minutes: 7, want: 1 },
  { name: 'asks for ten minutes, when eight are over', expirationSeconds: 600, minutes: 20, want: 3 },
  { name: 'asks for a week, after two days', expirationSeconds: 7 * 86_400, minutes: 49 * 60, want: 3 },
  { name: 'has the usual one', minutes: 110, want: 3 },
])('a token is exchanged in time: who $name', ({ expirationSeconds, minutes, want }) => {
  const cluster = begin();
  const source = { path: 'token', ...(expirationSeconds && { expirationSeconds }) };
  const path = expirationSeconds ? '/all/token' : '/var/run/secrets/kubernetes.io/serviceaccount/token';
  cluster.api.create(pods, {
    metadata: { name: 'web', namespace: 'default' },
    spec: {
      nodeName: 'node-1',
      volumes: [{ name: 'v', projected: { sources: [{ serviceAccountToken: source }] } }],
      containers: [
        {
          name: 'c',
          image: 'busybox',
          command: ['sh', '-c', `while true; do md5sum < ${path}; sleep 120; done`],
          volumeMounts: [{ name: 'v', mountPath: '/all' }],
        },
      ],
    },
  } as never);
  cluster.advance(10_000);
  // What is asked for on the way does not bring it forward.
  for (const reason of ['one', 'two']) {
    cluster.api.update(pods, {
      ...cluster.api.get(pods, 'default', 'web')!,
      metadata: { ...cluster.api.get(pods, 'default', 'web')!.metadata, annotations: { reason } },
    });
    cluster.advance(60_000);
  }
  cluster.advance(minutes * 60_000 - 120_000);
  expect(new Set(linesOf(cluster)).size).toBe(want);
});

test.each([
  { name: 'of a directory that is made', mode: '777', of: {} },
  { name: 'of one that is there', mode: '755', of: { hostPath: { path: '/mnt' } } },
])('a path in a volume: $name', ({ mode, of }) => {
  const volumes = [{ name: 'v', ...('hostPath' in of ? of : { emptyDir: {} }) }];
  const { lines } = onePod(
    { command: ['sh', '-c', 'stat -c %a /v /v/.'], volumeMounts: [{ name: 'v', mountPath: '/v', subPath: 'a/b' }] },
    10_000,
    { volumes },
  );
  expect(lines()).toEqual([mode, mode]);
});

test.each([
  { name: 'its own', of: {}, want: ['fq', 'fq.sub.default.svc.cluster.local'] },
  {
    name: 'its whole one',
    of: { setHostnameAsFQDN: true },
    want: ['fq.sub.default.svc.cluster.local', 'fq.sub.default.svc.cluster.local'],
  },
])('a pod below a subdomain has a name: $name', ({ of, want }) => {
  const { lines } = onePod({ command: ['sh', '-c', 'hostname; hostname -f'] }, 10_000, { hostname: 'fq', subdomain: 'sub', ...of });
  expect(lines()).toEqual(want);
});

test('a name that is too long for a kernel', () => {
  const subdomain = 's'.repeat(40);
  const { cluster, pod } = onePod({ command: ['true'] }, 10_000, { subdomain, setHostnameAsFQDN: true });
  expect(pod().status.phase).toBe('Pending');
  expect(cluster.api.list(events).find(({ reason }) => reason === 'FailedCreatePodSandBox')!.message).toBe(
    `Failed to create pod sandbox: failed to construct FQDN from pod hostname and cluster domain, FQDN web.${subdomain}.default.svc.cluster.local is too long (64 characters is the max, 70 characters requested)`,
  );
});

const FULL = "dd: error writing '/m/f': No space left on device";

test.each([
  {
    name: 'as much as it may',
    of: { sizeLimit: '2Mi' },
    limits: { memory: '64Mi' },
    kib: 2048,
    want: [FULL, '3+0 records in', '2+0 records out'],
  },
  {
    name: 'as much as its pod may',
    of: {},
    limits: { memory: '4Mi' },
    kib: 4096,
    want: [FULL, '5+0 records in', '4+0 records out'],
  },
  {
    name: 'no more than its pod may',
    of: { sizeLimit: '1Gi' },
    limits: { memory: '64Mi' },
    kib: 65_536,
    want: ['5+0 records in', '5+0 records out'],
  },
])('a volume in memory holds $name', ({ of, limits, kib, want }) => {
  const { lines } = onePod(
    {
      command: ['sh', '-c', "df /m | tail -n 1; mount | grep ' /m '; dd if=/dev/zero of=/m/f bs=1M count=5 2>&1"],
      resources: { limits },
      volumeMounts: [{ name: 'm', mountPath: '/m' }],
    },
    10_000,
    { volumes: [{ name: 'm', emptyDir: { medium: 'Memory', ...of } }] },
  );
  expect(lines().filter((line) => !line.includes('copied'))).toEqual([
    `tmpfs                ${String(kib).padStart(9)}         0 ${String(kib).padStart(9)}   0% /m`,
    `tmpfs on /m type tmpfs (rw,relatime,size=${kib}k,inode64,noswap)`,
    ...want,
  ]);
});

test('an empty volume is as old as its pod', () => {
  const { lines } = onePod({ command: ['stat', '-c', '%y', '/v'], volumeMounts: [{ name: 'v', mountPath: '/v' }] }, 10_000, {
    volumes: [{ name: 'v', emptyDir: {} }],
  });
  expect(lines()).toEqual([expect.stringMatching(/^2026-01-01 /)]);
});

test('the pods that empty volumes have a shell', () => {
  const { lines } = onePod(
    { image: 'registry.k8s.io/build-image/debian-base:bookworm-v1.0.6', command: ['/bin/sh'], args: ['-c', 'echo here'] },
    10_000,
  );
  expect(lines()).toEqual(['here']);
});
