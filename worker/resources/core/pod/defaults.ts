// What the parts of a pod's specification default to, beyond what the schema states. Mirrors kubernetes pkg/apis/core/v1/defaults.go. Values that are
// set are never written again: what comes from a component may share frozen parts with a stored object.

import type {
  Container,
  EphemeralContainer,
  EphemeralVolumeSource,
  HTTPGetAction,
  LifecycleHandler,
  ObjectFieldSelector,
  PodSpec,
  Probe,
  Volume,
} from '../../../api/gen/core-v1.ts';
import { imageTag } from '../../../lib/image-reference.ts';
import { defaultResourceList } from './resource-list.ts';

export const DEFAULT_GRACE_PERIOD = 30;
const FILE_MODE = 0o644;
const TOKEN_SECONDS = 3600;

/** Of a pod and of a template alike. What a pod alone gets is in `defaultPod`. */
export function defaultPodSpec(spec: PodSpec): void {
  spec.dnsPolicy ??= 'ClusterFirst';
  spec.restartPolicy ??= 'Always';
  spec.securityContext ??= {};
  spec.terminationGracePeriodSeconds ??= DEFAULT_GRACE_PERIOD;
  spec.schedulerName ??= 'default-scheduler';
  for (const volume of spec.volumes ?? []) defaultVolume(volume);
  for (const container of spec.initContainers ?? []) defaultContainer(container);
  for (const container of spec.containers ?? []) defaultContainer(container);
  for (const container of spec.ephemeralContainers ?? []) defaultContainer(container);
  if (spec.overhead) defaultResourceList(spec.overhead);
  defaultRequirements(spec.resources);
  // The deprecated name of the field always says the same.
  if (spec.serviceAccountName === undefined && spec.serviceAccount !== undefined) spec.serviceAccountName = spec.serviceAccount;
  if (spec.serviceAccount !== spec.serviceAccountName) spec.serviceAccount = spec.serviceAccountName!;
}

const pullPolicyOf = (image: string): string => (imageTag(image) === 'latest' ? 'Always' : 'IfNotPresent');

function defaultContainer(container: Container | EphemeralContainer): void {
  container.imagePullPolicy ??= pullPolicyOf(container.image ?? '');
  container.terminationMessagePath ??= '/dev/termination-log';
  container.terminationMessagePolicy ??= 'File';
  for (const { valueFrom } of container.env ?? []) defaultFieldRef(valueFrom?.fieldRef);
  defaultRequirements(container.resources);
  defaultProbe(container.livenessProbe);
  defaultProbe(container.readinessProbe);
  defaultProbe(container.startupProbe);
  defaultHandler(container.lifecycle?.postStart);
  defaultHandler(container.lifecycle?.preStop);
}

function defaultRequirements(resources: { limits?: Record<string, string>; requests?: Record<string, string> } | undefined): void {
  if (resources?.limits) defaultResourceList(resources.limits);
  if (resources?.requests) defaultResourceList(resources.requests);
}

function defaultProbe(probe: Probe | undefined): void {
  if (!probe) return;
  probe.timeoutSeconds ??= 1;
  probe.periodSeconds ??= 10;
  probe.successThreshold ??= 1;
  probe.failureThreshold ??= 3;
  defaultHttpGet(probe.httpGet);
}

const defaultHandler = (handler: LifecycleHandler | undefined): void => defaultHttpGet(handler?.httpGet);

function defaultHttpGet(action: HTTPGetAction | undefined): void {
  if (!action) return;
  action.path ??= '/';
  action.scheme ??= 'HTTP';
}

function defaultFieldRef(selector: ObjectFieldSelector | undefined): void {
  if (selector) selector.apiVersion ??= 'v1';
}

function defaultVolume(volume: Volume): void {
  if (!hasSource(volume)) volume.emptyDir = {};
  if (volume.image) volume.image.pullPolicy ??= pullPolicyOf(volume.image.reference ?? '');
  if (volume.hostPath) volume.hostPath.type ??= '';
  if (volume.secret) volume.secret.defaultMode ??= FILE_MODE;
  if (volume.configMap) volume.configMap.defaultMode ??= FILE_MODE;
  if (volume.downwardAPI) {
    volume.downwardAPI.defaultMode ??= FILE_MODE;
    for (const { fieldRef } of volume.downwardAPI.items ?? []) defaultFieldRef(fieldRef);
  }
  if (volume.projected) {
    volume.projected.defaultMode ??= FILE_MODE;
    for (const { downwardAPI, serviceAccountToken } of volume.projected.sources ?? []) {
      for (const { fieldRef } of downwardAPI?.items ?? []) defaultFieldRef(fieldRef);
      if (serviceAccountToken) serviceAccountToken.expirationSeconds ??= TOKEN_SECONDS;
    }
  }
  if (volume.ephemeral) defaultClaimTemplate(volume.ephemeral);
}

function hasSource(volume: Volume): boolean {
  for (const key in volume) if (key !== 'name') return true;
  return false;
}

function defaultClaimTemplate({ volumeClaimTemplate }: EphemeralVolumeSource): void {
  if (!volumeClaimTemplate) return;
  volumeClaimTemplate.spec.volumeMode ??= 'Filesystem';
  defaultRequirements(volumeClaimTemplate.spec.resources);
}
