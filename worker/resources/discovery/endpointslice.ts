import { defineResource } from '../../api/resource.ts';
import type { EndpointSlice } from '../../api/gen/discovery-v1.ts';
import { builtinType } from '../schema/index.ts';

export const endpointSlices = defineResource<EndpointSlice>({
  group: 'discovery.k8s.io',
  version: 'v1',
  resource: 'endpointslices',
  kind: 'EndpointSlice',
  namespaced: true,
  schema: builtinType('discovery.v1.EndpointSlice'),
});
