// The rules of kube-proxy, as the tools of a machine show them.

import { describe, expect, test } from 'vitest';
import { pods } from '../../../worker/resources/core/pod.ts';
import { services } from '../../../worker/resources/core/service.ts';
import { configMaps } from '../../../worker/resources/core/configmap.ts';
import { serviceChain } from '../../../worker/world/network/iptables.ts';
import { readLog } from '../../../worker/world/runtime/log.ts';
import { makeTestCluster } from '../harness.ts';
import type { TestCluster } from '../harness.ts';

async function start(specs: Record<string, object>, endpoints = 2): Promise<TestCluster> {
  const cluster = makeTestCluster({ template: 'default', nodes: 1 });
  cluster.advance(20_000);
  for (let i = 0; i < endpoints; i++)
    cluster.api.create(pods, {
      metadata: { name: `web-${i}`, namespace: 'default', labels: { app: 'web' } },
      spec: { nodeName: 'worker-1', containers: [{ name: 'c', image: 'nginx', resources: {} }] },
    } as never);
  for (const [name, spec] of Object.entries(specs))
    cluster.api.create(services, {
      metadata: { name, namespace: 'default' },
      spec: { selector: { app: 'web' }, ports: [{ name: 'http', port: 80 }], ...spec },
    } as never);
  cluster.advance(30_000);
  await cluster.settleTools();
  return cluster;
}

async function say(cluster: TestCluster, command: string, hostNetwork = true): Promise<string> {
  const name = `say-${cluster.elapsed()}`;
  cluster.api.create(pods, {
    metadata: { name, namespace: 'default' },
    spec: {
      nodeName: 'worker-1',
      hostNetwork,
      restartPolicy: 'Never',
      containers: [{ name: 'c', image: 'nicolaka/netshoot', command: ['sh', '-c', command], resources: {} }],
    },
  } as never);
  cluster.advance(90_000);
  await cluster.settleTools();
  const { world } = cluster.cluster.simulation;
  const [container] = world.sandboxes.find('pod', `default/${name}`)[0]!.containers;
  return readLog(world, container!.id)
    .entries.map(({ text }) => text)
    .join('\n');
}

test('kube-proxy says on its machine how it forwards, and everywhere how it is', async () => {
  const cluster = await start({}, 0);
  expect(await say(cluster, 'curl -s localhost:10249/proxyMode')).toBe('iptables');
  expect(await say(cluster, 'curl -s localhost:10256/healthz')).toMatch(
    /^\{"lastUpdated": "2026-01-01 00:\d\d:\d\d\.\d{3} \+0000 UTC","currentTime": "[^"]+", "nodeEligible": true\}$/,
  );
});

test('chains have the names that kube-proxy gives them', () => {
  expect(serviceChain('SVC', 'default/kubernetes:https', 'tcp')).toBe('KUBE-SVC-NPX46M4PTMTKRN6Y');
  expect(serviceChain('SVC', 'kube-system/kube-dns:dns', 'udp')).toBe('KUBE-SVC-TCOU7JCQXEZGVUNU');
  expect(serviceChain('SVC', 'kube-system/kube-dns:dns-tcp', 'tcp')).toBe('KUBE-SVC-ERIFXISQEP7F7OF4');
});

