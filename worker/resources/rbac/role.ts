// Roles. Mirrors pkg/registry/rbac/role.

import { defineResource } from '../../api/resource.ts';
import type { Role } from '../../api/gen/rbac-v1.ts';
import { pathSegmentProblems } from '../../lib/names.ts';
import { builtinType } from '../schema/index.ts';
import { RBAC_GROUP, validateRules } from './validation.ts';

export const roles = defineResource<Role>({
  group: RBAC_GROUP,
  version: 'v1',
  resource: 'roles',
  kind: 'Role',
  namespaced: true,
  schema: builtinType('rbac.v1.Role'),
  createOnUpdate: true,
  validateName: pathSegmentProblems,
  validate: ({ rules }) => validateRules(rules, true),
});
