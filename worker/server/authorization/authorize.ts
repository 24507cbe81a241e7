// Refuses who may not.

import type { UserInfo } from '../../api/resource.ts';
import { forbidden, forbiddenPath } from '../../api/status.ts';
import type { AccessAttributes } from '../../api/access.ts';
import type { Server } from '../context.ts';
import { forbiddenMessage } from './message.ts';

export function authorize({ access }: Pick<Server, 'access'>, user: UserInfo, attributes: AccessAttributes): void {
  const { allowed, reason } = access.authorize(user, attributes);
  if (allowed) return;
  const message = forbiddenMessage(user, attributes, reason);
  if (!attributes.isResource) throw forbiddenPath(message);
  throw forbidden({ group: attributes.group, resource: attributes.resource }, attributes.name, message);
}
