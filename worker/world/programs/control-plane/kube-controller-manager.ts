// kube-controller-manager as a process: its command line, its health, its log. Its loops run as long as it does, and leads. Mirrors cmd/kube-controller-manager.

import { component } from './component.ts';
import { optionsProblem } from './controller-manager-options.ts';
import { lookupLines, lookupProblem } from './delegated-authentication.ts';
import { flagTable } from './flags.ts';
import { electionLines, electorProblem } from './leader-flags.ts';

const FLAGS = flagTable(`
  allocate-node-cidrs:bool allow-metric-labels allow-metric-labels-manifest attach-detach-reconcile-sync-period:duration authentication-kubeconfig authentication-skip-lookup:bool
  authentication-token-webhook-cache-ttl:duration authentication-tolerate-lookup-failure:bool authorization-always-allow-paths authorization-kubeconfig
  authorization-webhook-cache-authorized-ttl:duration authorization-webhook-cache-unauthorized-ttl:duration bind-address:ip cert-dir cidr-allocator-type client-ca-file
  cloud-config cloud-provider cloud-provider-gce-lb-src-cidrs cluster-cidr:cidr cluster-name cluster-signing-cert-file cluster-signing-duration:duration cluster-signing-key-file
  cluster-signing-kube-apiserver-client-cert-file cluster-signing-kube-apiserver-client-key-file cluster-signing-kubelet-client-cert-file cluster-signing-kubelet-client-key-file
  cluster-signing-kubelet-serving-cert-file cluster-signing-kubelet-serving-key-file cluster-signing-legacy-unknown-cert-file cluster-signing-legacy-unknown-key-file
  concurrent-cron-job-syncs:int concurrent-daemonset-syncs:int concurrent-deployment-syncs:int concurrent-device-taint-eviction-syncs:int concurrent-endpoint-syncs:int concurrent-ephemeralvolume-syncs:int
  concurrent-gc-syncs:int concurrent-horizontal-pod-autoscaler-syncs:int concurrent-job-syncs:int concurrent-namespace-syncs:int concurrent-node-syncs:int concurrent-rc-syncs:int
  concurrent-replicaset-syncs:int concurrent-resource-claim-syncs:int concurrent-resource-quota-syncs:int concurrent-service-endpoint-syncs:int concurrent-service-syncs:int concurrent-serviceaccount-token-syncs:int
  concurrent-statefulset-syncs:int concurrent-ttl-after-finished-syncs:int concurrent-validating-admission-policy-status-syncs:int configure-cloud-routes:bool
  contention-profiling:bool controller-shutdown-timeout:duration controller-start-interval:duration controllers disable-attach-detach-reconcile-sync:bool disable-force-detach-on-timeout:bool
  disable-http2-serving:bool disabled-metrics enable-dynamic-provisioning:bool enable-garbage-collector:bool enable-hostpath-provisioner:bool enable-leader-migration:bool
  endpoint-updates-batch-period:duration endpointslice-updates-batch-period:duration external-cloud-volume-plugin flex-volume-plugin-dir
  horizontal-pod-autoscaler-cpu-initialization-period:duration horizontal-pod-autoscaler-downscale-stabilization:duration horizontal-pod-autoscaler-initial-readiness-delay:duration
  horizontal-pod-autoscaler-sync-period:duration horizontal-pod-autoscaler-tolerance:float http2-max-streams-per-connection:int kube-api-burst:int kube-api-content-type kube-api-qps:float kubeconfig
  large-cluster-size-threshold:int leader-elect:bool leader-elect-lease-duration:duration leader-elect-renew-deadline:duration leader-elect-resource-lock leader-elect-resource-name
  leader-elect-resource-namespace leader-elect-retry-period:duration leader-migration-config legacy-service-account-token-clean-up-period:duration master max-endpoints-per-slice:int
  min-resync-period:duration mirroring-concurrent-service-endpoint-syncs:int mirroring-endpointslice-updates-batch-period:duration mirroring-max-endpoints-per-subset:int
  namespace-sync-period:duration node-cidr-mask-size:int node-cidr-mask-size-ipv4:int node-cidr-mask-size-ipv6:int node-eviction-rate:float node-monitor-grace-period:duration
  node-monitor-period:duration node-startup-grace-period:duration permit-address-sharing:bool permit-port-sharing:bool pv-recycler-increment-timeout-nfs:int
  pv-recycler-minimum-timeout-hostpath:int pv-recycler-minimum-timeout-nfs:int pv-recycler-pod-template-filepath-hostpath pv-recycler-pod-template-filepath-nfs
  pv-recycler-timeout-increment-hostpath:int pvclaimbinder-sync-period:duration requestheader-allowed-names requestheader-client-ca-file requestheader-extra-headers-prefix
  requestheader-group-headers requestheader-username-headers requestheader-uid-headers resource-quota-sync-period:duration root-ca-file route-reconciliation-period:duration
  secondary-node-eviction-rate:float secure-port:int service-account-private-key-file service-cluster-ip-range:cidr show-hidden-metrics-for-version terminated-pod-gc-threshold:int
  tls-cert-file tls-cipher-suites tls-curve-preferences tls-min-version tls-private-key-file tls-sni-cert-key unhealthy-zone-threshold:float use-service-account-credentials:bool
`);

export const kubeControllerManager = component({
  name: 'kube-controller-manager',
  flags: FLAGS,
  files: [
    'kubeconfig',
    'authentication-kubeconfig',
    'authorization-kubeconfig',
    'client-ca-file',
    'requestheader-client-ca-file',
    'root-ca-file',
    'service-account-private-key-file',
    'cluster-signing-cert-file',
    'cluster-signing-key-file',
  ],
  validate: optionsProblem,
  problem: (flags, context) => lookupProblem(flags, context, false),
  startLines: (flags, context) => [
    [0, 'I', 'serving.go:386', 'Generated self-signed cert in-memory'],
    ...lookupLines(flags, context, false),
    [480, 'I', 'controllermanager.go:190', `"Starting" version="${context.env['KUBE_VERSION'] ?? ''}"`],
    [480, 'I', 'controllermanager.go:192', '"Golang settings" GOGC="" GOMAXPROCS="" GOTRACEBACK=""'],
    [482, 'I', 'dynamic_cafile_content.go:161', `"Starting controller" name="client-ca-bundle::${flags['client-ca-file'] ?? ''}"`],
    [482, 'I', 'secure_serving.go:211', `Serving securely on ${flags['bind-address'] ?? '0.0.0.0'}:${flags['secure-port'] ?? '10257'}`],
    [482, 'I', 'tlsconfig.go:243', '"Starting DynamicServingCertificateController"'],
    ...(electorProblem(flags) === undefined ? electionLines('kube-controller-manager', flags, 483) : []),
  ],
  endsAfterStart: (flags) => {
    const problem = electorProblem(flags);
    return problem === undefined ? undefined : { said: `panic: ${problem}\n\ngoroutine 1 [running]:\n`, code: 2 };
  },
  port: (flags) => ({ port: Number(flags['secure-port'] ?? 10257), address: flags['bind-address'] ?? '0.0.0.0' }),
  health: (path) => (path === '/healthz' ? true : undefined),
  hasPages: true,
  usage: { cpu: 18, memory: 64 * 2 ** 20 },
});
