// The controllers of kube-controller-manager by upstream's names: what `--controllers` switches, and where in the source their log lines come from. Mirrors
// cmd/kube-controller-manager/names and the ControllersDisabledByDefault.

import { fnv1a32 } from '../lib/hash.ts';

/** Ours → upstream's, where it is not `<name>-controller`. */
const NAMES: Readonly<Record<string, string>> = {
  endpoint: 'endpoints-controller',
  endpoint_slice: 'endpointslice-controller',
  endpoint_slice_mirroring: 'endpointslice-mirroring-controller',
  horizontalpodautoscaler: 'horizontal-pod-autoscaler-controller',
  orphaned_pods_nodes: 'pod-garbage-collector-controller',
  replicationmanager: 'replicationcontroller-controller',
  resource_claim: 'resourceclaim-controller',
  resourcequota_primary: 'resourcequota-controller',
  root_ca_cert_publisher: 'root-ca-certificate-publisher-controller',
  servicecidrs: 'service-cidr-controller',
  token_cleaner: 'token-cleaner-controller',
  ttl_jobs_to_delete: 'ttl-after-finished-controller',
  volume_expand: 'persistentvolume-expander-controller',
};

const upstreamName = (name: string): string => NAMES[name] ?? `${name.replaceAll('_', '-')}-controller`;

/** Names that were used before 1.28 and still are, by those of today. */
const ALIASES: Readonly<Record<string, string>> = {
  'bootstrap-signer-controller': 'bootstrapsigner',
  'certificatesigningrequest-approving-controller': 'csrapproving',
  'certificatesigningrequest-cleaner-controller': 'csrcleaner',
  'certificatesigningrequest-signing-controller': 'csrsigning',
  'clusterrole-aggregation-controller': 'clusterrole-aggregation',
  'cronjob-controller': 'cronjob',
  'daemonset-controller': 'daemonset',
  'deployment-controller': 'deployment',
  'disruption-controller': 'disruption',
  'endpoints-controller': 'endpoint',
  'endpointslice-controller': 'endpointslice',
  'endpointslice-mirroring-controller': 'endpointslicemirroring',
  'ephemeral-volume-controller': 'ephemeral-volume',
  'garbage-collector-controller': 'garbagecollector',
  'horizontal-pod-autoscaler-controller': 'horizontalpodautoscaling',
  'job-controller': 'job',
  'legacy-serviceaccount-token-cleaner-controller': 'legacy-service-account-token-cleaner',
  'namespace-controller': 'namespace',
  'node-ipam-controller': 'nodeipam',
  'node-lifecycle-controller': 'nodelifecycle',
  'persistentvolume-attach-detach-controller': 'attachdetach',
  'persistentvolume-binder-controller': 'persistentvolume-binder',
  'persistentvolume-expander-controller': 'persistentvolume-expander',
  'persistentvolume-protection-controller': 'pv-protection',
  'persistentvolumeclaim-protection-controller': 'pvc-protection',
  'pod-garbage-collector-controller': 'podgc',
  'replicaset-controller': 'replicaset',
  'replicationcontroller-controller': 'replicationcontroller',
  'resourceclaim-controller': 'resource-claim-controller',
  'resourcequota-controller': 'resourcequota',
  'root-ca-certificate-publisher-controller': 'root-ca-cert-publisher',
  'serviceaccount-controller': 'serviceaccount',
  'serviceaccount-token-controller': 'serviceaccount-token',
  'statefulset-controller': 'statefulset',
  'token-cleaner-controller': 'tokencleaner',
  'ttl-after-finished-controller': 'ttl-after-finished',
  'ttl-controller': 'ttl',
};

const OFF_BY_DEFAULT: ReadonlySet<string> = new Set([
  'bootstrap-signer-controller',
  'token-cleaner-controller',
  'selinux-warning-controller',
  'storage-version-migrator-controller',
]);

/** `--controllers`: names, `-name` for off, `*` for all that are on by default. The first that says something about it counts. */
export function isEnabled(list: string, name: string): boolean {
  const own = upstreamName(name);
  const names = [own, ALIASES[own]];
  const words = list.split(',').map((word) => word.trim());
  for (const word of words) {
    if (names.includes(word)) return true;
    if (word.startsWith('-') && names.includes(word.slice(1))) return false;
  }
  return words.includes('*') && !OFF_BY_DEFAULT.has(own);
}

const FILES: Readonly<Record<string, string>> = {
  deployment: 'deployment_controller.go',
  replicaset: 'replica_set.go',
  replicationmanager: 'replica_set.go',
  statefulset: 'stateful_set.go',
  daemonset: 'daemon_controller.go',
  job: 'job_controller.go',
  cronjob: 'cronjob_controllerv2.go',
  endpoint: 'endpoints_controller.go',
  namespace: 'namespace_controller.go',
  serviceaccount: 'serviceaccounts_controller.go',
  root_ca_cert_publisher: 'publisher.go',
  orphaned_pods_nodes: 'gc_controller.go',
  volume_expand: 'persistentvolume-expander-controller',
  resourcequota_primary: 'resource_quota_controller.go',
  disruption: 'disruption.go',
  'node-lifecycle': 'node_lifecycle_controller.go',
  'taint-eviction': 'taint_eviction.go',
  'node-ipam': 'range_allocator.go',
  scheduler: 'schedule_one.go',
  'kubernetes-service': 'alloc.go',
};

/** File and line of a log line. The line is the same for the same words. */
export function placeOf(name: string, message: string): string {
  const file = FILES[name] ?? `${name.replaceAll(/[-/]/g, '_')}_controller.go`;
  const words = message.split(/[="\d]/, 2).join('');
  return `${file}:${100 + (fnv1a32(words) % 800)}`;
}
