import { expect, test } from 'vitest';
import type { UpgradeReply } from '../../../../worker/server/http.ts';
import { ADMIN_TOKEN, makeTestCluster } from '../../harness.ts';
import type { TestCluster } from '../../harness.ts';

const PATH = '/api/v1/namespaces/default/configmaps';
const BEARER = `base64url.bearer.authorization.k8s.io.${btoa(ADMIN_TOKEN).replaceAll('=', '')}`;

interface Client {
  readonly reply: UpgradeReply;
  readonly messages: (string | Uint8Array)[];
  readonly closed: { code?: number };
  leave(): void;
}

async function connect(cluster: TestCluster, query: string, headers: Record<string, string> = {}): Promise<Client> {
  const reply = (await cluster.send('GET', `${PATH}?watch=1&${query}`, undefined, {
    authorization: '',
    connection: 'keep-alive, Upgrade',
    upgrade: 'websocket',
    'sec-websocket-protocol': `${BEARER}, base64.binary.k8s.io`,
    ...headers,
  })) as UpgradeReply;
  const messages: (string | Uint8Array)[] = [];
  const closed: { code?: number } = {};
  const session = reply.open({ send: (message) => messages.push(message), close: (code) => (closed.code = code) });
  return { reply, messages, closed, leave: () => session.closed() };
}

const write = (cluster: TestCluster, name: string) => cluster.request('POST', PATH, { metadata: { name }, data: {} });

const short = (message: string | Uint8Array): string => {
  if (typeof message !== 'string') throw new Error('not text');
  const { type, object } = JSON.parse(message) as { type: string; object: { metadata: { name?: string }; code?: number } };
  return `${type} ${object.metadata.name ?? object.code}`;
};

test('an event is a text message, and the protocol that is not the token is chosen', async () => {
  const cluster = makeTestCluster();
  const client = await connect(cluster, 'resourceVersion=0');
  expect(client.reply.protocol).toBe('base64.binary.k8s.io');
  await write(cluster, 'one');
  await cluster.request('DELETE', `${PATH}/one`);
  expect(client.messages.map(short)).toEqual(['ADDED one', 'DELETED one']);
  client.leave();
  await write(cluster, 'two');
  expect(client.messages.length).toBe(2);
});

test('in protobuf it is a binary message without its length', async () => {
  const cluster = makeTestCluster();
  const client = await connect(cluster, 'resourceVersion=0', { accept: 'application/vnd.kubernetes.protobuf;stream=watch' });
  await write(cluster, 'one');
  const [message] = client.messages as [Uint8Array];
  expect([message[0], new TextDecoder().decode(message.subarray(2, 7))]).toEqual([0x0a, 'ADDED']);
});

test('a client that offers no protocol gets none', async () => {
  const cluster = makeTestCluster();
  const client = await connect(cluster, '', { authorization: `Bearer ${ADMIN_TOKEN}`, 'sec-websocket-protocol': '' });
  expect(client.reply.protocol).toBe('');
});

test('the end of the watch closes the socket', async () => {
  const cluster = makeTestCluster();
  const client = await connect(cluster, 'timeoutSeconds=5');
  cluster.advance(5000);
  expect(client.closed.code).toBe(1000);
});

test('a wrong token is refused as ever', async () => {
  const cluster = makeTestCluster();
  const { status } = await cluster.request('GET', `${PATH}?watch=1`, undefined, {
    authorization: '',
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-protocol': `base64url.bearer.authorization.k8s.io.${btoa('wrong')}, base64.binary.k8s.io`,
  });
  expect(status).toBe(401);
});
