import { defineResource, STATUS } from '../../api/resource.ts';
import type { Namespace } from '../../api/gen/core-v1.ts';
import { builtinType } from '../schema/index.ts';

export const namespaces = defineResource<Namespace>({
  group: '',
  version: 'v1',
  resource: 'namespaces',
  kind: 'Namespace',
  namespaced: false,
  shortNames: ['ns'],
  verbs: ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'],
  schema: builtinType('core.v1.Namespace'),
  subresources: {
    finalize: { ...STATUS, resetFields: ['status'] },
    status: STATUS,
  },
});
