import { describe, expect, test } from 'vitest';
import type { Pod } from '../../../../worker/api/gen/core-v1.ts';
import { nodes } from '../../../../worker/resources/core/node.ts';
import { pods } from '../../../../worker/resources/core/pod.ts';
import { readLog } from '../../../../worker/world/runtime/log.ts';
import { makeTestCluster } from '../../harness.ts';
import type { TestCluster } from '../../harness.ts';

const PATH = '/var/lib/kubelet/config.yaml';
const NODE = 'worker-1';

function start(): TestCluster {
  const cluster = makeTestCluster({ template: 'default', nodes: 1 });
  cluster.advance(1000);
  return cluster;
}

const read = async ({ cluster }: TestCluster): Promise<string> => (await cluster.operateMachine(NODE, { do: 'read', path: PATH })).content!;
async function edit(made: TestCluster, change: (text: string) => string): Promise<void> {
  await made.cluster.operateMachine(NODE, { do: 'write', path: PATH, content: change(await read(made)) });
  await made.cluster.operateMachine(NODE, { do: 'restart', service: 'kubelet' });
  made.advance(2000);
}
const stateOf = ({ cluster }: TestCluster): string | undefined => cluster.simulation.world.machines.get(NODE)!.services['kubelet']?.state;
const journal = ({ cluster }: TestCluster): string =>
  readLog(cluster.simulation.world, `journal/${NODE}/kubelet`)
    .entries.map(({ text }) => text)
    .join('\n');

describe('a kubelet', () => {
  test('reads its configuration when it starts', async () => {
    const cluster = start();
    const capacity = (): string => cluster.api.get(nodes, '', NODE)!.status.capacity!['pods']!;
    expect(capacity()).toBe('110');
    await edit(cluster, (text) =>
      `${text}maxPods: 42\n`
        .replace('10.96.0.10', '10.96.0.77')
        .replace('staticPodPath: /etc/kubernetes/manifests', 'staticPodPath: /etc/ca-certificates'),
    );
    expect(stateOf(cluster)).toBe('active');
    expect(capacity()).toBe('42');
    cluster.api.create(pods, {
      metadata: { name: 'p', namespace: 'default' },
      spec: { nodeName: NODE, containers: [{ name: 'c', image: 'nginx', resources: {} }] },
    } as never);
    await cluster.cluster.operateMachine(NODE, {
      do: 'write',
      path: '/etc/ca-certificates/web.yaml',
      content: 'apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec: {containers: [{name: c, image: nginx}]}\n',
    });
    cluster.advance(30_000);
    const { world } = cluster.cluster.simulation;
    expect(world.sandboxes.find('pod', 'default/p')[0]!.dns.servers).toEqual(['10.96.0.77']);
    expect(cluster.api.get(pods, 'default', `web-${NODE}`) as Pod | undefined).toBeDefined();
    expect(cluster.errors).toEqual([]);
  });

  test.each<{ name: string; change: (text: string) => string; want: string }>([
    {
      name: 'a value of another type',
      change: (text) => `${text}maxPods: many\n`,
      want: `failed to load kubelet config file, path: ${PATH}, error: failed to load Kubelet config file ${PATH}, error failed to decode: json: cannot unmarshal string into Go struct field KubeletConfiguration.maxPods of type int32`,
    },
    {
      name: 'a number that may not be',
      change: (text) => `${text}maxPods: -1\n`,
      want: 'failed to validate kubelet configuration, error: invalid configuration: maxPods (--max-pods) -1 must not be a negative number, path: ',
    },
    {
      name: 'a certificate authority that is not there',
      change: (text) => text.replace('pki/ca.crt', 'pki/WRONG-CA.crt'),
      want: 'failed to construct kubelet dependencies: unable to load client CA file /etc/kubernetes/pki/WRONG-CA.crt: open /etc/kubernetes/pki/WRONG-CA.crt: no such file or directory',
    },
    {
      name: 'an unknown signal',
      change: (text) => `${text}evictionHard: {memory.free: 1Gi}\n`,
      want: 'failed to run Kubelet: unsupported eviction signal memory.free',
    },
    {
      name: 'another kind',
      change: (text) => text.replace('kind: KubeletConfiguration', 'kind: Kubelet'),
      want: 'no kind \\"Kubelet\\" is registered for version \\"kubelet.config.k8s.io/v1beta1\\"',
    },
    { name: 'no YAML', change: () => 'a: [', want: 'error failed to decode: yaml: ' },
  ])('with $name fails, says so, and is back when it is put right', async ({ change, want }) => {
    const cluster = start();
    const good = await read(cluster);
    await edit(cluster, change);
    expect(stateOf(cluster)).toBe('failed');
    expect(journal(cluster)).toContain('run.go:72] "command failed" err="');
    expect(journal(cluster)).toContain(want);
    cluster.advance(60_000);
    expect(cluster.api.get(nodes, '', NODE)!.status.conditions!.find(({ type }) => type === 'Ready')!.status).toBe('Unknown');
    await cluster.cluster.operateMachine(NODE, { do: 'write', path: PATH, content: good });
    cluster.advance(12_000);
    expect(stateOf(cluster)).toBe('active');
    expect(cluster.api.get(nodes, '', NODE)!.status.conditions!.find(({ type }) => type === 'Ready')!.status).toBe('True');
  });
});

