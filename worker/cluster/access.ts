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
      return authorizeNode(reader, user, attributes) ?? rbac.authorize(user, attributes);
    },
  };
}
