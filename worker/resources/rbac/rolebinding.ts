import { subjectTerm } from '../../api/access.ts';
import { defineResource } from '../../api/resource.ts';
import type { RoleBinding } from '../../api/gen/rbac-v1.ts';
import { nameIsPathSegment } from '../../lib/names.ts';
import { builtinType } from '../schema/index.ts';

export const roleBindings = defineResource<RoleBinding>({
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  resource: 'rolebindings',
  kind: 'RoleBinding',
  namespaced: true,
  schema: builtinType('rbac.v1.RoleBinding'),
  validateName: nameIsPathSegment,
  indexTerms: ({ subjects, metadata }) =>
    (subjects ?? []).map(({ kind, name, namespace }) => `${subjectTerm(kind, name, namespace)}@${metadata.namespace}`),
});
