// Services, names and policies, as a program in a pod meets them.

import { describe, expect, test } from 'vitest';
import { configMaps } from '../../../worker/resources/core/configmap.ts';
import { networkPolicies } from '../../../worker/resources/networking/networkpolicy.ts';
import { nodes } from '../../../worker/resources/core/node.ts';
import { pods } from '../../../worker/resources/core/pod.ts';
import { services } from '../../../worker/resources/core/service.ts';
import { walk } from '../../../worker/world/network/route.ts';
import { readLog } from '../../../worker/world/runtime/log.ts';
import { makeTestCluster } from '../harness.ts';
import type { TestCluster } from '../harness.ts';

const pod = (name: string, spec: object, labels: Record<string, string> = { app: name }): object => ({
  metadata: { name, namespace: 'default', labels },
  spec,
});

function start(cluster: TestCluster, name: string, container: object, more: object = {}, labels?: Record<string, string>): void {
  cluster.api.create(pods, pod(name, { containers: [{ name: 'main', resources: {}, ...container }], ...more }, labels) as never);
}

function expose(cluster: TestCluster, name: string, spec: object = {}): void {
  cluster.api.create(services, {
    metadata: { name, namespace: 'default' },
    spec: { selector: { app: 'web' }, ports: [{ port: 80 }], ...spec },
  } as never);
}

const sandboxOf = (cluster: TestCluster, name: string) => cluster.cluster.simulation.world.sandboxes.find('pod', `default/${name}`)[0]!;

/** Runs a command in a pod of its own, and gives what it wrote. */
async function say(
  cluster: TestCluster,
  command: string,
  { ms = 15_000, labels, node }: { ms?: number; labels?: Record<string, string>; node?: string } = {},
): Promise<string> {
  const name = `say-${cluster.elapsed()}`;
  start(
    cluster,
    name,
    { image: 'busybox', command: ['sh', '-c', command] },
    { restartPolicy: 'Never', ...(node && { nodeName: node }) },
    labels ?? { app: 'box' },
  );
  cluster.advance(ms);
  await cluster.settleTools();
  const world = cluster.cluster.simulation.world;
  const [container] = sandboxOf(cluster, name).containers;
  return readLog(world, container!.id)
    .entries.map(({ text }) => text)
    .join('\n');
}

function web(count = 2): TestCluster {
  const cluster = makeTestCluster();
  for (let i = 1; i <= count; i++)
    start(
      cluster,
      `web-${i}`,
      { image: 'nginx:1.27', command: ['sh', '-c', `echo from-${i} > /usr/share/nginx/html/index.html; exec nginx -g 'daemon off;'`] },
      {},
      { app: 'web' },
    );
  cluster.advance(3000);
  return cluster;
}

