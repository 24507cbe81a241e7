import { defineResource } from '../../api/resource.ts';
import type { PriorityClass } from '../../api/gen/scheduling-v1.ts';
import { builtinType } from '../schema/index.ts';

export const priorityClasses = defineResource<PriorityClass>({
  group: 'scheduling.k8s.io',
  version: 'v1',
  resource: 'priorityclasses',
  kind: 'PriorityClass',
  namespaced: false,
  shortNames: ['pc'],
  schema: builtinType('scheduling.v1.PriorityClass'),
});
