// What the loops of the controller manager measure of their work. Mirrors the metrics packages below pkg/controller.

import type { Meter } from '../lib/metrics.ts';

const counter = (name: string, help: string, stability?: Meter['stability']): Meter => ({
  name,
  help,
  type: 'counter',
  ...(stability && { stability }),
});
/** Of 1.36. */
const beta = (meter: Meter): Meter => ({ ...meter, betaSince: 36 });
const plain = (meter: Meter): Meter => ({ ...meter, isPlain: true });
const growing = (first: number, factor: number, count: number): number[] => Array.from({ length: count }, (_, i) => first * factor ** i);

const histogram = (name: string, help: string, bounds: readonly number[], stability?: Meter['stability']): Meter => ({
  name,
  help,
  type: 'histogram',
  bounds,
  ...(stability && { stability }),
});

export const JOB_SYNCS = counter('job_controller_job_syncs_total', 'The number of job syncs');
export const JOB_SYNC_DURATION = histogram(
  'job_controller_job_sync_duration_seconds',
  'The time it took to sync a job',
  growing(0.004, 2, 15),
);
export const POD_FAILURES_HANDLED = beta(
  counter(
    'job_controller_pod_failures_handled_by_failure_policy_total',
    'The number of failed Pods handled by failure policy with\n\t\t\trespect to the failure policy action applied based on the matched\n\t\t\trule. Possible values of the action label correspond to the\n\t\t\tpossible values for the failure policy rule action, which are:\n\t\t\t"FailJob", "Ignore" and "Count".',
    'ALPHA',
  ),
);
export const JOBS_FINISHED = counter('job_controller_jobs_finished_total', 'The number of finished jobs');
export const JOB_PODS_FINISHED = counter('job_controller_job_pods_finished_total', 'The number of finished Pods that are fully tracked');
export const JOB_INDEXES_FINISHED = counter(
  'job_controller_job_finished_indexes_total',
  'The number of finished indexes. Possible values for the\n\t\t\tstatus label are: "succeeded", "failed". Possible values for the\n\t\t\tbackoffLimit label are: "perIndex" and "global"',
  'ALPHA',
);
export const JOB_PODS_CREATED = counter(
  'job_controller_job_pods_creation_total',
  'The number of Pods created by the Job controller labelled with a reason for the Pod creation.\nThis metric also distinguishes between Pods created using different PodReplacementPolicy settings.\nPossible values of the "reason" label are:\n"new", "recreate_terminating_or_failed", "recreate_failed".\nPossible values of the "status" label are:\n"succeeded", "failed".',
  'ALPHA',
);
export const JOBS_MANAGED_ELSEWHERE = counter(
  'job_controller_jobs_by_external_controller_total',
  'The number of Jobs managed by an external controller',
  'ALPHA',
);
export const TRACKED_PODS_ENDED = beta(
  counter(
    'job_controller_terminated_pods_tracking_finalizer_total',
    'The number of terminated pods (phase=Failed|Succeeded)\nthat have the finalizer batch.kubernetes.io/job-tracking\nThe event label can be "add" or "delete".',
    'ALPHA',
  ),
);

export const CRONJOB_SKEW = plain(
  histogram(
    'cronjob_controller_job_creation_skew_duration_seconds',
    'Time between when a cronjob is scheduled to be run, and when the corresponding job is created',
    growing(1, 2, 10),
  ),
);

export const TTL_DELETION = plain(
  histogram(
    'ttl_after_finished_controller_job_deletion_duration_seconds',
    'The time it took to delete the job since it became eligible for deletion',
    growing(0.1, 2, 14),
    'ALPHA',
  ),
);

export const ROOT_CA_SYNCS = counter(
  'root_ca_cert_publisher_sync_total',
  'Number of namespace syncs happened in root ca cert publisher.',
  'ALPHA',
);

export const ROOT_CA_SYNC_DURATION = histogram(
  'root_ca_cert_publisher_sync_duration_seconds',
  'Number of namespace syncs happened in root ca cert publisher.',
  growing(0.001, 2, 15),
  'ALPHA',
);

export const FORCE_DELETED_PODS = counter(
  'pod_gc_collector_force_delete_pods_total',
  'Number of pods that are being forcefully deleted since the Pod GC Controller started.',
  'ALPHA',
);

export const FORCE_DELETE_ERRORS = counter(
  'pod_gc_collector_force_delete_pod_errors_total',
  'Number of errors encountered when forcefully deleting the pods since the Pod GC Controller started.',
  'ALPHA',
);

