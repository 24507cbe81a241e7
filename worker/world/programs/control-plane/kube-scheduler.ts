// kube-scheduler as a process: its command line, its health, its log. It places pods as long as it runs, and leads. Mirrors cmd/kube-scheduler.

import { component } from './component.ts';
import { lookupLines, lookupProblem } from './delegated-authentication.ts';
import { flagTable } from './flags.ts';
import { klogLine } from './klog.ts';
import { electionLines, electionOf, electorProblem } from './leader-flags.ts';

const FLAGS = flagTable(`
  allow-metric-labels allow-metric-labels-manifest authentication-kubeconfig authentication-skip-lookup:bool authentication-token-webhook-cache-ttl:duration
  authentication-tolerate-lookup-failure:bool authorization-always-allow-paths authorization-kubeconfig authorization-webhook-cache-authorized-ttl:duration
  authorization-webhook-cache-unauthorized-ttl:duration bind-address:ip cert-dir client-ca-file config contention-profiling:bool disable-http2-serving:bool disabled-metrics
  http2-max-streams-per-connection:int kube-api-burst:int kube-api-content-type kube-api-qps:float kubeconfig leader-elect:bool leader-elect-lease-duration:duration
  leader-elect-renew-deadline:duration leader-elect-resource-lock leader-elect-resource-name leader-elect-resource-namespace leader-elect-retry-period:duration master
  permit-address-sharing:bool permit-port-sharing:bool pod-max-in-unschedulable-pods-duration:duration requestheader-allowed-names requestheader-client-ca-file
  requestheader-extra-headers-prefix requestheader-group-headers requestheader-username-headers requestheader-uid-headers secure-port:int show-hidden-metrics-for-version tls-cert-file
  tls-cipher-suites tls-curve-preferences tls-min-version tls-private-key-file tls-sni-cert-key write-config-to
`);

export const kubeScheduler = component({
  name: 'kube-scheduler',
  flags: FLAGS,
  files: [
    'config',
    'kubeconfig',
    'authentication-kubeconfig',
    'authorization-kubeconfig',
    'client-ca-file',
    'requestheader-client-ca-file',
  ],
  problem: (flags, context) => lookupProblem(flags, context, true),
  election: (flags, { files }) => {
    const config = flags['config'] && files.find(flags['config'])?.content;
    return config ? electionOf(config, flags) : undefined;
  },
  startLines: (flags, context, election) => [
    [0, 'I', 'serving.go:386', 'Generated self-signed cert in-memory'],
    ...lookupLines(flags, context, true),
    [620, 'I', 'server.go:175', `"Starting Kubernetes Scheduler" version="${context.env['KUBE_VERSION'] ?? ''}"`],
    [620, 'I', 'server.go:177', '"Golang settings" GOGC="" GOMAXPROCS="" GOTRACEBACK=""'],
    [624, 'I', 'secure_serving.go:211', `Serving securely on ${flags['bind-address'] ?? '0.0.0.0'}:${flags['secure-port'] ?? '10259'}`],
    [624, 'I', 'tlsconfig.go:243', '"Starting DynamicServingCertificateController"'],
    ...(electorProblem(election) === undefined ? electionLines('kube-scheduler', election, 725) : []),
  ],
  endsAfterStart: (_flags, { now }, election) => {
    const problem = electorProblem(election);
    if (problem === undefined) return undefined;
    return { said: klogLine(now(), 'E', 'run.go:72', `"command failed" err="couldn't create leader elector: ${problem}"`), code: 1 };
  },
  port: (flags) => ({ port: Number(flags['secure-port'] ?? 10259), address: flags['bind-address'] ?? '0.0.0.0' }),
  health: (path) => (['/healthz', '/livez', '/readyz'].includes(path) ? true : undefined),
  hasPages: true,
  usage: { cpu: 4, memory: 28 * 2 ** 20 },
});
