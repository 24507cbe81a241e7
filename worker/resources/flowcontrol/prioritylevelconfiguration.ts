import { defineResource, STATUS } from '../../api/resource.ts';
import type { PriorityLevelConfiguration } from '../../api/gen/flowcontrol-v1.ts';
import { builtinType } from '../schema/index.ts';

export const priorityLevelConfigurations = defineResource<PriorityLevelConfiguration>({
  group: 'flowcontrol.apiserver.k8s.io',
  version: 'v1',
  resource: 'prioritylevelconfigurations',
  kind: 'PriorityLevelConfiguration',
  namespaced: false,
  schema: builtinType('flowcontrol.v1.PriorityLevelConfiguration'),
  subresources: {
    status: STATUS,
  },
});
