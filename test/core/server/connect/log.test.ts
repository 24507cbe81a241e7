import { describe, expect, test } from 'vitest';
import type { Pod } from '../../../../worker/api/gen/core-v1.ts';
import { fromUtf8 } from '../../../../worker/lib/text.ts';
import { pods } from '../../../../worker/resources/core/pod.ts';
import type { HttpReply } from '../../../../worker/server/http.ts';
import { appendLog } from '../../../../worker/world/runtime/log.ts';
import { signalContainer } from '../../../../worker/world/runtime/lifecycle.ts';
import { makeTestCluster, statusOf } from '../../harness.ts';
import type { TestCluster, TestOptions } from '../../harness.ts';
import { openedSocket, openSocket, openStream } from './peer.ts';

const PATH = '/api/v1/namespaces/default/pods/web/log';

/** A cluster with a pod `web` that runs. */
function withPod(containers = ['web'], spec: Partial<Pod['spec']> = {}, options: TestOptions = {}): TestCluster {
  const cluster = makeTestCluster({ nodes: 1, ...options });
  cluster.settle();
  cluster.api.create(pods, {
    metadata: { name: 'web', namespace: 'default' },
    spec: { containers: containers.map((name) => ({ name, image: 'demo' })), ...spec } as Pod['spec'],
  });
  cluster.advance(2000);
  return cluster;
}

const sandboxOf = ({ cluster }: TestCluster) => cluster.simulation.world.sandboxes.find('pod', 'default/web').at(-1)!;
const print = (cluster: TestCluster, text: string, stream: 'stdout' | 'stderr' = 'stdout', container = 0): void => {
  appendLog(cluster.cluster.simulation.world, sandboxOf(cluster).containers[container]!.id, stream, text);
  cluster.save();
};
const read = async (cluster: TestCluster, query = ''): Promise<string> => {
  const { status, body } = (await cluster.send('GET', `${PATH}${query}`)) as HttpReply;
  return `${status} ${typeof body === 'string' ? body : fromUtf8(body)}`;
};

describe('over a WebSocket', () => {
  test.each([
    { name: 'as bytes', protocol: 'binary.k8s.io', want: ['one\n', 'two\n'] },
    { name: 'whatever the client speaks', protocol: '', want: ['one\n', 'two\n'] },
    { name: 'as text', protocol: 'base64.binary.k8s.io', want: ['b25lCg==', 'dHdvCg=='] },
  ])('$name', async ({ protocol, want }) => {
    const cluster = withPod();
    print(cluster, 'one\n');
    const peer = await openedSocket(cluster, `${PATH}?follow=true`, protocol);
    print(cluster, 'two\n');
    cluster.settle();
    expect([peer.protocol, peer.messages.map((one) => (typeof one === 'string' ? one : fromUtf8(one))), peer.closes]).toEqual([
      protocol,
      want,
      [],
    ]);
    expect((await openedSocket(cluster, PATH, protocol)).closes).toEqual([1000]);
    expect(await openSocket(cluster, PATH, 'v4.channel.k8s.io')).toMatchObject({ status: 400 });
  });
});

