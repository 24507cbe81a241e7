import { defineResource } from '../../api/resource.ts';
import type { CSIStorageCapacity } from '../../api/gen/storage-v1.ts';
import { builtinType } from '../schema/index.ts';

export const csiStorageCapacities = defineResource<CSIStorageCapacity>({
  group: 'storage.k8s.io',
  version: 'v1',
  resource: 'csistoragecapacities',
  kind: 'CSIStorageCapacity',
  namespaced: true,
  schema: builtinType('storage.v1.CSIStorageCapacity'),
});
