import { defineResource, STATUS } from '../../api/resource.ts';
import type { PersistentVolumeClaim } from '../../api/gen/core-v1.ts';
import { builtinType } from '../schema/index.ts';

export const persistentVolumeClaims = defineResource<PersistentVolumeClaim>({
  group: '',
  version: 'v1',
  resource: 'persistentvolumeclaims',
  kind: 'PersistentVolumeClaim',
  namespaced: true,
  shortNames: ['pvc'],
  schema: builtinType('core.v1.PersistentVolumeClaim'),
  subresources: {
    status: STATUS,
  },
});