describe('a log', () => {
  test.each([
    { name: 'whole', query: '', want: 'one\ntwo\noops\nthree\n' },
    { name: 'the last lines', query: '?tailLines=2', want: 'oops\nthree\n' },
    { name: 'no lines', query: '?tailLines=0', want: '' },
    { name: 'more lines than there are', query: '?tailLines=50', want: 'one\ntwo\noops\nthree\n' },
    { name: 'the first bytes', query: '?limitBytes=6', want: 'one\ntw' },
    { name: 'since a time', query: '?sinceTime=2026-01-01T00:00:05Z', want: 'oops\nthree\n' },
    { name: 'of the last seconds', query: '?sinceSeconds=3', want: 'three\n' },
    { name: 'tail first, then since', query: '?sinceSeconds=3&tailLines=2', want: 'three\n' },
    { name: 'what was printed as an error', query: '?stream=Stderr', want: 'oops\n' },
    { name: 'with times', query: '?timestamps=true&tailLines=1', want: '2026-01-01T00:00:10.000000000Z three\n' },
    { name: 'bytes count with their times', query: '?timestamps=true&limitBytes=12', want: '2026-01-01T0' },
    { name: 'a container by name', query: '?container=web', want: 'one\ntwo\noops\nthree\n' },
  ])('$name', async ({ query, want }) => {
    const cluster = withPod();
    print(cluster, 'one\ntwo\n');
    cluster.advance(4000);
    print(cluster, 'oops\n', 'stderr');
    cluster.advance(4000);
    print(cluster, 'three\n');
    cluster.advance(2000);
    expect(await read(cluster, query)).toBe(`200 ${want}`);
    expect(cluster.errors).toEqual([]);
  });

  test('bytes come as they were written', async () => {
    const cluster = withPod();
    print(cluster, 'gr\xc3\xbc\xc3\x9fe\n');
    expect(await read(cluster)).toBe('200 grüße\n');
  });

  test('a line is there when it is whole', async () => {
    const cluster = withPod();
    print(cluster, 'half');
    expect(await read(cluster)).toBe('200 ');
    print(cluster, ' a line\n');
    expect(await read(cluster)).toBe('200 half a line\n');
  });

  test('of the container before', async () => {
    const cluster = withPod();
    print(cluster, 'first life\n');
    const sandbox = sandboxOf(cluster);
    signalContainer(cluster.cluster.simulation.world, sandbox, sandbox.containers[0]!, 'KILL');
    cluster.advance(30_000);
    print(cluster, 'second life\n', 'stdout', 1);
    expect(await read(cluster)).toBe('200 second life\n');
    expect(await read(cluster, '?previous=true')).toBe('200 first life\n');
  });

  test('a pod that is on no node has none, and no content says so', async () => {
    const cluster = withPod(['web'], { nodeSelector: { disk: 'fast' } });
    expect(await cluster.send('GET', PATH)).toMatchObject({ status: 204, body: '' });
  });
});

describe('a log that is followed', () => {
  test('comes as it is written, and ends with the container', async () => {
    const cluster = withPod();
    print(cluster, 'before\n');
    const stream = await openStream(cluster, `${PATH}?follow=true`);
    cluster.save();
    expect(stream.text()).toBe('before\n');
    print(cluster, 'after\n');
    expect(stream.text()).toBe('before\nafter\n');
    const sandbox = sandboxOf(cluster);
    print(cluster, 'no end of line');
    signalContainer(cluster.cluster.simulation.world, sandbox, sandbox.containers[0]!, 'KILL');
    cluster.save();
    expect(stream.text()).toBe('before\nafter\nno end of line');
    expect(stream.isClosed()).toBe(true);
  });

  test('nothing goes out before it is saved', async () => {
    const cluster = withPod();
    const stream = await openStream(cluster, `${PATH}?follow=true`);
    appendLog(cluster.cluster.simulation.world, sandboxOf(cluster).containers[0]!.id, 'stdout', 'soon\n');
    expect(stream.text()).toBe('');
    cluster.save();
    expect(stream.text()).toBe('soon\n');
  });

  test('a reader that is behind gets the rest when it has caught up', async () => {
    const cluster = withPod();
    const stream = await openStream(cluster, `${PATH}?follow=true`);
    stream.setReady(false);
    for (let i = 0; i < 100; i++) print(cluster, `${i}\n`);
    expect(stream.text()).toBe('');
    stream.setReady(true);
    expect(stream.text().split('\n')).toHaveLength(101);
  });

  test('a limit of bytes ends it', async () => {
    const cluster = withPod();
    const stream = await openStream(cluster, `${PATH}?follow=true&limitBytes=5`);
    print(cluster, 'one\ntwo\n');
    expect(stream.text()).toBe('one\nt');
    expect(stream.isClosed()).toBe(true);
  });

  test('one who has left costs nothing more', async () => {
    const cluster = withPod();
    const stream = await openStream(cluster, `${PATH}?follow=true`);
    stream.leave();
    print(cluster, 'unheard\n');
    expect(stream.text()).toBe('');
  });

  test('after an eviction it can be followed again, and nothing is lost', async () => {
    const before = withPod();
    print(before, 'one\n');
    const after = makeTestCluster({ nodes: 1, backend: before.backend, startAt: before.elapsed() });
    const stream = await openStream(after, `${PATH}?follow=true`);
    after.save();
    print(after, 'two\n');
    expect(stream.text()).toBe('one\ntwo\n');
  });
});

