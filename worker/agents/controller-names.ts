// The controllers of kube-controller-manager by upstream's names: what `--controllers` switches, and where in the source their log lines come from. Mirrors
// cmd/kube-controller-manager/names and the ControllersDisabledByDefault.

import { fnv1a32 } from '../lib/hash.ts';

/** Ours → upstream's, where it is not `<name>-controller`. */
const NAMES: Readonly<Record<string, string>> = {
  daemonset: 'daemonset-controller',
  orphaned_pods_nodes: 'pod-garbage-collector-controller',
  garbage_collector: 'garbage-collector-controller',
  'garbage-collector': 'garbage-collector-controller',
  root_ca_cert_publisher: 'root-ca-certificate-publisher-controller',
  endpoint: 'endpoints-controller',
  endpoint_slice: 'endpointslice-controller',
  endpoint_slice_mirroring: 'endpointslice-mirroring-controller',
  resource_quota: 'resourcequota-controller',
  ttl_jobs_finished: 'ttl-after-finished-controller',
  'node-lifecycle': 'node-lifecycle-controller',
  'taint-eviction': 'taint-eviction-controller',
  'node-ipam': 'node-ipam-controller',
};

const upstreamName = (name: string): string => NAMES[name] ?? `${name.replaceAll('_', '-')}-controller`;

const OFF_BY_DEFAULT: ReadonlySet<string> = new Set([
  'bootstrap-signer-controller',
  'token-cleaner-controller',
  'selinux-warning-controller',
  'storage-version-migrator-controller',
]);

/** Names that were used before 1.28 and still are. */
const aliases = (name: string): string[] => [name, name.replace(/-controller$/, ''), name.replaceAll('-', '').replace(/controller$/, '')];

/** `--controllers`: names, `-name` for off, `*` for all that are on by default. The first that says something about it counts. */
export function isEnabled(list: string, name: string, serviceAccount?: string): boolean {
  const names = [...aliases(upstreamName(name)), name, ...(serviceAccount === undefined ? [] : aliases(serviceAccount))];
  const words = list.split(',').map((word) => word.trim());
  for (const word of words) {
    if (names.includes(word)) return true;
    if (word.startsWith('-') && names.includes(word.slice(1))) return false;
  }
  return words.includes('*') && !OFF_BY_DEFAULT.has(upstreamName(name));
}

const FILES: Readonly<Record<string, string>> = {
  deployment: 'deployment_controller.go',
  replicaset: 'replica_set.go',
  replicationcontroller: 'replica_set.go',
  statefulset: 'stateful_set.go',
  daemonset: 'daemon_controller.go',
  job: 'job_controller.go',
  cronjob: 'cronjob_controllerv2.go',
  endpoint: 'endpoints_controller.go',
  namespace: 'namespace_controller.go',
  serviceaccount: 'serviceaccounts_controller.go',
  root_ca_cert_publisher: 'publisher.go',
  orphaned_pods_nodes: 'gc_controller.go',
  resource_quota: 'resource_quota_controller.go',
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
