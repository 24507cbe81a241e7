import { defineResource } from '../../api/resource.ts';
import type { ClusterRole } from '../../api/gen/rbac-v1.ts';
import { nameIsPathSegment } from '../../lib/names.ts';
import { builtinType } from '../schema/index.ts';

export const clusterRoles = defineResource<ClusterRole>({
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  resource: 'clusterroles',
  kind: 'ClusterRole',
  namespaced: false,
  schema: builtinType('rbac.v1.ClusterRole'),
  validateName: nameIsPathSegment,
});
