import { describe, expect, test } from 'vitest';
import { statusOf } from '../../harness.ts';
import type { TestCluster } from '../../harness.ts';
import { openedSocket, openSocket } from './peer.ts';
import { data, firstReplyHeaders, framesOf, ping, reset, SpdyClient } from './spdy-client.ts';
import { listen, placeOf, servedBy, withPod } from './world.ts';

const PATH = '/api/v1/namespaces/default/pods/web/portforward';
const TUNNEL = 'SPDY/3.1+portforward.k8s.io';

const pair = async (client: SpdyClient, first: number, port: string, requestid = '0'): Promise<Uint8Array[]> => {
  const error = await client.open(first, { streamtype: 'error', port, requestid });
  return [error, await client.open(first + 2, { streamtype: 'data', port, requestid })];
};

describe('SPDY in the messages of a WebSocket', () => {
  test('a connection goes through, both ways, and ends', async () => {
    const cluster = withPod();
    const socket = await openedSocket(cluster, PATH, TUNNEL);
    expect(socket.protocol).toBe(TUNNEL);
    const client = new SpdyClient();
    listen(cluster, 8080);
    for (const frame of await pair(client, 1, '8080')) socket.send(frame);
    socket.send(data(3, 'ping'));
    const [served] = servedBy(cluster);
    expect(served!.read()).toBe('ping');
    served!.write('pong');
    socket.send(data(3, '', true));
    expect(served!.read()).toBe(null);
    served!.close();
    expect(framesOf(socket.messages)).toEqual(['reply 1', 'reply 3', 'data 3 "pong"', 'data 3 "" end', 'data 1 "" end']);
    expect(firstReplyHeaders(socket.messages[0]!)).toEqual([0, 0, 0, 0]);
    expect(cluster.errors).toEqual([]);
  });

  test('frames may be split anywhere', async () => {
    const cluster = withPod();
    const socket = await openedSocket(cluster, PATH, TUNNEL);
    const client = new SpdyClient();
    const frames = [...(await pair(client, 1, '8080')), data(3, 'one byte at a time'), ping(7)];
    for (const byte of Buffer.concat(frames)) {
      listen(cluster, 8080);
      socket.send(Uint8Array.of(byte));
    }
    expect(servedBy(cluster)[0]!.read()).toBe('one byte at a time');
    expect(framesOf(socket.messages)).toEqual(['reply 1', 'reply 3', 'ping 7']);
  });

  test('many connections at once, each with its own streams', async () => {
    const cluster = withPod();
    const socket = await openedSocket(cluster, PATH, TUNNEL);
    const client = new SpdyClient();
    for (let i = 0; i < 20; i++) {
      listen(cluster, 8080);
      for (const frame of await pair(client, 1 + 4 * i, '8080', String(i))) socket.send(frame);
      socket.send(data(3 + 4 * i, `hello ${i}`));
    }
    expect(
      servedBy(cluster)
        .map((one) => one.read())
        .sort(),
    ).toEqual(Array.from({ length: 20 }, (_, i) => `hello ${i}`).sort());
  });

  test('nobody listens there: the error says so, the connection stays', async () => {
    const cluster = withPod();
    const socket = await openedSocket(cluster, PATH, TUNNEL);
    for (const frame of await pair(new SpdyClient(), 1, '81')) socket.send(frame);
    const { id } = placeOf(cluster).sandbox;
    const netns = `${id.slice(0, 8)}-${id.slice(8, 12)}-${id.slice(12, 16)}-${id.slice(16, 20)}-${id.slice(20, 32)}`;
    const message = `error forwarding port 81 to pod ${id}, uid : failed to execute portforward in network namespace "/var/run/netns/cni-${netns}": failed to connect to localhost:81 inside namespace "${id}", IPv4: dial tcp4 127.0.0.1:81: connect: connection refused IPv6 dial tcp6 [::1]:81: connect: connection refused `;
    expect(framesOf(socket.messages)).toEqual([
      'reply 1',
      'reply 3',
      `data 1 ${JSON.stringify(message)}`,
      'data 3 "" end',
      'data 1 "" end',
    ]);
    expect(socket.closes).toEqual([]);
  });

  test.each([
    { name: 'no port', headers: { streamtype: 'data' } },
    { name: 'a port that is none', headers: { streamtype: 'data', port: '70000' } },
    { name: 'an unknown type', headers: { streamtype: 'video', port: '80' } },
  ])('a stream is reset that has $name', async ({ headers }) => {
    const socket = await openedSocket(withPod(), PATH, TUNNEL);
    socket.send(await new SpdyClient().open(1, headers as Record<string, string>));
    expect(framesOf(socket.messages)).toEqual(['reply 1', 'reset 1']);
  });

  test('a stream that is reset, or a client that leaves, ends the connection', async () => {
    const cluster = withPod();
    const socket = await openedSocket(cluster, PATH, TUNNEL);
    const client = new SpdyClient();
    for (const i of [0, 1]) {
      listen(cluster, 8080);
      for (const frame of await pair(client, 1 + 4 * i, '8080', String(i))) socket.send(frame);
    }
    expect(servedBy(cluster)).toHaveLength(2);
    socket.send(reset(3));
    expect(servedBy(cluster)).toHaveLength(1);
    socket.leave();
    expect(servedBy(cluster)).toHaveLength(0);
  });

  test.each([
    { name: 'another version', bytes: [0x80, 2, 0, 1, 0, 0, 0, 0] },
    { name: 'a frame without end', bytes: [0, 0, 0, 1, 0, 255, 255, 255] },
    { name: 'headers that are not compressed', bytes: [0x80, 3, 0, 1, 0, 0, 0, 14, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4] },
  ])('what is no SPDY closes it: $name', async ({ bytes }) => {
    const cluster = withPod();
    const socket = await openedSocket(cluster, PATH, TUNNEL);
    socket.send(Uint8Array.from(bytes));
    expect(socket.closes).toEqual([1002]);
    expect(cluster.errors).toEqual([]);
  });
});

