// kube-apiserver as a process: its command line, its health, its log. What it serves is answered elsewhere, as long as it runs. Mirrors cmd/kube-apiserver.

import type { ServiceContext } from '../../process/program.ts';
import { auditProblems } from './audit-flags.ts';
import { startupOf } from './api-server-startup.ts';
import { component } from './component.ts';
import type { StartLine } from './component.ts';
import { storageProblem } from './storage-servers.ts';
import { flagTable } from './flags.ts';
import type { Flags } from './flags.ts';

const FLAGS = flagTable(`
  admission-control admission-control-config-file advertise-address:ip aggregator-reject-forwarding-redirect:bool allow-metric-labels allow-metric-labels-manifest
  allow-privileged:bool anonymous-auth:bool api-audiences apiserver-count:int audit-log-batch-buffer-size:int audit-log-batch-max-size:int
  audit-log-batch-max-wait:duration audit-log-batch-throttle-burst:int audit-log-batch-throttle-enable:bool audit-log-batch-throttle-qps audit-log-compress:bool
  audit-log-format audit-log-maxage:int audit-log-maxbackup:int audit-log-maxsize:int audit-log-mode audit-log-path audit-log-truncate-enabled:bool
  audit-log-truncate-max-batch-size:int audit-log-truncate-max-event-size:int audit-log-version audit-policy-file audit-webhook-batch-buffer-size:int
  audit-webhook-batch-initial-backoff:duration audit-webhook-batch-max-size:int audit-webhook-batch-max-wait:duration audit-webhook-config-file
  audit-webhook-initial-backoff:duration audit-webhook-mode audit-webhook-truncate-enabled:bool audit-webhook-version authentication-config
  authentication-token-webhook-cache-ttl:duration authentication-token-webhook-config-file authentication-token-webhook-version authorization-config
  authorization-mode authorization-policy-file authorization-webhook-cache-authorized-ttl:duration authorization-webhook-cache-unauthorized-ttl:duration
  authorization-webhook-config-file authorization-webhook-version bind-address:ip cert-dir client-ca-file contention-profiling:bool coordinated-leadership-lease-duration:duration
  coordinated-leadership-renew-deadline:duration coordinated-leadership-retry-period:duration cors-allowed-origins debug-socket-path
  default-not-ready-toleration-seconds:int default-unreachable-toleration-seconds:int default-watch-cache-size:int delete-collection-workers:int disable-admission-plugins
  disable-http2-serving:bool disabled-metrics egress-selector-config-file enable-admission-plugins enable-aggregator-routing:bool enable-bootstrap-token-auth:bool
  enable-garbage-collector:bool enable-priority-and-fairness:bool encryption-provider-config encryption-provider-config-automatic-reload:bool endpoint-reconciler-type
  etcd-cafile etcd-certfile etcd-compaction-interval:duration etcd-count-metric-poll-period:duration etcd-db-metric-poll-interval:duration etcd-healthcheck-timeout:duration
  etcd-keyfile etcd-prefix etcd-readycheck-timeout:duration etcd-servers etcd-servers-overrides event-ttl:duration external-hostname goaway-chance http2-max-streams-per-connection:int
  kubelet-certificate-authority kubelet-client-certificate kubelet-client-key kubelet-port:int kubelet-preferred-address-types kubelet-read-only-port:int kubelet-timeout:duration
  kubernetes-service-node-port:int lease-reuse-duration-seconds:int livez-grace-period:duration max-connection-bytes-per-sec:int max-mutating-requests-inflight:int
  max-requests-inflight:int min-request-timeout:int oidc-ca-file oidc-client-id oidc-groups-claim oidc-groups-prefix oidc-issuer-url oidc-required-claim oidc-signing-algs
  oidc-username-claim oidc-username-prefix peer-advertise-ip peer-advertise-port peer-ca-file permit-address-sharing:bool permit-port-sharing:bool proxy-client-cert-file
  proxy-client-key-file request-timeout:duration requestheader-allowed-names requestheader-client-ca-file requestheader-extra-headers-prefix requestheader-group-headers
  requestheader-uid-headers requestheader-username-headers runtime-config runtime-config-emulation-forward-compatible:bool emulation-forward-compatible:bool secure-port:int
  service-account-extend-token-expiration:bool service-account-issuer service-account-jwks-uri service-account-key-file service-account-lookup:bool
  service-account-max-token-expiration:duration service-account-signing-endpoint service-account-signing-key-file service-cluster-ip-range:cidr service-node-port-range
  show-hidden-metrics-for-version shutdown-delay-duration:duration shutdown-send-retry-after:bool shutdown-watch-termination-grace-period:duration storage-backend
  storage-initialization-timeout:duration storage-media-type strict-transport-security-directives tls-cert-file tls-cipher-suites tls-curve-preferences tls-min-version tls-private-key-file
  tls-sni-cert-key token-auth-file tracing-config-file watch-cache:bool watch-cache-sizes
`);