/** What is served is known here at any time: it stays at none. */
const GARBAGE_SYNC_ERRORS = plain(
  counter('garbagecollector_controller_resources_sync_error_total', 'Number of garbage collector resources sync errors', 'ALPHA'),
);

export const EPHEMERAL_CREATES = plain(
  counter('ephemeral_volume_controller_create_total', 'Number of PersistentVolumeClaim creation requests', 'ALPHA'),
);
export const EPHEMERAL_CREATE_FAILURES = plain(
  counter('ephemeral_volume_controller_create_failures_total', 'Number of PersistentVolumeClaim creation requests', 'ALPHA'),
);

export const CLASSES_ASSIGNED = plain(
  counter('retroactive_storageclass_total', 'Total number of retroactive StorageClass assignments to persistent volume claim', 'ALPHA'),
);
export const CLASS_ERRORS = plain(
  counter(
    'retroactive_storageclass_errors_total',
    'Total number of failed retroactive StorageClass assignments to persistent volume claim',
    'ALPHA',
  ),
);

export const CLAIMS_CREATED = counter(
  'resourceclaim_controller_creates_total',
  'Number of ResourceClaims creation requests, categorized by creation status and admin access',
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

/** Of a loop that 1.36 has begun to run. */
export const DEVICE_TAINT_DELETIONS: Meter = {
  ...counter(
    'device_taint_eviction_controller_pod_deletions_total',
    'Total number of Pods deleted by DeviceTaintEvictionController since its start.',
    'ALPHA',
  ),
  isPlain: true,
  since: 36,
};
export const DEVICE_TAINT_DELETION_DELAY: Meter = {
  ...histogram(
    'device_taint_eviction_controller_pod_deletion_duration_seconds',
    "Latency, in seconds, between the time when a device taint effect has been activated and a Pod's deletion via DeviceTaintEvictionController.",
    TAINT_DELETION_DELAY.bounds!,
    'ALPHA',
  ),
  isPlain: true,
  since: 36,
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
  'attach_detach_controller_attachdetach_controller_forced_detaches',
  'Number of times the A/D Controller performed a forced detach',
  'ALPHA',
);

const AUTOSCALER = 'horizontal_pod_autoscaler_controller';
const ACTION = "The label 'action' should be either 'scale_down', 'scale_up', or 'none'.";
const FIRST_ERROR =
  "Also, the label 'error' should be either 'spec', 'internal', or 'none'. Note that if both spec and internal errors happen during a reconciliation, the first one to occur is reported in `error` label.";
const METRIC_TYPE = "The label 'metric_type' corresponds to HPA.spec.metrics[*].type";

export const AUTOSCALER_LOOKS = beta(
  counter(`${AUTOSCALER}_reconciliations_total`, `Number of reconciliations of HPA controller. ${ACTION} ${FIRST_ERROR}`, 'ALPHA'),
);
export const AUTOSCALER_DURATION = beta(
  histogram(
    `${AUTOSCALER}_reconciliation_duration_seconds`,
    `The time(seconds) that the HPA controller takes to reconcile once. ${ACTION} ${FIRST_ERROR}`,
    growing(0.001, 2, 15),
    'ALPHA',
  ),
);
export const METRICS_COMPUTED = beta(
  counter(
    `${AUTOSCALER}_metric_computation_total`,
    `Number of metric computations. ${ACTION} Also, the label 'error' should be either 'spec', 'internal', or 'none'. ${METRIC_TYPE}`,
    'ALPHA',
  ),
);
export const METRIC_DURATION = beta(
  histogram(
    `${AUTOSCALER}_metric_computation_duration_seconds`,
    `The time(seconds) that the HPA controller takes to calculate one metric. ${ACTION} The label 'error' should be either 'spec', 'internal', or 'none'. ${METRIC_TYPE}`,
    growing(0.001, 2, 15),
    'ALPHA',
  ),
);

/** What is told before anything has happened. */
export const PLAIN_METERS: readonly Meter[] = [
  CRONJOB_SKEW,
  TTL_DELETION,
  TAINT_DELETIONS,
  TAINT_DELETION_DELAY,
  DEVICE_TAINT_DELETIONS,
  DEVICE_TAINT_DELETION_DELAY,
  GARBAGE_SYNC_ERRORS,
  EPHEMERAL_CREATES,
  EPHEMERAL_CREATE_FAILURES,
  CLASSES_ASSIGNED,
  CLASS_ERRORS,
];