describe('what is refused', () => {
  test.each([
    { name: 'no such pod', path: '/api/v1/namespaces/default/pods/nope/log', code: 404, want: 'pods "nope" not found' },
    { name: 'no such container', query: '?container=x', code: 400, want: 'container x is not valid for pod web' },
    {
      name: 'no such container before',
      query: '?previous=true',
      code: 400,
      want: 'previous terminated container "web" in pod "web" not found',
    },
    {
      name: 'lines below none',
      query: '?tailLines=-1',
      code: 422,
      want: 'PodLogOptions "web" is invalid: tailLines: Invalid value: -1: must be greater than or equal to 0',
    },
    {
      name: 'no bytes',
      query: '?limitBytes=0',
      code: 422,
      want: 'PodLogOptions "web" is invalid: limitBytes: Invalid value: 0: must be greater than 0',
    },
    {
      name: 'no seconds',
      query: '?sinceSeconds=0',
      code: 422,
      want: 'PodLogOptions "web" is invalid: sinceSeconds: Invalid value: 0: must be greater than 0',
    },
    {
      name: 'two beginnings',
      query: '?sinceSeconds=1&sinceTime=2026-01-01T00:00:00Z',
      code: 422,
      want: 'PodLogOptions "web" is invalid: <nil>: Forbidden: at most one of `sinceTime` or `sinceSeconds` may be specified',
    },
    {
      name: 'an unknown stream',
      query: '?stream=Both',
      code: 422,
      want: 'PodLogOptions "web" is invalid: stream: Unsupported value: "Both": supported values: "All", "Stderr", "Stdout"',
    },
    {
      name: 'lines of one stream',
      query: '?stream=Stdout&tailLines=1',
      code: 422,
      want: 'PodLogOptions "web" is invalid: <nil>: Forbidden: `tailLines` and specific `stream` are mutually exclusive for now',
    },
    { name: 'a number that is none', query: '?tailLines=x', code: 400, want: 'strconv.ParseInt: parsing "x": invalid syntax' },
  ])('$name', async ({ path = PATH, query = '', code, want }) => {
    const reply = await withPod().request('GET', `${path}${query}`);
    expect([reply.status, statusOf(reply).message]).toEqual([code, want]);
  });

  test('several containers, and none is named', async () => {
    const cluster = withPod(['a', 'b'], { initContainers: [{ name: 'init', image: 'demo', resources: {}, restartPolicy: 'Always' }] });
    const reply = await cluster.request('GET', PATH);
    expect(statusOf(reply).message).toBe('a container name must be specified for pod web, choose one of: [init a b]');
  });

  test.each([
    { name: 'an image that is not there', image: 'nginx:no-such-tag', want: "is waiting to start: image can't be pulled" },
    { name: 'a ConfigMap that is missing', image: 'nginx', env: 'missing', want: 'is waiting to start: CreateContainerConfigError' },
  ])('$name', async ({ image, env, want }) => {
    const cluster = makeTestCluster({ strictImages: true, nodes: 1 });
    cluster.settle();
    const source = env && { env: [{ name: 'A', valueFrom: { configMapKeyRef: { name: env, key: 'a' } } }] };
    cluster.api.create(pods, {
      metadata: { name: 'web', namespace: 'default' },
      spec: { nodeName: 'node-1', tolerations: [{ operator: 'Exists' }], containers: [{ name: 'web', image, ...source }] } as Pod['spec'],
    });
    cluster.advance(6000);
    expect(statusOf(await cluster.request('GET', PATH)).message).toBe(`container "web" in pod "web" ${want}`);
  });

  test('while the container is being made', async () => {
    const cluster = makeTestCluster({ strictImages: true, nodes: 1 });
    cluster.settle();
    cluster.api.create(pods, {
      metadata: { name: 'web', namespace: 'default' },
      spec: { nodeName: 'node-1', tolerations: [{ operator: 'Exists' }], containers: [{ name: 'web', image: 'nginx' }] } as Pod['spec'],
    });
    cluster.advance(100);
    expect(statusOf(await cluster.request('GET', PATH)).message).toBe(
      'container "web" in pod "web" is waiting to start: ContainerCreating',
    );
  });

  test('a node whose kubelet does not run', async () => {
    const cluster = withPod();
    const { world } = cluster.cluster.simulation;
    const [machine] = world.machines.values();
    machine!.services['kubelet'] = { state: 'inactive', since: 0, pid: 0 };
    const reply = await cluster.request('GET', PATH);
    expect(reply.status).toBe(500);
    expect(statusOf(reply).message).toBe(
      `Get "https://${machine!.name}:10250/containerLogs/default/web/web": dial tcp ${machine!.ip}:10250: connect: connection refused`,
    );
  });
});
