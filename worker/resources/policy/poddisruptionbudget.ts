import { defineResource, STATUS } from '../../api/resource.ts';
import type { PodDisruptionBudget } from '../../api/gen/policy-v1.ts';
import { builtinType } from '../schema/index.ts';

export const podDisruptionBudgets = defineResource<PodDisruptionBudget>({
  group: 'policy',
  version: 'v1',
  resource: 'poddisruptionbudgets',
  kind: 'PodDisruptionBudget',
  namespaced: true,
  shortNames: ['pdb'],
  schema: builtinType('policy.v1.PodDisruptionBudget'),
  subresources: {
    status: STATUS,
  },
});
