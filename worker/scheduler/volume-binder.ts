// Volumes of a pod whose claims wait for a consumer: whether a node can give it what it claims, and tying claim and volume together once the node is
// decided. Mirrors kube-scheduler plugins/volumebinding/binder.go.

import type { ClusterApi } from '../api/controller.ts';
import type { PersistentVolume, PersistentVolumeClaim, TopologySelectorTerm } from '../api/gen/core-v1.ts';
import type { StorageClass } from '../api/gen/storage-v1.ts';
import { keyOf, splitKey } from '../api/object.ts';
import { labelSelectorOf, matchesLabels } from '../api/selectors.ts';
import { compareQuantities } from '../lib/quantity.ts';
import { persistentVolumes } from '../resources/core/persistentvolume.ts';
import { persistentVolumeClaims } from '../resources/core/persistentvolumeclaim.ts';
import {
  classOfClaim,
  findMatchingVolume,
  isFullyBound,
  isReachable,
  NO_PROVISIONER,
  tieToClaim,
  volumeAnnotation,
  volumeTerm,
} from '../resources/core/volume-claims.ts';
import { nodes } from '../resources/core/node.ts';
import { csiDrivers } from '../resources/storage/csidriver.ts';
import { csiStorageCapacities } from '../resources/storage/csistoragecapacity.ts';
import { storageClasses } from '../resources/storage/storageclass.ts';
import type { NodeInfo } from './node-info.ts';
import { labelOf } from './pod-info.ts';

export interface ClaimsOfPod {
  readonly bound: readonly PersistentVolumeClaim[];
  /** Their class waits for a consumer. The smallest first. */
  readonly delayed: readonly PersistentVolumeClaim[];
  /** By class of the delayed claims. */
  readonly volumes: ReadonlyMap<string, readonly PersistentVolume[]>;
}

/** How a node would serve the delayed claims. Plain data: names, and keys of claims. */
export interface PlannedVolumes {
  readonly bindings: readonly { readonly volume: string; readonly claim: string }[];
  readonly provisions: readonly string[];
}

export const WHY = {
  affinity: "node(s) didn't match PersistentVolume's node affinity",
  none: "node(s) didn't find available persistent volumes to bind",
  space: 'node(s) did not have enough free storage',
  gone: 'node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)',
} as const;

/** Sorts claims by what is to be done about them. Undefined if one should have been bound without the pod. */
export function sortClaims(
  api: ClusterApi,
  claims: readonly PersistentVolumeClaim[],
): ClaimsOfPod | { readonly error: string } | undefined {
  const bound: PersistentVolumeClaim[] = [];
  const delayed: PersistentVolumeClaim[] = [];
  let isUnbound = false;
  for (const claim of claims) {
    if (isFullyBound(claim)) {
      bound.push(claim);
      continue;
    }
    const storageClass = classOf(api, claim);
    if (storageClass && !storageClass.volumeBindingMode)
      return { error: `VolumeBindingMode not set for StorageClass "${storageClass.metadata.name}"` };
    if (storageClass?.volumeBindingMode === 'WaitForFirstConsumer' && !claim.spec.volumeName) delayed.push(claim);
    else isUnbound = true;
  }
  if (isUnbound) return undefined;
  const names = new Set(delayed.map(classOfClaim));
  const volumes = new Map([...names].map((name) => [name, api.lookup(persistentVolumes, volumeTerm.class(name))]));
  delayed.sort((a, b) => compareQuantities(requestOf(a), requestOf(b)));
  return { bound, delayed, volumes };
}

const requestOf = ({ spec }: PersistentVolumeClaim): string | undefined => spec.resources.requests?.['storage'];

function classOf(api: ClusterApi, claim: PersistentVolumeClaim): StorageClass | undefined {
  const name = classOfClaim(claim);
  return name ? api.get(storageClasses, '', name) : undefined;
}

/** How a node would serve a pod's claims; reasons why not; or an error. */
export function planVolumes(
  api: ClusterApi,
  { bound, delayed, volumes }: ClaimsOfPod,
  node: NodeInfo,
): PlannedVolumes | { readonly reasons: readonly string[] } | { readonly error: string } {
  const reasons: string[] = [];
  for (const claim of bound) {
    const volume = api.get(persistentVolumes, '', claim.spec.volumeName!);
    const why = volume ? (isReachable(volume, node.labels) ? undefined : WHY.affinity) : WHY.gone;
    if (!why) continue;
    reasons.push(why);
    break;
  }
  const bindings: { volume: string; claim: string }[] = [];
  const provisions: string[] = [];
  const chosen = new Set<string>();
  const toProvision: PersistentVolumeClaim[] = [];
  for (const claim of delayed) {
    const selected = claim.metadata.annotations?.[volumeAnnotation.selectedNode];
    if (selected !== undefined && selected !== node.name) return { reasons: inOrder([...reasons, WHY.none]) };
    const volume =
      selected === undefined
        ? findMatchingVolume(claim, volumes.get(classOfClaim(claim))!, { metadata: { labels: node.labels } as never }, chosen, true)
        : undefined;
    if (!volume) toProvision.push(claim);
    else {
      chosen.add(volume.metadata.name);
      bindings.push({ volume: volume.metadata.name, claim: keyOf(claim) });
    }
  }
  for (const claim of toProvision) {
    const verdict = canProvision(api, claim, node);
    if (typeof verdict === 'object') return verdict;
    if (verdict !== true) {
      reasons.push(verdict === 'no' ? WHY.none : WHY.space);
      break;
    }
    provisions.push(keyOf(claim));
  }
  return reasons.length ? { reasons: inOrder(reasons) } : { bindings, provisions };
}

