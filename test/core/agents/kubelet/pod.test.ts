import { describe, expect, test } from 'vitest';
import type { Event, Pod, PodStatus } from '../../../../worker/api/gen/core-v1.ts';
import { builtinType } from '../../../../worker/resources/schema/index.ts';
import { decode } from '../../../../worker/registry/decode.ts';
import { configMaps } from '../../../../worker/resources/core/configmap.ts';
import { events } from '../../../../worker/resources/core/event.ts';
import { pods } from '../../../../worker/resources/core/pod.ts';
import { makeTestCluster } from '../../harness.ts';
import type { TestCluster, TestOptions } from '../../harness.ts';

/** A cluster whose images are pulled, and a pod on its first node. */
function run(spec: Partial<Pod['spec']>, options: TestOptions = {}): TestCluster {
  const cluster = makeTestCluster({ strictImages: true, ...options });
  cluster.settle();
  cluster.api.create(pods, { metadata: { name: 'web', namespace: 'default' }, spec: { ...defaults, ...spec } as Pod['spec'] });
  return cluster;
}

const defaults = { nodeName: 'node-1', restartPolicy: 'Always', terminationGracePeriodSeconds: 30 };
const container = (name: string, more: object = {}): Pod['spec']['containers'][number] => ({
  name,
  image: 'nginx:1.27',
  resources: {},
  ...more,
});

const podOf = ({ api }: TestCluster): Pod | undefined => api.get(pods, 'default', 'web');
const messages = ({ api }: TestCluster): string[] =>
  api
    .list<Event>(events, { namespace: 'default' })
    .filter(({ involvedObject }) => involvedObject.name === 'web')
    .sort((a, b) => Number(a.metadata.resourceVersion) - Number(b.metadata.resourceVersion))
    .map(({ reason, message }) => `${reason}: ${message}`);

test('a container that is exchanged for another image is not seen to be gone, unless the image takes its time', () => {
  const cluster = run({ containers: [container('web')] });
  cluster.advance(10_000);
  cluster.api.create(pods, {
    metadata: { name: 'other', namespace: 'default' },
    spec: { ...defaults, containers: [container('c', { image: 'nginx:1.26' })] } as Pod['spec'],
  });
  cluster.advance(10_000);
  cluster.advance(1_000_000);
  const exchange = (image: string): string[] => {
    const pod = podOf(cluster)!;
    cluster.api.update(pods, { ...pod, spec: { ...pod.spec, containers: [{ ...pod.spec.containers[0]!, image }] } });
    const seen: string[] = [];
    for (let i = 0; i < 100; i++) {
      cluster.advance(50);
      const { ready, restartCount } = podOf(cluster)!.status.containerStatuses![0]!;
      if (seen.at(-1) !== `${ready} ${restartCount}`) seen.push(`${ready} ${restartCount}`);
    }
    return seen;
  };
  expect(exchange('nginx:1.26')).toEqual(['true 1']);
  cluster.advance(1_000_000);
  expect(exchange('nginx:1.25')).toEqual(['true 1', 'false 1', 'true 2']);
});

test('a container that fails waits longer each time, and begins anew with another image', () => {
  const cluster = run({ containers: [container('web', { image: 'busybox:1.36', command: ['sh', '-c', 'sleep 5; exit 1'] })] });
  cluster.advance(10_000);
  const state = () => podOf(cluster)!.status.containerStatuses![0]!;
  /** How often ten seconds were doubled between the next end and the start after it, which may come half as late again; less than 0 for less than that. */
  const delay = (): number => {
    const { restartCount } = state();
    for (let i = 0; state().restartCount === restartCount && i < 400; i++) cluster.advance(1000);
    const { state: now, lastState } = state();
    return Math.floor(Math.log2((Date.parse(now.running!.startedAt!) - Date.parse(lastState.terminated!.finishedAt!)) / 10_000));
  };
  const delays = [delay(), delay(), delay()];
  expect(delays).toEqual([0, 1, 2]);
  const pod = podOf(cluster)!;
  cluster.api.update(pods, { ...pod, spec: { ...pod.spec, containers: [{ ...pod.spec.containers[0]!, image: 'busybox:1.37' }] } });
  const [exchanged, ...after] = [delay(), delay(), delay()];
  expect(exchanged).toBeLessThan(0);
  expect(after).toEqual([0, 1]);
});

