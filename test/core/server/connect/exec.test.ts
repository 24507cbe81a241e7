import { describe, expect, test } from 'vitest';
import type { Pod } from '../../../../worker/api/gen/core-v1.ts';
import { makeTestCluster, statusOf } from '../../harness.ts';
import type { TestCluster } from '../../harness.ts';
import { openedSocket, openSocket } from './peer.ts';
import type { SocketPeer } from './peer.ts';
import { data, framesOf, SpdyClient } from './spdy-client.ts';
import { placeOf, withPod } from './world.ts';

const PATH = '/api/v1/namespaces/default/pods/web';
const SLEEPER = { name: 'web', image: 'busybox', command: ['sleep', '36000'] };

const withBox = (more: object = {}): TestCluster => withPod({ containers: [{ ...SLEEPER, ...more }] } as unknown as Partial<Pod['spec']>);

const query = (command: readonly string[], more = 'stdin=true&stdout=true&stderr=true'): string =>
  `${command.map((word) => `command=${encodeURIComponent(word)}`).join('&')}&${more}`;

const exec = (cluster: TestCluster, script: string, more?: string, protocol?: string): Promise<SocketPeer> =>
  openedSocket(cluster, `${PATH}/exec?${query(['sh', '-c', script], more)}`, protocol);

describe('exec', () => {
  test('output and errors come on their channels, and then how it ended', async () => {
    const cluster = withBox();
    const socket = await exec(cluster, 'echo out; echo err >&2');
    cluster.settle();
    expect([socket.channel(1), socket.channel(2)]).toEqual(['out\n', 'err\n']);
    expect(socket.status()).toEqual({ metadata: {}, status: 'Success' });
    expect(socket.closes).toEqual([1000]);
    expect(cluster.errors).toEqual([]);
  });

  test('the first message is an empty one: the connection stands', async () => {
    const socket = await exec(withBox(), 'sleep 5');
    expect(socket.messages).toEqual([Uint8Array.of(1)]);
  });

  test.each([
    {
      protocol: 'v5.channel.k8s.io',
      want: { message: 'command terminated with non-zero exit code: command terminated with exit code 7' },
    },
    {
      protocol: 'v4.channel.k8s.io',
      want: { message: 'command terminated with non-zero exit code: error executing command [sh -c exit 7], exit code 7' },
    },
  ])('an exit code, $protocol', async ({ protocol, want }) => {
    const cluster = withBox();
    const socket = await exec(cluster, 'exit 7', undefined, protocol);
    cluster.settle();
    expect(socket.status()).toEqual({
      metadata: {},
      status: 'Failure',
      reason: 'NonZeroExitCode',
      details: { causes: [{ reason: 'ExitCode', message: '7' }] },
      ...want,
    });
  });

  test.each([
    {
      protocol: '',
      channels: {
        out: 'hi\n',
        end: 'command terminated with non-zero exit code: error executing command [sh -c echo hi; exit 1], exit code 1',
      },
    },
    {
      protocol: 'channel.k8s.io',
      channels: {
        out: 'hi\n',
        end: 'command terminated with non-zero exit code: error executing command [sh -c echo hi; exit 1], exit code 1',
      },
    },
  ])('before version 4 the error is only a text: "$protocol"', async ({ protocol, channels }) => {
    const cluster = withBox();
    const socket = await exec(cluster, 'echo hi; exit 1', undefined, protocol);
    cluster.settle();
    expect({ out: socket.channel(1), end: socket.channel(3) }).toEqual(channels);
    expect(socket.protocol).toBe(protocol);
  });

  test('base64 goes in text messages, both ways', async () => {
    const cluster = withBox();
    const socket = await openedSocket(
      cluster,
      `${PATH}/exec?${query(['sh', '-c', 'read line; echo "$line"'])}`,
      'v4.base64.channel.k8s.io',
    );
    socket.send(new TextEncoder().encode(`0${btoa('grüße\n')}`));
    cluster.settle();
    expect(socket.messages.slice(0, 2)).toEqual(['1', `1${btoa('grüße\n')}`]);
  });

  test('input is piped in, and its end is told', async () => {
    const cluster = withBox();
    const socket = await exec(cluster, 'cat; echo done');
    socket.say(0, 'one\n');
    cluster.settle();
    socket.say(0, 'two\n');
    cluster.settle();
    expect(socket.channel(1)).toBe('one\ntwo\n');
    socket.say(255, '\0');
    cluster.settle();
    expect(socket.channel(1)).toBe('one\ntwo\ndone\n');
    expect(socket.status().status).toBe('Success');
  });

  test('more input than a pipe holds waits outside, and comes in whole', async () => {
    const cluster = withBox();
    const socket = await exec(cluster, 'cat');
    const chunk = 'x'.repeat(32_768);
    for (let i = 0; i < 32; i++) socket.say(0, chunk);
    const { world } = cluster.cluster.simulation;
    const kept = world.namespaces.values().flatMap(({ pipes }) => Object.values(pipes).map(({ data }) => data.length));
    expect(Math.max(...kept)).toBeLessThanOrEqual(65_536);
    socket.say(255, '\0');
    cluster.settle();
    expect(socket.channel(1)).toHaveLength(32 * 32_768);
  });

  test('without stdin, none is taken', async () => {
    const cluster = withBox();
    const socket = await exec(cluster, 'cat; echo done', 'stdout=true');
    cluster.settle();
    expect(socket.channel(1)).toBe('done\n');
  });

  test('a terminal: echo, a prompt that waits, ^C, a size', async () => {
    const cluster = withBox();
    const socket = await openedSocket(cluster, `${PATH}/exec?${query(['sh'], 'stdin=true&stdout=true&tty=true')}`);
    socket.say(4, '{"Width":120,"Height":33}');
    cluster.settle();
    expect(socket.channel(1)).toBe('/ # ');
    const { world } = cluster.cluster.simulation;
    expect(world.namespaces.values().flatMap(({ ttys }) => Object.values(ttys).map(({ rows, columns }) => [rows, columns]))).toEqual([
      [33, 120],
    ]);
    socket.say(0, 'sleep 1000\r');
    cluster.settle();
    socket.say(0, '\x03');
    cluster.settle();
    expect(socket.channel(1)).toMatch(/sleep 1000\r\n\^C\r\n\/ # $/);
    socket.say(0, 'exit 3\r');
    cluster.settle();
    expect(socket.status().details!.causes).toEqual([{ reason: 'ExitCode', message: '3' }]);
    expect(socket.channel(2)).toBe('');
  });

  test('a client that leaves hangs up', async () => {
    const cluster = withBox();
    const socket = await openedSocket(cluster, `${PATH}/exec?${query(['sh'], 'stdin=true&stdout=true&tty=true')}`);
    cluster.settle();
    socket.leave();
    cluster.settle();
    const { world } = cluster.cluster.simulation;
    expect(world.namespaces.values().flatMap(({ sessions }) => Object.keys(sessions))).toEqual([]);
  });

  test('after an eviction nobody holds the other end: the shell is gone, its container is not', async () => {
    const before = withBox();
    const socket = await openedSocket(before, `${PATH}/exec?${query(['sh'], 'stdin=true&stdout=true&tty=true')}`);
    before.settle();
    expect(socket.channel(1)).toBe('/ # ');
    const after = makeTestCluster({ nodes: 1, backend: before.backend, startAt: before.elapsed() });
    after.settle();
    expect(after.cluster.simulation.world.namespaces.values().flatMap(({ sessions }) => Object.keys(sessions))).toEqual([]);
    expect(placeOf(after).container.state).toBe('running');
  });

  test('the container ends, and what runs in it', async () => {
    const cluster = withBox();
    const socket = await exec(cluster, 'sleep 1000');
    cluster.settle();
    await cluster.request('DELETE', `${PATH}?gracePeriodSeconds=0`);
    cluster.advance(5000);
    expect(socket.status().details!.causes).toEqual([{ reason: 'ExitCode', message: '137' }]);
  });

  test('there is no such command', async () => {
    const cluster = withBox();
    const socket = await openedSocket(cluster, `${PATH}/exec?${query(['nope'])}`);
    const problem =
      /^Internal error occurred: Internal error occurred: error executing command in container: failed to exec in container: failed to start exec "exec-\w+": OCI runtime exec failed: exec failed: unable to start container process: exec: "nope": executable file not found in \$PATH: unknown$/;
    expect(socket.status()).toMatchObject({
      status: 'Failure',
      reason: 'InternalError',
      code: 500,
      message: expect.stringMatching(problem),
    });
    expect(socket.closes).toEqual([1000]);
  });
});

describe('SPDY, carried in a WebSocket', () => {
  const TUNNEL = 'SPDY/3.1+v4.channel.k8s.io';

  test('a stream for each of error, input, output; the command begins when all are there', async () => {
    const cluster = withBox();
    const socket = await openedSocket(cluster, `${PATH}/exec?${query(['sh', '-c', 'cat; exit 2'], 'stdin=true&stdout=true')}`, TUNNEL);
    const client = new SpdyClient();
    for (const [i, streamtype] of ['error', 'stdin', 'stdout'].entries()) socket.send(await client.open(2 * i + 1, { streamtype }));
    socket.send(data(3, 'hello'));
    socket.send(data(3, '', true));
    cluster.settle();
    const status = {
      metadata: {},
      status: 'Failure',
      message: 'command terminated with non-zero exit code: error executing command [sh -c cat; exit 2], exit code 2',
      reason: 'NonZeroExitCode',
      details: { causes: [{ reason: 'ExitCode', message: '2' }] },
    };
    expect(framesOf(socket.messages)).toEqual([
      'reply 1',
      'reply 3',
      'reply 5',
      'data 5 "hello"',
      `data 1 ${JSON.stringify(JSON.stringify(status))}`,
      'data 1 "" end',
      'data 3 "" end',
      'data 5 "" end',
    ]);
    expect(socket.closes).toEqual([1000]);
  });

  test('a stream that was not asked for, or twice, is reset; what is no SPDY ends it', async () => {
    const cluster = withBox();
    const socket = await openedSocket(cluster, `${PATH}/exec?${query(['sleep', '5'], 'stdout=true')}`, TUNNEL);
    const client = new SpdyClient();
    socket.send(await client.open(1, { streamtype: 'video' }));
    socket.send(await client.open(3, { streamtype: 'error' }));
    socket.send(await client.open(5, { streamtype: 'error' }));
    expect(framesOf(socket.messages)).toEqual(['reply 1', 'reset 1', 'reply 3', 'reply 5', 'reset 5']);
    socket.send(Uint8Array.from([0x80, 2, 0, 1, 0, 0, 0, 0]));
    expect([socket.closes, cluster.errors]).toEqual([[1002], []]);
  });
});

describe('attach', () => {
  test('shows what the first process writes from now on, and feeds it', async () => {
    const cluster = withBox({
      command: ['sh', '-c', 'echo early; while read line; do echo "got $line"; done; echo over'],
      stdin: true,
      stdinOnce: true,
    });
    const socket = await openedSocket(cluster, `${PATH}/attach?stdin=true&stdout=true&stderr=true`);
    socket.say(0, 'a\nb\n');
    cluster.settle();
    expect(socket.channel(1)).toBe('got a\ngot b\n');
    socket.say(255, '\0');
    cluster.advance(1000);
    expect(socket.channel(1)).toBe('got a\ngot b\nover\n');
    expect(socket.status()).toEqual({ metadata: {}, status: 'Success' });
    expect(cluster.errors).toEqual([]);
  });

  test('who has no more to say, to one that goes on listening, sees no more', async () => {
    const cluster = withBox({ command: ['sh', '-c', 'cat; echo over'], stdin: true });
    const socket = await openedSocket(cluster, `${PATH}/attach?stdin=true&stdout=true&stderr=true`);
    socket.say(0, 'a\n');
    cluster.settle();
    socket.say(255, '\0');
    cluster.settle();
    expect(socket.channel(1)).toBe('a\n');
    expect(socket.status()).toEqual({ metadata: {}, status: 'Success' });
    cluster.advance(1000);
    expect(placeOf(cluster).container.state).toBe('running');
    expect(cluster.errors).toEqual([]);
  });

  test('a terminal of the container is one terminal for all who look', async () => {
    const cluster = withBox({ command: ['sh'], stdin: true, tty: true });
    const one = await openedSocket(cluster, `${PATH}/attach?stdin=true&stdout=true&tty=true`);
    const two = await openedSocket(cluster, `${PATH}/attach?stdout=true&tty=true`);
    one.say(0, 'echo hi\r');
    cluster.settle();
    expect(one.channel(1)).toBe('echo hi\r\nhi\r\n/ # ');
    expect(two.channel(1)).toBe(one.channel(1));
    one.leave();
    cluster.settle();
    expect(placeOf(cluster).container.state).toBe('running');
  });
});

describe('what is refused', () => {
  const GO = { connection: 'Upgrade', upgrade: 'SPDY/3.1' };
  test.each([
    {
      name: 'no such pod',
      path: '/api/v1/namespaces/default/pods/nope/exec?command=ls&stdout=true',
      code: 404,
      want: 'pods "nope" not found',
    },
    {
      name: 'no such container',
      path: `${PATH}/exec?command=ls&stdout=true&container=x`,
      code: 400,
      want: 'container x is not valid for pod web',
    },
    { name: 'nothing to stream', path: `${PATH}/exec?command=ls`, code: 400, want: 'you must specify at least 1 of stdin, stdout, stderr' },
    { name: 'no upgrade', path: `${PATH}/exec?command=ls&stdout=true`, code: 400, want: 'Upgrade request required', headers: {} },
    { name: 'SPDY', path: `${PATH}/exec?command=ls&stdout=true`, code: 400, want: /^exec is served over WebSockets only/ },
  ])('$name', async ({ path, code, want, headers = GO }) => {
    const reply = await withBox().request('POST', path, undefined, headers);
    expect([reply.status, typeof reply.body === 'string' ? reply.body : statusOf(reply).message]).toEqual([
      code,
      typeof want === 'string' ? want : expect.stringMatching(want),
    ]);
  });

  test('a container that does not run', async () => {
    const cluster = withBox();
    placeOf(cluster).container.state = 'exited';
    expect(await openSocket(cluster, `${PATH}/exec?command=ls&stdout=true`)).toMatchObject({
      status: 500,
      body: 'container not found ("web")',
    });
    expect(await openSocket(cluster, `${PATH}/attach?stdout=true`)).toMatchObject({
      status: 500,
      body: 'container web not found in pod web_default',
    });
  });

  test('a pod on no node, and a kubelet that does not answer', async () => {
    const pending = withPod({ nodeSelector: { disk: 'fast' } });
    const unbound = await pending.request('GET', `${PATH}/exec?command=ls&stdout=true`, undefined, GO);
    expect([unbound.status, statusOf(unbound).message]).toEqual([400, 'pod web does not have a host assigned']);
    const cluster = withBox();
    const [machine] = cluster.cluster.simulation.world.machines.values();
    machine!.services['kubelet'] = { state: 'inactive', since: 0, pid: 0 };
    const dead = await cluster.request('GET', `${PATH}/exec?command=ls&stdout=true`, undefined, GO);
    expect([dead.status, statusOf(dead).message]).toEqual([
      500,
      `error dialing backend: dial tcp ${machine!.ip}:10250: connect: connection refused`,
    ]);
  });

  test('protocols that nobody speaks', async () => {
    expect(await openSocket(withBox(), `${PATH}/exec?command=ls&stdout=true`, 'v9.channel.k8s.io')).toMatchObject({ status: 400 });
  });

  test('a WebSocket asks with GET, and needs the right to create', async () => {
    const cluster = withBox();
    const role = {
      kind: 'Role',
      apiVersion: 'rbac.authorization.k8s.io/v1',
      metadata: { name: 'looker' },
      rules: [{ apiGroups: [''], resources: ['pods/exec'], verbs: ['get'] }],
    };
    const binding = {
      kind: 'RoleBinding',
      apiVersion: 'rbac.authorization.k8s.io/v1',
      metadata: { name: 'looker' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'looker' },
      subjects: [{ kind: 'User', name: 'jane', apiGroup: 'rbac.authorization.k8s.io' }],
    };
    await cluster.request('POST', '/apis/rbac.authorization.k8s.io/v1/namespaces/default/roles', role);
    await cluster.request('POST', '/apis/rbac.authorization.k8s.io/v1/namespaces/default/rolebindings', binding);
    const reply = await cluster.request('GET', `${PATH}/exec?command=ls&stdout=true`, undefined, { ...GO, 'impersonate-user': 'jane' });
    expect([reply.status, statusOf(reply).message]).toEqual([
      403,
      'pods "web" is forbidden: User "jane" cannot create resource "pods/exec" in API group "" in the namespace "default"',
    ]);
  });
});

test('what a client sends that is no message of the protocol changes nothing', async () => {
  const cluster = withBox();
  const socket = await openedSocket(cluster, `${PATH}/exec?${query(['cat'])}`);
  for (const bytes of [[], [9, 1, 2], [4, 123], [255], [255, 7], [3, 65], [1, 65]]) socket.send(Uint8Array.from(bytes));
  socket.say(0, 'still here\n');
  cluster.settle();
  expect(socket.channel(1)).toBe('still here\n');
  expect([socket.closes, cluster.errors]).toEqual([[], []]);
});
