import { defineResource } from '../../api/resource.ts';
import type { CSINode } from '../../api/gen/storage-v1.ts';
import { builtinType } from '../schema/index.ts';

export const csiNodes = defineResource<CSINode>({
  group: 'storage.k8s.io',
  version: 'v1',
  resource: 'csinodes',
  kind: 'CSINode',
  namespaced: false,
  schema: builtinType('storage.v1.CSINode'),
});
