import { defineResource } from '../../api/resource.ts';
import type { IPAddress } from '../../api/gen/networking-v1.ts';
import { builtinType } from '../schema/index.ts';

export const ipAddresses = defineResource<IPAddress>({
  group: 'networking.k8s.io',
  version: 'v1',
  resource: 'ipaddresses',
  kind: 'IPAddress',
  namespaced: false,
  shortNames: ['ip'],
  schema: builtinType('networking.v1.IPAddress'),
});
