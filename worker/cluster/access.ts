// Who may do what in a sandbox: those who hold a link for looking, nodes, and everybody else by RBAC.

import type { Access } from '../api/access.ts';
import type { ClusterReader } from '../api/resource.ts';
import { authorizeNode } from '../server/authorization/node.ts';
import { makeRbac } from '../server/authorization/rbac.ts';
import { VIEWERS } from './tokens.ts';

const LOOKING: ReadonlySet<string> = new Set(['get', 'list', 'watch']);
/** Reading them is doing something: they lead into containers. */
const CONNECTS: ReadonlySet<string> = new Set(['exec', 'attach', 'portforward', 'proxy']);
/** Posted, but only to ask. */
const QUESTIONS: ReadonlySet<string> = new Set(['selfsubjectreviews', 'selfsubjectaccessreviews', 'selfsubjectrulesreviews']);

export function makeAccess(reader: ClusterReader): Access {
  const rbac = makeRbac(reader);
  return {
    ...rbac,
    authorize: (user, attributes) => {
      if (user.groups.includes(VIEWERS)) {
        const { verb, resource, subresource, group } = attributes;
        const asks =
          verb === 'create' && QUESTIONS.has(resource) && (group === 'authorization.k8s.io' || group === 'authentication.k8s.io');
        const allowed = asks || (LOOKING.has(verb) && !CONNECTS.has(subresource));
        return { allowed, denied: !allowed, reason: allowed ? '' : 'this link is for looking only' };
      }
      return authorizeNode(reader, user, attributes) ?? rbac.authorize(user, attributes);
    },
  };
}
