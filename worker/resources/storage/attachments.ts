// Which volumes have to be attached to a node before they can be mounted there, and how they and their attachments are called. Mirrors pkg/volume/csi.

import { sha256 } from '@noble/hashes/sha2.js';
import type { PersistentVolume } from '../../api/gen/core-v1.ts';
import type { ClusterReader } from '../../api/resource.ts';
import { hexOf, utf8 } from '../../lib/text.ts';
import { persistentVolumes } from '../core/persistentvolume.ts';
import { persistentVolumeClaims } from '../core/persistentvolumeclaim.ts';
import { csiDrivers } from './csidriver.ts';

/** Drivers that say nothing of themselves want it. */
export function needsAttachment(reader: ClusterReader, { spec }: PersistentVolume): boolean {
  return spec.csi !== undefined && (reader.get(csiDrivers, '', spec.csi.driver)?.spec.attachRequired ?? true);
}

export const attachmentName = ({ spec }: PersistentVolume, node: string): string =>
  `csi-${hexOf(sha256(utf8(`${spec.csi!.volumeHandle}${spec.csi!.driver}${node}`)))}`;

/** How a node's status calls an attachable volume. */
export const volumeUniqueName = ({ spec }: PersistentVolume): string => `kubernetes.io/csi/${spec.csi!.driver}^${spec.csi!.volumeHandle}`;

/** The volume that a claim is bound to. */
export function volumeOfClaim(reader: ClusterReader, namespace: string, name: string): PersistentVolume | undefined {
  const claim = reader.get(persistentVolumeClaims, namespace, name);
  return claim?.status.phase === 'Bound' ? reader.get(persistentVolumes, '', claim.spec.volumeName ?? '') : undefined;
}
