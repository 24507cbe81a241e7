import { defineResource } from '../../api/resource.ts';
import type { ResourceClaimTemplate } from '../../api/gen/resource-v1.ts';
import { builtinType } from '../schema/index.ts';

export const resourceClaimTemplates = defineResource<ResourceClaimTemplate>({
  group: 'resource.k8s.io',
  version: 'v1',
  resource: 'resourceclaimtemplates',
  kind: 'ResourceClaimTemplate',
  namespaced: true,
  schema: builtinType('resource.v1.ResourceClaimTemplate'),
});