describe('a Service', () => {
  test('is reached by its name, its address, and spreads over its endpoints', async () => {
    const cluster = web();
    expose(cluster, 'web');
    cluster.advance(1000);
    const out = await say(
      cluster,
      'for i in 1 2 3 4 5 6 7 8 9 10 11 12; do wget -qO- http://web; done; wget -qO- web.default.svc.cluster.local',
    );
    expect(out.split('\n')).toHaveLength(13);
    expect(new Set(out.split('\n'))).toEqual(new Set(['from-1', 'from-2']));
    const ip = cluster.api.get(services, 'default', 'web')!.spec.clusterIP!;
    expect(await say(cluster, `wget -qO- ${ip} | cut -c1-5`)).toBe('from-');
    expect(cluster.errors).toEqual([]);
  });

  test('without endpoints refuses; an unknown name is a bad address; a port that it does not have is no answer', async () => {
    const cluster = web(0);
    expose(cluster, 'web');
    cluster.advance(1000);
    const ip = cluster.api.get(services, 'default', 'web')!.spec.clusterIP!;
    expect(await say(cluster, 'wget -qO- http://web')).toBe(`wget: can't connect to remote host (${ip}): Connection refused`);
    expect(await say(cluster, 'wget -qO- http://nope')).toBe("wget: bad address 'nope'");
    expect(await say(cluster, 'wget -qO- -T 3 http://web:81')).toBe('wget: download timed out');
  });

  test('of type NodePort answers on every node; with a local policy, to others only where an endpoint is', async () => {
    const cluster = web(1);
    expose(cluster, 'web', { type: 'NodePort', ports: [{ port: 80, nodePort: 30_080 }] });
    cluster.advance(1000);
    const ips = cluster.api.list(nodes).map((node) => node.status.addresses!.find(({ type }) => type === 'InternalIP')!.address);
    expect(await say(cluster, ips.map((ip) => `wget -qO- -T 2 ${ip}:30080`).join('; '))).toBe('from-1\nfrom-1\nfrom-1');
    const service = cluster.api.get(services, 'default', 'web')!;
    cluster.api.update(services, { ...service, spec: { ...service.spec, externalTrafficPolicy: 'Local' } });
    cluster.advance(1000);
    const commands = ips.map((ip) => `wget -qO- -T 2 ${ip}:30080`).join('; ');
    const names = cluster.api.list(nodes).map(({ metadata }) => metadata.name);
    const home = sandboxOf(cluster, 'web-1').machine;
    const away = names.find((name) => name !== home)!;
    const silent = 'wget: download timed out';
    const answers = async (node: string): Promise<string[]> => (await say(cluster, commands, { node })).split('\n').sort();
    expect(await answers(home)).toEqual(['from-1', silent, silent]);
    // Its own machine sends a client on to wherever there is an endpoint.
    expect(await answers(away)).toEqual(['from-1', 'from-1', silent]);
  });

  test.each(['service.kubernetes.io/headless', 'service.kubernetes.io/service-proxy-name'])(
    'with the label %s is not for this proxy',
    async (label) => {
      const cluster = web(1);
      expose(cluster, 'web');
      cluster.advance(1000);
      const service = cluster.api.get(services, 'default', 'web')!;
      const ask = (): Promise<string> => say(cluster, `wget -qO- -T 2 ${service.spec.clusterIP}`);
      expect(await ask()).toBe('from-1');
      cluster.api.update(services, { ...service, metadata: { ...service.metadata, labels: { [label]: 'x' } } });
      cluster.advance(1000);
      expect(await ask()).toBe('wget: download timed out');
    },
  );

  test('with affinity sends a client where it was before', async () => {
    const cluster = web();
    expose(cluster, 'web', { sessionAffinity: 'ClientIP' });
    cluster.advance(1000);
    const out = await say(cluster, 'for i in 1 2 3 4 5 6 7 8; do wget -qO- http://web; done');
    expect(new Set(out.split('\n')).size).toBe(1);
  });

  test('a walk can be told step by step', () => {
    const cluster = web(1);
    expose(cluster, 'web');
    cluster.advance(1000);
    const { world } = cluster.cluster.simulation;
    const ip = cluster.api.get(services, 'default', 'web')!.spec.clusterIP!;
    const target = sandboxOf(cluster, 'web-1');
    expect(walk(world, { machine: 'node-1', namespace: '' }, ip, 80).steps).toEqual([
      `clusterIP ${ip}:80 is Service default/web (rules of node-1)`,
      `goes to endpoint ${target.ip}:80 on ${target.machine}, one of 1`,
      `arrives at pod default/web-1 on ${target.machine}`,
    ]);
  });
});

describe('policies', () => {
  test('let through only whom they name', async () => {
    const cluster = web(1);
    expose(cluster, 'web');
    cluster.api.create(networkPolicies, {
      metadata: { name: 'only-friends', namespace: 'default' },
      spec: {
        podSelector: { matchLabels: { app: 'web' } },
        policyTypes: ['Ingress'],
        ingress: [{ from: [{ podSelector: { matchLabels: { role: 'friend' } } }], ports: [{ port: 80 }] }],
      },
    } as never);
    cluster.advance(1000);
    expect(await say(cluster, 'wget -qO- -T 2 http://web')).toBe('wget: download timed out');
    expect(await say(cluster, 'wget -qO- -T 2 http://web', { labels: { role: 'friend' } })).toBe('from-1');
  });

  test('keep nothing out between a pod and its own machine: its probes, and who runs there', async () => {
    const cluster = makeTestCluster();
    cluster.settle();
    cluster.api.create(networkPolicies, {
      metadata: { name: 'deny-all', namespace: 'default' },
      spec: { podSelector: {}, policyTypes: ['Ingress', 'Egress'] },
    } as never);
    start(
      cluster,
      'web-1',
      { image: 'nginx:1.27', readinessProbe: { httpGet: { path: '/', port: 80 }, periodSeconds: 5 } },
      { nodeName: 'node-1' },
    );
    cluster.advance(15_000);
    expect(cluster.api.get(pods, 'default', 'web-1')!.status.containerStatuses![0]!.ready).toBe(true);
    const { world } = cluster.cluster.simulation;
    const { ip } = sandboxOf(cluster, 'web-1');
    const from = (machine: string): string | undefined => {
      const { result } = walk(world, { machine, namespace: '' }, ip, 80);
      return typeof result === 'string' ? result : undefined;
    };
    expect([from('node-1'), from('node-2')]).toEqual([undefined, 'dropped']);
    const to = (machine: string): string | undefined => {
      const caller = { machine: 'node-1', sandbox: sandboxOf(cluster, 'web-1'), namespace: '' };
      const { result } = walk(world, caller, world.machines.get(machine)!.ip, 10_250);
      return typeof result === 'string' ? result : undefined;
    };
    expect([to('node-1'), to('node-2')]).toEqual([undefined, 'dropped']);
  });

  test('that name nobody stop what a pod sends, names too', async () => {
    const cluster = web(1);
    expose(cluster, 'web');
    cluster.api.create(networkPolicies, {
      metadata: { name: 'silent', namespace: 'default' },
      spec: { podSelector: { matchLabels: { app: 'box' } }, policyTypes: ['Egress'] },
    } as never);
    cluster.advance(1000);
    expect(await say(cluster, `wget -qO- -T 2 http://${sandboxOf(cluster, 'web-1').ip}`)).toBe('wget: download timed out');
  });
});

