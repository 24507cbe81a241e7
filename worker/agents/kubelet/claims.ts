// Volumes behind claims: the claim's PersistentVolume, and where its data is. Mirrors pkg/kubelet/volumemanager/populator and the volume plugins.

import type { PersistentVolume, Volume } from '../../api/gen/core-v1.ts';
import { quantityValue } from '../../lib/quantity.ts';
import { nodes } from '../../resources/core/node.ts';
import { persistentVolumeClaims } from '../../resources/core/persistentvolumeclaim.ts';
import { persistentVolumes } from '../../resources/core/persistentvolume.ts';
import { resizeVolume, sizeOfVolume } from '../../world/files/container-files.ts';
import { machineFiles } from '../../world/files/machine-files.ts';
import type { MountSource } from '../../world/files/mount.ts';
import type { Machine } from '../../world/machine.ts';
import type { World } from '../../world/world.ts';
import { attachmentTerm, volumeAttachments } from '../../resources/storage/volumeattachment.ts';
import { needsAttachment, volumeUniqueName } from '../../resources/storage/attachments.ts';
import type { ClusterReader } from '../../api/resource.ts';
import { Unattached, UnboundClaim } from './volumes.ts';
import type { PodSync } from './worker.ts';

/** Throws UnboundClaim while it cannot be mounted. What is mounted already stays so, whatever becomes of its attachment. */
export function claimSource(sync: PodSync, volume: Volume, mounted?: { readonly subPath: string }): MountSource {
  const { context, world, machine, pod } = sync;
  const { namespace = '', name } = pod.metadata;
  const claimName = volume.persistentVolumeClaim?.claimName ?? `${name}-${volume.name}`;
  const problem = (text: string): UnboundClaim => new UnboundClaim(`error processing PVC ${namespace}/${claimName}: ${text}`);
  const claim = context.api.get(persistentVolumeClaims, namespace, claimName);
  if (!claim) throw problem(`failed to fetch PVC from API server: persistentvolumeclaims ${JSON.stringify(claimName)} not found`);
  if (claim.metadata.deletionTimestamp !== undefined) throw problem('PVC is being deleted');
  if (claim.status.phase !== 'Bound' || !claim.spec.volumeName) throw problem('PVC is not bound');
  const found = context.api.get(persistentVolumes, '', claim.spec.volumeName);
  if (!found)
    throw problem(
      `failed to fetch PV ${claim.spec.volumeName} from API server: persistentvolumes ${JSON.stringify(claim.spec.volumeName)} not found`,
    );
  if (!mounted && !isAttached(context.api, found, machine.name)) throw new Unattached(volume.name);
  const missing = found.spec.local && localProblem(world, machine, found.spec.local.path);
  if (missing !== undefined)
    throw new UnboundClaim(`MountVolume.NewMounter initialization failed for volume ${JSON.stringify(found.metadata.name)} : ${missing}`);
  const size = quantityValue(claim.status.capacity?.['storage']);
  if (found.spec.csi && claim.spec.volumeMode !== 'Block' && size) giveSize(world, diskId(found.metadata.uid), roomOn(size));
  return sourceOfVolume(found, mounted?.subPath ?? '');
}

/** What a file system leaves of a disk: some of it is its own. */
export const roomOn = (disk: number): number => Math.floor((disk * 0.95) / 4096) * 4096;

/** A volume that has a size keeps it until it is made larger. */
export function giveSize(world: World, id: string, bytes: number): void {
  if (sizeOfVolume(world, id) === undefined) resizeVolume(world, id, bytes);
}

/** Nobody makes the directory of a local volume. A cluster that only tests the API has machines that have everything. */
function localProblem(world: World, machine: Machine, path: string): string | undefined {
  if (world.traits.lenient) return undefined;
  const inode = machineFiles(world, machine.name).find(path);
  if (!inode) return `path ${JSON.stringify(path)} does not exist`;
  return inode.type === 'dir' || inode.type === 'device' ? undefined : 'only directory and block device are supported';
}

/** Whether a volume that has to be attached to its node is, and the node has said that it uses it. */
function isAttached(reader: ClusterReader, volume: PersistentVolume, node: string): boolean {
  if (!needsAttachment(reader, volume)) return true;
  if (!reader.get(nodes, '', node)?.status.volumesInUse?.includes(volumeUniqueName(volume))) return false;
  return reader
    .lookup(volumeAttachments, attachmentTerm.volume(volume.metadata.name))
    .some(({ metadata, spec, status }) => spec.nodeName === node && status?.attached && metadata.deletionTimestamp === undefined);
}

/** Where the data of a volume is, by its uid. */
export const diskId = (uid: string): string => `disk/${uid}`;

function sourceOfVolume({ metadata, spec }: PersistentVolume, subPath: string): MountSource {
  const path = spec.hostPath?.path ?? spec.local?.path;
  if (path !== undefined) return { type: 'host', path: subPath ? `${path.replace(/\/+$/, '')}/${subPath}` : path };
  // Everything else is a disk somewhere in the network: the same from every machine.
  return {
    type: 'volume',
    id: diskId(metadata.uid),
    place: `volumes/kubernetes.io~csi/${metadata.name}/mount`,
    ...(subPath && { subPath }),
  };
}