const ADMISSION_PLUGINS: ReadonlySet<string> = new Set(
  `AlwaysAdmit AlwaysDeny AlwaysPullImages CertificateApproval CertificateSigning CertificateSubjectRestriction ClusterTrustBundleAttest DefaultIngressClass
  DefaultStorageClass DefaultTolerationSeconds DenyServiceExternalIPs EventRateLimit ExtendedResourceToleration ImagePolicyWebhook JobValidation
  LimitPodHardAntiAffinityTopology LimitRanger MutatingAdmissionPolicy MutatingAdmissionWebhook NamespaceAutoProvision NamespaceExists NamespaceLifecycle
  NodeDeclaredFeatureValidator NodeRestriction OwnerReferencesPermissionEnforcement PersistentVolumeClaimResize PodGroupProtection PodGroupWorkloadExists
  PodNodeSelector PodResizeValidator PodSecurity PodTolerationRestriction PodTopologyLabels Priority ResourceQuota RuntimeClass ServiceAccount
  StorageObjectInUseProtection TaintNodesByCondition ValidatingAdmissionPolicy ValidatingAdmissionWebhook`.split(/\s+/),
);

const MODES = ['AlwaysAllow', 'AlwaysDeny', 'ABAC', 'Webhook', 'RBAC', 'Node'];

/** Mirrors apiserver pkg/server/options/admission.go. */
function admissionProblem(flags: Flags): string | undefined {
  const namesOf = (flag: string): string[] => (flags[flag] ? flags[flag].split(',') : []);
  const [enabled, disabled] = [namesOf('enable-admission-plugins'), namesOf('disable-admission-plugins')];
  const unknown = (flag: string, names: readonly string[]): string[] =>
    names.filter((name) => !ADMISSION_PLUGINS.has(name)).map((name) => `${flag} plugin ${JSON.stringify(name)} is unknown`);
  const listed = namesOf('admission-control');
  const both = enabled.filter((name) => disabled.includes(name)).sort();
  const problems = [
    ...(listed.length && (enabled.length || disabled.length)
      ? ['admission-control and enable-admission-plugins/disable-admission-plugins flags are mutually exclusive']
      : []),
    ...unknown('admission-control', listed),
    ...unknown('enable-admission-plugins', enabled),
    ...unknown('disable-admission-plugins', disabled),
    ...(both.length ? [`[${both.join(' ')}] in enable-admission-plugins and disable-admission-plugins overlapped`] : []),
  ];
  return problems.length > 1 ? `[${problems.join(', ')}]` : problems[0];
}

