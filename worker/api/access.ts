// Who may do what: the question, the answer, and the rules behind it. Asked by the server for every request, by admission for what a write would grant.

import type { UserInfo } from './resource.ts';

/** What somebody wants to do. `path` is for requests that are about no resource. */
export interface AccessAttributes {
  readonly isResource: boolean;
  readonly verb: string;
  readonly group: string;
  readonly version: string;
  readonly namespace: string;
  readonly resource: string;
  readonly subresource: string;
  readonly name: string;
  readonly path: string;
  /** Of a list, a watch or a deletion of many: what it is narrowed to, as it was given. */
  readonly fieldSelector?: string;
}

/** `reason` says why: of a refusal, what goes after upstream's sentence. */
export interface Decision {
  readonly allowed: boolean;
  /** Nobody after this one is asked. */
  readonly denied?: boolean;
  readonly reason: string;
}

export interface PolicyRule {
  readonly verbs: readonly string[];
  readonly apiGroups?: readonly string[];
  readonly resources?: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly nonResourceURLs?: readonly string[];
}

export interface Rules {
  readonly rules: readonly PolicyRule[];
  /** Roles that bindings name and that are not there. */
  readonly problems: readonly string[];
}

export interface Access {
  authorize(user: UserInfo, attributes: AccessAttributes): Decision;
  /** All that RBAC gives a user in a namespace ('' for the whole cluster). */
  rulesFor(user: UserInfo, namespace: string): Rules;
  /** The rules of a role that a binding names. Throws NotFound. */
  rulesOf(roleRef: { readonly kind: string; readonly name: string }, namespace: string): readonly PolicyRule[];
  /** What of `wanted` the rules held do not cover, as texts: `{APIGroups:[""], Resources:["secrets"], Verbs:["get"]}`. */
  uncovered(held: readonly PolicyRule[], wanted: readonly PolicyRule[]): string[];
}

/** Index terms of bindings: whom they speak of. A service account is its user; role bindings add their namespace, `@default`. */
export function subjectTerm(kind: string, name: string, namespace = ''): string {
  return kind === 'ServiceAccount' ? `subject/User/system:serviceaccount:${namespace}:${name}` : `subject/${kind}/${name}`;
}

export const MASTERS = 'system:masters';
export const AUTHENTICATED = 'system:authenticated';
export const UNAUTHENTICATED = 'system:unauthenticated';
export const ANONYMOUS: UserInfo = { name: 'system:anonymous', groups: [UNAUTHENTICATED] };

const SERVICE_ACCOUNT = /^system:serviceaccount:([^:]+):([^:]+)$/;

/** The namespace and name behind a service account's user name. */
export function serviceAccountOf(userName: string): { namespace: string; name: string } | undefined {
  const match = SERVICE_ACCOUNT.exec(userName);
  return match ? { namespace: match[1]!, name: match[2]! } : undefined;
}

export function serviceAccountUser(namespace: string, name: string, uid?: string): UserInfo {
  return {
    name: `system:serviceaccount:${namespace}:${name}`,
    ...(uid && { uid }),
    groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, AUTHENTICATED],
  };
}
