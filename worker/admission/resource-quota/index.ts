// Quotas: what a request would use more is counted against every quota of its namespace that speaks of it, charged at once, and refused if it is too much.
// (The controller of quotas gives back.) Mirrors apiserver pkg/admission/plugin/resourcequota. As nothing runs at the same time, nobody can slip past.

import type { AdmissionContext, AdmissionPlugin, AdmissionRequest } from '../../api/admission.ts';
import type { Pod, ResourceQuota } from '../../api/gen/core-v1.ts';
import type { KubeObject } from '../../api/object.ts';
import type { Resource } from '../../api/resource.ts';
import { compareQuantities, subtractQuantities } from '../../lib/quantity.ts';
import type { ResourceList } from '../../resources/core/pod/resource-list.ts';
import { matchesScopes } from '../../resources/core/quota/scopes.ts';
import { addUsage, limitedNames, usageOf } from '../../resources/core/quota/usage.ts';
import { resourceQuotas } from '../../resources/core/resourcequota.ts';
import { refusal } from '../refusal.ts';
import { missingAmounts } from './constraints.ts';
import { claimToCount, configureQuota, requireCover } from './limited.ts';
import type { QuotaConfiguration } from './limited.ts';

export const resourceQuota: AdmissionPlugin<QuotaConfiguration> = {
  name: 'ResourceQuota',
  configure: configureQuota,
  handles: ({ namespaced, resource }) => namespaced && resource !== 'events',
  validate(request, context, { limitedResources }) {
    if (!isCounted(request)) return;
    const { object, namespace, resource } = request;
    const quotas = context.reader.list(resourceQuotas, { namespace });
    if ((!quotas.length && !limitedResources.length) || !object) return;
    const matching = quotas
      .filter((quota) => matchesScopes(quota, resource, object))
      .map((quota) => ({ quota, names: limitedNames(resource, Object.keys(quota.status.hard ?? {}), context.reader) }));
    for (const { quota, names } of matching) requireUsable(request, quota, names);
    if (limitedResources.length)
      requireCover(
        limitedResources,
        request,
        quotas,
        matching.flatMap(({ names }) => names),
        context,
      );
    const charged: [ResourceQuota, ResourceList][] = [];
    for (const { quota, names } of matching) {
      const used = names.length ? charge(request, quota, names, context) : undefined;
      if (used) charged.push([quota, used]);
    }
    for (const [quota, used] of charged)
      context.store.writeStatus(resourceQuotas as Resource, { ...quota, status: { ...quota.status, used } } as KubeObject);
  },
};

/** Most objects count when they are made; a few may come to use more later. */
function isCounted({ operation, resource: { group, resource }, subresource }: AdmissionRequest): boolean {
  const isClaim = group === '' && resource === 'persistentvolumeclaims';
  if (subresource)
    return (
      operation === 'UPDATE' && ((group === '' && resource === 'pods' && subresource === 'resize') || (isClaim && subresource === 'status'))
    );
  if (operation === 'CREATE') return true;
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

/** The quota's usage with this request in it; undefined if it makes no difference. Throws if it is too much. */
function charge(
  request: AdmissionRequest,
  quota: ResourceQuota,
  names: readonly string[],
  context: AdmissionContext,
): ResourceList | undefined {
  const { subresource } = request;
  const { name } = quota.metadata;
  const { hard = {}, used = {} } = quota.status;
  const requested = requestedOf(request, quota, names, context);
  const different = Object.keys(requested);
  if (!different.length) return undefined;
  const next = { ...used };
  addUsage(next, requested);
  const exceeded = different.filter((one) => hard[one] !== undefined && compareQuantities(next[one], hard[one]) > 0);
  if (exceeded.length && subresource !== 'status') {
    const text = (amounts: ResourceList): string =>
      [...exceeded]
        .sort()
        .map((one) => `${one}=${amounts[one]}`)
        .join(',');
    throw refusal(request, `exceeded quota: ${name}, requested: ${text(requested)}, used: ${text(used)}, limited: ${text(hard)}`);
  }
  return next;
}

/** What the object uses more than before, of what the quota limits. */
function requestedOf(
  { resource, object, old }: AdmissionRequest,
  quota: ResourceQuota,
  names: readonly string[],
  context: AdmissionContext,
): ResourceList {
  const usage = usageOf(resource, claimToCount(object!), context);
  const before = old && matchesScopes(quota, resource, old) ? usageOf(resource, old, context) : {};
  const out: ResourceList = {};
  for (const name of names) {
    if (usage[name] === undefined) continue;
    const more = before[name] === undefined ? usage[name] : subtractQuantities(usage[name], before[name]);
    if (compareQuantities(more, '0') > 0) out[name] = more;
  }
  return out;
}
