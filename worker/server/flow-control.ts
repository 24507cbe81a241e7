// Which flow and priority level a request belongs to. Every answer says so in two headers, and a level without seats refuses. Mirrors apiserver
// pkg/util/flowcontrol (rule.go) and pkg/server/filters/priority-and-fairness.go.
// Differs: requests are answered one after another, each in its turn, so that none has to wait in a queue.

import { serviceAccountOf } from '../api/access.ts';
import type {
  FlowSchema,
  PolicyRulesWithSubjects,
  PriorityLevelConfiguration,
  ResourcePolicyRule,
  Subject,
} from '../api/gen/flowcontrol-v1.ts';
import type { Registry } from '../api/registry.ts';
import type { Resource, UserInfo } from '../api/resource.ts';
import { tooManyRequests } from '../api/status.ts';
import type { Metric } from '../lib/metrics.ts';
import type { RequestInfo } from './request-info.ts';

const GROUP = 'flowcontrol.apiserver.k8s.io';

export interface Flow {
  readonly schema: FlowSchema;
  readonly level: PriorityLevelConfiguration | undefined;
}

/** The first schema, by precedence and then by name, that speaks of the request. Undefined while there is none. */
export function flowOf({ resourceOf, list, get }: Registry, user: UserInfo, info: RequestInfo): Flow | undefined {
  const schemas = resourceOf(GROUP, 'FlowSchema') as Resource<FlowSchema> | undefined;
  const levels = resourceOf(GROUP, 'PriorityLevelConfiguration') as Resource<PriorityLevelConfiguration> | undefined;
  if (!schemas || !levels) return undefined;
  let best: FlowSchema | undefined;
  for (const schema of list(schemas)) if ((!best || isBefore(schema, best)) && matches(schema, user, info)) best = schema;
  return best && { schema: best, level: get(levels, '', best.spec.priorityLevelConfiguration.name) };
}

const isBefore = (a: FlowSchema, b: FlowSchema): boolean => {
  const [x, y] = [a.spec.matchingPrecedence ?? 0, b.spec.matchingPrecedence ?? 0];
  return x < y || (x === y && a.metadata.name < b.metadata.name);
};

const matches = ({ spec }: FlowSchema, user: UserInfo, info: RequestInfo): boolean =>
  (spec.rules ?? []).some((rule) => (rule.subjects ?? []).some((subject) => isSubject(subject, user)) && speaksOf(rule, info));

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

const has = (list: readonly string[] | null | undefined, one: string): boolean => list?.includes('*') || list?.includes(one) || false;

function speaksOf({ resourceRules, nonResourceRules }: PolicyRulesWithSubjects, info: RequestInfo): boolean {
  if (info.isResource) return (resourceRules ?? []).some((rule) => isAbout(rule, info));
  return (nonResourceRules ?? []).some(
    ({ verbs, nonResourceURLs }) => has(verbs, info.verb) && (nonResourceURLs ?? []).some((url) => isUrl(url, info.path)),
  );
}

function isAbout(rule: ResourcePolicyRule, { verb, group, resource, subresource, namespace }: RequestInfo): boolean {
  const name = subresource ? `${resource}/${subresource}` : resource;
  if (!has(rule.verbs, verb) || !has(rule.apiGroups, group) || !has(rule.resources, name)) return false;
  return namespace ? has(rule.namespaces, namespace) : (rule.clusterScope ?? false);
}

const isUrl = (url: string, path: string): boolean =>
  url === '*' || url === path || (url.endsWith('*') && path.startsWith(url.slice(0, -1)));

/** Throws 429 if the level has no seats at all. */
export function checkSeats({ level }: Flow): void {
  const limited = level?.spec.type === 'Limited' ? level.spec.limited : undefined;
  if (limited?.nominalConcurrencyShares === 0) throw tooManyRequests('too many requests, please try again later', 1);
}

export const flowHeaders = ({ schema, level }: Flow): Record<string, string> => ({
  'x-kubernetes-pf-flowschema-uid': schema.metadata.uid,
  ...(level && { 'x-kubernetes-pf-prioritylevel-uid': level.metadata.uid }),
});

/** Requests at a time, of a server whose flags nobody has set: --max-requests-inflight and --max-mutating-requests-inflight. */
const SEATS = 400 + 200;

/** How many of them each level has by its shares. Mirrors updateConcurrencyLimits of apiserver pkg/util/flowcontrol/apf_controller.go. */
export function nominalSeats({ resourceOf, list }: Registry): Metric {
  const levels = resourceOf(GROUP, 'PriorityLevelConfiguration') as Resource<PriorityLevelConfiguration> | undefined;
  const shares = (levels ? list(levels) : []).map(({ metadata, spec }) => ({
    name: metadata.name,
    share: (spec.type === 'Limited' ? spec.limited : spec.exempt)?.nominalConcurrencyShares ?? 0,
  }));
  const all = shares.reduce((sum, { share }) => sum + share, 0);
  return {
    name: 'apiserver_flowcontrol_nominal_limit_seats',
    help: 'Nominal number of execution seats configured for each priority level',
    type: 'gauge',
    stability: 'BETA',
    samples: shares.map(({ name, share }) => [{ priority_level: name }, Math.ceil((SEATS * share) / Math.max(all, 1))]),
  };
}
