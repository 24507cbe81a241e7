// Quotas: what a request would use more is counted against every quota of its namespace that speaks of it, charged at once, and refused if it is too much.
// (The controller of quotas gives back.) Mirrors apiserver pkg/admission/plugin/resourcequota. As nothing runs at the same time, nobody can slip past.

import type { AdmissionContext, AdmissionPlugin, AdmissionRequest } from '../../api/admission.ts';
import type { Pod, ResourceQuota } from '../../api/gen/core-v1.ts';
import type { KubeObject } from '../../api/object.ts';
import type { Resource } from '../../api/resource.ts';
import { compareQuantities, subtractQuantities } from '../../lib/quantity.ts';
import type { ResourceList } from '../../resources/core/pod/resource-list.ts';
import { isLimitedInTime, matchesScopes } from '../../resources/core/quota/scopes.ts';
import { addUsage, limitedNames, usageOf } from '../../resources/core/quota/usage.ts';
import { resourceQuotas } from '../../resources/core/resourcequota.ts';
import { refusal } from '../refusal.ts';
import { missingAmounts } from './constraints.ts';
import { claimToCount, configureQuota, requireCover } from './limited.ts';
import type { QuotaConfiguration } from './limited.ts';

export const resourceQuota: AdmissionPlugin<QuotaConfiguration> = {
  name: 'ResourceQuota',
  operations: ['CREATE', 'UPDATE'],
  configure: configureQuota,
  // What is not stored is not counted.
  handles: ({ namespaced, resource, verbs }) => namespaced && resource !== 'events' && verbs.includes('delete'),
  validate(request, context, { limitedResources }) {
    if (!isCounted(request)) return;
    const { object, namespace, resource } = request;
    const quotas = context.reader.list(resourceQuotas, { namespace });
    if ((!quotas.length && !limitedResources.length) || !object) return;
    const counted = claimToCount(object);
    const matching = quotas
      .filter((quota) => matchesScopes(quota, resource, counted))
      .map((quota) => ({ quota, names: limitedNames(resource, Object.keys(quota.status.hard ?? {}), context.reader) }))
      .filter(({ names }) => names.length);
    for (const { quota, names } of matching) requireUsable(request, quota, names);
    if (!matching.length && !limitedResources.length) return;
    const usage = usageOf(resource, counted, context);
    const more = moreThanBefore(request, usage, context);
    const wanted = matching.map(({ quota }) => ({ quota, more: isCountedAnew(request, quota) ? usage : more }));
    if (!(wanted.length ? wanted : [{ more }]).some((one) => Object.keys(one.more).length)) return;
    if (limitedResources.length) {
      const covered = matching.flatMap(({ names }) => names);
      requireCover(limitedResources, { ...request, object: counted }, usage, quotas, covered);
    }
    const charged: [ResourceQuota, ResourceList][] = [];
    for (const one of wanted) {
      const used = charge(request, one.quota, one.more);
      if (used) charged.push([one.quota, used]);
    }
    for (const [quota, used] of charged)
      context.store.writeStatus(resourceQuotas as Resource, { ...quota, status: { ...quota.status, used } } as KubeObject);
  },
};

/** Most objects count when they are made; a few may come to use more later, or come into a scope. */
function isCounted({ operation, resource: { group, resource }, subresource, object, old }: AdmissionRequest): boolean {
  const isClaim = group === '' && resource === 'persistentvolumeclaims';
  const isPod = group === '' && resource === 'pods';
  if (subresource) return operation === 'UPDATE' && ((isPod && subresource === 'resize') || (isClaim && subresource === 'status'));
  if (operation === 'CREATE') return true;
  if (isPod) return operation === 'UPDATE' && isLimitedInTime(object as Pod) !== isLimitedInTime(old as Pod);
  const grows = isClaim || (group === '' && resource === 'services') || (group === 'resource.k8s.io' && resource === 'resourceclaims');
  return operation === 'UPDATE' && grows;
}

/** The object says what the quota limits, and the quota what is used of it. */
function requireUsable(
  request: AdmissionRequest,
  { metadata: { name }, status: { used = {} } }: ResourceQuota,
  names: readonly string[],
): void {
  if (request.resource.group === '' && request.resource.resource === 'pods') {
    const missing = missingAmounts(request.object as Pod, names);
    if (missing) throw refusal(request, `failed quota: ${name}: must specify ${missing}`);
  }
  if (names.some((one) => used[one] === undefined))
    throw refusal(request, `status unknown for quota: ${name}, resources: ${[...names].sort().join(',')}`);
}

/** What the object uses more than before. */
function moreThanBefore({ resource, old }: AdmissionRequest, usage: ResourceList, context: AdmissionContext): ResourceList {
  if (!old) return withoutNothing(usage);
  const before = usageOf(resource, old, context);
  return withoutNothing(
    Object.fromEntries(
      Object.entries(usage).map(([name, amount]) => [name, before[name] === undefined ? amount : subtractQuantities(amount, before[name])]),
    ),
  );
}

const withoutNothing = (amounts: ResourceList): ResourceList =>
  Object.fromEntries(Object.entries(amounts).filter(([, amount]) => compareQuantities(amount, '0') > 0));

/** A quota that was not about the object before it changed has not counted it. */
const isCountedAnew = ({ resource, old }: AdmissionRequest, quota: ResourceQuota): boolean =>
  old !== undefined && !matchesScopes(quota, resource, old);

/** The quota's usage with this request in it; undefined if it makes no difference. Throws if it is too much. */
function charge(request: AdmissionRequest, { metadata: { name }, status }: ResourceQuota, more: ResourceList): ResourceList | undefined {
  const { hard = {}, used = {} } = status;
  const requested: ResourceList = Object.fromEntries(
    Object.entries(more).filter(([one, amount]) => hard[one] !== undefined && compareQuantities(amount, '0') > 0),
  );
  const different = Object.keys(requested);
  if (!different.length) return undefined;
  const next = { ...used };
  addUsage(next, requested);
  const exceeded = different.filter((one) => compareQuantities(next[one], hard[one]) > 0).sort();
  if (exceeded.length && request.subresource !== 'status') {
    const text = (amounts: ResourceList): string => exceeded.map((one) => `${one}=${amounts[one]}`).join(',');
    throw refusal(request, `exceeded quota: ${name}, requested: ${text(requested)}, used: ${text(used)}, limited: ${text(hard)}`);
  }
  return next;
}