test('a kubelet without a runtime fails, and is back soon after it', async () => {
  const made = start();
  await made.cluster.operateMachine(NODE, { do: 'stop', service: 'containerd' });
  made.advance(2000);
  expect(stateOf(made)).toBe('active');
  await made.cluster.operateMachine(NODE, { do: 'restart', service: 'kubelet' });
  made.advance(2000);
  expect(stateOf(made)).toBe('failed');
  expect(journal(made)).toContain(
    String.raw`err="failed to run Kubelet: validate service connection: validate CRI v1 runtime API for endpoint \"unix:///run/containerd/containerd.sock\": rpc error: code = Unavailable`,
  );
  await made.cluster.operateMachine(NODE, { do: 'start', service: 'containerd' });
  made.advance(12_000);
  expect(stateOf(made)).toBe('active');
});

describe('a kubelet whose kubeconfig is wrong', () => {
  const CONF = '/etc/kubernetes/kubelet.conf';
  const readyOf = ({ api }: TestCluster): string =>
    api.get(nodes, '', NODE)!.status.conditions!.find(({ type }) => type === 'Ready')!.status;

  async function change(made: TestCluster, edited: (text: string) => string): Promise<void> {
    const content = (await made.cluster.operateMachine(NODE, { do: 'read', path: CONF })).content!;
    await made.cluster.operateMachine(NODE, { do: 'write', path: CONF, content: edited(content) });
    await made.cluster.operateMachine(NODE, { do: 'restart', service: 'kubelet' });
    made.advance(2000);
  }

  test.each([
    {
      name: 'a port where nobody listens',
      edit: (text: string) => text.replace(':6443', ':6553'),
      want: 'kubelet_node_status.go:107] "Unable to register node with API server" err="Post \\"https://172.18.0.2:6553/api/v1/nodes\\": dial tcp 172.18.0.2:6553: connect: connection refused" node="worker-1"',
    },
    {
      name: 'an address of nobody',
      edit: (text: string) => text.replace('172.18.0.2', '172.18.0.99'),
      want: 'dial tcp 172.18.0.99:6443: i/o timeout',
    },
    {
      name: 'a name that there is not',
      edit: (text: string) => text.replace('172.18.0.2', 'control.example'),
      want: 'dial tcp: lookup control.example on 127.0.0.53:53: no such host',
    },
    {
      name: 'another authority',
      edit: (text: string) => text.replace(/(certificate-authority-data: ).*/, `$1${btoa('no certificate')}`),
      want: 'controller.go:145] "Failed to ensure lease exists, will retry" err="Get \\"https://172.18.0.2:6443/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/worker-1?timeout=10s\\": tls: failed to verify certificate: x509: certificate signed by unknown authority" interval="200ms"',
    },
  ])('$name: it is cut off until that is put right', async ({ edit: spoil, want }) => {
    const cluster = start();
    const running = (): number =>
      cluster.cluster.simulation.world.sandboxes.find('machine', NODE).filter(({ state }) => state === 'ready').length;
    const before = running();
    let good = '';
    await change(cluster, (text) => {
      good = text;
      return spoil(text);
    });
    expect(stateOf(cluster)).toBe('active');
    expect(journal(cluster)).toContain(want);
    cluster.advance(30_000);
    expect(readyOf(cluster)).toBe('True');
    cluster.advance(30_000);
    expect(readyOf(cluster)).toBe('Unknown');
    cluster.api.create(pods, {
      metadata: { name: 'p', namespace: 'default' },
      spec: { nodeName: NODE, tolerations: [{ operator: 'Exists' }], containers: [{ name: 'c', image: 'nginx', resources: {} }] },
    } as never);
    cluster.advance(30_000);
    expect(cluster.api.get(pods, 'default', 'p')!.status.phase).toBe('Pending');
    expect(running()).toBe(before);
    await change(cluster, () => good);
    cluster.advance(30_000);
    expect(readyOf(cluster)).toBe('True');
    expect(cluster.api.get(pods, 'default', 'p')!.status.phase).toBe('Running');
    expect(cluster.errors).toEqual([]);
  });

  test.each([
    { name: 'no YAML', edit: () => 'a: [' },
    { name: 'no cluster', edit: (text: string) => text.replace('current-context: default-context', 'current-context: x') },
    {
      name: 'a certificate that is not there',
      edit: (text: string) => text.replace('client-certificate: /var', 'client-certificate: /nope'),
      said: 'unable to read client-cert /nope/lib/kubelet/pki/kubelet-client-current.pem for default-auth due to open /nope/lib/kubelet/pki/kubelet-client-current.pem: no such file or directory',
    },
  ])('$name: it does not start', async ({ edit: spoil, said }: { edit: (text: string) => string; said?: string }) => {
    const cluster = start();
    await change(cluster, spoil);
    expect(stateOf(cluster)).toBe('failed');
    expect(journal(cluster)).toContain(said ?? 'unable to read existing bootstrap client config from /etc/kubernetes/kubelet.conf: ');
    expect(journal(cluster)).toContain(
      'run.go:72] "command failed" err="failed to run Kubelet: unable to load bootstrap kubeconfig: stat /etc/kubernetes/bootstrap-kubelet.conf: no such file or directory"',
    );
  });
});
