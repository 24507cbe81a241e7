// Which volumes have to be attached to a node before they can be mounted there, and how they and their attachments are called. Mirrors pkg/volume/csi.

import { sha256 } from '@noble/hashes/sha2.js';
import type { ChangeType } from '../../api/controller.ts';
import type { PersistentVolume } from '../../api/gen/core-v1.ts';
import type { CSIDriver } from '../../api/gen/storage-v1.ts';
import type { ClusterReader } from '../../api/resource.ts';
import { hexOf, utf8 } from '../../lib/text.ts';
import { persistentVolumes } from '../core/persistentvolume.ts';
import { persistentVolumeClaims } from '../core/persistentvolumeclaim.ts';
import { podTerm } from '../core/pod-terms.ts';
import { pods } from '../core/pod.ts';
import { csiDrivers } from './csidriver.ts';
import { attachmentTerm, volumeAttachments } from './volumeattachment.ts';

/** Drivers that say nothing of themselves want it. */
export function needsAttachment(reader: ClusterReader, { spec }: PersistentVolume): boolean {
  return spec.csi !== undefined && (reader.get(csiDrivers, '', spec.csi.driver)?.spec.attachRequired ?? true);
}

export const attachmentName = ({ spec }: PersistentVolume, node: string): string =>
  `csi-${hexOf(sha256(utf8(`${spec.csi!.volumeHandle}${spec.csi!.driver}${node}`)))}`;

/** Whether an attachment is called as those are that the controller makes. */
export const isAttachmentName = (name: string): boolean => /^csi-[0-9a-f]{64}$/.test(name);

/** How a node's status calls an attachable volume. */
export const volumeUniqueName = ({ spec }: PersistentVolume): string => `kubernetes.io/csi/${spec.csi!.driver}^${spec.csi!.volumeHandle}`;

/** The volume that a claim is bound to. */
export function volumeOfClaim(reader: ClusterReader, namespace: string, name: string): PersistentVolume | undefined {
  const claim = reader.get(persistentVolumeClaims, namespace, name);
  return claim?.status.phase === 'Bound' ? reader.get(persistentVolumes, '', claim.spec.volumeName ?? '') : undefined;
}

/** Where it matters that a driver came or went: nodes to which its volumes are attached, or whose pods want them. Only what a driver says makes a difference. */
export function nodesOfDriver(driver: CSIDriver, reader: ClusterReader, type: ChangeType): string[] {
  if (type === 'updated' || driver.spec.attachRequired !== false) return [];
  const found = new Set<string>();
  for (const { metadata, spec } of reader.list(persistentVolumes)) {
    if (spec.csi?.driver !== driver.metadata.name) continue;
    for (const attachment of reader.lookup(volumeAttachments, attachmentTerm.volume(metadata.name))) found.add(attachment.spec.nodeName);
    const { namespace, name } = spec.claimRef ?? {};
    for (const pod of reader.lookup(pods, podTerm.claim(`${namespace}/${name}`))) if (pod.spec.nodeName) found.add(pod.spec.nodeName);
  }
  return [...found];
}
