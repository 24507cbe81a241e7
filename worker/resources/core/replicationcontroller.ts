import { defineResource, STATUS } from '../../api/resource.ts';
import type { ReplicationController } from '../../api/gen/core-v1.ts';
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
  subresources: {
    status: STATUS,
  },
});
