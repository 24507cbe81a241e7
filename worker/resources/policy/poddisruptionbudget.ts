import { defineResource, STATUS } from '../../api/resource.ts';
import type { PodDisruptionBudget } from '../../api/gen/policy-v1.ts';
import { selectorTerms } from '../../api/selector-index.ts';
import { labelSelectorOf } from '../../api/selectors.ts';
import { builtinType } from '../schema/index.ts';

export const podDisruptionBudgets = defineResource<PodDisruptionBudget>({
  group: 'policy',
  version: 'v1',
  resource: 'poddisruptionbudgets',
  kind: 'PodDisruptionBudget',
  namespaced: true,
  shortNames: ['pdb'],
  schema: builtinType('policy.v1.PodDisruptionBudget'),
  indexTerms: ({ metadata, spec }) => selectorTerms(metadata.namespace ?? '', labelSelectorOf(spec.selector)),
  subresources: {
    status: STATUS,
  },
});
