// Extended resources that drivers of devices provide: a pod that asks for one gets a claim for devices of the class behind its name, which the scheduler makes,
// on nodes that do not have the resource themselves. Mirrors kube-scheduler's dynamicresources/extendeddynamicresources.go.

import type { Container, ContainerExtendedResourceRequest, Pod } from '../../api/gen/core-v1.ts';
import type { DeviceRequest, ResourceClaim } from '../../api/gen/resource-v1.ts';
import type { Draft } from '../../api/object.ts';
import { indexTerm } from '../../api/resource.ts';
import type { ClusterReader } from '../../api/resource.ts';
import { parseQuantity } from '../../lib/quantity.ts';
import { classOfResource, isDeviceResource } from '../../resources/resource/deviceclass.ts';
import { EXTENDED_CLAIM_ANNOTATION, isExtendedResourceClaim, resourceClaims } from '../../resources/resource/resourceclaim.ts';
import type { PodInfo } from '../pod-info.ts';
import { isSidecar } from '../pod-requests.ts';
import type { Resources } from '../resources.ts';

/** A claim before it is made; no claim can have such a name. */
export const NOT_MADE = '<extended-resources>';

/** What a pod asks for under names that classes may stand behind. */
export interface ExtendedResources {
  readonly names: readonly string[];
  /** Those that a class stands behind. */
  readonly classes: ReadonlyMap<string, string>;
  /** Made when the pod was tried before. */
  readonly leftover: ResourceClaim | undefined;
  /** By the resources that are asked of devices. */
  readonly plans: Map<string, ExtendedClaim>;
}

/** What is to be made for a pod on a node. */
export interface ExtendedClaim {
  readonly claim: ResourceClaim;
  readonly mappings: readonly ContainerExtendedResourceRequest[];
}

/** Undefined if no class stands behind anything that the pod asks for. */
export function extendedResourcesOf({ requests, uid }: PodInfo, reader: ClusterReader): ExtendedResources | undefined {
  if (!requests.scalars) return undefined;
  const names = [...requests.scalars].flatMap(([name, amount]) => (amount !== 0 && isDeviceResource(name) ? [name] : [])).sort();
  const classes = new Map<string, string>();
  for (const name of names) {
    const deviceClass = classOfResource(reader, name);
    if (deviceClass) classes.set(name, deviceClass.metadata.name);
  }
  if (!classes.size) return undefined;
  const leftover = reader.lookup(resourceClaims, indexTerm.controller(uid)).find(isExtendedResourceClaim);
  return { names, classes, leftover, plans: new Map() };
}

/** Undefined: nothing is asked of devices here. */
export function planFor(
  pod: Pod,
  { names, classes, plans }: ExtendedResources,
  allocatable: Resources,
): ExtendedClaim | 'unfit' | undefined {
  const ofDevices: string[] = [];
  for (const name of names) {
    if (classes.has(name) && !allocatable.amountOf(name)) ofDevices.push(name);
    else if (!allocatable.scalars?.has(name)) return 'unfit';
  }
  if (!ofDevices.length) return undefined;
  const key = ofDevices.join(' ');
  const plan = plans.get(key) ?? planOf(pod, ofDevices, classes);
  plans.set(key, plan);
  return plan;
}

function planOf(pod: Pod, resources: readonly string[], classes: ReadonlyMap<string, string>): ExtendedClaim {
  const asks = resources.map((resource) => asksOf(pod, resource, classes.get(resource)!));
  const requests = asks.flatMap((one) => one.requests).sort((a, b) => (a.name < b.name ? -1 : 1));
  const metadata = { name: NOT_MADE, namespace: pod.metadata.namespace ?? '', uid: '', creationTimestamp: '', resourceVersion: '' };
  return {
    claim: { metadata, spec: { devices: { requests } }, status: {} } as ResourceClaim,
    mappings: asks.flatMap((one) => one.mappings),
  };
}

/** What is sent to the API server. */
export const draftOf = ({ metadata: { name, namespace = '', uid } }: Pod, { spec }: ResourceClaim): Draft<ResourceClaim> => ({
  metadata: {
    generateName: `${name}-extended-resources-`,
    namespace,
    annotations: { [EXTENDED_CLAIM_ANNOTATION]: 'true' },
    ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name, uid, controller: true }],
  },
  spec,
});

interface Asks {
  readonly requests: readonly DeviceRequest[];
  readonly mappings: readonly ContainerExtendedResourceRequest[];
}

/**
 * A request for each container that runs on. Those that come to an end before others start use the devices of the others, and share one request for what they
 * need more.
 */
function asksOf({ spec }: Pod, resource: string, deviceClassName: string): Asks {
  const init = spec.initContainers ?? [];
  const containers = [...init, ...spec.containers];
  const isShort = (i: number): boolean => i < init.length && !isSidecar(containers[i]!);
  const lasting = containers.map((container, i) => (isShort(i) ? NOTHING : askOf(container, i, resource, deviceClassName, [])));
  const short = containers.map((container, i) =>
    isShort(i)
      ? askOf(
          container,
          i,
          resource,
          deviceClassName,
          lasting.slice(i).flatMap(({ request }) => request ?? []),
        )
      : NOTHING,
  );
  let largest: DeviceRequest | undefined;
  for (const { request } of short) if (request && (!largest || countOf(request) > countOf(largest))) largest = request;
  const own = new Set(short.flatMap(({ request }) => request?.name ?? []));
  return {
    requests: [...(largest ? [largest] : []), ...lasting.flatMap(({ request }) => request ?? [])],
    mappings: [
      ...lasting.flatMap(({ mappings }) => mappings),
      ...short.flatMap(({ mappings }) => mappings.map((one) => (own.has(one.requestName) ? { ...one, requestName: largest!.name } : one))),
    ],
  };
}

interface Ask {
  readonly request?: DeviceRequest;
  readonly mappings: readonly ContainerExtendedResourceRequest[];
}

const NOTHING: Ask = { mappings: [] };
const countOf = ({ exactly }: DeviceRequest): number => exactly?.count ?? 0;

/** What a container asks for, beyond what it may use of others' requests. */
function askOf(
  { name: containerName, resources: { requests = {} } }: Container,
  index: number,
  resourceName: string,
  deviceClassName: string,
  reusable: readonly DeviceRequest[],
): Ask {
  let missing = wholeOf(requests[resourceName]);
  if (!missing) return NOTHING;
  const mappings: ContainerExtendedResourceRequest[] = [];
  const use = (requestName: string): void => void mappings.push({ containerName, resourceName, requestName });
  for (const request of reusable) {
    use(request.name);
    missing -= countOf(request);
    if (missing <= 0) return { mappings };
  }
  const name = `container-${index}-request-${Object.keys(requests).sort().indexOf(resourceName)}`;
  use(name);
  return { request: { name, exactly: { deviceClassName, allocationMode: 'ExactCount', count: missing } }, mappings };
}

/** 0 for what is no whole number. */
function wholeOf(quantity: string | undefined): number {
  const nanos = (quantity !== undefined && parseQuantity(quantity)?.nanos) || 0n;
  return nanos % 1_000_000_000n ? 0 : Number(nanos / 1_000_000_000n);
}
