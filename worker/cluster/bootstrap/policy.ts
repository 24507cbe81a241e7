// The API server's own policy: when it begins, roles and bindings that are missing are made, and rules and subjects that are missing in those that are there are
// added. What has more than it should keeps it. Mirrors pkg/registry/rbac/rest/storage_rbac.go and component-helpers auth/rbac/reconciliation.
// A sandbox that was made by an earlier release has that release's policy: it gets the newer one when it wakes.
//
// Keys: `all`.

import type { Controller, ControllerContext } from '../../api/controller.ts';
import type { AggregationRule, PolicyRule, Subject } from '../../api/gen/rbac-v1.ts';
import { StatusError } from '../../api/status.ts';
import { unhandled } from '../../controllers/unhandled.ts';
import { flowControlFacts } from '../../controllers/flow-control/producer.ts';
import { fnv1a32 } from '../../lib/hash.ts';
import { isEqual } from '../../lib/json.ts';
import { namespaces } from '../../resources/core/namespace.ts';
import { uncovered } from '../../server/authorization/rules.ts';
import type { PrivateState } from '../../store/store.ts';
import table from './rbac-table.ts';
import { AUTO_UPDATE, bootstrapPolicy } from './rbac.ts';
import type { PolicyObject, Wanted } from './rbac.ts';

export const BOOTSTRAP_POLICY = 'bootstrap-policy';
const SCOPE = 'bootstrap';

/** Which policy a release has, and which flow control objects. */
const policyVersion = (): string => (version ??= fnv1a32(table + flowControlFacts()).toString(36));
let version: string | undefined;

/** Whether a cluster has got the policy of this release. */
export const hasNewestPolicy = (state: PrivateState): boolean => state.get(SCOPE, 'policy') === policyVersion();
export const notePolicy = (state: PrivateState): void => state.set(SCOPE, 'policy', policyVersion());

export const makeBootstrapPolicy = (minor: number, state: PrivateState): Controller => ({
  name: BOOTSTRAP_POLICY,
  component: 'kube-apiserver',
  watches: [],
  start: ({ enqueue }, resumed) => {
    if (!resumed) enqueue('all');
  },
  reconcile(_key, context) {
    for (const wanted of bootstrapPolicy(minor)) ensure(wanted, context);
    notePolicy(state);
    return undefined;
  },
});

function ensure(wanted: Wanted, context: ControllerContext): void {
  const { resource, object } = wanted;
  const { name, namespace } = object.metadata;
  const title = `${resource.kind.toLowerCase()}.${resource.group}/${name}`;
  const place = namespace ? ` in ${namespace}` : '';
  try {
    const outcome = reconcile(wanted, context);
    if (outcome) context.log(outcome.isProtected ? 'W' : 'I', said(outcome, title, place));
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    context.log('E', unhandled(`unable to reconcile ${title}${place}: ${error.message}`));
  }
}

interface Outcome {
  readonly done: 'created' | 'recreated' | 'updated';
  readonly missing: readonly (PolicyRule | Subject)[];
  readonly isProtected: boolean;
}

function said({ done, missing, isProtected }: Outcome, title: string, place: string): string {
  const what = /binding\./.test(title) ? 'subjects' : 'permissions';
  const list = `[${missing.map(goText).join(' ')}]`;
  if (isProtected) return `skipped reconcile-protected ${title}${place} with missing ${what}: ${list}`;
  return done === 'updated' ? `updated ${title}${place} with additional ${what}: ${list}` : `${done} ${title}${place}`;
}

/** As Go prints a rule, or a subject. */
function goText(one: PolicyRule | Subject): string {
  if ('kind' in one) return `{${one.kind} ${one.apiGroup ?? ''} ${one.name} ${one.namespace ?? ''}}`;
  const { verbs, apiGroups = [], resources = [], resourceNames = [], nonResourceURLs = [] } = one;
  return `{${[verbs, apiGroups, resources, resourceNames, nonResourceURLs].map((list) => `[${(list ?? []).join(' ')}]`).join(' ')}}`;
}

/** Undefined if there is nothing to do. */
function reconcile({ resource, object }: Wanted, { api }: ControllerContext): Outcome | undefined {
  const { name, namespace = '' } = object.metadata;
  const known = api.get(resource, namespace, name);
  if (!known) {
    if (namespace && !api.get(namespaces, '', namespace)) api.create(namespaces, { metadata: { name: namespace } });
    api.create(resource, object);
    return { done: 'created', missing: [], isProtected: false };
  }
  const isProtected = known.metadata.annotations?.[AUTO_UPDATE] === 'false';
  if (object.roleRef && !isEqual(object.roleRef, known.roleRef)) {
    if (!isProtected) {
      api.delete(resource, namespace, name, { preconditions: { uid: known.metadata.uid } });
      api.create(resource, object);
    }
    return { done: 'recreated', missing: [], isProtected };
  }
  const { next, missing } = completed(known, object);
  if (isEqual(next, known)) return undefined;
  if (!isProtected) api.update(resource, next);
  return { done: 'updated', missing, isProtected };
}

/** With what it lacks of what is wanted. */
function completed(known: PolicyObject, wanted: PolicyObject): { next: PolicyObject; missing: (PolicyRule | Subject)[] } {
  const { labels, annotations } = wanted.metadata;
  const metadata = {
    ...known.metadata,
    ...(labels && { labels: { ...labels, ...known.metadata.labels } }),
    ...(annotations && { annotations: { ...annotations, ...known.metadata.annotations } }),
  };
  if (wanted.roleRef) {
    const missing = (wanted.subjects ?? []).filter((one) => !known.subjects?.some((other) => isEqual(one, other)));
    return { next: { ...known, metadata, ...(missing.length && { subjects: [...(known.subjects ?? []), ...missing] }) }, missing };
  }
  const { aggregationRule, ...rest } = known;
  const missing = isEqual(known.rules, wanted.rules) ? [] : (uncovered(known.rules ?? [], wanted.rules ?? []) as PolicyRule[]);
  const aggregation = wanted.aggregationRule && withSelectors(aggregationRule, wanted.aggregationRule);
  const rules = missing.length ? { rules: [...(known.rules ?? []), ...missing] } : {};
  return { next: { ...rest, metadata, ...rules, ...(aggregation && { aggregationRule: aggregation }) }, missing };
}

function withSelectors(known: AggregationRule | undefined, wanted: AggregationRule): AggregationRule {
  const selectors = known?.clusterRoleSelectors ?? [];
  const missing = (wanted.clusterRoleSelectors ?? []).filter((one) => !selectors.some((other) => isEqual(one, other)));
  return missing.length ? { ...known, clusterRoleSelectors: [...selectors, ...missing] } : (known ?? wanted);
}
