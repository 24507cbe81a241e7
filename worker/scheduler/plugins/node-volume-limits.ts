// NodeVolumeLimits: a node takes as many volumes of a CSI driver as its CSINode says.

import type { PersistentVolumeClaim, Pod, Volume } from '../../api/gen/core-v1.ts';
import type { CSINode, VolumeAttachment } from '../../api/gen/storage-v1.ts';
import { persistentVolumes } from '../../resources/core/persistentvolume.ts';
import { persistentVolumeClaims } from '../../resources/core/persistentvolumeclaim.ts';
import { classOfClaim } from '../../resources/core/volume-claims.ts';
import { csiNodes } from '../../resources/storage/csinode.ts';
import { storageClasses } from '../../resources/storage/storageclass.ts';
import { attachmentTerm, volumeAttachments } from '../../resources/storage/volumeattachment.ts';
import { Action, on } from '../cluster-event.ts';
import { definePlugin } from '../framework.ts';
import type { Handle, Plugin } from '../framework.ts';
import { driverOfProvisioner, translateVolume } from '../in-tree-volumes.ts';
import type { NodeInfo } from '../node-info.ts';
import { claimOfVolume, ownershipProblem, usesClaim } from '../pod-claims.ts';
import type { PodInfo } from '../pod-info.ts';
import { failure, unresolvable, unschedulable } from '../status.ts';
import type { PluginStatus } from '../status.ts';

const NAME = 'NodeVolumeLimits';
const TOO_MANY = unschedulable(NAME, 'node(s) exceed max volume count');
const NONE: readonly never[] = [];

/** Driver by `driver/handle`: each volume once. */
type Attached = Map<string, string>;

export const makeNodeVolumeLimits = ({ api }: Handle): Plugin =>
  definePlugin({
    name: NAME,
    events: [
      on('CSINode', Action.Add),
      on<CSINode>('CSINode', Action.Update, (_pod, before, after) => hasMoreRoom(before!, after!)),
      on<Pod>('Pod', Action.Delete, (_pod, gone) => {
        if (!gone || (!gone.spec.nodeName && !gone.status.nominatedNodeName)) return false;
        return (gone.spec.volumes ?? NONE).some(isCounted);
      }),
      on<PersistentVolumeClaim>('PersistentVolumeClaim', Action.Add, (pod, _before, claim) => usesClaim(pod, claim!)),
      on<VolumeAttachment>('VolumeAttachment', Action.Delete, (pod, gone) =>
        (pod.spec.volumes ?? NONE).some(
          (volume) => volume.persistentVolumeClaim !== undefined || translateVolume(volume)?.driver === gone?.spec.attacher,
        ),
      ),
    ],
    preFilter: ({ info }) => (info.volumes.some(isCounted) ? { state: undefined } : 'skip'),
    filter: (_state, node, { info }) => check(api, info, node),
  });

const isCounted = (volume: Volume): boolean =>
  volume.persistentVolumeClaim !== undefined || volume.ephemeral !== undefined || translateVolume(volume) !== undefined;

function check(api: Handle['api'], pod: PodInfo, node: NodeInfo): PluginStatus | undefined {
  const csiNode = api.get(csiNodes, '', node.name);
  const wanted: Attached = new Map();
  const problem = collect(api, pod, csiNode !== undefined, true, wanted);
  if (problem) return problem;
  const limits = limitsOf(csiNode);
  if (!wanted.size || !limits.size) return undefined;

  const there: Attached = new Map();
  for (const other of node.pods.values()) if (other.volumes.length) collect(api, other, true, false, there);
  for (const volume of there.keys()) wanted.delete(volume);
  for (const { spec } of api.lookup(volumeAttachments, attachmentTerm.node(node.name))) {
    const volume = api.get(persistentVolumes, '', spec.source.persistentVolumeName ?? '');
    if (volume?.spec.csi) there.set(`${spec.attacher}/${volume.spec.csi.volumeHandle}`, spec.attacher);
  }
  const [has, adds] = [countByDriver(there), countByDriver(wanted)];
  for (const [driver, number] of adds) if ((has.get(driver) ?? 0) + number > (limits.get(driver) ?? Infinity)) return TOO_MANY;
  return undefined;
}

/** Adds a pod's volumes. Of pods that are there already, what cannot be told is left out. */
function collect(api: Handle['api'], pod: PodInfo, isMigrated: boolean, isNew: boolean, into: Attached): PluginStatus | undefined {
  const add = (found: { driver: string; handle: string } | undefined): void => {
    if (found) into.set(`${found.driver}/${found.handle}`, found.driver);
  };
  for (const volume of pod.volumes) {
    const named = claimOfVolume(volume, pod.name);
    if (!named) {
      if (isMigrated) add(translateVolume(volume));
      continue;
    }
    const claim = api.get(persistentVolumeClaims, pod.namespace, named.name);
    if (!claim) {
      if (isNew)
        return unresolvable(NAME, `looking up PVC ${pod.namespace}/${named.name}: persistentvolumeclaim "${named.name}" not found`);
      continue;
    }
    const problem = named.isEphemeral ? ownershipProblem(pod, claim) : undefined;
    if (problem) return failure(NAME, problem);
    add(volumeOfClaim(api, claim, isMigrated));
  }
  return undefined;
}

/** For a claim that has no volume yet, one that its class will make. */
function volumeOfClaim(
  api: Handle['api'],
  claim: PersistentVolumeClaim,
  isMigrated: boolean,
): { driver: string; handle: string } | undefined {
  const volume = claim.spec.volumeName ? api.get(persistentVolumes, '', claim.spec.volumeName) : undefined;
  if (volume?.spec.csi) return { driver: volume.spec.csi.driver, handle: volume.spec.csi.volumeHandle };
  if (volume) return isMigrated ? translateVolume(volume.spec) : undefined;
  const className = classOfClaim(claim);
  const provisioner = className ? api.get(storageClasses, '', className)?.provisioner : undefined;
  if (!provisioner) return undefined;
  const migrated = driverOfProvisioner(provisioner);
  if (migrated && !isMigrated) return undefined;
  return { driver: migrated ?? provisioner, handle: `unbound ${claim.metadata.namespace ?? ''}/${claim.metadata.name}` };
}

const limitsOf = (csiNode: CSINode | undefined): ReadonlyMap<string, number> =>
  new Map(
    (csiNode?.spec.drivers ?? NONE).flatMap(({ name, allocatable }) =>
      allocatable?.count === undefined ? [] : [[name, allocatable.count]],
    ),
  );

function countByDriver(volumes: Attached): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const driver of volumes.values()) counts.set(driver, (counts.get(driver) ?? 0) + 1);
  return counts;
}

function hasMoreRoom(before: CSINode, after: CSINode): boolean {
  const had = limitsOf(before);
  return [...limitsOf(after)].some(([driver, limit]) => limit > (had.get(driver) ?? 0));
}
