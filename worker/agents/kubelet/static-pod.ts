// Pods that come from files on the machine, and their mirrors in the API. Mirrors pkg/kubelet/types/pod_update.go.

import type { Pod } from '../../api/gen/core-v1.ts';

export const ANNOTATION = {
  source: 'kubernetes.io/config.source',
  mirror: 'kubernetes.io/config.mirror',
  hash: 'kubernetes.io/config.hash',
  seen: 'kubernetes.io/config.seen',
} as const;

/** From a file, or what stands for such a pod in the API. */
export const isStaticPod = ({ metadata: { annotations } }: Pod): boolean =>
  annotations?.[ANNOTATION.mirror] !== undefined ||
  (annotations?.[ANNOTATION.source] !== undefined && annotations[ANNOTATION.source] !== 'api');

export const isMirrorPod = ({ metadata: { annotations } }: Pod): boolean => annotations?.[ANNOTATION.mirror] !== undefined;

/** Nobody may put it off a node: the control plane's, and what the system marks as such. */
export const isCriticalPod = (pod: Pod): boolean => isStaticPod(pod) || (pod.spec.priority ?? 0) >= 2_000_000_000;

/** The pod itself, as its machine knows it. */
export const isFromFile = (pod: Pod): boolean => pod.metadata.annotations?.[ANNOTATION.source] === 'file' && !isMirrorPod(pod);

/** By which identity the runtime of a machine knows a pod of the API: a mirror's is that of the pod it shows. */
export const runtimeUid = ({ metadata: { uid, annotations } }: Pod): string => annotations?.[ANNOTATION.mirror] ?? uid;
