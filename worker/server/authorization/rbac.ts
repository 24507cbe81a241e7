// Role-based access: the bindings that speak of a user, and the rules of the roles they name. Mirrors kubernetes plugin/pkg/auth/authorizer/rbac.

import type { Access, AccessAttributes, Decision, PolicyRule, Rules } from '../../api/access.ts';
import { MASTERS, subjectTerm } from '../../api/access.ts';
import type { KubeObject } from '../../api/object.ts';
import type { ClusterReader, Resource, UserInfo } from '../../api/resource.ts';
import { notFound } from '../../api/status.ts';
import { compact, ruleAllows, ruleText, uncovered } from './rules.ts';

const GROUP = 'rbac.authorization.k8s.io';

interface Role extends KubeObject {
  rules: PolicyRule[] | null;
}

interface Binding extends KubeObject {
  subjects?: { kind: string; name: string; namespace?: string }[];
  roleRef: { kind: string; name: string };
}

/** A rule, and how the user came by it. */
interface Grant {
  readonly rules: readonly PolicyRule[];
  readonly source: string;
}

export function makeRbac(reader: ClusterReader): Access {
  const resource = <T extends KubeObject>(kind: string): Resource<T> => reader.resourceOf(GROUP, kind) as unknown as Resource<T>;

  const rulesOf = (roleRef: { kind: string; name: string }, namespace: string): readonly PolicyRule[] => {
    const role = reader.get(resource<Role>(roleRef.kind), namespace, roleRef.name);
    if (!role) throw notFound({ group: GROUP, resource: roleRef.kind === 'Role' ? 'roles' : 'clusterroles' }, roleRef.name);
    return role.rules ?? [];
  };

  const visit = (user: UserInfo, namespace: string, see: (grant: Grant | undefined, problem: string) => boolean): void => {
    const terms = [subjectTerm('User', user.name), ...user.groups.map((group) => subjectTerm('Group', group))];
    const kinds = namespace ? ['ClusterRoleBinding', 'RoleBinding'] : ['ClusterRoleBinding'];
    for (const kind of kinds) {
      for (const [i, term] of terms.entries()) {
        for (const binding of reader.lookup(resource<Binding>(kind), kind === 'RoleBinding' ? `${term}@${namespace}` : term)) {
          const { name, namespace: place = '' } = binding.metadata;
          const { roleRef } = binding;
          const role = reader.get(resource<Role>(roleRef.kind), place, roleRef.name);
          const subject = i === 0 ? subjectText(user.name) : `Group ${JSON.stringify(user.groups[i - 1])}`;
          const source = `${kind} ${JSON.stringify(place ? `${name}/${place}` : name)} of ${roleRef.kind} ${JSON.stringify(roleRef.name)} to ${subject}`;
          const problem = role ? '' : `${roleRef.kind.toLowerCase()}.${GROUP} ${JSON.stringify(roleRef.name)} not found`;
          if (!see(role && { rules: role.rules ?? [], source }, problem)) return;
        }
      }
    }
  };

  return {
    rulesOf,
    uncovered: (held, wanted) => compact(uncovered(held, wanted)).map(ruleText),
    authorize: (user, attributes): Decision => {
      if (user.groups.includes(MASTERS)) return { allowed: true, reason: '' };
      return byRules(user, attributes, visit);
    },
    rulesFor: (user, namespace): Rules => {
      const rules: PolicyRule[] = [];
      const problems: string[] = [];
      visit(user, namespace, (grant, problem) => {
        if (grant) rules.push(...grant.rules);
        else problems.push(problem);
        return true;
      });
      return { rules, problems };
    },
  };
}

type Visit = (user: UserInfo, namespace: string, see: (grant: Grant | undefined, problem: string) => boolean) => void;

function byRules(user: UserInfo, attributes: AccessAttributes, visit: Visit): Decision {
  const problems = new Set<string>();
  let by: string | undefined;
  visit(user, attributes.isResource ? attributes.namespace : '', (grant, problem) => {
    if (!grant) problems.add(problem);
    else if (grant.rules.some((rule) => ruleAllows(rule, attributes))) by = grant.source;
    return by === undefined;
  });
  if (by !== undefined) return { allowed: true, reason: `RBAC: allowed by ${by}` };
  const list = [...problems];
  return { allowed: false, reason: list.length ? `RBAC: ${list.length === 1 ? list[0] : `[${list.join(', ')}]`}` : '' };
}

/** Upstream names a service account as the binding's subject does. */
function subjectText(userName: string): string {
  const match = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(userName);
  return match ? `ServiceAccount ${JSON.stringify(`${match[2]}/${match[1]}`)}` : `User ${JSON.stringify(userName)}`;
}
