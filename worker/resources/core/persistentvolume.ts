import { defineResource, STATUS } from '../../api/resource.ts';
import type { PersistentVolume } from '../../api/gen/core-v1.ts';
import { builtinType } from '../schema/index.ts';
import { classOfVolume, volumeTerm } from './volume-claims.ts';

export const persistentVolumes = defineResource<PersistentVolume>({
  group: '',
  version: 'v1',
  resource: 'persistentvolumes',
  kind: 'PersistentVolume',
  namespaced: false,
  shortNames: ['pv'],
  schema: builtinType('core.v1.PersistentVolume'),
  indexTerms: (volume) => [volumeTerm.class(classOfVolume(volume))],
  subresources: {
    status: STATUS,
  },
});
