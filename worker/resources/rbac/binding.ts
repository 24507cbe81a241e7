// What RoleBindings and ClusterRoleBindings have alike: defaults, and columns. Mirrors pkg/apis/rbac/v1 and pkg/printers/internalversion.

import type { ClusterRoleBinding, RoleBinding, Subject } from '../../api/gen/rbac-v1.ts';
import { AGE_COLUMN, column, NAME_COLUMN } from '../../api/resource.ts';
import type { Column } from '../../api/resource.ts';
import { RBAC_GROUP } from './validation.ts';

type Binding = RoleBinding | ClusterRoleBinding;

export function defaultBinding({ roleRef, subjects }: Binding): void {
  if (!roleRef.apiGroup) roleRef.apiGroup = RBAC_GROUP;
  for (const subject of subjects ?? [])
    if (!subject.apiGroup && (subject.kind === 'User' || subject.kind === 'Group')) subject.apiGroup = RBAC_GROUP;
}

/** `kind` as the descriptions have it: `roleBinding`. */
export const bindingColumns = (kind: string, roleRef: string): Column<Binding>[] => [
  NAME_COLUMN,
  column('Role', ({ roleRef: { kind, name } }) => `${kind}/${name}`, { description: roleRef }),
  AGE_COLUMN,
  column('Users', subjectsOf('User'), { priority: 1, description: `Users in the ${kind}` }),
  column('Groups', subjectsOf('Group'), { priority: 1, description: `Groups in the ${kind}` }),
  column('ServiceAccounts', subjectsOf('ServiceAccount'), { priority: 1, description: `ServiceAccounts in the ${kind}` }),
];

const subjectsOf =
  (kind: string) =>
  ({ subjects }: Binding): string =>
    (subjects ?? [])
      .filter((subject) => subject.kind === kind)
      .map(subjectText)
      .join(', ');

const subjectText = ({ kind, namespace = '', name }: Subject): string => (kind === 'ServiceAccount' ? `${namespace}/${name}` : name);
