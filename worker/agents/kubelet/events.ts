// Events of the kubelet, signed with its node.

import type { Pod } from '../../api/gen/core-v1.ts';
import { fieldPathOf } from './runtime-view.ts';
import type { PodSync } from './worker.ts';

export function podEvent({ context, machine, pod }: PodSync, type: 'Normal' | 'Warning', reason: string, message: string): void {
  context.event(pod, type, reason, message, { host: machine.name });
}

export function containerEvent(
  { context, machine, pod }: Pick<PodSync, 'context' | 'machine'> & { pod: Pod },
  container: string,
  type: 'Normal' | 'Warning',
  reason: string,
  message: string,
): void {
  context.event(pod, type, reason, message, { host: machine.name, fieldPath: fieldPathOf(pod, container) });
}
