// Heartbeats of nodes. A kubelet tells its status again every five minutes, changed or not (nodeStatusReportFrequency).
//
// Differs: what has not changed is not written again; when the last heartbeat was is worked out when somebody reads.

import type { Node } from '../../api/gen/core-v1.ts';
import { formatTime, timeOf } from '../../lib/time.ts';

const PERIOD_MS = 5 * 60_000;

/** The heartbeat that a condition would show now, if its kubelet has told it all along. */
export function heartbeatAt(told: string | null | undefined, now: number): string {
  const first = timeOf(told);
  return formatTime(first + Math.max(0, Math.floor((now - first) / PERIOD_MS)) * PERIOD_MS);
}

/** A node at this moment. Conditions that others set (and those of nodes without a kubelet) stay as they were told. */
export function nodeAtTime(node: Node, now: number): Node | undefined {
  const { conditions } = node.status;
  const isTold = conditions?.some(
    ({ reason, lastHeartbeatTime }) => reason?.startsWith('Kubelet') && now - timeOf(lastHeartbeatTime) >= PERIOD_MS,
  );
  if (!isTold || node.status.nodeInfo === undefined) return undefined;
  return {
    ...node,
    status: {
      ...node.status,
      conditions: conditions!.map((one) =>
        one.reason?.startsWith('Kubelet') ? { ...one, lastHeartbeatTime: heartbeatAt(one.lastHeartbeatTime, now) } : one,
      ),
    },
  };
}
