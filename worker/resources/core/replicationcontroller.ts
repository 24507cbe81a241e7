import { defineResource, STATUS } from '../../api/resource.ts';
import type { ReplicationController } from '../../api/gen/core-v1.ts';
import { selectorTerms } from '../../api/selector-index.ts';
import { labelSelectorOfMap } from '../../api/selectors.ts';
import { builtinType } from '../schema/index.ts';

export const replicationControllers = defineResource<ReplicationController>({
  group: '',
  version: 'v1',
  resource: 'replicationcontrollers',
  kind: 'ReplicationController',
  namespaced: true,
  shortNames: ['rc'],
  categories: ['all'],
  bucket: 'controllers',
  schema: builtinType('core.v1.ReplicationController'),
  indexTerms: ({ metadata, spec }) => (spec.selector ? selectorTerms(metadata.namespace ?? '', labelSelectorOfMap(spec.selector)) : []),
  subresources: {
    status: STATUS,
  },
});
