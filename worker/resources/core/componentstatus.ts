import { defineResource } from '../../api/resource.ts';
import type { ComponentStatus } from '../../api/gen/core-v1.ts';
import { builtinType } from '../schema/index.ts';

export const componentStatuses = defineResource<ComponentStatus>({
  group: '',
  version: 'v1',
  resource: 'componentstatuses',
  kind: 'ComponentStatus',
  namespaced: false,
  shortNames: ['cs'],
  verbs: ['get', 'list'],
  schema: builtinType('core.v1.ComponentStatus'),
});
