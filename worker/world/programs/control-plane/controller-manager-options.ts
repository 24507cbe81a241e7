// What kube-controller-manager's options say of values that can be read and cannot be worked with. Mirrors Validate of cmd/kube-controller-manager/app/options, of
// k8s.io/controller-manager/options and of apiserver pkg/server/options/serving.go.

import type { Flags } from './flags.ts';

/**
 * The controllers by their names, each with the name that was used before 1.28 and still may be (or its own).
 * Those that are there for a gate that is off by default are known by their names all the same.
 */
export const CONTROLLERS: ReadonlyMap<string, string> = new Map(
  `bootstrap-signer-controller=bootstrapsigner certificatesigningrequest-approving-controller=csrapproving certificatesigningrequest-cleaner-controller=csrcleaner
  certificatesigningrequest-signing-controller=csrsigning cloud-node-lifecycle-controller=cloud-node-lifecycle clusterrole-aggregation-controller=clusterrole-aggregation
  cronjob-controller=cronjob daemonset-controller=daemonset deployment-controller=deployment device-taint-eviction-controller disruption-controller=disruption
  endpoints-controller=endpoint endpointslice-controller=endpointslice endpointslice-mirroring-controller=endpointslicemirroring ephemeral-volume-controller=ephemeral-volume
  garbage-collector-controller=garbagecollector horizontal-pod-autoscaler-controller=horizontalpodautoscaling job-controller=job
  kube-apiserver-serving-clustertrustbundle-publisher-controller legacy-serviceaccount-token-cleaner-controller=legacy-service-account-token-cleaner
  namespace-controller=namespace node-ipam-controller=nodeipam node-lifecycle-controller=nodelifecycle node-route-controller=route
  persistentvolume-attach-detach-controller=attachdetach persistentvolume-binder-controller=persistentvolume-binder
  persistentvolume-expander-controller=persistentvolume-expander persistentvolume-protection-controller=pv-protection
  persistentvolumeclaim-protection-controller=pvc-protection pod-garbage-collector-controller=podgc podcertificaterequest-cleaner-controller podgroup-protection-controller
  replicaset-controller=replicaset replicationcontroller-controller=replicationcontroller resourceclaim-controller=resource-claim-controller
  resourcepoolstatusrequest-controller resourcequota-controller=resourcequota root-ca-certificate-publisher-controller=root-ca-cert-publisher
  selinux-warning-controller service-cidr-controller service-lb-controller=service serviceaccount-controller=serviceaccount
  serviceaccount-token-controller=serviceaccount-token statefulset-controller=statefulset storage-version-migrator-controller
  storageversion-garbage-collector-controller=storage-version-gc taint-eviction-controller token-cleaner-controller=tokencleaner ttl-after-finished-controller=ttl-after-finished
  ttl-controller=ttl validatingadmissionpolicy-status-controller volumeattributesclass-protection-controller`
    .split(/\s+/)
    .map((word) => word.split('='))
    .map(([name = '', alias = name]) => [name, alias]),
);

const KNOWN: ReadonlySet<string> = new Set([...CONTROLLERS].flat());

type Rule = (flags: Flags) => string | readonly string[] | undefined;

const within =
  (name: string, least: number, most: number): Rule =>
  ({ [name]: value }) => {
    if (value === undefined) return undefined;
    if (Number(value) < least) return `${name} must not be less than ${least}, but got ${Number(value)}`;
    return Number(value) > most ? `${name} must not be more than ${most}, but got ${Number(value)}` : undefined;
  };

const positive =
  (name: string, words = 'must be greater than 0, but got'): Rule =>
  ({ [name]: value }) =>
    value !== undefined && Number(value) < 1 ? `${name} ${words} ${Number(value)}` : undefined;

const leaderElection: Rule = (flags) =>
  flags['leader-elect'] !== 'false' && (flags['leader-elect-resource-lock'] ?? 'leases') !== 'leases'
    ? 'resourceLock value must be "leases"'
    : undefined;

const controllers: Rule = (flags) =>
  (flags['controllers'] ?? '*')
    .split(',')
    .map((word) => word.replace(/^-/, ''))
    .filter((name) => name !== '*' && !KNOWN.has(name))
    .map((name) => `${JSON.stringify(name)} is not in the list of known controllers`);

const SIGNERS = [
  ['kubelet-serving', 'kubelet-serving'],
  ['kubelet-client', 'kube-apiserver-client'],
  ['kube-apiserver-client', 'kube-apiserver'],
  ['legacy-unknown', 'legacy-unknown'],
] as const;

/** Either one certificate signs for all signers, or each has its own, with its key. */
const signing: Rule = (flags) => {
  const fileOf = (signer: string, what: string): string | undefined => flags[`cluster-signing-${signer}-${what}-file`] || undefined;
  const halves = SIGNERS.flatMap(([signer, called]) => {
    const [cert, key] = [fileOf(signer, 'cert'), fileOf(signer, 'key')];
    if (!cert === !key) return [];
    return `"cluster-signing-${called}": cannot specify ${cert ? 'cert without key' : 'key without cert'}`;
  });
  const isCommon = Boolean(flags['cluster-signing-cert-file'] || flags['cluster-signing-key-file']);
  const isOwn = SIGNERS.some(([signer]) => fileOf(signer, 'cert') || fileOf(signer, 'key'));
  const both = 'cannot specify --cluster-signing-{cert,key}-file and other --cluster-signing-*-file flags at the same time';
  return isCommon && isOwn ? [...halves, both] : halves;
};

const securePort: Rule = ({ 'secure-port': port }) =>
  port !== undefined && (Number(port) < 0 || Number(port) > 65535)
    ? `--secure-port ${Number(port)} must be between 0 and 65535, inclusive. 0 for turning off secure port`
    : undefined;

/** In upstream's order. */
const RULES: readonly Rule[] = [
  leaderElection,
  controllers,
  signing,
  within('concurrent-service-endpoint-syncs', 1, 50),
  within('max-endpoints-per-slice', 1, 1000),
  within('mirroring-concurrent-service-endpoint-syncs', 1, 50),
  within('mirroring-max-endpoints-per-subset', 1, 1000),
  positive('concurrent-ephemeralvolume-syncs'),
  positive('concurrent-horizontal-pod-autoscaler-syncs'),
  positive('concurrent-cron-job-syncs'),
  ({ 'service-cluster-ip-range': ranges = '' }) =>
    ranges.split(',').length > 2 ? '--service-cluster-ip-range can not contain more than two entries' : undefined,
  positive('concurrent-resource-claim-syncs'),
  positive('concurrent-device-taint-eviction-syncs', 'must be greater than zero, got'),
  securePort,
];

/** As the process says it at its end: each fault, joined as Go joins errors. */
export function optionsProblem(flags: Flags): string | undefined {
  const problems = [...new Set(RULES.flatMap((rule) => rule(flags) ?? []))];
  return problems.length > 1 ? `[${problems.join(', ')}]` : problems[0];
}
