import { defineResource } from '../../api/resource.ts';
import type { ResourceSlice } from '../../api/gen/resource-v1.ts';
import { builtinType } from '../schema/index.ts';

export const resourceSlices = defineResource<ResourceSlice>({
  group: 'resource.k8s.io',
  version: 'v1',
  resource: 'resourceslices',
  kind: 'ResourceSlice',
  namespaced: false,
  schema: builtinType('resource.v1.ResourceSlice'),
});
