import { defineResource } from '../../api/resource.ts';
import type { DeviceClass } from '../../api/gen/resource-v1.ts';
import { builtinType } from '../schema/index.ts';

export const deviceClasses = defineResource<DeviceClass>({
  group: 'resource.k8s.io',
  version: 'v1',
  resource: 'deviceclasses',
  kind: 'DeviceClass',
  namespaced: false,
  schema: builtinType('resource.v1.DeviceClass'),
});
