import { defineResource, STATUS } from '../../api/resource.ts';
import type { Service } from '../../api/gen/core-v1.ts';
import { serviceTerms } from './service-terms.ts';
import { builtinType } from '../schema/index.ts';

export const services = defineResource<Service>({
  group: '',
  version: 'v1',
  resource: 'services',
  kind: 'Service',
  namespaced: true,
  shortNames: ['svc'],
  categories: ['all'],
  bucket: 'services/specs',
  schema: builtinType('core.v1.Service'),
  indexTerms: serviceTerms,
  subresources: {
    proxy: { type: 'connect', verbs: ['create', 'delete', 'get', 'patch', 'update'], kind: 'ServiceProxyOptions' },
    status: STATUS,
  },
});