describe('users of a pod', () => {
  const maps = async (hostUsers: boolean | undefined): Promise<string[]> => {
    const command = ['sh', '-c', 'cat /proc/self/uid_map /proc/self/gid_map; sleep 1000'];
    const spec = { ...(hostUsers !== undefined && { hostUsers }), containers: [container('web', { image: 'busybox:1.36', command })] };
    const cluster = run(spec);
    cluster.api.create(pods, { metadata: { name: 'other', namespace: 'default' }, spec: { ...defaults, ...spec } as Pod['spec'] });
    cluster.advance(10_000);
    const log = async (name: string): Promise<string> =>
      (await cluster.request<string>('GET', `/api/v1/namespaces/default/pods/${name}/log`)).body;
    return [await log('web'), await log('other')];
  };
  const of = (first: number, count: number): string => `         0 ${String(first).padStart(10)} ${String(count).padStart(10)}\n`.repeat(2);

  test.each([
    { name: 'are those of its node', hostUsers: undefined, want: [of(0, 4_294_967_295), of(0, 4_294_967_295)] },
    { name: 'are those of its node, if it says so', hostUsers: true, want: [of(0, 4_294_967_295), of(0, 4_294_967_295)] },
  ])('$name', async ({ hostUsers, want }) => {
    expect(await maps(hostUsers)).toEqual(want);
  });

  test('are its own, and no other’s, if it wants none of those', async () => {
    const found = await maps(false);
    const firsts = found.map((map) => Number(map.trim().split(/\s+/)[1]));
    expect(found).toEqual(firsts.map((first) => of(first, 65_536)));
    expect(firsts.map((first) => first % 65_536)).toEqual([0, 0]);
    expect(Math.min(...firsts)).toBeGreaterThan(0);
    expect(firsts[0]).not.toBe(firsts[1]);
  });
});

