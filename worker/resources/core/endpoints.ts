import { defineResource } from '../../api/resource.ts';
import type { Endpoints } from '../../api/gen/core-v1.ts';
import { builtinType } from '../schema/index.ts';

export const endpoints = defineResource<Endpoints>({
  group: '',
  version: 'v1',
  resource: 'endpoints',
  kind: 'Endpoints',
  namespaced: true,
  shortNames: ['ep'],
  bucket: 'services/endpoints',
  schema: builtinType('core.v1.Endpoints'),
});