const ORDER: readonly string[] = [WHY.affinity, WHY.none, WHY.space, WHY.gone];
const inOrder = (reasons: readonly string[]): string[] => [...reasons].sort((a, b) => ORDER.indexOf(a) - ORDER.indexOf(b));

function canProvision(api: ClusterApi, claim: PersistentVolumeClaim, node: NodeInfo): true | 'no' | 'full' | { readonly error: string } {
  const name = classOfClaim(claim);
  if (!name) return { error: `no class for claim "${keyOf(claim)}"` };
  const storageClass = api.get(storageClasses, '', name);
  if (!storageClass) return { error: `failed to find storage class "${name}"` };
  const { provisioner, allowedTopologies } = storageClass;
  if (!provisioner || provisioner === NO_PROVISIONER || !isAllowed(allowedTopologies, node)) return 'no';
  return hasSpace(api, claim, storageClass, node) ? true : 'full';
}

/** No terms allow every node; an empty one allows none. */
const isAllowed = (terms: readonly TopologySelectorTerm[] | undefined, { labels }: NodeInfo): boolean =>
  !terms?.length ||
  terms.some(({ matchLabelExpressions }) => {
    if (!matchLabelExpressions?.length) return false;
    return matchLabelExpressions.every(({ key, values }) => {
      const value = labelOf(labels, key);
      return value !== undefined && (values ?? []).includes(value);
    });
  });

/** Only drivers that publish their capacity can be out of it. */
function hasSpace(api: ClusterApi, claim: PersistentVolumeClaim, { metadata, provisioner }: StorageClass, { labels }: NodeInfo): boolean {
  const wanted = requestOf(claim);
  if (wanted === undefined || !api.get(csiDrivers, '', provisioner)?.spec.storageCapacity) return true;
  return api.list(csiStorageCapacities).some(({ storageClassName, maximumVolumeSize, capacity, nodeTopology }) => {
    const limit = maximumVolumeSize ?? capacity;
    if (storageClassName !== metadata.name || limit === undefined || compareQuantities(limit, wanted) < 0) return false;
    return nodeTopology !== undefined && matchesLabels(labelSelectorOf(nodeTopology), labels);
  });
}

/** Asks the controller and provisioners to do what is planned. Throws StatusErrors. */
export function requestVolumes(api: ClusterApi, { bindings, provisions }: PlannedVolumes, node: string): void {
  for (const { volume: name, claim: key } of bindings) {
    const volume = api.get(persistentVolumes, '', name);
    const claim = claimOf(api, key);
    const tied = volume && claim && tieToClaim(volume, claim);
    if (tied) api.update(persistentVolumes, tied);
  }
  for (const key of provisions) {
    const claim = claimOf(api, key);
    if (!claim) continue;
    const annotations = { ...claim.metadata.annotations, [volumeAnnotation.selectedNode]: node };
    api.update(persistentVolumeClaims, { ...claim, metadata: { ...claim.metadata, annotations } });
  }
}

/** Whether all of it is done; or what went wrong. */
export function areVolumesReady(
  api: ClusterApi,
  { bindings, provisions }: PlannedVolumes,
  nodeName: string,
): boolean | { readonly error: string } {
  const node = api.get(nodes, '', nodeName);
  if (!node) return { error: `failed to get node "${nodeName}": node "${nodeName}" not found` };
  const labels = node.metadata.labels ?? {};
  const unreachable = (name: string): { error: string } => ({
    error: `pv "${name}" node affinity doesn't match node "${nodeName}": no matching NodeSelectorTerms`,
  });
  for (const { volume: name, claim: key } of bindings) {
    const volume = api.get(persistentVolumes, '', name);
    const claim = claimOf(api, key);
    if (!volume) return { error: `failed to check binding: persistentvolume "${name}" not found` };
    if (!claim) return { error: `failed to check binding: persistentvolumeclaim "${key}" not found` };
    if (!isReachable(volume, labels)) return unreachable(name);
    if (!volume.spec.claimRef?.uid) return { error: `ClaimRef got reset for pv "${name}"` };
    if (!isFullyBound(claim)) return false;
  }
  for (const key of provisions) {
    const claim = claimOf(api, key);
    if (!claim) return { error: `failed to check provisioning pvc: persistentvolumeclaim "${key}" not found` };
    const { name, annotations } = claim.metadata;
    if (!annotations) return { error: `selectedNode annotation reset for PVC "${name}"` };
    if (annotations[volumeAnnotation.selectedNode] !== nodeName) return { error: `provisioning failed for PVC "${name}"` };
    const { volumeName } = claim.spec;
    if (volumeName) {
      const volume = api.get(persistentVolumes, '', volumeName);
      if (!volume) return false;
      if (!isReachable(volume, labels)) return unreachable(volumeName);
    }
    if (!isFullyBound(claim)) return false;
  }
  return true;
}

function claimOf(api: ClusterApi, key: string): PersistentVolumeClaim | undefined {
  const { namespace, name } = splitKey(key);
  return api.get(persistentVolumeClaims, namespace, name);
}
