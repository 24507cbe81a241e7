import { defineResource } from '../../api/resource.ts';
import type { Role } from '../../api/gen/rbac-v1.ts';
import { nameIsPathSegment } from '../../lib/names.ts';
import { builtinType } from '../schema/index.ts';

export const roles = defineResource<Role>({
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  resource: 'roles',
  kind: 'Role',
  namespaced: true,
  schema: builtinType('rbac.v1.Role'),
  validateName: nameIsPathSegment,
});
