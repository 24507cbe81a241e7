import { defineResource, STATUS } from '../../api/resource.ts';
import type { ReplicaSet } from '../../api/gen/apps-v1.ts';
import { selectorTerms } from '../../api/selector-index.ts';
import { labelSelectorOf } from '../../api/selectors.ts';
import { builtinType } from '../schema/index.ts';

export const replicaSets = defineResource<ReplicaSet>({
  group: 'apps',
  version: 'v1',
  resource: 'replicasets',
  kind: 'ReplicaSet',
  namespaced: true,
  shortNames: ['rs'],
  categories: ['all'],
  schema: builtinType('apps.v1.ReplicaSet'),
  indexTerms: ({ metadata, spec }) => selectorTerms(metadata.namespace ?? '', labelSelectorOf(spec.selector)),
  subresources: {
    status: STATUS,
  },
});
