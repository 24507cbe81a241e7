import { defineResource } from '../../api/resource.ts';
import type { IngressClass } from '../../api/gen/networking-v1.ts';
import { builtinType } from '../schema/index.ts';

export const ingressClasses = defineResource<IngressClass>({
  group: 'networking.k8s.io',
  version: 'v1',
  resource: 'ingressclasses',
  kind: 'IngressClass',
  namespaced: false,
  schema: builtinType('networking.v1.IngressClass'),
});
