// The controllers of kube-controller-manager by upstream's names: what `--controllers` switches, and where in the source their log lines come from. Mirrors
// cmd/kube-controller-manager/names and the ControllersDisabledByDefault.

import { isFalse } from '../lib/go-bool.ts';
import { fnv1a32 } from '../lib/hash.ts';
import { CONTROLLERS } from '../world/programs/control-plane/controller-manager-options.ts';
import type { Flags } from '../world/programs/control-plane/flags.ts';

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

export const upstreamName = (name: string): string => NAMES[name] ?? `${name.replaceAll('_', '-')}-controller`;

const OFF_BY_DEFAULT: ReadonlySet<string> = new Set([
  'bootstrap-signer-controller',
  'token-cleaner-controller',
  'selinux-warning-controller',
  'storage-version-migrator-controller',
]);

const isGiven = (flags: Flags, names: readonly string[]): boolean => names.some((name) => flags[name]);
const SIGNING = ['', 'kubelet-serving-', 'kubelet-client-', 'kube-apiserver-client-', 'legacy-unknown-'].map(
  (signer) => `cluster-signing-${signer}cert-file`,
);

/** Loops that there are only with certain flags. */
const NEEDS: Readonly<Record<string, (flags: Flags) => boolean>> = {
  'garbage-collector-controller': (flags) => !isFalse(flags['enable-garbage-collector']),
  'certificatesigningrequest-signing-controller': (flags) => isGiven(flags, SIGNING),
  'serviceaccount-token-controller': (flags) => isGiven(flags, ['service-account-private-key-file']),
};

/**
 * Whether a loop runs, by the flags of its process. `--controllers`: names, `-name` for off, `*` for all that are on by default. The first that says something about
 * it counts.
 */
export function isEnabled(flags: Flags, name: string): boolean {
  const own = upstreamName(name);
  if (NEEDS[own]?.(flags) === false) return false;
  const names = [own, CONTROLLERS.get(own)];
  const words = (flags['controllers'] ?? '*').split(',').map((word) => word.trim());
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
  'bootstrap-policy': 'storage_rbac.go',
  'bootstrap-priority-classes': 'storage_scheduling.go',
};

/** File and line of a log line. The line is the same for the same words. */
export function placeOf(name: string, message: string): string {
  const file = FILES[name] ?? `${name.replaceAll(/[-/]/g, '_')}_controller.go`;
  const words = message.split(/[="\d]/, 2).join('');
  return `${file}:${100 + (fnv1a32(words) % 800)}`;
}
