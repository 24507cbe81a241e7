import { defineResource } from '../../api/resource.ts';
import type { Binding } from '../../api/gen/core-v1.ts';
import { builtinType } from '../schema/index.ts';

export const bindings = defineResource<Binding>({
  group: '',
  version: 'v1',
  resource: 'bindings',
  kind: 'Binding',
  namespaced: true,
  verbs: ['create'],
  schema: builtinType('core.v1.Binding'),
});
