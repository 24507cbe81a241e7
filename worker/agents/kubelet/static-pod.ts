// Pods that come from files on the machine, and their mirrors in the API. Mirrors pkg/kubelet/types/pod_update.go.

import type { Pod } from '../../api/gen/core-v1.ts';

const SOURCE = 'kubernetes.io/config.source';
const MIRROR = 'kubernetes.io/config.mirror';

export const isStaticPod = ({ metadata: { annotations } }: Pod): boolean =>
  annotations?.[MIRROR] !== undefined || (annotations?.[SOURCE] !== undefined && annotations[SOURCE] !== 'api');
