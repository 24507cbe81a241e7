// What the loops of the controller manager measure of their work. Mirrors the metrics packages below pkg/controller.

import type { Meter } from '../lib/metrics.ts';

const counter = (name: string, help: string, stability?: Meter['stability']): Meter => ({
  name,
  help,
  type: 'counter',
  ...(stability && { stability }),
});
const plain = (meter: Meter): Meter => ({ ...meter, isPlain: true });
const growing = (first: number, factor: number, count: number): number[] => Array.from({ length: count }, (_, i) => first * factor ** i);

export const JOB_SYNCS = counter('job_controller_job_syncs_total', 'The number of job syncs');
export const POD_FAILURES_HANDLED = counter(
  'job_controller_pod_failures_handled_by_failure_policy_total',
  'The number of failed Pods handled by failure policy with respect to the failure policy action applied based on the matched rule. Possible values of the action label correspond to the possible values for the failure policy rule action, which are: "FailJob", "Ignore" and "Count".',
  'BETA',
);
export const JOBS_FINISHED = counter('job_controller_jobs_finished_total', 'The number of finished jobs');
export const JOB_PODS_FINISHED = counter('job_controller_job_pods_finished_total', 'The number of finished Pods that are fully tracked');

export const CRONJOB_SKEW: Meter = {
  name: 'cronjob_controller_job_creation_skew_duration_seconds',
  help: 'Time between when a cronjob is scheduled to be run, and when the corresponding job is created',
  type: 'histogram',
  bounds: growing(1, 2, 10),
  isPlain: true,
};

export const TTL_DELETION: Meter = {
  name: 'ttl_after_finished_controller_job_deletion_duration_seconds',
  help: 'The time it took to delete the job since it became eligible for deletion',
  type: 'histogram',
  stability: 'ALPHA',
  bounds: growing(0.1, 2, 14),
  isPlain: true,
};

export const ROOT_CA_SYNCS = counter(
  'root_ca_cert_publisher_sync_total',
  'Number of namespace syncs happened in root ca cert publisher.',
  'ALPHA',
);

export const FORCE_DELETED_PODS = counter(
  'pod_gc_collector_force_delete_pods_total',
  'Number of pods that are being forcefully deleted since the Pod GC Controller started.',
  'ALPHA',
);

export const TAINT_DELETIONS = plain(
  counter(
    'taint_eviction_controller_pod_deletions_total',
    'Total number of Pods deleted by TaintEvictionController since its start.',
    'ALPHA',
  ),
);

export const TAINT_DELETION_DELAY: Meter = {
  name: 'taint_eviction_controller_pod_deletion_duration_seconds',
  help: 'Latency, in seconds, between the time when a taint effect has been activated for the Pod and its deletion via TaintEvictionController.',
  type: 'histogram',
  stability: 'ALPHA',
  bounds: [0.005, 0.025, 0.1, 0.5, 1, 2.5, 10, 30, 60, 120, 180, 240],
  isPlain: true,
};

export const NODE_EVICTIONS = counter(
  'node_collector_evictions_total',
  'Number of Node evictions that happened since current instance of NodeController started.',
);

export const CIDR_ALLOCATIONS = counter(
  'node_ipam_controller_cidrset_cidrs_allocations_total',
  'Counter measuring total number of CIDR allocations.',
  'ALPHA',
);
export const CIDR_RELEASES = counter(
  'node_ipam_controller_cidrset_cidrs_releases_total',
  'Counter measuring total number of CIDR releases.',
  'ALPHA',
);
export const CIDR_TRIES: Meter = {
  name: 'node_ipam_controller_cidrset_allocation_tries_per_request',
  help: 'Number of endpoints added on each Service sync',
  type: 'histogram',
  stability: 'ALPHA',
  bounds: growing(1, 5, 5),
};

export const FORCED_DETACHES = counter(
  'attachdetach_controller_forced_detaches',
  'Number of times the A/D Controller performed a forced detach',
  'ALPHA',
);

export const AUTOSCALER_LOOKS = counter(
  'horizontal_pod_autoscaler_controller_reconciliations_total',
  "Number of reconciliations of HPA controller. The label 'action' should be either 'scale_down', 'scale_up', or 'none'. Also, the label 'error' should be either 'spec', 'internal', or 'none'. Note that if both spec and internal errors happen during a reconciliation, the first one to occur is reported in `error` label.",
  'BETA',
);

/** What is told before anything has happened. */
export const PLAIN_METERS: readonly Meter[] = [CRONJOB_SKEW, TTL_DELETION, TAINT_DELETIONS, TAINT_DELETION_DELAY];
