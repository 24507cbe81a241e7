// Attaches disks to nodes, and detaches them, as VolumeAttachments ask. Mirrors kubernetes-csi external-attacher.
//
// Keys: names of VolumeAttachments, or `all`.

import { watch, watchIn } from '../../api/controller.ts';
import type { Controller } from '../../api/controller.ts';
import { isTerminating } from '../../api/object.ts';
import { pods } from '../../resources/core/pod.ts';
import { volumeAttachments } from '../../resources/storage/volumeattachment.ts';
import type { World } from '../../world/world.ts';
import { DRIVER, DRIVER_NAMESPACE, isDriverPod, runningDriver } from './driver.ts';

const FINALIZER = 'external-attacher/disk-csi-kubarium-io';
const WORK_MS = 700;

export const makeAttacher = (world: World): Controller => ({
  name: 'csi-attacher',
  component: 'csi-disk',
  watches: [
    watch(volumeAttachments, ({ metadata, spec }) => (spec.attacher === DRIVER ? [metadata.name] : [])),
    watchIn(DRIVER_NAMESPACE, pods, (pod) => (isDriverPod(pod) ? ['all'] : [])),
  ],
  reconcile(name, context) {
    const { api, state, now } = context;
    if (!runningDriver(world, api)) return undefined;
    if (name === 'all') {
      for (const { metadata, spec } of api.list(volumeAttachments)) if (spec.attacher === DRIVER) context.enqueue(metadata.name);
      return undefined;
    }
    const attachment = api.get(volumeAttachments, '', name);
    const isDone = !attachment || (attachment.status?.attached && !isTerminating(attachment));
    if (isDone) {
      state.delete(name);
      return undefined;
    }
    const wanted = isTerminating(attachment) ? 'detach' : 'attach';
    const begun = state.get<{ what: string; at: number }>(name);
    if (begun?.what !== wanted) {
      state.set(name, { what: wanted, at: now() });
      return { after: WORK_MS };
    }
    if (now() < begun.at + WORK_MS) return { after: begun.at + WORK_MS - now() };
    state.delete(name);
    const finalizers = (attachment.metadata.finalizers ?? []).filter((one) => one !== FINALIZER);
    if (wanted === 'detach') {
      const { finalizers: _, ...metadata } = attachment.metadata;
      api.update(volumeAttachments, { ...attachment, metadata: { ...metadata, ...(finalizers.length && { finalizers }) } });
      return undefined;
    }
    const held = api.update(volumeAttachments, {
      ...attachment,
      metadata: { ...attachment.metadata, finalizers: [...finalizers, FINALIZER] },
    });
    api.updateStatus(volumeAttachments, { ...held, status: { attached: true } });
    return undefined;
  },
});
