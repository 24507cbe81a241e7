// Nobody grants what they do not hold: writing roles needs the rules in them (or `escalate`), binding a role needs its rules (or `bind`). Upstream this
// is part of RBAC's storage; it comes last here, as it does there. Mirrors kubernetes pkg/registry/rbac/*/policybased.

import type { PolicyRule } from '../api/access.ts';
import type { AdmissionContext, AdmissionPlugin, AdmissionRequest } from '../api/admission.ts';
import type { ClusterRole, ClusterRoleBinding, Role, RoleBinding } from '../api/gen/rbac-v1.ts';
import { forbidden, isNotFound, notFound } from '../api/status.ts';
import { isEqual } from '../lib/json.ts';

const GROUP = 'rbac.authorization.k8s.io';

export const rbacEscalation: AdmissionPlugin = {
  name: 'RBACEscalation',
  operations: ['CREATE', 'UPDATE'],
  handles: ({ group }) => group === GROUP,
  validate(request, context) {
    const { resource, subresource, object, old, operation } = request;
    if (subresource || (operation !== 'CREATE' && operation !== 'UPDATE') || !object) return;
    if (context.user.groups.includes('system:masters')) return;
    if (resource.kind === 'Role' || resource.kind === 'ClusterRole') {
      const role = object as Role | ClusterRole;
      if (
        old &&
        isEqual((old as Role).rules, role.rules) &&
        isEqual((old as ClusterRole).aggregationRule, (role as ClusterRole).aggregationRule)
      )
        return;
      if (isAllowed(request, context, 'escalate', resource.resource, request.name)) return;
      if ((role as ClusterRole).aggregationRule)
        requireHeld(request, context, [
          { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
          { verbs: ['*'], nonResourceURLs: ['*'] },
        ]);
      requireHeld(request, context, role.rules ?? []);
      return;
    }
    const binding = object as RoleBinding | ClusterRoleBinding;
    if (old && isEqual((old as RoleBinding).roleRef, binding.roleRef) && isEqual((old as RoleBinding).subjects, binding.subjects)) return;
    const { kind, name } = binding.roleRef;
    if (isAllowed(request, context, 'bind', kind === 'Role' ? 'roles' : 'clusterroles', name)) return;
    requireHeld(request, context, rulesOf(request, context, binding.roleRef));
  },
};

/** Of a role that is not there, upstream speaks as if it were a binding. */
function rulesOf(
  { namespace, resource }: AdmissionRequest,
  { access }: AdmissionContext,
  roleRef: RoleBinding['roleRef'],
): readonly PolicyRule[] {
  try {
    return access.rulesOf(roleRef, namespace);
  } catch (error) {
    throw isNotFound(error) ? notFound(resource, roleRef.name) : error;
  }
}

function isAllowed(
  { namespace }: AdmissionRequest,
  { access, user }: AdmissionContext,
  verb: string,
  resource: string,
  name: string,
): boolean {
  return access.authorize(user, {
    isResource: true,
    verb,
    group: GROUP,
    version: 'v1',
    namespace,
    resource,
    subresource: '',
    name,
    path: '',
  }).allowed;
}

function requireHeld(
  { resource, name, namespace }: AdmissionRequest,
  { access, user }: AdmissionContext,
  wanted: readonly PolicyRule[],
): void {
  const { rules, problems } = access.rulesFor(user, namespace);
  const missing = access.uncovered(rules, wanted);
  if (!missing.length) return;
  const who = `user ${JSON.stringify(user.name)} (groups=[${user.groups.map((group) => JSON.stringify(group)).join(' ')}])`;
  const unresolved = problems.length ? `; resolution errors: [${problems.join(', ')}]` : '';
  throw forbidden(resource, name, `${who} is attempting to grant RBAC permissions not currently held:\n${missing.join('\n')}${unresolved}`);
}
