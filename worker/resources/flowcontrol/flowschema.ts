import { defineResource, STATUS } from '../../api/resource.ts';
import type { FlowSchema } from '../../api/gen/flowcontrol-v1.ts';
import { builtinType } from '../schema/index.ts';

export const flowSchemas = defineResource<FlowSchema>({
  group: 'flowcontrol.apiserver.k8s.io',
  version: 'v1',
  resource: 'flowschemas',
  kind: 'FlowSchema',
  namespaced: false,
  schema: builtinType('flowcontrol.v1.FlowSchema'),
  subresources: {
    status: STATUS,
  },
});
