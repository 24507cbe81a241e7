import { defineResource } from '../../api/resource.ts';
import type { NetworkPolicy } from '../../api/gen/networking-v1.ts';
import { builtinType } from '../schema/index.ts';

export const networkPolicies = defineResource<NetworkPolicy>({
  group: 'networking.k8s.io',
  version: 'v1',
  resource: 'networkpolicies',
  kind: 'NetworkPolicy',
  namespaced: true,
  shortNames: ['netpol'],
  schema: builtinType('networking.v1.NetworkPolicy'),
});
