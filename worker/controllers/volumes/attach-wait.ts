// How long the attach/detach controller waits for a driver to attach a volume, and what the pods that wait for it hear when that fails. Mirrors the attacher of
// pkg/volume/csi, and what pkg/volume/util/operationexecutor says of it and how it backs off.

import type { ControllerContext } from '../../api/controller.ts';
import type { PersistentVolume, Pod } from '../../api/gen/core-v1.ts';
import type { VolumeAttachment } from '../../api/gen/storage-v1.ts';
import { isTerminating } from '../../api/object.ts';

/** How long a driver may take, to attach as to detach. */
const TIMEOUT_MS = 120_000;
const [FIRST_BACKOFF_MS, MAX_BACKOFF_MS] = [500, 122_000];

interface Attempt {
  /** Later than now while it backs off, ms. */
  readonly begun: number;
  readonly failures: number;
}

const attemptKey = ({ metadata }: VolumeAttachment): string => `attempt ${metadata.name}`;

/** It is attached, or nobody wants it any more. */
export const endAttempt = ({ state }: ControllerContext, attachment: VolumeAttachment): void => state.delete(attemptKey(attachment));

/** Tells the pods that wait for an attachment, if it has failed. Gives when to look at it again, in ms from now; Infinity if it is attached. */
export function awaitAttached(
  attachment: VolumeAttachment,
  volume: PersistentVolume,
  users: readonly Pod[],
  context: ControllerContext,
): number {
  if (attachment.status?.attached && !isTerminating(attachment)) {
    endAttempt(context, attachment);
    return Infinity;
  }
  const { state, event } = context;
  const now = context.now();
  const key = attemptKey(attachment);
  const attempt = state.get<Attempt>(key) ?? { begun: now, failures: 0 };
  const problem = attempt.begun <= now ? problemOf(attachment, volume, attempt, now) : undefined;
  if (problem === undefined) {
    state.set(key, attempt);
    return (attempt.begun > now ? attempt.begun : attempt.begun + TIMEOUT_MS) - now;
  }
  const message = `AttachVolume.Attach failed for volume ${JSON.stringify(volume.metadata.name)} : ${problem}`;
  for (const pod of users) event(pod, 'Warning', 'FailedAttachVolume', message);
  const backoff = Math.min(FIRST_BACKOFF_MS * 2 ** attempt.failures, MAX_BACKOFF_MS);
  state.set(key, { begun: now + backoff, failures: attempt.failures + 1 } satisfies Attempt);
  return backoff;
}

/** Undefined while the driver may still be at it: with what is being taken away, too, until it has had its time for that. */
function problemOf(attachment: VolumeAttachment, volume: PersistentVolume, { begun, failures }: Attempt, now: number): string | undefined {
  const isLate = now >= begun + TIMEOUT_MS;
  if (isTerminating(attachment)) return isLate || failures ? 'volume attachment is being deleted' : undefined;
  const error = attachment.status?.attachError;
  if (error) return error.message ?? '';
  const { driver, volumeHandle } = volume.spec.csi!;
  return isLate ? `timed out waiting for external-attacher of ${driver} CSI driver to attach volume ${volumeHandle}` : undefined;
}