/** Of these, so many come before it looks for its etcd. */
const STORAGE_LINE = 5;
const startLines = (flags: Flags, { env }: ServiceContext): readonly StartLine[] => [
  [0, 'I', 'options.go:263', `external host was not specified, using ${flags['advertise-address'] ?? '127.0.0.1'}`],
  [2, 'I', 'server.go:150', `Version: ${env['KUBE_VERSION'] ?? ''}`],
  [2, 'I', 'server.go:152', '"Golang settings" GOGC="" GOMAXPROCS="" GOTRACEBACK=""'],
  [410, 'I', 'shared_informer.go:350', '"Waiting for caches to sync" controller="node_authorizer"'],
  [420, 'I', 'instance.go:233', 'Using reconciler: lease'],
  [690, 'I', 'handler.go:288', 'Adding GroupVersion  v1 to ResourceManager'],
  [900, 'I', 'handler.go:288', 'Adding GroupVersion apiregistration.k8s.io v1 to ResourceManager'],
  [
    1290,
    'I',
    'dynamic_serving_content.go:135',
    `"Starting controller" name="serving-cert::${flags['tls-cert-file'] ?? ''}::${flags['tls-private-key-file'] ?? ''}"`,
  ],
  [1290, 'I', 'secure_serving.go:211', `Serving securely on [::]:${flags['secure-port'] ?? '6443'}`],
  [1291, 'I', 'tlsconfig.go:243', '"Starting DynamicServingCertificateController"'],
  [1300, 'I', 'controller.go:142', 'Starting OpenAPI controller'],
  [1390, 'I', 'shared_informer.go:357', '"Caches are synced" controller="node_authorizer"'],
  [1400, 'I', 'cache.go:39', 'Caches are synced for APIServiceRegistrationController controller'],
  [2290, 'I', 'storage_scheduling.go:111', 'all system priority classes are created successfully or already exist.'],
];

export const kubeApiserver = component({
  name: 'kube-apiserver',
  flags: FLAGS,
  files: [
    'etcd-cafile',
    'etcd-certfile',
    'etcd-keyfile',
    'service-account-key-file',
    'service-account-signing-key-file',
    'client-ca-file',
    'tls-cert-file',
    'tls-private-key-file',
    'requestheader-client-ca-file',
    'proxy-client-cert-file',
    'proxy-client-key-file',
    'kubelet-client-certificate',
    'kubelet-client-key',
    'authorization-policy-file',
    'encryption-provider-config',
    'token-auth-file',
  ],
  problem: (flags) => {
    if (!flags['etcd-servers']) return '--etcd-servers must be specified';
    const range = flags['service-cluster-ip-range'];
    if (range && !/^[\d.]+\/\d+$|:.*\/\d+$/.test(range)) return `service-cluster-ip-range is not a valid CIDR: ${range}`;
    if (!flags['service-account-issuer'] || !flags['service-account-signing-key-file'])
      return '--service-account-signing-key-file and --service-account-issuer are required flags';
    const problem = auditProblems(flags) ?? admissionProblem(flags);
    if (problem !== undefined) return problem;
    const wrong = (flags['authorization-mode'] ?? 'AlwaysAllow').split(',').find((mode) => !MODES.includes(mode));
    return wrong === undefined ? undefined : `authorization-mode ${JSON.stringify(wrong)} is not a valid mode`;
  },
  load: (flags, context) => context.world.traits.apiServer?.configure?.(flags, startupOf(context)),
  // Without its etcd it gets no further than this.
  startLines: (flags, context) =>
    startLines(flags, context).slice(0, storageProblem(context.world, context.caller.machine, flags) ? STORAGE_LINE : undefined),
  port: (flags) => ({ port: Number(flags['secure-port'] ?? 6443), address: flags['bind-address'] ?? '0.0.0.0' }),
  health: (path, context) => {
    if (!/^\/(healthz|livez|readyz)(\/|$)/.test(path)) return undefined;
    const servers = context.argv.find((one) => one.startsWith('--etcd-servers='))?.slice('--etcd-servers='.length);
    return !storageProblem(context.world, context.caller.machine, servers === undefined ? {} : { 'etcd-servers': servers });
  },
  usage: { cpu: 48, memory: 260 * 2 ** 20 },
});
