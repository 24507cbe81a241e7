import { defineResource, STATUS } from '../../api/resource.ts';
import type { StatefulSet } from '../../api/gen/apps-v1.ts';
import { selectorTerms } from '../../api/selector-index.ts';
import { labelSelectorOf } from '../../api/selectors.ts';
import { builtinType } from '../schema/index.ts';

export const statefulSets = defineResource<StatefulSet>({
  group: 'apps',
  version: 'v1',
  resource: 'statefulsets',
  kind: 'StatefulSet',
  namespaced: true,
  shortNames: ['sts'],
  categories: ['all'],
  schema: builtinType('apps.v1.StatefulSet'),
  indexTerms: ({ metadata, spec }) => selectorTerms(metadata.namespace ?? '', labelSelectorOf(spec.selector)),
  subresources: {
    status: STATUS,
  },
});
