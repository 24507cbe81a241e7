// Which flow schema speaks of a request. Mirrors apiserver pkg/util/flowcontrol/rule.go; the schemas whose subjects a user is are looked for once for each user.

import { serviceAccountOf } from '../../api/access.ts';
import type { FlowSchema, PolicyRulesWithSubjects, ResourcePolicyRule, Subject } from '../../api/gen/flowcontrol-v1.ts';
import type { UserInfo } from '../../api/resource.ts';
import type { RequestInfo } from '../request-info.ts';

interface Candidate {
  readonly schema: FlowSchema;
  /** Those of its rules that speak of the user. */
  readonly rules: readonly PolicyRulesWithSubjects[];
}

/** Of a user. */
interface Known {
  readonly candidates: readonly Candidate[];
  /** By what was asked for. */
  readonly answers: Map<string, FlowSchema>;
}

const MAX_ANSWERS = 1000;
const CATCH_ALL = 'catch-all';

export class Classifier {
  readonly #schemas: readonly FlowSchema[];
  readonly #candidates = new WeakMap<UserInfo, Known>();

  /** `schemas` in any order, `catch-all` among them. */
  constructor(schemas: readonly FlowSchema[]) {
    this.#schemas = schemas.toSorted(byPrecedence);
  }

  /** The first by precedence, and then by name; `catch-all` if none speaks of the request. */
  schemaOf(user: UserInfo, info: RequestInfo): FlowSchema {
    const { candidates, answers } = this.#knownOf(user);
    if (!info.isResource) return this.#find(candidates, info);
    const key = `${info.verb} ${info.group}/${info.resource}/${info.subresource} ${info.namespace}`;
    let schema = answers.get(key);
    if (!schema) {
      if (answers.size >= MAX_ANSWERS) answers.clear();
      answers.set(key, (schema = this.#find(candidates, info)));
    }
    return schema;
  }

  #find(candidates: readonly Candidate[], info: RequestInfo): FlowSchema {
    for (const { schema, rules } of candidates) if (rules.some((rule) => speaksOf(rule, info))) return schema;
    return this.#schemas.find(({ metadata }) => metadata.name === CATCH_ALL)!;
  }

  #knownOf(user: UserInfo): Known {
    let known = this.#candidates.get(user);
    if (!known) {
      const candidates = this.#schemas
        .map((schema) => ({ schema, rules: (schema.spec.rules ?? []).filter((rule) => isAbout(rule, user)) }))
        .filter(({ rules }) => rules.length);
      this.#candidates.set(user, (known = { candidates, answers: new Map() }));
    }
    return known;
  }
}

const byPrecedence = (a: FlowSchema, b: FlowSchema): number =>
  a.spec.matchingPrecedence - b.spec.matchingPrecedence || (a.metadata.name < b.metadata.name ? -1 : 1);

const isAbout = ({ subjects }: PolicyRulesWithSubjects, user: UserInfo): boolean =>
  (subjects ?? []).some((subject) => isSubject(subject, user));

function isSubject({ kind, user: one, group, serviceAccount }: Subject, user: UserInfo): boolean {
  switch (kind) {
    case 'User':
      return one?.name === '*' || one?.name === user.name;
    case 'Group':
      return group?.name === '*' || user.groups.includes(group?.name ?? '');
    case 'ServiceAccount': {
      const account = serviceAccountOf(user.name);
      if (!account || account.namespace !== serviceAccount?.namespace) return false;
      return serviceAccount.name === '*' || serviceAccount.name === account.name;
    }
    default:
      return false;
  }
}

const has = (list: readonly string[] | null | undefined, one: string): boolean =>
  list !== null && list !== undefined && (list.includes(one) || (list.length === 1 && list[0] === '*'));

function speaksOf({ resourceRules, nonResourceRules }: PolicyRulesWithSubjects, info: RequestInfo): boolean {
  if (info.isResource) return (resourceRules ?? []).some((rule) => speaksOfResource(rule, info));
  return (nonResourceRules ?? []).some(
    ({ verbs, nonResourceURLs }) => has(verbs, info.verb) && (nonResourceURLs ?? []).some((url) => isUrl(url, info.path)),
  );
}

function speaksOfResource(rule: ResourcePolicyRule, { verb, group, resource, subresource, namespace }: RequestInfo): boolean {
  const name = subresource ? `${resource}/${subresource}` : resource;
  if (!has(rule.verbs, verb) || !has(rule.resources, name) || !has(rule.apiGroups, group)) return false;
  return namespace ? has(rule.namespaces, namespace) : (rule.clusterScope ?? false);
}

/** A rule's path covers what is below it, with or without a star at its end. */
function isUrl(url: string, path: string): boolean {
  if (url === '*' || url === path) return true;
  const start = url.replace(/\*$/, '');
  return path.startsWith(start.endsWith('/') ? start : `${start}/`);
}