describe('a pod starts', () => {
  test('its status goes from ContainerCreating to Running, and is written in canonical form', () => {
    const cluster = run({ containers: [container('web', { resources: { requests: { cpu: '100m' }, limits: { memory: '64Mi' } } })] });
    const seen: PodStatus[] = [];
    for (let i = 0; i < 100; i++) {
      cluster.advance(50);
      const { status } = podOf(cluster)!;
      if (seen.at(-1) !== status) seen.push(status);
    }
    expect(cluster.errors).toEqual([]);
    expect(seen.map(({ phase, podIP, containerStatuses }) => [phase, podIP, Object.keys(containerStatuses![0]!.state)[0]])).toEqual([
      ['Pending', undefined, 'waiting'],
      ['Pending', '10.244.0.2', 'waiting'],
      ['Running', '10.244.0.2', 'running'],
    ]);
    const last = seen.at(-1)!;
    expect(last.conditions!.map(({ type, status }) => `${type}=${status}`)).toEqual([
      'PodReadyToStartContainers=True',
      'Initialized=True',
      'Ready=True',
      'ContainersReady=True',
      'PodScheduled=True',
    ]);
    expect(last).toMatchObject({
      hostIP: '172.18.0.2',
      hostIPs: [{ ip: '172.18.0.2' }],
      podIPs: [{ ip: '10.244.0.2' }],
      startTime: '2026-01-01T00:00:00Z',
      allocatedResources: { cpu: '100m' },
      resources: { limits: { memory: '64Mi' }, requests: { cpu: '100m' } },
    });
    expect(last.containerStatuses![0]).toMatchObject({
      image: 'docker.io/library/nginx:1.27',
      imageID: expect.stringMatching(/^docker\.io\/library\/nginx@sha256:[0-9a-f]{64}$/),
      containerID: expect.stringMatching(/^containerd:\/\/[0-9a-f]{64}$/),
      ready: true,
      started: true,
      restartCount: 0,
      allocatedResources: { cpu: '100m' },
      user: { linux: { uid: 0, gid: 0, supplementalGroups: [0] } },
    });
    const canonical = decode(podOf(cluster), builtinType('core.v1.Pod')).object as unknown as Pod;
    expect(JSON.stringify(last)).toBe(JSON.stringify(canonical.status));
  });

  test('the first pull takes its time, later ones find the image', () => {
    const cluster = run({ containers: [container('web')] });
    cluster.advance(5000);
    const [, pulled] = messages(cluster);
    expect(messages(cluster).map((one) => one.split(':')[0])).toEqual(['Pulling', 'Pulled', 'Created', 'Started']);
    expect(pulled).toMatch(
      /^Pulled: Successfully pulled image "nginx:1\.27" in 1\.\d+s \(1\.\d+s including waiting\)\. Image size: 62870438 bytes\.$/,
    );
    cluster.api.create(pods, {
      metadata: { name: 'two', namespace: 'default' },
      spec: { ...defaults, containers: [container('web')] } as Pod['spec'],
    });
    cluster.advance(600);
    expect(cluster.api.get(pods, 'default', 'two')!.status.phase).toBe('Running');
    expect(cluster.api.list<Event>(events).map(({ message }) => message)).toContain(
      'Container image "nginx:1.27" already present on machine and can be accessed by the pod',
    );
  });

  test('a bare cluster runs any image at once', () => {
    const cluster = run(
      { containers: [container('a', { image: 'no-such-image:1' }), container('b', { image: 'i', command: ['nothing'] })] },
      { strictImages: false },
    );
    cluster.advance(200);
    expect(podOf(cluster)!.status).toMatchObject({ phase: 'Running', containerStatuses: [{ ready: true }, { ready: true }] });
  });

  test('nothing starts again after an eviction at any moment', () => {
    const whole = run({ containers: [container('web')] });
    whole.advance(6000);
    for (const at of [0, 100, 400, 900, 1500, 3000]) {
      const first = run({ containers: [container('web')] });
      first.advance(at);
      first.save();
      const second = makeTestCluster({ strictImages: true, backend: first.backend, startAt: at });
      second.advance(6000 - at);
      expect(second.errors).toEqual([]);
      expect(podOf(second)!.status, `evicted after ${at} ms`).toEqual(podOf(whole)!.status);
      expect(messages(second)).toEqual(messages(whole));
    }
  });
});

