// Which secrets and config maps a pod names, and whether it names any object of the API. Mirrors VisitPodSecretNames, VisitPodConfigmapNames and HasAPIObjectReference of
// kubernetes pkg/api/pod.

import type { Container, PodSpec, Volume, VolumeProjection } from '../../../api/gen/core-v1.ts';
import { visitContainers } from './containers-of.ts';

export function visitSecrets(spec: PodSpec): string[] {
  const names: (string | undefined)[] = (spec.imagePullSecrets ?? []).map(({ name }) => name);
  visitContainers(spec, '', (container) => {
    const { env = [], envFrom = [] } = container as Container;
    for (const { secretRef } of envFrom) names.push(secretRef?.name);
    for (const { valueFrom } of env) names.push(valueFrom?.secretKeyRef?.name);
  });
  for (const volume of spec.volumes ?? []) names.push(...secretsOfVolume(volume));
  return present(names);
}

function secretsOfVolume(volume: Volume): (string | undefined)[] {
  const { azureFile, cephfs, cinder, flexVolume, projected, rbd, secret, scaleIO, iscsi, storageos, csi } = volume;
  return [
    azureFile?.secretName,
    cephfs?.secretRef?.name,
    cinder?.secretRef?.name,
    flexVolume?.secretRef?.name,
    ...(projected?.sources ?? []).map((source) => source.secret?.name),
    rbd?.secretRef?.name,
    secret?.secretName,
    scaleIO?.secretRef?.name,
    iscsi?.secretRef?.name,
    storageos?.secretRef?.name,
    csi?.nodePublishSecretRef?.name,
  ];
}

export function visitConfigMaps(spec: PodSpec): string[] {
  const names: (string | undefined)[] = [];
  visitContainers(spec, '', (container) => {
    const { env = [], envFrom = [] } = container as Container;
    for (const { configMapRef } of envFrom) names.push(configMapRef?.name);
    for (const { valueFrom } of env) names.push(valueFrom?.configMapKeyRef?.name);
  });
  for (const { configMap, projected } of spec.volumes ?? []) {
    names.push(configMap?.name);
    for (const source of projected?.sources ?? []) names.push(source.configMap?.name);
  }
  return present(names);
}

/** Volumes that need an object of the API, as what that is called. */
const VOLUMES: readonly (readonly [keyof Volume, string])[] = [
  ['configMap', 'configmaps (via configmap volumes)'],
  ['secret', 'secrets (via secret volumes)'],
  ['csi', 'csidrivers (via CSI volumes)'],
  ['glusterfs', 'endpoints (via glusterFS volumes)'],
  ['persistentVolumeClaim', 'persistentvolumeclaims'],
  ['ephemeral', 'persistentvolumeclaims (via ephemeral volumes)'],
  ['azureFile', 'secrets (via azureFile volumes)'],
];
const SOURCES: readonly (readonly [keyof VolumeProjection, string])[] = [
  ['configMap', 'configmaps (via projected volumes)'],
  ['secret', 'secrets (via projected volumes)'],
  ['serviceAccountToken', 'serviceaccounts (via projected volumes)'],
  ['clusterTrustBundle', 'clustertrustbundles'],
  ['podCertificate', 'podcertificates'],
];

/** The first kind of object that a pod refers to, as `persistentvolumeclaims (via ephemeral volumes)`. */
export function apiReference(spec: PodSpec): string | undefined {
  if (spec.serviceAccountName) return 'serviceaccounts';
  if (visitSecrets(spec).length) return 'secrets';
  if (visitConfigMaps(spec).length) return 'configmaps';
  if (spec.resourceClaims?.length) return 'resourceclaims';
  for (const volume of spec.volumes ?? []) {
    const found =
      VOLUMES.find(([key]) => volume[key] !== undefined) ??
      SOURCES.find(([key]) => volume.projected?.sources?.some((source) => source[key] !== undefined));
    if (found) return found[1];
  }
  return undefined;
}

const present = (names: readonly (string | undefined)[]): string[] => names.filter((name): name is string => Boolean(name));
