// What an object counts against a ResourceQuota, by the names of resources that quotas may limit. Used when usage is added up, and when a request is admitted.
// Mirrors kubernetes pkg/quota/v1/evaluator/core.

import type { PersistentVolumeClaim, Pod, Service } from '../../../api/gen/core-v1.ts';
import type { ResourceClaim } from '../../../api/gen/resource-v1.ts';
import { controllerOf } from '../../../api/object.ts';
import type { KubeObject } from '../../../api/object.ts';
import { indexTerm } from '../../../api/resource.ts';
import type { ClusterConfig, ClusterReader, Resource } from '../../../api/resource.ts';
import { addQuantities, compareQuantities, formatQuantity, parseQuantity, subtractQuantities } from '../../../lib/quantity.ts';
import { timeOf } from '../../../lib/time.ts';
import { CLASS_PREFIX, classOfResource, deviceClasses, isDeviceResource } from '../../resource/deviceclass.ts';
import { isExtendedResourceClaim, resourceClaims } from '../../resource/resourceclaim.ts';
import { podLimits, podRequests } from '../pod/aggregate.ts';
import { isHugePages, isNativeResource } from '../pod/resource-list.ts';
import type { ResourceList } from '../pod/resource-list.ts';
import { isTerminal } from '../pod-state.ts';
import { pods } from '../pod.ts';

type Named = Pick<Resource, 'group' | 'resource'>;

/** What counting may look at, besides the object. */
export interface Surroundings {
  readonly reader: ClusterReader;
  readonly config: Pick<ClusterConfig, 'minor'>;
  now(): number;
}

/** `count/deployments.apps`, `count/pods`. */
export const countName = ({ group, resource }: Named): string => `count/${resource}${group && `.${group}`}`;

/** Names that some kinds have for their number from before `count/`. */
const ALIASES: ReadonlySet<string> = new Set(['configmaps', 'resourcequotas', 'replicationcontrollers', 'secrets']);
const STORAGE_CLASS = '.storageclass.storage.k8s.io/';
const DEVICES = '.deviceclass.resource.k8s.io/devices';
const BETA_STORAGE_CLASS = 'volume.beta.kubernetes.io/storage-class';
/** What a request for all devices counts as. */
const ALL_DEVICES = 32;

/** Of the names a quota limits, those that objects of a resource count against. */
export function limitedNames(of: Named, names: readonly string[], reader: ClusterReader): string[] {
  return names.filter(
    (name) =>
      name === countName(of) || (of.group === '' || of.resource === 'resourceclaims' ? isSpecial(of.resource, name, reader) : false),
  );
}

const REQUESTS = 'requests.';

/** Claims for devices count as what pods could ask for instead. */
const isOfDevices = (name: string, reader: ClusterReader): boolean =>
  name.startsWith(REQUESTS) && classOfResource(reader, name.slice(REQUESTS.length)) !== undefined;

const POD_NAMES: ReadonlySet<string> = new Set(['pods', 'cpu', 'memory', 'ephemeral-storage']);
const SERVICE_NAMES: ReadonlySet<string> = new Set(['services', 'services.loadbalancers', 'services.nodeports']);
const CLAIM_NAMES: ReadonlySet<string> = new Set(['persistentvolumeclaims', 'requests.storage']);

function isSpecial(resource: string, name: string, reader: ClusterReader): boolean {
  switch (resource) {
    case 'pods':
      return POD_NAMES.has(name) || isHugePages(name) || isPodAmount(name);
    case 'services':
      return SERVICE_NAMES.has(name);
    case 'persistentvolumeclaims':
      return CLAIM_NAMES.has(name) || [...CLAIM_NAMES].some((one) => name.endsWith(STORAGE_CLASS + one));
    case 'resourceclaims':
      return name.endsWith(DEVICES) || isOfDevices(name, reader);
    default:
      return ALIASES.has(resource) && name === resource;
  }
}

