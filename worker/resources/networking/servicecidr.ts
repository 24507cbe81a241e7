import { defineResource, STATUS } from '../../api/resource.ts';
import type { ServiceCIDR } from '../../api/gen/networking-v1.ts';
import { builtinType } from '../schema/index.ts';

export const serviceCIDRs = defineResource<ServiceCIDR>({
  group: 'networking.k8s.io',
  version: 'v1',
  resource: 'servicecidrs',
  kind: 'ServiceCIDR',
  namespaced: false,
  schema: builtinType('networking.v1.ServiceCIDR'),
  subresources: {
    status: STATUS,
  },
});