describe('two channels a port', () => {
  test('each begins with its port; data go both ways', async () => {
    const cluster = withPod();
    listen(cluster, 8080);
    const socket = await openedSocket(cluster, `${PATH}?ports=8080&ports=81`, 'v4.channel.k8s.io');
    expect([socket.channel(0), socket.channel(1), socket.channel(2)]).toEqual(['\x90\x1f', '\x90\x1f', 'Q\0']);
    expect(socket.channel(3)).toMatch(/^Q\0error forwarding port 81 to pod \w{64}, uid : failed to execute portforward/);
    socket.say(0, 'ping');
    const [served] = servedBy(cluster);
    expect(served!.read()).toBe('ping');
    served!.write('pong');
    expect(socket.channel(0)).toBe('\x90\x1fpong');
    expect(socket.closes).toEqual([]);
    served!.close();
    expect(socket.closes).toEqual([1000]);
  });

  test('as base64', async () => {
    const cluster = withPod();
    listen(cluster, 8080);
    const socket = await openedSocket(cluster, `${PATH}?ports=8080`, 'v4.base64.channel.k8s.io');
    servedBy(cluster)[0]!.write('hello');
    expect(socket.messages).toEqual(['0kB8=', '1kB8=', '0aGVsbG8=']);
  });

  test.each([
    { query: '', want: 'query parameter "ports" is required' },
    { query: '?ports=', want: 'query parameter "ports" cannot be empty' },
    { query: '?ports=0', want: 'port "0" must be > 0' },
    { query: '?ports=x', want: 'unable to parse "x" as a port: strconv.ParseUint: parsing "x": invalid syntax' },
    { query: '?ports=65536', want: 'unable to parse "65536" as a port: strconv.ParseUint: parsing "65536": value out of range' },
  ])('refused: $want', async ({ query, want }) => {
    expect(await openSocket(withPod(), `${PATH}${query}`, 'v4.channel.k8s.io')).toMatchObject({ status: 400, body: want });
  });
});

describe('refused', () => {
  const messageOf = async (cluster: TestCluster, path: string, headers = {}): Promise<[number, string]> => {
    const reply = await cluster.request('POST', path, undefined, headers);
    return [reply.status, typeof reply.body === 'string' ? reply.body : statusOf(reply).message!];
  };
  const SPDY = { connection: 'Upgrade', upgrade: 'SPDY/3.1' };

  test('what wants no upgrade, or one that a Worker cannot give', async () => {
    const cluster = withPod();
    expect(await messageOf(cluster, PATH)).toEqual([400, 'Upgrade request required']);
    const [code, message] = await messageOf(cluster, PATH, SPDY);
    expect(code).toBe(400);
    expect(message).toMatch(/KUBECTL_PORT_FORWARD_WEBSOCKETS=true/);
  });

  test('a pod that is on no node, or that runs nothing', async () => {
    const cluster = withPod({ nodeSelector: { disk: 'fast' } });
    expect(await messageOf(cluster, PATH, SPDY)).toEqual([400, 'pod web does not have a host assigned']);
    const ended = withPod();
    placeOf(ended).container.state = 'exited';
    expect(await messageOf(ended, PATH, SPDY)).toEqual([500, 'pod not found ("web_default")']);
  });
});
