// The claims of pods' ephemeral volumes: made with the pod, and its own. Mirrors pkg/controller/volume/ephemeral.

import { watch } from '../../api/controller.ts';
import type { Controller, ControllerContext } from '../../api/controller.ts';
import type { PersistentVolumeClaim, Pod, Volume } from '../../api/gen/core-v1.ts';
import { isTerminating, keyOf, splitKey } from '../../api/object.ts';
import { persistentVolumeClaims } from '../../resources/core/persistentvolumeclaim.ts';
import { pods } from '../../resources/core/pod.ts';
import { controllerRef } from '../claim.ts';
import { SyncError } from '../../api/controller.ts';
import { EPHEMERAL_CREATE_FAILURES, EPHEMERAL_CREATES } from '../meters.ts';
import { isExpected } from '../pod-control.ts';

export const ephemeralVolumes: Controller = {
  name: 'ephemeral-volume',
  component: 'kube-controller-manager',
  serviceAccount: 'ephemeral-volume-controller',
  reporter: 'ephemeral_volume',
  watches: [
    watch(pods, (pod, _previous, _reader, type) => (type !== 'deleted' && needsClaims(pod) ? [keyOf(pod)] : [])),
    watch(persistentVolumeClaims, ({ metadata }, _previous, _reader, type) => {
      const owner = metadata.ownerReferences?.find(({ controller }) => controller);
      return type === 'deleted' && owner?.kind === 'Pod' ? [`${metadata.namespace}/${owner.name}`] : [];
    }),
  ],
  reconcile(key, context) {
    const { namespace, name } = splitKey(key);
    const pod = context.api.get(pods, namespace, name);
    if (!pod || isTerminating(pod)) return;
    for (const volume of pod.spec.volumes ?? []) if (volume.ephemeral) ensureClaim(pod, volume, context);
  },
};

const needsClaims = ({ spec }: Pod): boolean => spec.volumes?.some(({ ephemeral }) => ephemeral) ?? false;

function ensureClaim(pod: Pod, volume: Volume, { api, event, meters }: ControllerContext): void {
  const { namespace = '' } = pod.metadata;
  const name = `${pod.metadata.name}-${volume.name}`;
  const known = api.get(persistentVolumeClaims, namespace, name);
  if (known) {
    if (known.metadata.ownerReferences?.some(({ uid, controller }) => controller && uid === pod.metadata.uid)) return;
    throw new SyncError(`PVC "${name}" was not created for pod "${pod.metadata.name}" (pod is not owner)`);
  }
  const { metadata, spec } = volume.ephemeral!.volumeClaimTemplate!;
  try {
    api.create<PersistentVolumeClaim>(persistentVolumeClaims, {
      metadata: {
        name,
        namespace,
        ...(metadata?.annotations && { annotations: metadata.annotations }),
        ...(metadata?.labels && { labels: metadata.labels }),
        ownerReferences: [controllerRef(pod)],
      },
      spec,
    });
    meters.add(EPHEMERAL_CREATES);
  } catch (error) {
    if (isExpected(error)) {
      meters.add(EPHEMERAL_CREATES);
      meters.add(EPHEMERAL_CREATE_FAILURES);
      event(pod, 'Warning', 'FailedBinding', `ephemeral volume: create PVC ${name}: ${error.message}`);
    }
    throw error;
  }
}
