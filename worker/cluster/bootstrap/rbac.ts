// Reads the notation of `rbac-table.ts`, and makes the roles and bindings that are written in it.

import type { ClusterApi } from '../../api/controller.ts';
import type { AggregationRule, PolicyRule, RoleRef, Subject } from '../../api/gen/rbac-v1.ts';
import type { KubeObject } from '../../api/object.ts';
import type { Resource } from '../../api/resource.ts';
import { clusterRoles } from '../../resources/rbac/clusterrole.ts';
import { clusterRoleBindings } from '../../resources/rbac/clusterrolebinding.ts';
import { roles } from '../../resources/rbac/role.ts';
import { roleBindings } from '../../resources/rbac/rolebinding.ts';
import table from './rbac-table.ts';

const GROUP = 'rbac.authorization.k8s.io';
/** `false`: what the API server wants of it is not done. */
export const AUTO_UPDATE = 'rbac.authorization.kubernetes.io/autoupdate';

/** A role or a binding, of a cluster or of a namespace. */
export interface PolicyObject extends KubeObject {
  rules?: PolicyRule[] | null;
  aggregationRule?: AggregationRule;
  roleRef?: RoleRef;
  subjects?: Subject[];
}

/** An object there should be. */
export interface Wanted {
  readonly resource: Resource<PolicyObject>;
  readonly object: PolicyObject;
}

/** The API server's own: it marks them, and keeps them up to date. */
export function bootstrapPolicy(minor: number): readonly Wanted[] {
  let policy = policies.get(minor);
  if (!policy) policies.set(minor, (policy = readPolicy(tableFor(minor), true)));
  return policy;
}

const policies = new Map<number, readonly Wanted[]>();

export function createPolicy(api: ClusterApi, policy: readonly Wanted[]): void {
  for (const { resource, object } of policy) api.create(resource, object);
}

/** Without what came with later versions. */
const tableFor = (minor: number): string =>
  table
    .split(/\n(?! )/)
    .filter((block) => minor >= Number(/^\w+ \S+ since (\d+)/.exec(block)?.[1] ?? 0))
    .map((block) => block.replace(/^(\w+ \S+) since \d+/, '$1'))
    .join('\n')
    .split('\n')
    .filter((line) => minor >= Number(/ since (\d+)$/.exec(line)?.[1] ?? 0))
    .map((line) => line.replace(/ since \d+$/, ''))
    .join('\n');

/** Objects in the notation of the table. `isOwn`: of the API server. */
export function readPolicy(text: string, isOwn: boolean): Wanted[] {
  return text
    .trim()
    .split(/\n(?! )/)
    .map((block) => {
      const [head = '', ...rules] = block.split('\n');
      if (/^\w*RoleBinding /.test(head)) return readBinding(head, isOwn);
      return readRole(
        head,
        rules.map((line) => readRule(line.trim())),
        isOwn,
      );
    });
}

const metadataOf = (
  name: string,
  namespace: string | undefined,
  isOwn: boolean,
  labels: Record<string, string> = {},
): PolicyObject['metadata'] =>
  ({
    name,
    ...(namespace && { namespace }),
    ...(isOwn && {
      labels: { 'kubernetes.io/bootstrapping': 'rbac-defaults', ...labels },
      annotations: { [AUTO_UPDATE]: 'true' },
    }),
  }) as object as PolicyObject['metadata'];

const wanted = (resource: unknown, object: Omit<PolicyObject, 'kind' | 'apiVersion'>): Wanted => ({
  resource: resource as Resource<PolicyObject>,
  object: object as PolicyObject,
});

function readRole(head: string, rules: PolicyRule[], isOwn: boolean): Wanted {
  const [, kind, name = '', namespace, label, aggregates] = /^(\w+) (\S+)(?: in (\S+))?(?: label (\S+))?(?: aggregates (\S+))?$/.exec(
    head,
  )!;
  const [labelKey, labelValue = ''] = label?.split('=') ?? [];
  const metadata = metadataOf(name, namespace, isOwn, labelKey ? { [labelKey]: labelValue } : {});
  if (kind === 'Role') return wanted(roles, { metadata, rules });
  const aggregationRule = aggregates && { aggregationRule: { clusterRoleSelectors: [{ matchLabels: { [aggregates]: 'true' } }] } };
  return wanted(clusterRoles, { metadata, rules: aggregates ? null : rules, ...aggregationRule });
}

/** `get,list core,apps: pods deployments = web` or `get /healthz /version`. */
function readRule(line: string): PolicyRule {
  const [verbsText = '', ...rest] = line.split(' ');
  const verbs = verbsText.split(',');
  if (!rest[0]?.endsWith(':')) return { verbs, nonResourceURLs: rest };
  const apiGroups = rest[0]
    .slice(0, -1)
    .split(',')
    .map((group) => (group === 'core' ? '' : group));
  const equals = rest.indexOf('=');
  const resources = rest.slice(1, equals < 0 ? undefined : equals);
  return { verbs, apiGroups, resources, ...(equals > 0 && { resourceNames: rest.slice(equals + 1) }) };
}

function readBinding(head: string, isOwn: boolean): Wanted {
  const [, kind, name = '', namespace, role = '', subjectTexts = ''] = /^(\w+) (\S+)(?: in (\S+))? to (\S+) for ?(.*)$/.exec(head)!;
  const separator = role.indexOf(':');
  const roleRef = { apiGroup: GROUP, kind: role.slice(0, separator), name: role.slice(separator + 1) };
  const subjects = subjectTexts.split(' ').filter(Boolean).map(readSubject);
  const object = { metadata: metadataOf(name, namespace, isOwn), roleRef, ...(subjects.length && { subjects }) };
  return wanted(kind === 'RoleBinding' ? roleBindings : clusterRoleBindings, object);
}

/** `Group:system:masters`, `User:system:kube-scheduler`, `kube-system/job-controller`. */
function readSubject(text: string): Subject {
  const account = /^([^/:]+)\/(.+)$/.exec(text);
  if (account) return { kind: 'ServiceAccount', namespace: account[1]!, name: account[2]! };
  const separator = text.indexOf(':');
  return { apiGroup: GROUP, kind: text.slice(0, separator), name: text.slice(separator + 1) };
}
