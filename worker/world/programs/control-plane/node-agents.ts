// What runs on every node beside the kubelet, as processes: kube-proxy, and the agent that gives pods their network. What they bring about is the world's network,
// which asks whether they run. Mirrors cmd/kube-proxy and a CNI agent like kindnetd.

import { ended } from '../../process/program.ts';
import type { LogLine, Service, ServiceContext } from '../../process/program.ts';
import { FileError } from '../../files/error.ts';
import { CNI_FILE, CONFLIST } from '../../network/cni.ts';
import { httpListener } from '../../network/http-server.ts';
import type { HttpAnswer } from '../../network/http-server.ts';
import { flagTable, parseFlags } from './flags.ts';
import { klogLine } from './klog.ts';
import { askPage } from './component.ts';
import type { StartLine } from './component.ts';

const PROXY_FLAGS = flagTable(`
  bind-address:ip bind-address-hard-fail:bool cleanup:bool cluster-cidr:cidr config config-sync-period:duration conntrack-max-per-core:int conntrack-min:int
  conntrack-tcp-timeout-close-wait:duration conntrack-tcp-timeout-established:duration detect-local-mode healthz-bind-address hostname-override init-only:bool
  iptables-masquerade-bit:int iptables-min-sync-period:duration iptables-sync-period:duration ipvs-exclude-cidrs ipvs-min-sync-period:duration ipvs-scheduler ipvs-strict-arp:bool
  ipvs-sync-period:duration kube-api-burst:int kube-api-content-type kube-api-qps kubeconfig masquerade-all:bool master metrics-bind-address nodeport-addresses oom-score-adj:int
  proxy-mode proxy-port-range show-hidden-metrics-for-version
`);

const linesOf = (lines: readonly StartLine[], { startedAt }: ServiceContext): LogLine[] =>
  lines.map(([after, level, place, message]) => ({
    after,
    stream: 'stderr',
    text: klogLine(startedAt + after, level, place, message).slice(0, -1),
  }));

/** What kube-proxy keeps: how it forwards. */
export interface ProxyState {
  readonly mode: string;
  readonly node: string;
  /** Where its metrics are, `127.0.0.1:10249`. */
  readonly metrics: string;
  /** What it says of its mode, if it names none. */
  readonly isDefault: boolean;
}

const DEFAULT_METRICS = '127.0.0.1:10249';
const MODES = ['', 'iptables', 'ipvs', 'nftables'];

