import { defineResource } from '../../api/resource.ts';
import type { StorageClass } from '../../api/gen/storage-v1.ts';
import { builtinType } from '../schema/index.ts';

export const storageClasses = defineResource<StorageClass>({
  group: 'storage.k8s.io',
  version: 'v1',
  resource: 'storageclasses',
  kind: 'StorageClass',
  namespaced: false,
  shortNames: ['sc'],
  schema: builtinType('storage.v1.StorageClass'),
});
