// metrics-server, as a process: it reads its flags, listens, and is alive. What it measures, and how that is answered, is agents/metrics-server's.

import { formatMessage, httpDate, parseMessage, parseRequestLine, reasonOf } from '../network/http.ts';
import type { Connection } from '../network/connection.ts';
import { ended } from '../process/program.ts';
import type { Ended, Service, ServiceContext } from '../process/program.ts';
import { parseDuration } from '../../lib/time.ts';

export interface MetricsServerState {
  readonly resolutionMs: number;
  readonly port: number;
}

const MI = 2 ** 20;
const DEFAULT_RESOLUTION_MS = 60_000;
const MIN_RESOLUTION_MS = 10_000;
/** Those that change nothing here: how a certificate is found and checked, where kubelets are reached. */
const OTHER_FLAGS: ReadonlySet<string> = new Set([
  'authentication-kubeconfig',
  'authorization-kubeconfig',
  'bind-address',
  'cert-dir',
  'kubeconfig',
  'kubelet-certificate-authority',
  'kubelet-client-certificate',
  'kubelet-client-key',
  'kubelet-insecure-tls',
  'kubelet-port',
  'kubelet-preferred-address-types',
  'kubelet-request-timeout',
  'kubelet-use-node-status-port',
  'node-selector',
  'requestheader-allowed-names',
  'requestheader-client-ca-file',
  'requestheader-extra-headers-prefix',
  'requestheader-group-headers',
  'requestheader-username-headers',
  'tls-cert-file',
  'tls-cipher-suites',
  'tls-min-version',
  'tls-private-key-file',
  'v',
]);

export const metricsServer: Service<MetricsServerState> = {
  name: 'metrics-server',
  isService: true,
  start,
  listeners: ({ port }) => [{ port, address: '0.0.0.0', serve }],
  signal: (_keep, signal) => (signal === 'TERM' || signal === 'INT' ? ended(0, 100) : 'ignored'),
  processes: () => [{ title: '/metrics-server' }],
  usage: () => ({ cpu: 4, memory: 22 * MI }),
};

function start({ argv, log, now }: ServiceContext): MetricsServerState | Ended {
  let [resolutionMs, port] = [DEFAULT_RESOLUTION_MS, 443];
  const refuse = (problem: string): Ended => {
    log('stderr', `Error: ${problem}\n`);
    return ended(1, 20);
  };
  for (const flag of argv.slice(1)) {
    const [, name = '', , value = ''] = /^--?([^=]+)(=(.*))?$/s.exec(flag) ?? [];
    if (name === 'metric-resolution') {
      const ms = parseDuration(value);
      if (ms === undefined)
        return refuse(
          `invalid argument ${JSON.stringify(value)} for "--metric-resolution" flag: time: invalid duration ${JSON.stringify(value)}`,
        );
      if (ms < MIN_RESOLUTION_MS) return refuse(`metric-resolution should be a time duration at least 10s, but value ${value} provided`);
      resolutionMs = ms;
    } else if (name === 'secure-port') {
      port = Number(value);
      if (!Number.isInteger(port) || port < 1 || port > 65_535)
        return refuse(`--secure-port ${value} must be between 0 and 65535, inclusive. 0 for turning off secure (HTTPS) port`);
    } else if (!OTHER_FLAGS.has(name)) {
      return refuse(name ? `unknown flag: --${name}` : `unknown command ${JSON.stringify(flag)} for "metrics-server"`);
    }
  }
  const time = new Date(now()).toISOString().slice(11, 23);
  const day = new Date(now()).toISOString().slice(5, 10).replace('-', '');
  log('stderr', `I${day} ${time}000       1 secure_serving.go:211] Serving securely on [::]:${port}\n`);
  return { resolutionMs, port };
}

/** What it serves, as the real one says it. */
const DISCOVERY = JSON.stringify({
  kind: 'APIResourceList',
  apiVersion: 'v1',
  groupVersion: 'metrics.k8s.io/v1beta1',
  resources: [
    { name: 'nodes', singularName: '', namespaced: false, kind: 'NodeMetrics', verbs: ['get', 'list'] },
    { name: 'pods', singularName: '', namespaced: true, kind: 'PodMetrics', verbs: ['get', 'list'] },
  ],
});

/** It says that it is alive, and to the API server what it serves; the rest of its API is answered there (agents/metrics-server). */
function serve(connection: Connection, context: ServiceContext): void {
  const parsed = parseMessage(connection.toServer);
  if (!parsed) return;
  connection.toServer = '';
  const isMessage = !(parsed instanceof Error);
  const path = isMessage ? (parseRequestLine(parsed.message.start)?.target.replace(/\?.*$/, '') ?? '') : '';
  const user = (isMessage && parsed.message.headers.get('x-remote-user')) || 'system:anonymous';
  const isHealth = path === '/livez' || path === '/readyz' || path === '/healthz';
  const isDiscovery = path === '/apis/metrics.k8s.io/v1beta1' && user !== 'system:anonymous';
  const [status, body] = isHealth
    ? [200, 'ok']
    : isDiscovery
      ? [200, DISCOVERY]
      : [403, `forbidden: User ${JSON.stringify(user)} cannot get path ${JSON.stringify(path)}`];
  connection.toClient += formatMessage(
    `HTTP/1.1 ${status} ${reasonOf(status)}`,
    [
      ['Content-Type', isDiscovery ? 'application/json' : 'text/plain; charset=utf-8'],
      ['Date', httpDate(context.now())],
      ['Content-Length', String(body.length)],
    ],
    body,
  );
  connection.serverClosed = true;
}
