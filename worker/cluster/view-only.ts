// What somebody may do who came by a link that is for looking. Narrower than RBAC and not part of it: no role can widen it.

import type { AccessAttributes, Decision } from '../api/access.ts';

/** The group of those who may only look. */
export const VIEWERS = 'kubarium:viewers';

/** Subresources that only show. exec, attach, portforward and proxy are GET requests too, but what they reach can be changed through them. */
const SHOWING: ReadonlySet<string> = new Set(['', 'status', 'scale', 'log', 'approval', 'ephemeralcontainers', 'resize']);
/** Questions about oneself are asked by creating an object that is not kept. */
const QUESTIONS: ReadonlySet<string> = new Set([
  'authorization.k8s.io selfsubjectaccessreviews',
  'authorization.k8s.io selfsubjectrulesreviews',
  'authentication.k8s.io selfsubjectreviews',
]);

const ONLY_LOOKING = 'this link to the sandbox is for looking only; ask its owner for a link to edit, or one to fork';
const NO_SECRETS = 'this link to the sandbox is for looking only, and secrets hold what would let its bearer do more';

export function mayView({ isResource, verb, group, resource, subresource }: AccessAttributes): Decision {
  if (!isResource) return allow(verb === 'get' || verb === 'head');
  if (verb === 'create' && subresource === '') return allow(QUESTIONS.has(`${group} ${resource}`));
  if (verb !== 'get' && verb !== 'list' && verb !== 'watch') return allow(false);
  if (group === '' && resource === 'secrets') return { allowed: false, denied: true, reason: NO_SECRETS };
  return allow(SHOWING.has(subresource));
}

const allow = (allowed: boolean): Decision => ({ allowed, denied: !allowed, reason: allowed ? '' : ONLY_LOOKING });
