// Which volumes have to be attached to a node before they can be mounted there, and how their attachments are called. Mirrors pkg/volume/csi.

import { sha256 } from '@noble/hashes/sha2.js';
import type { PersistentVolume } from '../../api/gen/core-v1.ts';
import type { ClusterReader } from '../../api/resource.ts';
import { hexOf, utf8 } from '../../lib/text.ts';
import { csiDrivers } from './csidriver.ts';

/** Drivers that say nothing of themselves want it. */
export function needsAttachment(reader: ClusterReader, { spec }: PersistentVolume): boolean {
  return spec.csi !== undefined && (reader.get(csiDrivers, '', spec.csi.driver)?.spec.attachRequired ?? true);
}

export const attachmentName = ({ spec }: PersistentVolume, node: string): string =>
  `csi-${hexOf(sha256(utf8(`${spec.csi!.volumeHandle}${spec.csi!.driver}${node}`)))}`;
