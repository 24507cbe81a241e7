// Who may do what in a sandbox: those who hold a link for looking, nodes, and everybody else by RBAC.

import type { Access } from '../api/access.ts';
import type { ClusterReader } from '../api/resource.ts';
import { authorizeNode } from '../server/authorization/node.ts';
import { makeRbac } from '../server/authorization/rbac.ts';
import { mayView, VIEWERS } from './view-only.ts';

export function makeAccess(reader: ClusterReader): Access {
  const rbac = makeRbac(reader);
  return {
    ...rbac,
    authorize: (user, attributes) => {
      if (user.groups.includes(VIEWERS)) return mayView(attributes);
      const asNode = authorizeNode(reader, user, attributes);
      if (asNode?.allowed) return asNode;
      // What is not a node's by being one may still be its by a role.
      const byRole = rbac.authorize(user, attributes);
      if (!asNode || byRole.allowed) return byRole;
      return { ...byRole, reason: [asNode.reason, byRole.reason].filter(Boolean).join('\n') };
    },
  };
}
