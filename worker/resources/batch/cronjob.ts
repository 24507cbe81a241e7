import { defineResource, STATUS } from '../../api/resource.ts';
import type { CronJob } from '../../api/gen/batch-v1.ts';
import { builtinType } from '../schema/index.ts';

export const cronJobs = defineResource<CronJob>({
  group: 'batch',
  version: 'v1',
  resource: 'cronjobs',
  kind: 'CronJob',
  namespaced: true,
  shortNames: ['cj'],
  categories: ['all'],
  schema: builtinType('batch.v1.CronJob'),
  subresources: {
    status: STATUS,
  },
});
