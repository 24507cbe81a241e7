import { defineResource } from '../../api/resource.ts';
import type { Lease } from '../../api/gen/coordination-v1.ts';
import { builtinType } from '../schema/index.ts';

export const leases = defineResource<Lease>({
  group: 'coordination.k8s.io',
  version: 'v1',
  resource: 'leases',
  kind: 'Lease',
  namespaced: true,
  schema: builtinType('coordination.v1.Lease'),
});
