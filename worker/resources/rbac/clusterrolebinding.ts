// ClusterRoleBindings. Mirrors pkg/registry/rbac/clusterrolebinding.

import { subjectTerm } from '../../api/access.ts';
import { defineResource } from '../../api/resource.ts';
import type { ClusterRoleBinding } from '../../api/gen/rbac-v1.ts';
import { pathSegmentProblems } from '../../lib/names.ts';
import { docOf } from '../doc.ts';
import { builtinType } from '../schema/index.ts';
import { bindingColumns, defaultBinding } from './binding.ts';
import { RBAC_GROUP, validateBinding, validateRoleRefUpdate } from './validation.ts';

export const clusterRoleBindings = defineResource<ClusterRoleBinding>({
  group: RBAC_GROUP,
  version: 'v1',
  resource: 'clusterrolebindings',
  kind: 'ClusterRoleBinding',
  namespaced: false,
  schema: builtinType('rbac.v1.ClusterRoleBinding'),
  createOnUpdate: true,
  validateName: pathSegmentProblems,
  default: defaultBinding,
  validate: (binding) => validateBinding(binding, false),
  validateUpdate: (binding, old) => [...validateBinding(binding, false), ...validateRoleRefUpdate(binding.roleRef, old.roleRef)],
  indexTerms: ({ subjects }) => (subjects ?? []).map(({ kind, name, namespace }) => subjectTerm(kind, name, namespace)),
  columns: bindingColumns('clusterRoleBinding', docOf('rbac.v1.ClusterRoleBinding.roleRef')),
});
