import { defineResource } from '../../api/resource.ts';
import type { RuntimeClass } from '../../api/gen/node-v1.ts';
import { builtinType } from '../schema/index.ts';

export const runtimeClasses = defineResource<RuntimeClass>({
  group: 'node.k8s.io',
  version: 'v1',
  resource: 'runtimeclasses',
  kind: 'RuntimeClass',
  namespaced: false,
  schema: builtinType('node.v1.RuntimeClass'),
});
