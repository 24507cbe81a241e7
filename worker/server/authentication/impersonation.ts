// Acting as somebody else, for those who may: the Impersonate-* headers. Mirrors apiserver pkg/endpoints/filters/impersonation.

import type { Access, AccessAttributes } from '../../api/access.ts';
import { ANONYMOUS, AUTHENTICATED, serviceAccountOf, serviceAccountUser, UNAUTHENTICATED } from '../../api/access.ts';
import type { UserInfo } from '../../api/resource.ts';
import { badRequest, forbidden } from '../../api/status.ts';
import { forbiddenMessage } from '../../api/forbidden-message.ts';
import type { HttpRequest } from '../http.ts';

const EXTRA_PREFIX = 'impersonate-extra-';

/** Who the request is to count as. Throws Forbidden if `user` may not be them. */
export function impersonate(access: Access, user: UserInfo, { headers }: HttpRequest): UserInfo {
  const name = headers.get('impersonate-user') ?? '';
  const groups = list(headers.get('impersonate-group'));
  const uid = headers.get('impersonate-uid') ?? '';
  const extra = extraOf(headers);
  if (!name) {
    if (groups.length || uid || extra.size)
      throw badRequest('requested impersonation of groups, uid or extra without impersonating a user');
    return user;
  }
  const need = (resource: string, wanted: string, more: Partial<AccessAttributes> = {}): void => {
    const attributes: AccessAttributes = {
      isResource: true,
      verb: 'impersonate',
      group: '',
      version: 'v1',
      namespace: '',
      resource,
      subresource: '',
      name: wanted,
      path: '',
      ...more,
    };
    const { allowed, reason } = access.authorize(user, attributes);
    if (!allowed) throw forbidden({ group: attributes.group, resource }, wanted, forbiddenMessage(user, attributes, reason));
  };

  const account = serviceAccountOf(name);
  if (account) need('serviceaccounts', account.name, { namespace: account.namespace });
  else need('users', name);
  for (const group of groups) need('groups', group);
  for (const [key, values] of extra)
    for (const value of values) need('userextras', value, { group: 'authentication.k8s.io', subresource: key });
  if (uid) need('uids', uid, { group: 'authentication.k8s.io' });

  const own = groups.length
    ? groups
    : account
      ? serviceAccountUser(account.namespace, account.name).groups.filter((group) => group !== AUTHENTICATED)
      : [];
  const known = name === ANONYMOUS.name ? UNAUTHENTICATED : AUTHENTICATED;
  const complete = own.includes(known) || own.includes(UNAUTHENTICATED) ? own : [...own, known];
  return { name, ...(uid && { uid }), groups: complete, ...(extra.size && { extra: Object.fromEntries(extra) }) };
}

/** Several headers of one name reach us as one, joined by a comma and a space (Fetch, 2.2.2). A comma alone is a part of a value: `CN=a,OU=b`. */
const list = (value: string | null): string[] => (value ? value.split(', ').filter(Boolean) : []);

function extraOf(headers: HttpRequest['headers']): Map<string, string[]> {
  const out = new Map<string, string[]>();
  for (const header of headers.keys()) {
    const name = header.toLowerCase();
    if (name.startsWith(EXTRA_PREFIX)) out.set(decode(name.slice(EXTRA_PREFIX.length)), list(headers.get(name)));
  }
  return out;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
