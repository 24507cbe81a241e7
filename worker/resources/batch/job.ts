import { defineResource, STATUS } from '../../api/resource.ts';
import type { Job } from '../../api/gen/batch-v1.ts';
import { selectorTerms } from '../../api/selector-index.ts';
import { labelSelectorOf } from '../../api/selectors.ts';
import { builtinType } from '../schema/index.ts';

export const jobs = defineResource<Job>({
  group: 'batch',
  version: 'v1',
  resource: 'jobs',
  kind: 'Job',
  namespaced: true,
  categories: ['all'],
  schema: builtinType('batch.v1.Job'),
  indexTerms: ({ metadata, spec }) => selectorTerms(metadata.namespace ?? '', labelSelectorOf(spec.selector)),
  subresources: {
    status: STATUS,
  },
});
