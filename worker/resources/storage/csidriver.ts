import { defineResource } from '../../api/resource.ts';
import type { CSIDriver } from '../../api/gen/storage-v1.ts';
import { builtinType } from '../schema/index.ts';

export const csiDrivers = defineResource<CSIDriver>({
  group: 'storage.k8s.io',
  version: 'v1',
  resource: 'csidrivers',
  kind: 'CSIDriver',
  namespaced: false,
  schema: builtinType('storage.v1.CSIDriver'),
});
