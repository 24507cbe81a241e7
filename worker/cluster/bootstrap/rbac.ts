// Makes the roles and bindings of `rbac-table.ts`.

import type { ClusterApi } from '../../api/controller.ts';
import type { PolicyRule, Subject } from '../../api/gen/rbac-v1.ts';
import { clusterRoles } from '../../resources/rbac/clusterrole.ts';
import { clusterRoleBindings } from '../../resources/rbac/clusterrolebinding.ts';
import { roles } from '../../resources/rbac/role.ts';
import { roleBindings } from '../../resources/rbac/rolebinding.ts';
import table from './rbac-table.ts';

const GROUP = 'rbac.authorization.k8s.io';

export const bootstrapRbac = (api: ClusterApi, minor: number): void => createRbac(api, tableFor(minor), true);

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

/** Objects in the notation of the table. The API server keeps its own up to date, and marks them. */
export function createRbac(api: ClusterApi, text: string, isOwn: boolean): void {
  for (const block of text.trim().split(/\n(?! )/)) {
    const [head = '', ...rules] = block.split('\n');
    if (/^\w*RoleBinding /.test(head)) createBinding(api, head, isOwn);
    else
      createRole(
        api,
        head,
        rules.map((line) => readRule(line.trim())),
        isOwn,
      );
  }
}

const metadataOf = (name: string, namespace: string | undefined, isOwn: boolean, labels: Record<string, string> = {}): object => ({
  name,
  ...(namespace && { namespace }),
  ...(isOwn && {
    labels: { 'kubernetes.io/bootstrapping': 'rbac-defaults', ...labels },
    annotations: { 'rbac.authorization.kubernetes.io/autoupdate': 'true' },
  }),
});

function createRole(api: ClusterApi, head: string, rules: PolicyRule[], isOwn: boolean): void {
  const [, kind, name = '', namespace, label, aggregates] = /^(\w+) (\S+)(?: in (\S+))?(?: label (\S+))?(?: aggregates (\S+))?$/.exec(
    head,
  )!;
  const [labelKey, labelValue = ''] = label?.split('=') ?? [];
  const metadata = metadataOf(name, namespace, isOwn, labelKey ? { [labelKey]: labelValue } : {});
  if (kind === 'Role') {
    api.create(roles, { metadata, rules });
    return;
  }
  const aggregationRule = aggregates && { aggregationRule: { clusterRoleSelectors: [{ matchLabels: { [aggregates]: 'true' } }] } };
  api.create(clusterRoles, { metadata, rules: aggregates ? null : rules, ...aggregationRule });
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

function createBinding(api: ClusterApi, head: string, isOwn: boolean): void {
  const [, kind, name = '', namespace, role = '', subjectTexts = ''] = /^(\w+) (\S+)(?: in (\S+))? to (\S+) for ?(.*)$/.exec(head)!;
  const separator = role.indexOf(':');
  const roleRef = { apiGroup: GROUP, kind: role.slice(0, separator), name: role.slice(separator + 1) };
  const subjects = subjectTexts.split(' ').filter(Boolean).map(readSubject);
  const object = { metadata: metadataOf(name, namespace, isOwn), roleRef, ...(subjects.length && { subjects }) };
  if (kind === 'RoleBinding') api.create(roleBindings, object);
  else api.create(clusterRoleBindings, object);
}

/** `Group:system:masters`, `User:system:kube-scheduler`, `kube-system/job-controller`. */
function readSubject(text: string): Subject {
  const account = /^([^/:]+)\/(.+)$/.exec(text);
  if (account) return { kind: 'ServiceAccount', namespace: account[1]!, name: account[2]! };
  const separator = text.indexOf(':');
  return { apiGroup: GROUP, kind: text.slice(0, separator), name: text.slice(separator + 1) };
}
