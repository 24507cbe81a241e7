import { defineResource, STATUS } from '../../api/resource.ts';
import type { StatefulSet } from '../../api/gen/apps-v1.ts';
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
  subresources: {
    status: STATUS,
  },
});
