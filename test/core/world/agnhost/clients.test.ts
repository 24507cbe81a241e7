// Subcommands of agnhost that ask others: guestbook, connect, inclusterclient, the checker of the token issuer.

import { describe, expect, test } from 'vitest';
import type { Pod } from '../../../../worker/api/gen/core-v1.ts';
import { pods } from '../../../../worker/resources/core/pod.ts';
import type { HttpReply } from '../../../../worker/server/http.ts';
import { makeTestCluster } from '../../harness.ts';
import type { TestCluster } from '../../harness.ts';
import { Lab } from '../lab.ts';

const IMAGE = 'registry.k8s.io/e2e-test-images/agnhost:2.53';

describe('guestbook', () => {
  test('a primary tells its replicas, and a frontend asks both', () => {
    const lab = new Lab();
    const backend = '/agnhost guestbook --http-port=6379 --backend-port=6379';
    const { ip: replicaIp, container: replica } = lab.run({
      name: 'replica',
      image: IMAGE,
      command: ['sh', '-c', `echo 10.244.0.3 agnhost-primary >> /etc/hosts; exec ${backend} --replicaof=agnhost-primary`],
    });
    const { ip: primaryIp } = lab.run({ name: 'primary', image: IMAGE, command: ['sh', '-c', `exec ${backend}`] });
    const hosts = `echo ${primaryIp} agnhost-primary >> /etc/hosts; echo ${replicaIp} agnhost-replica >> /etc/hosts`;
    const { ip } = lab.run({
      name: 'frontend',
      image: IMAGE,
      command: ['sh', '-c', `${hosts}; exec /agnhost guestbook --backend-port=6379`],
    });
    const { container } = lab.run({ name: 'box', image: IMAGE, args: ['pause'] });
    lab.evicts = true;
    lab.advance(8000);
    expect(lab.log(replica)).toMatch(/connect: no route to host\. Retrying in 1s\.\n[^]*Registered to node: agnhost-primary\n$/);
    const ask = (query: string): string => {
      const session = lab.exec(container, ['curl', '-s', `http://${ip}/guestbook?${query}`]);
      lab.advance(100);
      return lab.sessions.get(session)!.stdout;
    };
    expect(
      ['cmd=set&key=messages&value=TestEntry', 'cmd=get&key=messages', 'cmd=get', 'cmd=get&key=x', 'cmd=put', 'cmd=set'].map(ask),
    ).toEqual([
      '{"message":"Updated"}',
      '{"data":"TestEntry"}',
      '{"data":{"messages":"TestEntry"}}',
      '{"data":""}',
      "unsupported cmd: 'put'\n",
      'cannot set with empty key.\n',
    ]);
  });

  test('without its primary a replica gives up', () => {
    const lab = new Lab();
    const { container } = lab.run({ image: IMAGE, args: ['guestbook', '--replicaof=nobody', '--http-port=6379'] });
    lab.evicts = true;
    lab.advance(20_000);
    expect(lab.log(container)).toMatch(
      /lookup nobody on 10\.96\.0\.10:53: no such host\. Retrying in 1s\.\n.*Timed out while registering to primary\.\n$/s,
    );
    expect(lab.find(container).container).toMatchObject({ state: 'exited', exitCode: 1 });
  });
});

describe('connect', () => {
  test.each([
    { name: 'somebody listens', args: (ip: string) => `${ip}:80`, want: '0\n' },
    { name: 'nobody listens', args: (ip: string) => `${ip}:81 --timeout=3s`, want: 'REFUSED\n1\n' },
    {
      name: 'a name that nobody has',
      args: () => '--protocol tcp nobody:80',
      want: 'DNS: lookup nobody on 10.96.0.10:53: no such host\n1\n',
    },
    { name: 'nothing comes back', args: () => '10.99.0.1:80 --timeout=3s', want: 'TIMEOUT\n1\n' },
    { name: 'no port', args: () => '10.99.0.1', want: 'UNKNOWN: address 10.99.0.1: missing port in address\n1\n' },
    { name: 'datagrams that are answered', args: (ip: string) => `--protocol=udp ${ip}:8081`, want: '0\n' },
    {
      name: 'datagrams for nobody',
      args: (ip: string) => `--protocol=udp ${ip}:8082`,
      want: (ip: string) => `REFUSED: read udp ${ip}:8082: read: connection refused\n1\n`,
    },
  ])('$name', ({ args, want }) => {
    const lab = new Lab();
    const { ip } = lab.run({ name: 'app', image: IMAGE, args: ['netexec', '--http-port=80'] });
    const { container } = lab.run({ name: 'client', image: IMAGE, args: ['pause'] });
    lab.evicts = true;
    const session = lab.exec(container, ['sh', '-c', `/agnhost connect ${args(ip)} 2>&1; echo $?`]);
    lab.advance(5000);
    expect(lab.sessions.get(session)!.stdout).toBe(typeof want === 'string' ? want : want(ip));
  });
});

