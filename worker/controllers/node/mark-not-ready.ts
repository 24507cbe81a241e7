// Pods of a node that is not heard of are not ready. Mirrors MarkPodsNotReady of pkg/controller/util/node.

import type { ControllerContext } from '../../api/controller.ts';
import type { Pod } from '../../api/gen/core-v1.ts';
import { isNotFound } from '../../api/status.ts';
import { podCondition, withPodCondition } from '../../resources/core/pod-state.ts';
import { pods } from '../../resources/core/pod.ts';

export function markNotReady(context: ControllerContext, found: readonly Pod[]): void {
  for (const pod of found) {
    const ready = podCondition(pod, 'Ready');
    if (ready?.status !== 'True') continue;
    const conditions = withPodCondition(pod.status.conditions, { ...ready, status: 'False' }, context.now());
    try {
      context.api.updateStatus(pods, { ...pod, status: { ...pod.status, conditions } });
    } catch (error) {
      if (!isNotFound(error)) throw error;
      continue;
    }
    context.event(pod, 'Warning', 'NodeNotReady', 'Node is not ready');
  }
}
