// Keeps claims that pods use, and volumes that are bound, from going: their finalizers fall when nobody needs them any more. Mirrors
// pkg/controller/volume/pvcprotection and pvprotection, and vacprotection.

import { watch } from '../../api/controller.ts';
import type { Controller, ControllerContext } from '../../api/controller.ts';
import type { PersistentVolumeClaim, Pod } from '../../api/gen/core-v1.ts';
import { isTerminating, keyOf, splitKey } from '../../api/object.ts';
import type { KubeObject } from '../../api/object.ts';
import type { Resource } from '../../api/resource.ts';
import { persistentVolumes } from '../../resources/core/persistentvolume.ts';
import { attributesClassesOf, persistentVolumeClaims } from '../../resources/core/persistentvolumeclaim.ts';
import { claimKeysOf, podTerm } from '../../resources/core/pod-terms.ts';
import { pods } from '../../resources/core/pod.ts';
import { claimTerm, volumeTerm } from '../../resources/core/volume-claims.ts';
import { volumeAttributesClasses } from '../../resources/storage/volumeattributesclass.ts';

const CLAIM_FINALIZER = 'kubernetes.io/pvc-protection';
const VOLUME_FINALIZER = 'kubernetes.io/pv-protection';
const CLASS_FINALIZER = 'kubernetes.io/vac-protection';

export const claimProtection: Controller = {
  name: 'persistentvolumeclaim-protection',
  component: 'kube-controller-manager',
  serviceAccount: 'pvc-protection-controller',
  watches: [
    watch(persistentVolumeClaims),
    watch(pods, (pod, _previous, _reader, type) => (type === 'deleted' || (isShutDown(pod) && hasOwnClaims(pod)) ? claimKeysOf(pod) : [])),
  ],
  reconcile(key, context) {
    const { namespace, name } = splitKey(key);
    protect(persistentVolumeClaims, context.api.get(persistentVolumeClaims, namespace, name), CLAIM_FINALIZER, isUsed, context);
  },
};

/** By a pod that has a node: others cannot start with a claim that is going. */
const isUsed = (claim: PersistentVolumeClaim, { api }: ControllerContext): boolean =>
  api.lookup(pods, podTerm.claim(keyOf(claim))).some((pod) => Boolean(pod.spec.nodeName) && uses(pod, claim));

/** A claim made for a pod is free as soon as that is shut down: whoever holds the pod may be waiting for its volume to go. */
const uses = (pod: Pod, { metadata }: PersistentVolumeClaim): boolean =>
  (pod.spec.volumes ?? []).some(
    ({ name, ephemeral, persistentVolumeClaim }) =>
      persistentVolumeClaim?.claimName === metadata.name ||
      (ephemeral !== undefined &&
        !isShutDown(pod) &&
        `${pod.metadata.name}-${name}` === metadata.name &&
        metadata.ownerReferences?.some(({ uid, controller }) => controller && uid === pod.metadata.uid)),
  );

const isShutDown = ({ metadata }: Pod): boolean => metadata.deletionTimestamp !== undefined && metadata.deletionGracePeriodSeconds === 0;
const hasOwnClaims = ({ spec }: Pod): boolean => spec.volumes?.some(({ ephemeral }) => ephemeral !== undefined) ?? false;

export const volumeProtection: Controller = {
  name: 'persistentvolume-protection',
  component: 'kube-controller-manager',
  serviceAccount: 'pv-protection-controller',
  watches: [watch(persistentVolumes)],
  reconcile(name, context) {
    protect(
      persistentVolumes,
      context.api.get(persistentVolumes, '', name),
      VOLUME_FINALIZER,
      ({ status }) => status.phase === 'Bound',
      context,
    );
  },
};

export const attributesClassProtection: Controller = {
  name: 'volumeattributesclass-protection',
  component: 'kube-controller-manager',
  serviceAccount: 'volumeattributesclass-protection-controller',
  watches: [
    watch(volumeAttributesClasses),
    watch(
      persistentVolumeClaims,
      (claim, previous) => new Set([...attributesClassesOf(claim), ...(previous ? attributesClassesOf(previous) : [])]),
    ),
    watch(persistentVolumes, (volume, previous) => [volume, previous].flatMap((one) => one?.spec.volumeAttributesClassName || [])),
  ],
  reconcile(name, context) {
    const { api } = context;
    const used = (): boolean =>
      api.countTerm(persistentVolumeClaims, claimTerm.attributesClass(name)) +
        api.countTerm(persistentVolumes, volumeTerm.attributesClass(name)) >
      0;
    protect(volumeAttributesClasses, api.get(volumeAttributesClasses, '', name), CLASS_FINALIZER, used, context);
  },
};

function protect<T extends KubeObject>(
  resource: Resource<T>,
  object: T | undefined,
  finalizer: string,
  isInUse: (object: T, context: ControllerContext) => boolean,
  context: ControllerContext,
): void {
  if (!object) return;
  const finalizers = object.metadata.finalizers ?? [];
  const has = finalizers.includes(finalizer);
  if (isTerminating(object)) {
    if (!has || isInUse(object, context)) return;
    const left = finalizers.filter((one) => one !== finalizer);
    const { finalizers: _, ...metadata } = object.metadata;
    context.api.update(resource, { ...object, metadata: { ...metadata, ...(left.length && { finalizers: left }) } });
  } else if (!has) context.api.update(resource, { ...object, metadata: { ...object.metadata, finalizers: [...finalizers, finalizer] } });
}
