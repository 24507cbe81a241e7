// Empties a volume by a pod that mounts it and removes all that is in it. Mirrors pkg/volume/util/recyclerclient.

import type { ControllerContext, Requeue } from '../../api/controller.ts';
import type { PersistentVolume, Pod, Volume } from '../../api/gen/core-v1.ts';
import type { Draft } from '../../api/object.ts';
import { persistentVolumes } from '../../resources/core/persistentvolume.ts';
import { pods } from '../../resources/core/pod.ts';
import { setVolumePhase, unbind } from './bind.ts';

export const RECYCLER_PREFIX = 'recycler-for-';
const NAMESPACE = 'default';
const SCRUB = 'test -e /scrub && rm -rf /scrub/..?* /scrub/.[!.]* /scrub/*  && test -z "$(ls -A /scrub)" || exit 1';

export function recycle(volume: PersistentVolume, context: ControllerContext): Requeue | undefined {
  const { api } = context;
  if (volume.status.phase === 'Failed') return undefined;
  const source = sourceOf(volume);
  if (!source) {
    fail(volume, context, `No recycler plugin found for the volume!`);
    return undefined;
  }
  const name = `${RECYCLER_PREFIX}${volume.metadata.name}`;
  const pod = api.get(pods, NAMESPACE, name);
  if (!pod) {
    context.event(volume, 'Normal', 'RecyclerPod', `Recycler pod: created pod ${name}`);
    api.create(pods, podOf(name, source));
    return undefined;
  }
  if (pod.status.phase !== 'Succeeded' && pod.status.phase !== 'Failed') return undefined;
  api.delete(pods, NAMESPACE, name);
  if (pod.status.phase === 'Failed') {
    fail(volume, context, `Recycle failed: ${pod.status.message ?? 'pod failed, pod.Status.Message unknown.'}`);
    return undefined;
  }
  context.event(volume, 'Normal', 'VolumeRecycled', 'Volume recycled');
  unbind(api.get(persistentVolumes, '', volume.metadata.name) ?? volume, context);
  return undefined;
}

function fail(volume: PersistentVolume, context: ControllerContext, message: string): void {
  context.event(setVolumePhase(volume, 'Failed', context, message), 'Warning', 'VolumeFailedRecycle', message);
}

function sourceOf({ spec: { hostPath, nfs } }: PersistentVolume): Pick<Volume, 'hostPath' | 'nfs'> | undefined {
  if (hostPath) return { hostPath: { path: hostPath.path } };
  return nfs && { nfs };
}

const podOf = (name: string, source: Pick<Volume, 'hostPath' | 'nfs'>): Draft<Pod> => ({
  metadata: { name, namespace: NAMESPACE },
  spec: {
    restartPolicy: 'Never',
    activeDeadlineSeconds: 60,
    volumes: [{ name: 'vol', ...source }],
    containers: [
      {
        name: 'pv-recycler',
        image: 'registry.k8s.io/build-image/debian-base:bookworm-v1.0.6',
        command: ['/bin/sh'],
        args: ['-c', SCRUB],
        volumeMounts: [{ name: 'vol', mountPath: '/scrub' }],
      },
    ],
  } as never,
});
