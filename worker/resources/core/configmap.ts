import { defineResource } from '../../api/resource.ts';
import type { ConfigMap } from '../../api/gen/core-v1.ts';
import { builtinType } from '../schema/index.ts';

export const configMaps = defineResource<ConfigMap>({
  group: '',
  version: 'v1',
  resource: 'configmaps',
  kind: 'ConfigMap',
  namespaced: true,
  shortNames: ['cm'],
  schema: builtinType('core.v1.ConfigMap'),
});
