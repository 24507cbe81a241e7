// How a component's log tells of a look that failed, and will be tried again. Mirrors utilruntime.HandleError, with the words of each of upstream's loops.

import { splitKey } from '../api/object.ts';

type Words = (key: string, problem: string) => string;

const failedWith: Words = (key, problem) => `${key} failed with : ${problem}`;
const syncFailed: Words = (key, problem) => `sync "${key}" failed with ${problem}`;

/** By the loop's name. */
const WORDS: Readonly<Record<string, Words>> = {
  job: (_key, problem) => `syncing job: ${problem}`,
  namespace: (key, problem) => `deletion of namespace ${key} failed: ${problem}`,
  replicaset: syncFailed,
  replicationmanager: syncFailed,
  daemonset: failedWith,
  statefulset: (key, problem) => `error syncing StatefulSet ${key}, requeuing: ${problem}`,
  cronjob: (key, problem) => `error syncing CronJobController ${key}, requeuing: ${problem}`,
  disruption: (key, problem) => `Error syncing PodDisruptionBudget ${key}, requeuing: ${problem}`,
  resourcequota_primary: (_key, problem) => problem,
  ttl_jobs_to_delete: (key, problem) => `error cleaning up Job ${key}, will retry: ${problem}`,
  serviceaccount: failedWith,
  volume_expand: failedWith,
  'clusterrole-aggregation': failedWith,
  'certificatesigningrequest-approving': (key, problem) => `sync ${key} failed with : ${problem}`,
  'certificatesigningrequest-signing': (key, problem) => `sync ${key} failed with : ${problem}`,
  'node-ipam': (key, problem) => `error syncing '${key.replace('held ', '')}': ${problem}, requeuing`,
  garbage_collector: (key, problem) => `error syncing item ${key}: ${problem}`,
  resource_claim: (key, problem) => `${key} failed with: ${problem}`,
  'ephemeral-volume': (key, problem) => `${key} failed with: ${problem}`,
  root_ca_cert_publisher: (key, problem) => `syncing "${key}" failed: ${problem}`,
  'persistentvolume-protection': (key, problem) => `PV ${key} failed with : ${problem}`,
  'persistentvolumeclaim-protection': (key, problem) => {
    const { namespace, name } = splitKey(key);
    return `PVC ${name}/${namespace} failed with: ${problem}`;
  },
};

export const unhandled = (problem: string): string => `"Unhandled Error" err=${JSON.stringify(problem)} logger="UnhandledError"`;

export const failedLook = (loop: string, key: string, problem: string): string =>
  unhandled(WORDS[loop]?.(key, problem) ?? `syncing ${loop} ${key}: ${problem}`);
