import { defineResource, STATUS } from '../../api/resource.ts';
import type { ResourceQuota } from '../../api/gen/core-v1.ts';
import { builtinType } from '../schema/index.ts';

export const resourceQuotas = defineResource<ResourceQuota>({
  group: '',
  version: 'v1',
  resource: 'resourcequotas',
  kind: 'ResourceQuota',
  namespaced: true,
  shortNames: ['quota'],
  schema: builtinType('core.v1.ResourceQuota'),
  subresources: {
    status: STATUS,
  },
});
