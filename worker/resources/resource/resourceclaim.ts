import { defineResource, STATUS } from '../../api/resource.ts';
import type { ResourceClaim } from '../../api/gen/resource-v1.ts';
import { builtinType } from '../schema/index.ts';

export const resourceClaims = defineResource<ResourceClaim>({
  group: 'resource.k8s.io',
  version: 'v1',
  resource: 'resourceclaims',
  kind: 'ResourceClaim',
  namespaced: true,
  schema: builtinType('resource.v1.ResourceClaim'),
  subresources: {
    status: { ...STATUS, resetFields: ['spec', 'metadata'] },
  },
});
