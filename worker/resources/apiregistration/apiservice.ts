import { defineResource, STATUS } from '../../api/resource.ts';
import type { APIService } from '../../api/gen/apiregistration-v1.ts';
import { builtinType } from '../schema/index.ts';

export const apiServices = defineResource<APIService>({
  group: 'apiregistration.k8s.io',
  version: 'v1',
  resource: 'apiservices',
  kind: 'APIService',
  namespaced: false,
  categories: ['api-extensions'],
  bucket: 'apiregistration.k8s.io/apiservices',
  schema: builtinType('apiregistration.v1.APIService'),
  subresources: {
    status: { ...STATUS, resetFields: ['spec', 'metadata'] },
  },
});
