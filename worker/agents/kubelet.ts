// The kubelet of every node: registers its node, and runs the pods bound to it.

import type { Controller, ControllerContext } from '../api/controller.ts';
import { watch } from '../api/controller.ts';
import type { Pod } from '../api/gen/core-v1.ts';
import { isTerminating, splitKey } from '../api/object.ts';
import { formatTime } from '../lib/time.ts';
import { pods } from '../resources/core/pod.ts';

/** Pods run and are ready as soon as they are bound. */
export const kubelet: Controller = {
  name: 'kubelet',
  component: 'kubelet',
  watches: [watch(pods)],
  reconcile(key, context) {
    const { namespace, name } = splitKey(key);
    const pod = context.api.get(pods, namespace, name);
    if (!pod?.spec.nodeName) return;
    if (isTerminating(pod)) context.api.delete(pods, namespace, name, { gracePeriodSeconds: 0, preconditions: { uid: pod.metadata.uid } });
    else if (pod.status.phase !== 'Running') context.api.updateStatus(pods, running(pod, context));
  },
};

function running(pod: Pod, context: ControllerContext): Pod {
  const time = formatTime(context.now());
  const podIP = `10.244.${1 + context.random.below(200)}.${2 + context.random.below(250)}`;
  const condition = (type: string): { type: string; status: string; lastTransitionTime: string } => ({
    type,
    status: 'True',
    lastTransitionTime: time,
  });
  return {
    ...pod,
    status: {
      ...pod.status,
      phase: 'Running',
      conditions: ['PodReadyToStartContainers', 'Initialized', 'Ready', 'ContainersReady', 'PodScheduled'].map(condition) as never,
      podIP,
      podIPs: [{ ip: podIP }],
      startTime: time,
      containerStatuses: pod.spec.containers.map(({ name, image = '' }) => ({
        name,
        image,
        imageID: image,
        ready: true,
        started: true,
        restartCount: 0,
        lastState: {},
        state: { running: { startedAt: time } },
      })),
    },
  };
}
