import { defineResource } from '../../api/resource.ts';
import type { LimitRange } from '../../api/gen/core-v1.ts';
import { builtinType } from '../schema/index.ts';

export const limitRanges = defineResource<LimitRange>({
  group: '',
  version: 'v1',
  resource: 'limitranges',
  kind: 'LimitRange',
  namespaced: true,
  shortNames: ['limits'],
  schema: builtinType('core.v1.LimitRange'),
});
