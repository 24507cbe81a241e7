import { defineResource } from '../../api/resource.ts';
import type { Secret } from '../../api/gen/core-v1.ts';
import { builtinType } from '../schema/index.ts';

export const secrets = defineResource<Secret>({
  group: '',
  version: 'v1',
  resource: 'secrets',
  kind: 'Secret',
  namespaced: true,
  schema: builtinType('core.v1.Secret'),
});
