import { defineResource, STATUS } from '../../api/resource.ts';
import type { Node } from '../../api/gen/core-v1.ts';
import { builtinType } from '../schema/index.ts';

export const nodes = defineResource<Node>({
  group: '',
  version: 'v1',
  resource: 'nodes',
  kind: 'Node',
  namespaced: false,
  shortNames: ['no'],
  bucket: 'minions',
  schema: builtinType('core.v1.Node'),
  subresources: {
    proxy: { type: 'connect', verbs: ['create', 'delete', 'get', 'patch', 'update'], kind: 'NodeProxyOptions' },
    status: STATUS,
  },
});
