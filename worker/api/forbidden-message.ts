// What is said to somebody who may not. Mirrors apiserver pkg/endpoints/handlers/responsewriters/errors.go.

import type { AccessAttributes } from './access.ts';
import type { UserInfo } from './resource.ts';

export function forbiddenMessage(user: UserInfo, attributes: AccessAttributes, reason: string): string {
  const who = `User ${JSON.stringify(user.name)}`;
  const because = reason ? `: ${reason}` : '';
  if (!attributes.isResource) return `forbidden: ${who} cannot ${attributes.verb} path ${JSON.stringify(attributes.path)}${because}`;
  const { verb, group, resource, subresource, namespace } = attributes;
  const what = `${JSON.stringify(subresource ? `${resource}/${subresource}` : resource)} in API group ${JSON.stringify(group)}`;
  const where = namespace ? `in the namespace ${JSON.stringify(namespace)}` : 'at the cluster scope';
  return `${who} cannot ${verb} resource ${what} ${where}${because}`;
}
