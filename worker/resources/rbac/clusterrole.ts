// ClusterRoles, plain ones and those that gather others. Mirrors pkg/registry/rbac/clusterrole.

import { defineResource } from '../../api/resource.ts';
import type { ClusterRole } from '../../api/gen/rbac-v1.ts';
import { pathSegmentProblems } from '../../lib/names.ts';
import { builtinType } from '../schema/index.ts';
import { RBAC_GROUP, validateAggregation, validateRules } from './validation.ts';

/** Index term of roles that gather the rules of others. */
export const AGGREGATED = 'aggregated';

export const clusterRoles = defineResource<ClusterRole>({
  group: RBAC_GROUP,
  version: 'v1',
  resource: 'clusterroles',
  kind: 'ClusterRole',
  namespaced: false,
  schema: builtinType('rbac.v1.ClusterRole'),
  createOnUpdate: true,
  indexTerms: ({ aggregationRule }) => (aggregationRule ? [AGGREGATED] : []),
  validateName: pathSegmentProblems,
  validate: (role) => [...validateRules(role.rules, false), ...validateAggregation(role, undefined)],
  validateUpdate: (role, old) => [...validateRules(role.rules, false), ...validateAggregation(role, old)],
});