describe('in the default template', () => {
  test('names are answered by CoreDNS while it runs', async () => {
    const cluster = makeTestCluster({ template: 'default', nodes: 2 });
    cluster.advance(120_000);
    start(cluster, 'web-1', { image: 'nginx:1.27' }, {}, { app: 'web' });
    expose(cluster, 'web');
    cluster.advance(30_000);
    expect(await say(cluster, 'wget -qO- http://web | grep title', { ms: 30_000 })).toBe('<title>Welcome to nginx!</title>');
    const scaled = await cluster.request(
      'PATCH',
      '/apis/apps/v1/namespaces/kube-system/deployments/coredns/scale',
      { spec: { replicas: 0 } },
      { 'content-type': 'application/merge-patch+json' },
    );
    expect(scaled.status).toBe(200);
    cluster.advance(60_000);
    expect(await say(cluster, 'wget -qO- http://web', { ms: 30_000 })).toBe("wget: bad address 'web'");
    expect(cluster.errors).toEqual([]);
  });
});

test('a machine has a way to each of its pods, and to those of others by their machines', async () => {
  const cluster = web(1);
  const { world } = cluster.cluster.simulation;
  const command = 'ip route; echo; ip addr; echo; ss -ltnp; cat /etc/resolv.conf';
  const machine = sandboxOf(cluster, 'web-1').machine;
  start(
    cluster,
    'on',
    { image: 'busybox', command: ['sh', '-c', 'chroot /host bash -c "$0"', command], volumeMounts: [{ name: 'host', mountPath: '/host' }] },
    { hostNetwork: true, hostPID: true, nodeName: machine, restartPolicy: 'Never', volumes: [{ name: 'host', hostPath: { path: '/' } }] },
  );
  cluster.advance(5000);
  const text = readLog(world, sandboxOf(cluster, 'on').containers[0]!.id)
    .entries.map((entry) => entry.text)
    .join('\n');
  const { ip } = sandboxOf(cluster, 'web-1');
  const [other] = world.machines.values().filter(({ name }) => name !== machine);
  expect(text).toMatch(new RegExp(`^default via \\S+ dev eth0 \n[^]*\n${ip} dev veth[0-9a-f]{8} scope host \n`));
  expect(text).toContain(`${other!.podCidr} via ${other!.ip} dev eth0 \n`);
  expect(text).toContain(`dev eth0 proto kernel scope link src ${world.machines.get(machine)!.ip} \n`);
  expect(text).toMatch(/\n3: veth[0-9a-f]{8}@if2: [^]* link-netns cni-[^]*inet 10\.244\.\d+\.1\/32 scope global veth/);
  expect(text).toMatch(/LISTEN 0 +\d+ +0\.0\.0\.0:10250 +0\.0\.0\.0:\* users:\(\("kubelet",pid=437,fd=\d+\)\)/);
  expect(text).toContain('nameserver 127.0.0.53');
});

test.each(['localhost', 'the gateway'])('ping of %s tells of the one that came back', async (target) => {
  const cluster = web(1);
  const address = target === 'localhost' ? '127.0.0.1' : '10.244.1.1';
  const out = await say(cluster, `ping -c 1 ${address}`, { node: 'node-2' });
  const [, time] = /ttl=\d+ time=(\S+) ms/.exec(out) ?? [];
  expect(out).toContain(`round-trip min/avg/max = ${time}/${time}/${time} ms`);
});

