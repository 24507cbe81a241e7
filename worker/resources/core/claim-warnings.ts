// What is let pass in a claim, but told to the client. Mirrors kubernetes pkg/api/persistentvolumeclaim.

import type { PersistentVolumeClaim, PersistentVolumeClaimSpec } from '../../api/gen/core-v1.ts';
import { fractionWarnings } from './fractions.ts';

export const STORAGE_CLASS_ANNOTATION = 'volume.beta.kubernetes.io/storage-class';

export const claimSpecWarnings = ({ resources }: PersistentVolumeClaimSpec, path: string): string[] => [
  ...fractionWarnings(resources?.requests?.['storage'], `${path}.resources.requests[storage]`),
  ...fractionWarnings(resources?.limits?.['storage'], `${path}.resources.limits[storage]`),
];

export function claimWarnings({ metadata, spec }: PersistentVolumeClaim): string[] {
  const deprecated = metadata.annotations?.[STORAGE_CLASS_ANNOTATION] !== undefined;
  const message = `metadata.annotations[${STORAGE_CLASS_ANNOTATION}]: deprecated since v1.8; use "storageClassName" attribute instead`;
  return [...(deprecated ? [message] : []), ...claimSpecWarnings(spec, 'spec')];
}