describe('what keeps a container from starting', () => {
  test.each([
    {
      name: 'an image that does not exist',
      spec: container('web', { image: 'nginx:1.161' }),
      reason: 'ErrImagePull',
      message: /^rpc error: code = NotFound desc = failed to pull and unpack image "docker\.io\/library\/nginx:1\.161": .*: not found$/,
      event: /^Failed: Failed to pull image "nginx:1\.161": rpc error/,
    },
    {
      name: 'a repository that does not exist',
      spec: container('web', { image: 'nonexistent/app' }),
      reason: 'ErrImagePull',
      message: /pull access denied, repository does not exist or may require authorization/,
      event: /^Failed: Error: ErrImagePull$/,
    },
    {
      name: 'a name that is none',
      spec: container('web', { image: 'Nginx:1' }),
      reason: 'InvalidImageName',
      message:
        /^Failed to apply default image tag "Nginx:1": couldn't parse image name "Nginx:1": invalid reference format: repository name \(library\/Nginx\) must be lowercase$/,
      event: /^InspectFailed: Failed to apply default image tag/,
    },
    {
      name: 'an image that is not to be pulled',
      spec: container('web', { imagePullPolicy: 'Never' }),
      reason: 'ErrImageNeverPull',
      message: /^Container image "nginx:1\.27" is not present with pull policy of Never$/,
      event: /^ErrImageNeverPull: Container image/,
    },
    {
      name: 'a ConfigMap that is missing',
      spec: container('web', { envFrom: [{ configMapRef: { name: 'settings' } }] }),
      reason: 'CreateContainerConfigError',
      message: /^configmap "settings" not found$/,
      event: /^Failed: Error: configmap "settings" not found$/,
    },
    {
      name: 'a key that is missing',
      spec: container('web', { env: [{ name: 'A', valueFrom: { configMapKeyRef: { name: 'present', key: 'b' } } }] }),
      reason: 'CreateContainerConfigError',
      message: /^couldn't find key b in ConfigMap default\/present$/,
      event: /^Failed: Error: couldn't find key b in ConfigMap default\/present$/,
    },
    {
      name: 'a Secret that is missing',
      spec: container('web', { env: [{ name: 'A', valueFrom: { secretKeyRef: { name: 'credentials', key: 'b' } } }] }),
      reason: 'CreateContainerConfigError',
      message: /^secret "credentials" not found$/,
      event: /^Failed: Error: secret "credentials" not found$/,
    },
    {
      name: 'root where root is not wanted',
      spec: container('web', { securityContext: { runAsNonRoot: true } }),
      reason: 'CreateContainerConfigError',
      message: /^container has runAsNonRoot and image will run as root \(pod: "web_default\([0-9a-f-]+\)", container: web\)$/,
      event: /^Failed: Error: container has runAsNonRoot/,
    },
  ])('$name', ({ spec, reason, message, event }) => {
    const cluster = makeTestCluster({ strictImages: true });
    cluster.api.create(configMaps, { metadata: { name: 'present', namespace: 'default' }, data: { a: '1' } });
    cluster.api.create(pods, { metadata: { name: 'web', namespace: 'default' }, spec: { ...defaults, containers: [spec] } as Pod['spec'] });
    cluster.advance(3000);
    expect(cluster.errors).toEqual([]);
    expect(podOf(cluster)!.status).toMatchObject({ phase: 'Pending', containerStatuses: [{ state: { waiting: { reason } } }] });
    expect(podOf(cluster)!.status.containerStatuses![0]!.state.waiting!.message).toMatch(message);
    expect(messages(cluster).some((one) => event.test(one))).toBe(true);
  });

  test.each([
    { name: 'its image', image: 'registry.k8s.io/e2e-test-images/nonroot:1.4', context: {}, uid: 1234 },
    { name: 'its own choice', image: 'busybox', context: { runAsUser: 1000 }, uid: 1000 },
  ])('a container that may not be root runs as the user of $name', ({ image, context, uid }) => {
    const securityContext = { runAsNonRoot: true, ...context };
    const command = ['sh', '-c', `test $(id -u) = ${uid}`];
    const cluster = run({ restartPolicy: 'Never', containers: [container('web', { image, command, securityContext })] });
    cluster.advance(20_000);
    expect(podOf(cluster)!.status.phase).toBe('Succeeded');
  });

  test('an init container follows a sidecar that runs on', () => {
    const sidecar = container('beside', { image: 'busybox', restartPolicy: 'Always', command: ['sleep', '1000'] });
    const init = container('first', { image: 'busybox', command: ['true'] });
    const cluster = run({ initContainers: [sidecar, init], containers: [container('web')] });
    cluster.advance(20_000);
    expect(podOf(cluster)!.status).toMatchObject({
      phase: 'Running',
      initContainerStatuses: [{ state: { running: {} } }, { state: { terminated: { exitCode: 0 } } }],
    });
  });

  test('it starts as soon as what was missing is there', () => {
    const cluster = run({ containers: [container('web', { envFrom: [{ configMapRef: { name: 'late' } }] })] });
    cluster.advance(5000);
    expect(podOf(cluster)!.status.phase).toBe('Pending');
    cluster.api.create(configMaps, { metadata: { name: 'late', namespace: 'default' }, data: { a: '1' } });
    cluster.advance(16_000);
    expect(podOf(cluster)!.status.phase).toBe('Running');
  });

  test('a failed pull is tried again after 10, 20, 40 seconds, and says so', () => {
    const cluster = run({ containers: [container('web', { image: 'nginx:1.161' })] });
    const pulls = (): number => messages(cluster).filter((one) => one.startsWith('Pulling')).length;
    const count = (): number => cluster.api.list<Event>(events).find(({ reason }) => reason === 'Pulling')?.count ?? 0;
    cluster.advance(3000);
    expect([pulls(), count()]).toEqual([1, 1]);
    cluster.advance(9000);
    cluster.advance(6000);
    expect(podOf(cluster)!.status.containerStatuses![0]!.state.waiting!.reason).toMatch(/ErrImagePull|ImagePullBackOff/);
    cluster.advance(300_000);
    expect(count()).toBeGreaterThanOrEqual(4);
    expect(count()).toBeLessThanOrEqual(6);
    expect(messages(cluster)).toContain('BackOff: Back-off pulling image "nginx:1.161"');
    expect(messages(cluster)).toContain('Failed: Error: ImagePullBackOff');
  });

  test.each([
    {
      name: 'cpu',
      spec: { containers: [container('web', { resources: { requests: { cpu: '64' } } })] },
      reason: 'OutOfcpu',
      message: "Pod was rejected: Node didn't have enough resource: cpu, requested: 64000, used: 0, capacity: 4000",
    },
    {
      name: 'a label',
      spec: { containers: [container('web')], nodeSelector: { disk: 'ssd' } },
      reason: 'NodeAffinity',
      message: "Pod was rejected: Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector",
    },
  ])('a node that lacks $name turns the pod away', ({ spec, reason, message }) => {
    const cluster = run(spec as Partial<Pod['spec']>);
    cluster.advance(1000);
    expect(podOf(cluster)!.status).toMatchObject({ phase: 'Failed', reason, message });
    expect(messages(cluster)[0]).toBe(`${reason}: ${message.replace('Pod was rejected: ', '')}`);
  });
});

