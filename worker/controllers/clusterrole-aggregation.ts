// ClusterRoles made of others: their rules are those of all the roles that their selectors take. Mirrors
// pkg/controller/clusterroleaggregation.

import { watch } from '../api/controller.ts';
import type { Controller } from '../api/controller.ts';
import type { ClusterRole, PolicyRule } from '../api/gen/rbac-v1.ts';
import { isTerminating } from '../api/object.ts';
import type { ClusterReader } from '../api/resource.ts';
import { labelSelectorOf, matchesLabels } from '../api/selectors.ts';
import { isEqual } from '../lib/json.ts';
import { AGGREGATED, clusterRoles } from '../resources/rbac/clusterrole.ts';

export const clusterRoleAggregation: Controller = {
  name: 'clusterrole-aggregation',
  component: 'kube-controller-manager',
  serviceAccount: 'clusterrole-aggregation-controller',
  fieldManager: 'clusterrole-aggregation-controller',
  watches: [watch(clusterRoles, keysOf)],
  reconcile(name, { api }) {
    const role = api.get(clusterRoles, '', name);
    if (!role?.aggregationRule || isTerminating(role)) return;
    const rules = gather(role, api);
    if (!isEqual(rules, role.rules ?? [])) api.apply(clusterRoles, { metadata: { name }, ...(rules.length && { rules }) });
  },
};

/** The role itself, and those that take it now or took it before. */
function* keysOf(role: ClusterRole, previous: ClusterRole | undefined, reader: ClusterReader, type: string): Iterable<string> {
  if (role.aggregationRule && type !== 'deleted') yield role.metadata.name;
  const [now, before] = [
    type === 'deleted' ? undefined : role.metadata.labels,
    previous?.metadata.labels ?? (type === 'deleted' ? role.metadata.labels : undefined),
  ];
  const isSame = type === 'updated' && isEqual(now, before) && isEqual(role.rules, previous?.rules);
  if (isSame) return;
  for (const other of reader.lookup(clusterRoles, AGGREGATED)) {
    if (other.metadata.name !== role.metadata.name && (takes(other, now) || takes(other, before))) yield other.metadata.name;
  }
}

const takes = ({ aggregationRule }: ClusterRole, labels: Readonly<Record<string, string>> | undefined): boolean =>
  labels !== undefined &&
  (aggregationRule?.clusterRoleSelectors ?? []).some((selector) => matchesLabels(labelSelectorOf(selector), labels));

/** Of equal rules one. */
function gather(role: ClusterRole, reader: ClusterReader): PolicyRule[] {
  const rules: PolicyRule[] = [];
  const seen = new Set<string>();
  for (const selector of role.aggregationRule?.clusterRoleSelectors ?? []) {
    for (const other of reader.list(clusterRoles, { selector: labelSelectorOf(selector) })) {
      if (other.metadata.name === role.metadata.name) continue;
      for (const rule of other.rules ?? []) {
        const text = JSON.stringify(rule);
        if (seen.has(text)) continue;
        seen.add(text);
        rules.push(rule);
      }
    }
  }
  return rules;
}
