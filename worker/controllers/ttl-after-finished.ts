// Deletes Jobs some time after they have ended. Mirrors pkg/controller/ttlafterfinished.

import { watch } from '../api/controller.ts';
import type { Controller } from '../api/controller.ts';
import type { Job } from '../api/gen/batch-v1.ts';
import { isTerminating, keyOf, splitKey } from '../api/object.ts';
import { isNotFound } from '../api/status.ts';
import { timeOf } from '../lib/time.ts';
import { TTL_DELETION } from './meters.ts';
import { jobs } from '../resources/batch/job.ts';

export const ttlAfterFinished: Controller = {
  name: 'ttl_jobs_to_delete',
  component: 'kube-controller-manager',
  serviceAccount: 'ttl-after-finished-controller',
  watches: [watch(jobs, (job) => (expiryOf(job) === undefined ? [] : [keyOf(job)]))],
  reconcile(key, { api, now, meters }) {
    const { namespace, name } = splitKey(key);
    const job = api.get(jobs, namespace, name);
    const expiry = job && expiryOf(job);
    if (!job || expiry === undefined) return undefined;
    const left = expiry - now();
    if (left > 0) return { after: left, background: true };
    try {
      api.delete(jobs, namespace, name, { propagationPolicy: 'Foreground', preconditions: { uid: job.metadata.uid } });
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
    meters.observe(TTL_DELETION, {}, -left / 1000);
    return undefined;
  },
};

/** When it is to go (ms); undefined if it has not ended, has no limit, or goes already. */
function expiryOf(job: Job): number | undefined {
  const { ttlSecondsAfterFinished: ttl } = job.spec;
  const end = job.status.conditions?.find(({ type, status }) => (type === 'Complete' || type === 'Failed') && status === 'True');
  return ttl === undefined || !end || isTerminating(job) ? undefined : timeOf(end.lastTransitionTime) + ttl * 1000;
}
