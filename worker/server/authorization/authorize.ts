// Refuses who may not.

import type { UserInfo } from '../../api/resource.ts';
import { forbidden, forbiddenPath } from '../../api/status.ts';
import type { AccessAttributes } from '../../api/access.ts';
import type { Server } from '../context.ts';
import { forbiddenMessage } from '../../api/forbidden-message.ts';

/** `annotations`: of the audit event, which says how it was decided. */
export function authorize(
  { access }: Pick<Server, 'access'>,
  user: UserInfo,
  attributes: AccessAttributes,
  annotations: Record<string, string> = {},
): void {
  const { allowed, reason } = access.authorize(user, attributes);
  annotations['authorization.k8s.io/decision'] = allowed ? 'allow' : 'forbid';
  annotations['authorization.k8s.io/reason'] = reason;
  if (allowed) return;
  const message = forbiddenMessage(user, attributes, reason);
  if (!attributes.isResource) throw forbiddenPath(message);
  throw forbidden({ group: attributes.group, resource: attributes.resource }, attributes.name, message);
}
