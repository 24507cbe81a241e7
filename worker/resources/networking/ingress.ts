import { defineResource, STATUS } from '../../api/resource.ts';
import type { Ingress } from '../../api/gen/networking-v1.ts';
import { builtinType } from '../schema/index.ts';

export const ingresses = defineResource<Ingress>({
  group: 'networking.k8s.io',
  version: 'v1',
  resource: 'ingresses',
  kind: 'Ingress',
  namespaced: true,
  shortNames: ['ing'],
  bucket: 'ingress',
  schema: builtinType('networking.v1.Ingress'),
  subresources: {
    status: STATUS,
  },
});