/** `requests.cpu`, `limits.memory`, `requests.hugepages-2Mi`, `requests.example.com/gpu`. */
function isPodAmount(name: string): boolean {
  const match = /^(requests|limits)\.(.+)$/.exec(name);
  if (!match) return false;
  const [, side, what = ''] = match;
  if (what === 'cpu' || what === 'memory' || what === 'ephemeral-storage') return true;
  return side === 'requests' && (isHugePages(what) || !isNativeResource(what) || what.startsWith(CLASS_PREFIX));
}

/** Everything one object counts. */
export function usageOf(of: Named, object: KubeObject, around: Surroundings): ResourceList {
  const count: ResourceList = { [countName(of)]: '1' };
  if (of.group === 'resource.k8s.io' && of.resource === 'resourceclaims')
    return { ...count, ...resourceClaimUsage(object as ResourceClaim, around) };
  if (of.group !== '') return count;
  switch (of.resource) {
    case 'pods':
      return isCharged(object as Pod, around.now()) ? { ...count, ...podUsage(object as Pod) } : count;
    case 'services':
      return { ...count, ...serviceUsage(object as Service) };
    case 'persistentvolumeclaims':
      return { ...count, ...claimUsage(object as PersistentVolumeClaim) };
    default:
      return ALIASES.has(of.resource) ? { ...count, [of.resource]: '1' } : count;
  }
}

/** Pods that ended, or are stuck in their deletion, are not charged for. */
export function isCharged(pod: Pod, now: number): boolean {
  const { deletionTimestamp, deletionGracePeriodSeconds } = pod.metadata;
  if (isTerminal(pod)) return false;
  return (
    !deletionTimestamp || deletionGracePeriodSeconds === undefined || now <= timeOf(deletionTimestamp) + deletionGracePeriodSeconds * 1000
  );
}

export const podUsage = ({ spec, status }: Pod): ResourceList => amountUsage(podRequests(spec, status), podLimits(spec, status));

/** What requests and limits count as. */
export function amountUsage(requests: ResourceList, limits: ResourceList): ResourceList {
  const out: ResourceList = { pods: '1' };
  for (const name of ['cpu', 'memory', 'ephemeral-storage']) {
    if (requests[name] !== undefined) out[name] = out[`requests.${name}`] = requests[name];
    if (limits[name] !== undefined) out[`limits.${name}`] = limits[name];
  }
  for (const [name, amount] of Object.entries(requests)) {
    if (isHugePages(name)) out[name] = out[`requests.${name}`] = amount;
    else if (isDeviceResource(name)) out[`requests.${name}`] = amount;
  }
  return out;
}

function serviceUsage({ spec: { type, ports = [], allocateLoadBalancerNodePorts } }: Service): ResourceList {
  const withNodePort = ports.filter(({ nodePort }) => nodePort).length;
  const isBalanced = type === 'LoadBalancer';
  const nodePorts =
    type === 'NodePort' || (isBalanced && allocateLoadBalancerNodePorts !== false) ? ports.length : isBalanced ? withNodePort : 0;
  return { services: '1', 'services.loadbalancers': isBalanced ? '1' : '0', 'services.nodeports': String(nodePorts) };
}

function claimUsage({ metadata, spec, status }: PersistentVolumeClaim): ResourceList {
  const storageClass = metadata.annotations?.[BETA_STORAGE_CLASS] ?? spec.storageClassName ?? '';
  const [wanted, allocated] = [spec.resources?.requests?.['storage'], status.allocatedResources?.['storage']];
  const amount = wanted !== undefined && allocated !== undefined && compareQuantities(allocated, wanted) > 0 ? allocated : wanted;
  const storage = amount === undefined ? undefined : wholeQuantity(amount);
  return {
    persistentvolumeclaims: '1',
    ...(storageClass && { [`${storageClass}${STORAGE_CLASS}persistentvolumeclaims`]: '1' }),
    ...(storage !== undefined && { 'requests.storage': storage }),
    ...(storage !== undefined && storageClass && { [`${storageClass}${STORAGE_CLASS}requests.storage`]: storage }),
  };
}

