// What the API shows of a static pod: a pod that says that it is a mirror, made and kept by the kubelet. Deleting it stops nothing. Mirrors pkg/kubelet/pod/mirror_client.go.

import type { ControllerContext } from '../../api/controller.ts';
import type { Pod, PodStatus } from '../../api/gen/core-v1.ts';
import { keyOf } from '../../api/object.ts';
import { StatusError } from '../../api/status.ts';
import { isEqual } from '../../lib/json.ts';
import { nodes } from '../../resources/core/node.ts';
import { pods } from '../../resources/core/pod.ts';
import { keepStaticPod, staticPod } from './manifests.ts';
import { ANNOTATION, isMirrorPod } from './static-pod.ts';
import type { PodSync } from './worker.ts';

/** Makes the mirror of a static pod, or makes it anew if it is another's, or is being deleted. */
export function syncMirror(context: ControllerContext, pod: Pod, mirror: Pod | undefined): void {
  if (!context.isApiUp()) return;
  const { api } = context;
  const hash = pod.metadata.annotations![ANNOTATION.hash]!;
  if (mirror) {
    const isOwn = isMirrorPod(mirror) && mirror.metadata.annotations?.[ANNOTATION.mirror] === hash;
    if (isOwn && mirror.metadata.deletionTimestamp === undefined) return reportTo(context, mirror, pod.status);
    if (!isMirrorPod(mirror)) return; // somebody's own pod has the name
    removeMirror(context, mirror);
  }
  const node = api.get(nodes, '', pod.spec.nodeName!);
  if (!node) return;
  const { uid: _uid, resourceVersion: _version, creationTimestamp: _created, ...metadata } = pod.metadata;
  try {
    const made = api.create(pods, {
      metadata: {
        ...metadata,
        annotations: { ...metadata.annotations, [ANNOTATION.mirror]: hash },
        ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name: node.metadata.name, uid: node.metadata.uid, controller: true }],
      },
      spec: pod.spec,
    } as never);
    reportTo(context, made as Pod, pod.status);
  } catch (error) {
    // A namespace that is not there, a quota: the pod runs, and nobody sees it.
    if (!(error instanceof StatusError)) throw error;
    context.log('E', `"Failed creating a mirror pod" err=${JSON.stringify(error.message)} pod="${keyOf(pod)}"`);
  }
}

export function removeMirror({ api }: ControllerContext, { metadata: { namespace = '', name, uid } }: Pod): void {
  api.delete(pods, namespace, name, { gracePeriodSeconds: 0, preconditions: { uid } });
}

/** The status of a static pod: kept on the machine, and told to the API when it can be. */
export function writeStaticStatus({ world, context, pod }: PodSync, status: PodStatus): Pod {
  const key = keyOf(pod);
  const written = { ...pod, status };
  const known = staticPod(world, key);
  if (known?.pod.metadata.uid === pod.metadata.uid) keepStaticPod(world, key, { ...known, pod: written });
  const { namespace = '', name } = pod.metadata;
  const mirror = context.isApiUp() ? context.api.get(pods, namespace, name) : undefined;
  if (mirror?.metadata.annotations?.[ANNOTATION.mirror] === pod.metadata.annotations![ANNOTATION.hash]) reportTo(context, mirror!, status);
  return written;
}

function reportTo({ api }: ControllerContext, mirror: Pod, status: PodStatus): void {
  if (status.startTime !== undefined && !isEqual(status, mirror.status)) api.updateStatus(pods, { ...mirror, status });
}