export const kubeProxy: Service<ProxyState> = {
  name: 'kube-proxy',
  isService: true,
  start(context) {
    const fail = (message: string): ReturnType<typeof ended> => {
      context.log('stderr', klogLine(context.now(), 'E', 'run.go:72', `"command failed" err=${JSON.stringify(message)}`));
      return ended(1, 60);
    };
    const flags = parseFlags(context.argv.slice(1), PROXY_FLAGS);
    if (typeof flags === 'string') {
      context.log('stderr', `Error: ${flags}\n`);
      return ended(1, 30);
    }
    let config = '';
    const path = flags['config'];
    if (path !== undefined) {
      const file = context.files.find(path);
      if (!file) return fail(`failed complete: open ${path}: no such file or directory`);
      config = file.content ?? '';
      if (!/^kind:\s*KubeProxyConfiguration\s*$/m.test(config) || !/^apiVersion:\s*kubeproxy\.config\.k8s\.io\/v1alpha1\s*$/m.test(config))
        return fail(`failed complete: Object 'Kind' is missing in '${config.slice(0, 200)}'`);
    }
    const mode = flags['proxy-mode'] ?? /^mode:\s*"?([^"\s]*)"?\s*$/m.exec(config)?.[1] ?? '';
    if (!MODES.includes(mode))
      return fail(
        `KubeProxyConfiguration.Mode: Invalid value: ${JSON.stringify(mode)}: must be iptables, ipvs, nftables or blank (blank means the best-available proxy [currently iptables])`,
      );
    const kubeconfig = /^\s+kubeconfig:\s*(\S+)/m.exec(config)?.[1];
    if (kubeconfig && !context.files.find(kubeconfig)) return fail(`stat ${kubeconfig}: no such file or directory`);
    const metrics = flags['metrics-bind-address'] || /^metricsBindAddress:\s*"?([^"\s]*)"?\s*$/m.exec(config)?.[1] || DEFAULT_METRICS;
    if (!/:\d+$/.test(metrics))
      return fail(`KubeProxyConfiguration.MetricsBindAddress: Invalid value: ${JSON.stringify(metrics)}: must be IP:port`);
    return { mode: mode || 'iptables', node: flags['hostname-override'] ?? context.hostname, isDefault: mode === '', metrics };
  },
  startLines: ({ mode, node }, context) =>
    linesOf(
      [
        [0, 'I', 'server_linux.go:53', `"Using ${mode} proxy"`],
        [170, 'I', 'server.go:715', `"Successfully retrieved node IP(s)" IPs=[${JSON.stringify(context.ip)}]`],
        [172, 'I', 'server.go:254', `"kube-proxy running in dual-stack mode" primary ipFamily="IPv4"`],
        [172, 'I', 'server_linux.go:145', `"Using ${mode} Proxier"`],
        [181, 'I', 'server.go:516', `"Version info" version="${context.env['KUBE_VERSION'] ?? ''}"`],
        [182, 'I', 'config.go:200', '"Starting service config controller"'],
        [182, 'I', 'config.go:106', '"Starting endpoint slice config controller"'],
        [182, 'I', 'config.go:329', `"Starting node config controller" node="${node}"`],
        [283, 'I', 'shared_informer.go:357', '"Caches are synced" controller="node config"'],
        [283, 'I', 'shared_informer.go:357', '"Caches are synced" controller="service config"'],
      ],
      context,
    ),
  listeners: ({ mode, metrics }) => [
    httpListener(10_256, ({ path }, context) => (path === '/healthz' || path === '/livez' ? healthPage(path, context.now()) : NOT_FOUND)),
    httpListener(
      Number(/\d+$/.exec(metrics)![0]),
      ({ path }, context, connection) => {
        if (path === '/proxyMode') return plain(mode);
        if (path === '/healthz') return plain('ok');
        askPage(connection, context);
        return 'waiting';
      },
      {},
      metrics.replace(/:\d+$/, '') || '0.0.0.0',
    ),
  ],
  signal: (_keep, signal) => (signal === 'TERM' || signal === 'INT' ? ended(2, 30) : 'ignored'),
  processes: ({ node }) => [{ title: `/usr/local/bin/kube-proxy --config=/var/lib/kube-proxy/config.conf --hostname-override=${node}` }],
  usage: () => ({ cpu: 1, memory: 24 * 2 ** 20 }),
};

const plain = (body: string, status = 200): HttpAnswer => ({ status, headers: [['Content-Type', 'text/plain; charset=utf-8']], body });
const NOT_FOUND = plain('404 page not found\n', 404);

/** A proxy that is well was up to date just now. */
function healthPage(path: string, now: number): HttpAnswer {
  const time = `${new Date(now).toISOString().replace('T', ' ').replace('Z', '')} +0000 UTC`;
  const eligible = path === '/healthz' ? ', "nodeEligible": true' : '';
  return {
    status: 200,
    headers: [
      ['Content-Type', 'application/json'],
      ['X-Content-Type-Options', 'nosniff'],
    ],
    body: `{"lastUpdated": "${time}","currentTime": "${time}"${eligible}}`,
  };
}

export const podNetwork: Service<{ readonly cidr: string }> = {
  name: 'pod-network',
  isService: true,
  start(context) {
    const cidr = context.env['POD_SUBNET'] ?? '';
    try {
      if (!context.files.find(CNI_FILE)) context.files.write(CNI_FILE, CONFLIST);
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      context.log(
        'stderr',
        klogLine(
          context.now(),
          'F',
          'main.go:118',
          `could not write the network configuration: open ${CNI_FILE}: no such file or directory`,
        ),
      );
      return ended(1, 30);
    }
    return { cidr };
  },
  startLines: ({ cidr }, context) =>
    linesOf(
      [
        [0, 'I', 'main.go:109', 'connected to apiserver: https://10.96.0.1:443'],
        [1, 'I', 'main.go:139', `hostIP = ${context.env['HOST_IP'] ?? ''}`],
        [1, 'I', 'main.go:148', `pod subnet = ${cidr}, mtu = 1500`],
        [40, 'I', 'routes.go:62', 'routes to the other nodes are in place'],
      ],
      context,
    ),
  signal: (_keep, signal) => (signal === 'TERM' || signal === 'INT' ? ended(0, 20) : 'ignored'),
  processes: () => [{ title: '/bin/pod-network' }],
  usage: () => ({ cpu: 1, memory: 16 * 2 ** 20 }),
};
