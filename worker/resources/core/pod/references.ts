// Which secrets and config maps a pod names. Mirrors VisitPodSecretNames and VisitPodConfigmapNames of kubernetes pkg/api/v1/pod.

import type { Container, PodSpec, Volume } from '../../../api/gen/core-v1.ts';
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

const present = (names: readonly (string | undefined)[]): string[] => names.filter((name): name is string => Boolean(name));
