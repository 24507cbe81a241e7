// RoleBindings. Mirrors pkg/registry/rbac/rolebinding.

import { subjectTerm } from '../../api/access.ts';
import { defineResource } from '../../api/resource.ts';
import type { RoleBinding } from '../../api/gen/rbac-v1.ts';
import { pathSegmentProblems } from '../../lib/names.ts';
import { docOf } from '../doc.ts';
import { builtinType } from '../schema/index.ts';
import { bindingColumns, defaultBinding } from './binding.ts';
import { RBAC_GROUP, validateBinding, validateRoleRefUpdate } from './validation.ts';

export const roleBindings = defineResource<RoleBinding>({
  group: RBAC_GROUP,
  version: 'v1',
  resource: 'rolebindings',
  kind: 'RoleBinding',
  namespaced: true,
  schema: builtinType('rbac.v1.RoleBinding'),
  createOnUpdate: true,
  validateName: pathSegmentProblems,
  default: defaultBinding,
  validate: (binding) => validateBinding(binding, true),
  validateUpdate: (binding, old) => [...validateBinding(binding, true), ...validateRoleRefUpdate(binding.roleRef, old.roleRef)],
  indexTerms: ({ subjects, metadata }) =>
    (subjects ?? []).map(({ kind, name, namespace }) => `${subjectTerm(kind, name, namespace)}@${metadata.namespace}`),
  columns: bindingColumns('roleBinding', docOf('rbac.v1.RoleBinding.roleRef')),
});