describe('port-forward-tester', () => {
  test.each([
    {
      name: 'what it wants to hear',
      says: 'abc',
      want: { client: 'xxxxxx', log: 'Received expected client data\nShutting down connection\nDone\n', exitCode: 0 },
    },
    { name: 'something else', says: 'abd', want: { client: '', log: 'Expect to read "abc", but got "abd". err=<nil>\n', exitCode: 3 } },
    {
      name: 'nothing',
      says: '',
      want: { client: '', log: 'Expected to read 3 bytes from client, but got 0 instead. err=EOF\n', exitCode: 2 },
    },
  ])('hears $name', ({ says, want }) => {
    const lab = new Lab();
    const env = { BIND_PORT: '80', EXPECTED_CLIENT_DATA: 'abc', CHUNKS: '3', CHUNK_SIZE: '2', CHUNK_INTERVAL: '100' };
    const { ip, container } = lab.run({ name: 'app', image: IMAGE, args: ['port-forward-tester'], env });
    const { container: client } = lab.run({ name: 'client', image: IMAGE, args: ['pause'] });
    lab.evicts = true;
    const session = lab.exec(client, ['sh', '-c', `printf '${says}' | nc ${ip} 80`]);
    lab.advance(2000);
    expect(lab.sessions.get(session)!.stdout).toBe(want.client);
    expect(lab.log(container)).toBe(`Accepted client connection\n${want.log}`);
    expect(lab.find(container).container).toMatchObject({ state: 'exited', exitCode: want.exitCode });
  });
});

/** Runs a pod of the default service account, and waits. Gives its log and how it stands. */
async function runPod(cluster: TestCluster, spec: object, ms: number): Promise<{ log: string; phase: string | undefined }> {
  cluster.settle();
  cluster.api.create(pods, { metadata: { name: 'a', namespace: 'default' }, spec: spec as Pod['spec'] } as never);
  for (let passed = 0; passed < ms; passed += 500) {
    cluster.advance(500);
    await cluster.settleTools();
  }
  const reply = (await cluster.send('GET', '/api/v1/namespaces/default/pods/a/log')) as HttpReply;
  const log = typeof reply.body === 'string' ? reply.body : new TextDecoder().decode(reply.body);
  return { log, phase: cluster.api.get(pods, 'default', 'a')?.status.phase };
}

test('inclusterclient asks for health by the token of its pod', async () => {
  const { log } = await runPod(
    makeTestCluster(),
    { containers: [{ name: 'a', image: IMAGE, args: ['inclusterclient', '--poll-interval=2'] }] },
    5500,
  );
  const lines = log.trimEnd().split('\n');
  expect(lines.map((line) => line.replace(/^.*?\] /, '').replace(/=[\w-]{43}$/, '=<HASH>'))).toEqual([
    'started',
    'calling /healthz',
    'authz_header=<HASH>',
    'calling /healthz',
    'authz_header=<HASH>',
  ]);
});

describe('the token issuer', () => {
  const specOf = (audience: string): object => ({
    restartPolicy: 'Never',
    containers: [
      {
        name: 'a',
        image: IMAGE,
        args: ['test-service-account-issuer-discovery', '--token-path', '/tokens/it', '--audience', 'me'],
        volumeMounts: [{ name: 'tokens', mountPath: '/tokens' }],
      },
    ],
    volumes: [{ name: 'tokens', projected: { sources: [{ serviceAccountToken: { path: 'it', expirationSeconds: 600, audience } }] } }],
  });

  async function withAccess(): Promise<TestCluster> {
    const cluster = makeTestCluster();
    await cluster.request('POST', '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings', {
      metadata: { name: 'b' },
      subjects: [{ kind: 'ServiceAccount', name: 'default', namespace: 'default' }],
      roleRef: { kind: 'ClusterRole', apiGroup: 'rbac.authorization.k8s.io', name: 'system:service-account-issuer-discovery' },
    });
    return cluster;
  }

  test('vouches for its tokens', async () => {
    const { log, phase } = await runPod(await withAccess(), specOf('me'), 5000);
    expect(log).toContain('OK: Constructed OIDC provider for issuer https://kubernetes.default.svc.cluster.local\n');
    expect(log).toMatch(/OK: Validated signature on JWT\n.*OK: Got valid claims from token!\n$/);
    expect(phase).toBe('Succeeded');
  });

  test('not for another audience, and nobody outside vouches for it', async () => {
    const { log, phase } = await runPod(await withAccess(), specOf('you'), 5000);
    expect(log).toContain('failed to validate with in-cluster discovery: oidc: expected audience "me" got ["you"]\n');
    expect(log).toMatch(/tls: failed to verify certificate: x509: certificate signed by unknown authority\n$/);
    expect(phase).toBe('Failed');
  });
});
