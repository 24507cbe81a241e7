import { defineResource } from '../../api/resource.ts';
import type { VolumeAttributesClass } from '../../api/gen/storage-v1.ts';
import { builtinType } from '../schema/index.ts';

export const volumeAttributesClasses = defineResource<VolumeAttributesClass>({
  group: 'storage.k8s.io',
  version: 'v1',
  resource: 'volumeattributesclasses',
  kind: 'VolumeAttributesClass',
  namespaced: false,
  shortNames: ['vac'],
  schema: builtinType('storage.v1.VolumeAttributesClass'),
});