/** Rounded up to whole units. */
function wholeQuantity(text: string): string {
  const { nanos, format } = parseQuantity(text)!;
  const unit = 1_000_000_000n;
  return formatQuantity({ nanos: ((nanos + unit - 1n) / unit) * unit, format });
}

/** What a claim counts: devices by their classes, and these as pods ask for them, less what the pod counts for which the claim was made. */
function resourceClaimUsage(claim: ResourceClaim, around: Surroundings): ResourceList {
  const out = deviceUsage(claim);
  if (around.config.minor < 36) return out;
  const ofPod = usageOfOwner(claim, around);
  for (const [name, amount] of Object.entries(out)) {
    const className = name.slice(0, -DEVICES.length);
    const resource = around.reader.get(deviceClasses, '', className)?.spec.extendedResourceName;
    for (const of of [CLASS_PREFIX + className, ...(resource === undefined ? [] : [resource])]) {
      const rest = subtractQuantities(amount, ofPod[REQUESTS + of] ?? '0');
      if (compareQuantities(rest, '0') > 0) out[REQUESTS + of] = rest;
    }
  }
  return out;
}

/** Of a pod's extended resources its first claim takes, which it names, as soon as it does. */
function usageOfOwner(claim: ResourceClaim, { reader, now }: Surroundings): ResourceList {
  const { namespace = '', name } = claim.metadata;
  const owner = isExtendedResourceClaim(claim) ? controllerOf(claim) : undefined;
  const pod = owner?.kind === 'Pod' && owner.apiVersion === 'v1' ? reader.get(pods, namespace, owner.name) : undefined;
  if (!owner || pod?.metadata.uid !== owner.uid || !isCharged(pod, now())) return {};
  const named = pod.status.extendedResourceClaimStatus?.resourceClaimName;
  const isFirst = named === undefined ? isEarliest(claim, reader.lookup(resourceClaims, indexTerm.controller(owner.uid))) : named === name;
  return isFirst ? podUsage(pod) : {};
}

const isEarliest = ({ metadata }: ResourceClaim, all: readonly ResourceClaim[]): boolean =>
  all.filter(isExtendedResourceClaim).every((one) => {
    const [own, other] = [metadata.creationTimestamp ?? '', one.metadata.creationTimestamp ?? ''];
    return other > own || (other === own && one.metadata.name >= metadata.name);
  });

interface DeviceAsk {
  readonly deviceClassName?: string;
  readonly allocationMode?: string;
  readonly count?: number;
}

const devicesOf = ({ allocationMode, count = 0 }: DeviceAsk): number =>
  allocationMode === 'ExactCount' ? count : allocationMode === 'All' ? ALL_DEVICES : 0;

/** Of alternatives the worst counts, for each class. */
function deviceUsage({ spec }: ResourceClaim): ResourceList {
  const out: Record<string, number> = {};
  for (const { exactly, firstAvailable = [] } of spec.devices?.requests ?? []) {
    const worst: Record<string, number> = {};
    for (const ask of firstAvailable.length ? firstAvailable : exactly ? [exactly] : []) {
      const name = (ask.deviceClassName ?? '') + DEVICES;
      worst[name] = Math.max(worst[name] ?? 0, devicesOf(ask));
    }
    for (const [name, count] of Object.entries(worst)) out[name] = (out[name] ?? 0) + count;
  }
  return Object.fromEntries(Object.entries(out).map(([name, count]) => [name, String(count)]));
}

export function addUsage(total: ResourceList, more: ResourceList): void {
  for (const name in more) total[name] = total[name] === undefined ? more[name]! : addQuantities(total[name], more[name]);
}