describe('a pod ends', () => {
  test.each([
    { script: 'exit 0', phases: ['Pending', 'Succeeded'] },
    { script: 'exit 1', phases: ['Pending', 'Failed'] },
    { script: 'sleep 2', phases: ['Pending', 'Running', 'Succeeded'] },
  ])('whose program is $script: $phases', ({ script, phases }) => {
    const cluster = run({ restartPolicy: 'Never', containers: [container('web', { image: 'busybox', command: ['sh', '-c', script] })] });
    cluster.advance(10_000);
    const told = cluster.store
      .changesAfter(0, Infinity)
      .filter(({ bucket }) => bucket === 'pods')
      .map(({ value }) => (value as Pod).status.phase!);
    expect(told.filter((phase, i) => phase !== told[i - 1])).toEqual(phases);
  });

  test('a deleted pod is stopped, told of as ended, and gone', () => {
    const cluster = run({ containers: [container('web')] });
    cluster.advance(5000);
    const seen: string[] = [];
    cluster.api.delete(pods, 'default', 'web', { gracePeriodSeconds: 30 });
    for (let i = 0; i < 20 && podOf(cluster); i++) {
      seen.push(podOf(cluster)!.status.phase!);
      cluster.advance(50);
    }
    expect(podOf(cluster)).toBeUndefined();
    expect(cluster.errors).toEqual([]);
    const lines = cluster
      .log()
      .split('\n')
      .filter((line) => line.includes('"kind":"Pod"'));
    expect(lines.at(-1)).toContain(' deleted ');
    expect(JSON.parse(lines.at(-2)!.replace(/^\d+ \w+ /, ''))).toMatchObject({ status: { phase: 'Succeeded' } });
    expect(messages(cluster)).toContain('Killing: Stopping container web');
    expect(cluster.cluster.simulation.world.sandboxes.values()).toEqual([]);
  });

  test('a pod deleted by force leaves nothing running', () => {
    const cluster = run({ containers: [container('web')] });
    cluster.advance(5000);
    cluster.api.delete(pods, 'default', 'web', { gracePeriodSeconds: 0 });
    expect(podOf(cluster)).toBeUndefined();
    cluster.advance(3000);
    expect(cluster.errors).toEqual([]);
    expect(cluster.cluster.simulation.world.sandboxes.values()).toEqual([]);
  });

  test('its deadline fails it', () => {
    const cluster = run({ containers: [container('web')], activeDeadlineSeconds: 20 });
    cluster.advance(19_000);
    expect(podOf(cluster)!.status.phase).toBe('Running');
    cluster.advance(2000);
    expect(podOf(cluster)!.status).toMatchObject({
      phase: 'Failed',
      reason: 'DeadlineExceeded',
      message: 'Pod was active on the node longer than the specified deadline',
    });
  });
});
