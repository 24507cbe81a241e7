import { defineResource, STATUS } from '../../api/resource.ts';
import type { DaemonSet } from '../../api/gen/apps-v1.ts';
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
  subresources: {
    status: STATUS,
  },
});