describe('a Corefile that is changed', () => {
  test('takes effect without a restart, and says who asks', async () => {
    const cluster = makeTestCluster({ template: 'default', nodes: 2 });
    cluster.advance(120_000);
    const change = (from: string, to: string): void => {
      const map = cluster.api.get(configMaps, 'kube-system', 'coredns')!;
      cluster.api.update(configMaps, { ...map, data: { Corefile: map.data!['Corefile']!.replace(from, to) } });
      cluster.advance(200_000);
    };
    const lookUp = (): Promise<string> =>
      say(cluster, 'nslookup -type=a kubernetes.default.svc.cluster.local; nslookup -type=a x.example.org');
    const told = (): string[] =>
      cluster.api.list(pods, { namespace: 'kube-system' }).flatMap(({ metadata }) => {
        if (!metadata.name.startsWith('coredns-')) return [];
        const { world } = cluster.cluster.simulation;
        const [container] = world.sandboxes.find('pod', metadata.uid)[0]!.containers;
        return readLog(world, container!.id).entries.flatMap(({ text }) => (/\[(INFO|ERROR)\]/.test(text) ? [text] : []));
      });
    expect(await lookUp()).toContain("can't find x.example.org: NXDOMAIN");
    expect(told()).toHaveLength(2);
    change('    errors', '    errors\n    log\n    hosts {\n      1.2.3.9 x.example.org\n    }');
    expect(await lookUp()).toContain('Address: 1.2.3.9');
    expect(told()).toContain('[INFO] Reloading complete');
    expect(told().filter((line) => line.includes('svc.cluster.local.'))).toEqual([
      expect.stringMatching(
        /^\[INFO\] 10\.244\.\d+\.\d+:\d+ - \d+ "A IN kubernetes\.default\.svc\.cluster\.local\. udp 54 false 512" NOERROR qr,aa,rd 106 0\.000\d{6}s$/,
      ),
    ]);
    change('    ready', '    raedy');
    expect(await lookUp()).toContain('Address: 1.2.3.9');
    expect(told()).toContain("[ERROR] Restart failed: /etc/coredns/Corefile:10 - Error during parsing: Unknown directive 'raedy'");
    expect(cluster.errors).toEqual([]);
  });
});

describe('tools that ask for names', () => {
  test.each([
    { command: 'getent hosts web', want: /^10\.\S+ +web\.default\.svc\.cluster\.local {2}web$/ },
    { command: 'dig +short web.default.svc.cluster.local', want: /^10\.\d+\.\d+\.\d+$/ },
    { command: 'dig +short SRV _http._tcp.web.default.svc.cluster.local', want: /^0 100 80 web\.default\.svc\.cluster\.local\.$/ },
    {
      command: 'nslookup kubernetes.default.svc.cluster.local',
      want: /^Server:\t\t10\.96\.0\.10\nAddress:\t10\.96\.0\.10#53\n\nName:\tkubernetes\.default\.svc\.cluster\.local\nAddress: 10\.96\.0\.1\n/,
    },
    { command: 'nslookup nope', want: /\n\*\* server can't find nope: NXDOMAIN$/m },
    {
      command: 'dig nope.default.svc.cluster.local',
      want: /\n;; Got answer:\n;; WARNING: \.local is reserved for Multicast DNS\n.*\n;; ->>HEADER<<- opcode: QUERY, status: NXDOMAIN, id: \d+\n;; flags: qr aa rd; QUERY: 1, ANSWER: 0, AUTHORITY: 1, ADDITIONAL: 1\n;; WARNING: recursion requested but not available\n[^]*\n;; AUTHORITY SECTION:\ncluster\.local\.\s+30\tIN\tSOA\tns\.dns\.cluster\.local\. hostmaster\.cluster\.local\. \d+ 7200 1800 86400 30\n/,
    },
    {
      command: 'dig web.default.svc.cluster.local | grep -A 9 HEADER',
      want: /ANSWER: 1, AUTHORITY: 0, ADDITIONAL: 1\n;; WARNING: recursion requested but not available\n/,
    },
    { command: 'dig +short headless.default.svc.cluster.local | wc -l', want: /^2$/ },
    { command: 'dig +short ext.default.svc.cluster.local', want: /^example\.org\.$/ },
    {
      command: 'cat /etc/resolv.conf',
      want: /^search default\.svc\.cluster\.local svc\.cluster\.local cluster\.local\nnameserver 10\.96\.0\.10\noptions ndots:5$/,
    },
    { command: 'curl -s web | head -c 4', want: /^from$/ },
  ])('$command', async ({ command, want }) => {
    const cluster = web();
    expose(cluster, 'web', { ports: [{ name: 'http', port: 80 }] });
    expose(cluster, 'headless', { clusterIP: 'None' });
    cluster.api.create(services, {
      metadata: { name: 'ext', namespace: 'default' },
      spec: { type: 'ExternalName', externalName: 'example.org' },
    } as never);
    cluster.advance(1000);
    start(cluster, 'tools', { image: 'nicolaka/netshoot', command: ['sh', '-c', command] }, { restartPolicy: 'Never' });
    cluster.advance(2000);
    await cluster.settleTools();
    const text = readLog(cluster.cluster.simulation.world, sandboxOf(cluster, 'tools').containers[0]!.id)
      .entries.map((entry) => entry.text)
      .join('\n');
    expect(text).toMatch(want);
  });
});
