import { subjectTerm } from '../../api/access.ts';
import { defineResource } from '../../api/resource.ts';
import type { ClusterRoleBinding } from '../../api/gen/rbac-v1.ts';
import { nameIsPathSegment } from '../../lib/names.ts';
import { builtinType } from '../schema/index.ts';

export const clusterRoleBindings = defineResource<ClusterRoleBinding>({
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  resource: 'clusterrolebindings',
  kind: 'ClusterRoleBinding',
  namespaced: false,
  schema: builtinType('rbac.v1.ClusterRoleBinding'),
  validateName: nameIsPathSegment,
  indexTerms: ({ subjects }) => (subjects ?? []).map(({ kind, name, namespace }) => subjectTerm(kind, name, namespace)),
});
