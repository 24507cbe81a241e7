// Fields whose gates are off in 1.36 are taken away without a word. Mirrors DropDisabledPodFields of kubernetes pkg/api/pod. (A field that the stored
// object has already would stay; none can have it.) Off are: ClusterTrustBundleProjection, PodCertificateRequest, ContainerStopSignals, GenericWorkload,
// ImageVolumeWithDigest, DRANodeAllocatableResources.

import type { Container, ContainerStatus, PodSpec, PodStatus, Volume } from '../../../api/gen/core-v1.ts';
import { CONTAINER_LISTS } from './containers-of.ts';

/** In place; lists that must change are replaced, for they may belong to a stored object. */
export function dropDisabledPodFields(spec: PodSpec): void {
  if (spec.schedulingGroup) delete spec.schedulingGroup;
  if (spec.volumes?.some(hasDisabledProjection)) spec.volumes = spec.volumes.map(withoutDisabledProjections);
  for (const list of CONTAINER_LISTS) {
    const containers = spec[list] as Container[] | undefined;
    if (containers?.some(({ lifecycle }) => lifecycle?.stopSignal !== undefined))
      (spec as unknown as Record<string, unknown>)[list] = containers.map(withoutStopSignal);
  }
}

const hasDisabledProjection = ({ projected }: Volume): boolean =>
  projected?.sources?.some((source) => source.clusterTrustBundle !== undefined || source.podCertificate !== undefined) ?? false;

function withoutDisabledProjections(volume: Volume): Volume {
  if (!hasDisabledProjection(volume)) return volume;
  const sources = volume.projected!.sources!.map(({ clusterTrustBundle: _bundle, podCertificate: _certificate, ...rest }) => rest);
  return { ...volume, projected: { ...volume.projected!, sources } };
}

function withoutStopSignal(container: Container): Container {
  if (container.lifecycle?.stopSignal === undefined) return container;
  const { lifecycle, ...rest } = container;
  const { stopSignal: _signal, ...handlers } = lifecycle;
  return Object.keys(handlers).length ? { ...rest, lifecycle: handlers } : rest;
}

export function dropDisabledPodStatusFields(status: PodStatus): void {
  if (status.nodeAllocatableResourceClaimStatuses) delete status.nodeAllocatableResourceClaimStatuses;
  for (const list of ['containerStatuses', 'initContainerStatuses', 'ephemeralContainerStatuses'] as const) {
    const statuses = status[list];
    if (statuses?.some(hasVolumeStatus)) status[list] = statuses.map(withoutVolumeStatus);
  }
}

const hasVolumeStatus = ({ volumeMounts }: ContainerStatus): boolean =>
  volumeMounts?.some((mount) => mount.volumeStatus !== undefined) ?? false;

const withoutVolumeStatus = (status: ContainerStatus): ContainerStatus =>
  hasVolumeStatus(status) ? { ...status, volumeMounts: status.volumeMounts!.map(({ volumeStatus: _status, ...mount }) => mount) } : status;
