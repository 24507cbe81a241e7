import { defineResource, STATUS } from '../../api/resource.ts';
import type { DaemonSet } from '../../api/gen/apps-v1.ts';
import { selectorTerms } from '../../api/selector-index.ts';
import { labelSelectorOf } from '../../api/selectors.ts';
import { builtinType } from '../schema/index.ts';

export const daemonSets = defineResource<DaemonSet>({
  group: 'apps',
  version: 'v1',
  resource: 'daemonsets',
  kind: 'DaemonSet',
  namespaced: true,
  shortNames: ['ds'],
  categories: ['all'],
  schema: builtinType('apps.v1.DaemonSet'),
  indexTerms: ({ metadata, spec }) => selectorTerms(metadata.namespace ?? '', labelSelectorOf(spec.selector)),
  subresources: {
    status: STATUS,
  },
});