describe('a machine', () => {
  test('has the rules of each Service, from its address to its endpoints', async () => {
    const cluster = await start({ web: { type: 'NodePort', ports: [{ name: 'http', port: 80, nodePort: 30_080 }] } });
    const ip = cluster.api.get(services, 'default', 'web')!.spec.clusterIP!;
    const [svc, ext] = ['SVC', 'EXT'].map((kind) => serviceChain(kind, 'default/web:http', 'tcp'));
    const out = (await say(cluster, 'iptables-save -t nat')).split('\n');
    expect(out).toEqual(
      expect.arrayContaining([
        '*nat',
        ':KUBE-SERVICES - [0:0]',
        '-A PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES',
        '-A KUBE-MARK-MASQ -j MARK --set-xmark 0x4000/0x4000',
        `-A KUBE-SERVICES -d ${ip}/32 -p tcp -m comment --comment "default/web:http cluster IP" -m tcp --dport 80 -j ${svc}`,
        `-A ${svc} ! -s 10.244.0.0/16 -d ${ip}/32 -p tcp -m comment --comment "default/web:http cluster IP" -m tcp --dport 80 -j KUBE-MARK-MASQ`,
        `-A KUBE-NODEPORTS -p tcp -m comment --comment "default/web:http" -m tcp --dport 30080 -j ${ext}`,
        `-A ${ext} -m comment --comment "masquerade traffic for default/web:http external destinations" -j KUBE-MARK-MASQ`,
        `-A ${ext} -j ${svc}`,
        '-A KUBE-SERVICES -m comment --comment "kubernetes service nodeports; NOTE: this must be the last rule in this chain" -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS',
      ]),
    );
    expect(out.filter((line) => line.startsWith(`-A ${svc} -m comment`))).toEqual([
      expect.stringMatching(
        /--comment "default\/web:http -> 10\.244\.\d+\.\d+:80" -m statistic --mode random --probability 0\.50000000000 -j KUBE-SEP-[A-Z2-7]{16}$/,
      ),
      expect.stringMatching(/--comment "default\/web:http -> 10\.244\.\d+\.\d+:80" -j KUBE-SEP-[A-Z2-7]{16}$/),
    ]);
    const dnat = out.filter((line) => line.includes('-j DNAT') && line.includes('default/web'));
    expect(dnat).toHaveLength(2);
    expect(dnat[0]).toMatch(
      /^-A KUBE-SEP-[A-Z2-7]{16} -p tcp -m comment --comment "default\/web:http" -m tcp -j DNAT --to-destination 10\.244\.\d+\.\d+:80$/,
    );
    expect(cluster.errors).toEqual([]);
  });

  test.each([
    { name: 'its own', ranges: ['172.18.0.0/16'], status: '200', sources: ['-s 172.18.0.0/16 ', '-s 198.51.100.7/32 '] },
    { name: 'pods’', ranges: ['192.0.2.0/24', '10.244.0.0/16'], status: '000', sources: ['-s 192.0.2.0/24 ', '-s 10.244.0.0/16 '] },
  ])('takes at a load balancer’s address only clients of its ranges: $name', async ({ ranges, status, sources }) => {
    const cluster = await start({ web: { type: 'LoadBalancer', loadBalancerSourceRanges: ranges } });
    const service = cluster.api.get(services, 'default', 'web')!;
    const address = '198.51.100.7';
    cluster.api.updateStatus(services, { ...service, status: { loadBalancer: { ingress: [{ ip: address, ipMode: 'VIP' }] } } });
    cluster.advance(1000);
    const [ext, fw] = ['EXT', 'FW'].map((kind) => serviceChain(kind, 'default/web:http', 'tcp'));
    const out = (await say(cluster, `curl -s -m 2 -o /dev/null -w '%{http_code}\\n' http://${address}/; iptables-save`)).split('\n');
    expect(out[0]).toBe(status);
    expect(out.filter((line) => line.startsWith(`-A ${fw}`))).toEqual([
      ...sources.map((source) => `-A ${fw} ${source}-m comment --comment "default/web:http loadbalancer IP" -j ${ext}`),
      `-A ${fw} -m comment --comment "other traffic to default/web:http will be dropped by KUBE-PROXY-FIREWALL"`,
    ]);
    expect(out).toContain(
      `-A KUBE-SERVICES -d ${address}/32 -p tcp -m comment --comment "default/web:http loadbalancer IP" -m tcp --dport 80 -j ${fw}`,
    );
    expect(out).toContain(
      `-A KUBE-PROXY-FIREWALL -d ${address}/32 -p tcp -m comment --comment "default/web:http traffic not accepted by ${fw}" -m tcp --dport 80 -j DROP`,
    );
  });

  test('refuses what has no endpoints', async () => {
    const cluster = await start({ web: {} }, 0);
    const ip = cluster.api.get(services, 'default', 'web')!.spec.clusterIP!;
    const out = await say(cluster, 'iptables-save -t filter; iptables-save -t nat');
    expect(out).toContain(
      `-A KUBE-SERVICES -d ${ip}/32 -p tcp -m comment --comment "default/web:http has no endpoints" -m tcp --dport 80 -j REJECT --reject-with icmp-port-unreachable`,
    );
    expect(out).not.toContain('default/web:http cluster IP');
  });

  test('lists a chain, and knows no other', async () => {
    const cluster = await start({ web: { sessionAffinity: 'ClientIP' } }, 1);
    const ip = cluster.api.get(services, 'default', 'web')!.spec.clusterIP!;
    const svc = serviceChain('SVC', 'default/web:http', 'tcp');
    const out = await say(cluster, `iptables -t nat -L KUBE-SERVICES -n; iptables -t nat -nL ${svc}; iptables -t nat -L NOPE`);
    const lines = out.split('\n');
    expect(lines.slice(0, 2)).toEqual([
      'Chain KUBE-SERVICES (2 references)',
      'target     prot opt source               destination         ',
    ]);
    expect(lines).toContain(`${svc}  tcp  --  0.0.0.0/0            ${ip.padEnd(20)} /* default/web:http cluster IP */ tcp dpt:80`);
    expect(out).toMatch(/recent: CHECK seconds: 10800 reap name: KUBE-SEP-\w+ side: source mask: 255\.255\.255\.255/);
    expect(lines.at(-1)).toBe('iptables: No chain/target/match by that name.');
  });

  test('shows a pod with a network of its own none of it', async () => {
    const cluster = await start({ web: {} });
    expect(await say(cluster, 'iptables -t nat -S', false)).toBe(
      '-P PREROUTING ACCEPT\n-P INPUT ACCEPT\n-P OUTPUT ACCEPT\n-P POSTROUTING ACCEPT',
    );
  });

  test('in IPVS mode has virtual servers', async () => {
    const cluster = await start({ web: { sessionAffinity: 'ClientIP' } }, 1);
    expect(await say(cluster, 'ipvsadm -Ln')).not.toContain('rr');
    const config = cluster.api.get(configMaps, 'kube-system', 'kube-proxy')!;
    cluster.api.update(configMaps, {
      ...config,
      data: { ...config.data, 'config.conf': config.data!['config.conf']!.replace('mode: iptables', 'mode: ipvs') },
    });
    for (const pod of cluster.api.list(pods, { namespace: 'kube-system' }))
      if (pod.metadata.name.startsWith('kube-proxy')) cluster.api.delete(pods, 'kube-system', pod.metadata.name);
    cluster.advance(120_000);
    const ip = cluster.api.get(services, 'default', 'web')!.spec.clusterIP!;
    const out = await say(cluster, 'ipvsadm -Ln; iptables-save -t nat');
    expect(out).toContain(`TCP  ${ip}:80 rr persistent 10800\n  -> 10.244.`);
    expect(out).toMatch(/ {2}-> 10\.244\.\d+\.\d+:80 +Masq {4}1 {6}0 {10}0/);
    expect(out).not.toContain('KUBE-SVC-');
  });
});
