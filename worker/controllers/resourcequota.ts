// The usage in the status of ResourceQuotas, added up anew whenever something that counts comes, goes or changes. Mirrors pkg/controller/resourcequota.
// (Admission charges for what it lets in at once; this gives back, and puts right.)

import { delayed, watch, watchAll } from '../api/controller.ts';
import type { ChangeType, Controller, ControllerContext, Requeue } from '../api/controller.ts';
import type { ContainerStatus, Pod, ResourceQuota, Service } from '../api/gen/core-v1.ts';
import { isTerminating, keyOf, splitKey } from '../api/object.ts';
import type { KubeObject } from '../api/object.ts';
import type { ClusterReader, Resource } from '../api/resource.ts';
import { isEqual } from '../lib/json.ts';
import { compareQuantities } from '../lib/quantity.ts';
import { isTerminal } from '../resources/core/pod-state.ts';
import { pods } from '../resources/core/pod.ts';
import type { ResourceList } from '../resources/core/pod/resource-list.ts';
import { isLimitedInTime, matchesScopes } from '../resources/core/quota/scopes.ts';
import { addUsage, isCharged, limitedNames, usageOf } from '../resources/core/quota/usage.ts';
import { resourceQuotas } from '../resources/core/resourcequota.ts';
import { collectedResources } from './garbage-collector/dependents.ts';
import { Pace } from './pace.ts';

/** Upstream adds everything up anew this often. Here it is done only while there is something that time alone changes: a pod that should be gone. */
const RESYNC_MS = 5 * 60_000;

export function makeResourceQuotaController(): Controller {
  const pace = new Pace();
  return {
    name: 'resourcequota_primary',
    component: 'kube-controller-manager',
    serviceAccount: 'resourcequota-controller',
    watches: [
      watch(resourceQuotas),
      watchAll(keysOfObject),
      {
        ...delayed(
          RESYNC_MS,
          watch(pods, (pod, previous, reader) =>
            previous && isTerminating(pod) && !isTerminating(previous)
              ? reader.list(resourceQuotas, { namespace: pod.metadata.namespace ?? '' }).map(keyOf)
              : NONE,
          ),
        ),
        background: true,
      },
    ],
    reconcile(key, context) {
      const { namespace, name } = splitKey(key);
      const quota = context.api.get(resourceQuotas, namespace, name);
      if (!quota) return pace.forget(key);
      const size = Number(quota.status.used?.['pods'] ?? quota.status.used?.['count/pods'] ?? 0);
      const wait = pace.wait(key, size, context.now());
      return wait > 0 ? { after: wait } : sync(quota, context);
    },
  };
}

/** The quotas that count an object. */
function keysOfObject(object: KubeObject, previous: KubeObject | undefined, reader: ClusterReader, type: ChangeType): readonly string[] {
  const { namespace } = object.metadata;
  if (!namespace || object.kind === 'Event' || object.kind === 'ResourceQuota') return NONE;
  if (type === 'updated' && !changesUsage(object, previous)) return NONE;
  const quotas = reader.list(resourceQuotas, { namespace });
  if (!quotas.length) return NONE;
  const slash = object.apiVersion.indexOf('/');
  const resource = reader.resourceOf(slash < 0 ? '' : object.apiVersion.slice(0, slash), object.kind);
  if (!resource) return NONE;
  return quotas.filter(({ status }) => limitedNames(resource, Object.keys(status.hard ?? {}), reader).length).map(keyOf);
}

const NONE: readonly string[] = [];

/** Most updates make no difference. */
function changesUsage(object: KubeObject, previous: KubeObject | undefined): boolean {
  if (!previous) return true;
  switch (`${object.apiVersion} ${object.kind}`) {
    case 'v1 Pod': {
      const [now, before] = [object as Pod, previous as Pod];
      const amounts = ({ spec }: Pod): unknown[] => spec.containers.map(({ resources }) => resources);
      return (
        isTerminal(now) !== isTerminal(before) ||
        isLimitedInTime(now) !== isLimitedInTime(before) ||
        (now.spec.containers !== before.spec.containers && !isEqual(amounts(now), amounts(before))) ||
        hasResized(now.status.containerStatuses, before.status.containerStatuses) ||
        hasResized(now.status.initContainerStatuses, before.status.initContainerStatuses)
      );
    }
    case 'v1 Service':
      return (
        (object as Service).spec.type !== (previous as Service).spec.type ||
        !isEqual((object as Service).spec.ports, (previous as Service).spec.ports)
      );
    case 'v1 PersistentVolumeClaim':
      return true;
    default:
      return false;
  }
}

/** What some container holds has changed. */
const hasResized = (now: readonly ContainerStatus[] = [], before: readonly ContainerStatus[] = []): boolean =>
  now !== before &&
  before.some(({ name, resources }) => {
    const one = now.find((other) => other.name === name);
    return one !== undefined && one.resources !== resources && !isEqual(one.resources, resources);
  });

function sync(quota: ResourceQuota, { api, config, now }: ControllerContext): Requeue | undefined {
  const around = { reader: api, config, now };
  const { namespace = '' } = quota.metadata;
  const { hard = {} } = quota.spec;
  const names = Object.keys(hard);
  const found: ResourceList = {};
  let isPassing = false;
  for (const resource of collectedResources(api) as Resource[]) {
    const limited = resource.namespaced ? limitedNames(resource, names, api) : [];
    if (!limited.length) continue;
    const total: ResourceList = Object.fromEntries(limited.map((name) => [name, '0']));
    for (const object of api.list(resource, { namespace })) {
      if (!matchesScopes(quota, resource, object)) continue;
      addUsage(total, usageOf(resource, object, around));
      isPassing ||= object.kind === 'Pod' && object.metadata.deletionTimestamp !== undefined && isCharged(object as Pod, now());
    }
    addUsage(found, Object.fromEntries(limited.map((name) => [name, total[name]!])));
  }
  const before = quota.status.used ?? {};
  // What nobody here can count stays as it was said to be.
  const used = Object.fromEntries(
    names.flatMap((name) => ((found[name] ?? before[name]) === undefined ? [] : [[name, found[name] ?? before[name]!]])),
  );
  const again: Requeue | undefined = isPassing ? { after: RESYNC_MS, background: true } : undefined;
  if (isEqual(hard, quota.status.hard ?? {}) && quota.status.used && sameAmounts(used, before)) return again;
  const status = { ...(names.length && { hard }), ...(Object.keys(used).length && { used }) };
  if (!isEqual(status, quota.status)) api.updateStatus(resourceQuotas, { ...quota, status });
  return again;
}

function sameAmounts(a: ResourceList, b: ResourceList): boolean {
  const names = Object.keys(a);
  return (
    names.length === Object.keys(b).length && names.every((name) => b[name] !== undefined && compareQuantities(a[name], b[name]) === 0)
  );
}
