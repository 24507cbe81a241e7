// Seeing to it that a container's image is on the machine. Mirrors pkg/kubelet/images/image_manager.go.

import type { Container as ContainerSpec } from '../../api/gen/core-v1.ts';
import { formatDuration } from '../../lib/time.ts';
import { parseReference } from '../../world/images/reference.ts';
import type { StoredImage } from '../../world/machine.ts';
import { planPull, storedImage, storeImage } from '../../world/runtime/pull.ts';
import type { Pull, Sandbox } from '../../world/runtime/sandbox.ts';
import { next, remaining } from './backoff.ts';
import { containerEvent } from './events.ts';
import { wakeAt } from './worker.ts';
import type { PodSync, Reason } from './worker.ts';

/** What it takes to learn that an image is the newest. */
const CHECK_MS = 480;

export type ImageResult = { readonly image: StoredImage } | { readonly failure: Reason; readonly leftMs?: number } | 'pulling';

export function ensureImage(sync: PodSync, sandbox: Sandbox, container: ContainerSpec): ImageResult {
  const { machine, world, context } = sync;
  const image = container.image ?? '';
  const quoted = JSON.stringify(image);
  const event = (type: 'Normal' | 'Warning', reason: string, message: string): void =>
    containerEvent(sync, container.name, type, reason, message);
  const begun = sandbox.pull;
  if (begun?.container === container.name && begun.image === image) return finishPull(sync, sandbox, container);

  const reference = parseReference(image);
  if (typeof reference === 'string') {
    const message = `Failed to apply default image tag ${quoted}: ${reference}`;
    event('Warning', 'InspectFailed', message);
    return { failure: { reason: 'InvalidImageName', message } };
  }
  const policy = container.imagePullPolicy ?? 'IfNotPresent';
  const present = policy === 'Always' ? undefined : storedImage(machine, image);
  if (present) {
    event('Normal', 'Pulled', `Container image ${quoted} already present on machine and can be accessed by the pod`);
    return { image: present };
  }
  if (policy === 'Never') {
    const message = `Container image ${quoted} is not present with pull policy of Never`;
    event('Warning', 'ErrImageNeverPull', message);
    return { failure: { reason: 'ErrImageNeverPull', message } };
  }
  const failed = sync.worker.pulls[image];
  const waitMs = failed ? remaining(failed, failed.at, context.now()) : 0;
  if (failed && waitMs > 0) {
    event('Normal', 'BackOff', `Back-off pulling image ${quoted}`);
    const message = `Back-off pulling image ${quoted}: ErrImagePull: ${failed.error}`;
    return { failure: { reason: 'ImagePullBackOff', message }, leftMs: waitMs };
  }
  event('Normal', 'Pulling', `Pulling image ${quoted}`);
  const plan = planPull(world, image);
  const now = context.now();
  // An image that is there already (`Always`), or will be when its turn comes, is only asked for.
  const isComing = (): boolean =>
    machine.pullsUntil > now && world.sandboxes.find('machine', machine.name).some((one) => one.pull?.image === image);
  const isKnown = storedImage(machine, image) !== undefined || isComing();
  const durationMs = 'size' in plan && isKnown ? Math.min(plan.durationMs, CHECK_MS) : plan.durationMs;
  const beginsAt = world.traits.lenient ? now : Math.max(now, machine.pullsUntil);
  if (!world.traits.lenient) {
    machine.pullsUntil = beginsAt + durationMs;
    world.machines.put(machine.name, machine);
  }
  const pull: Pull = {
    container: container.name,
    image,
    startedAt: now,
    beginsAt,
    endsAt: beginsAt + durationMs,
    ...('error' in plan && { error: plan.error }),
  };
  // Where every image can be had at once, nobody waits to be woken for it.
  if (world.traits.lenient) return endPull(sync, container, pull);
  sandbox.pull = pull;
  world.sandboxes.put(sandbox.id, sandbox);
  wakeAt(sync, pull.endsAt);
  return 'pulling';
}

function finishPull(sync: PodSync, sandbox: Sandbox, container: ContainerSpec): ImageResult {
  const pull = sandbox.pull!;
  if (pull.endsAt > sync.context.now()) {
    wakeAt(sync, pull.endsAt);
    return 'pulling';
  }
  sandbox.pull = undefined;
  sync.world.sandboxes.put(sandbox.id, sandbox);
  return endPull(sync, container, pull);
}

function endPull(sync: PodSync, container: ContainerSpec, { image, endsAt, startedAt, beginsAt, error }: Pull): ImageResult {
  const { world, machine, worker, context } = sync;
  const quoted = JSON.stringify(image);
  if (error !== undefined) {
    containerEvent(sync, container.name, 'Warning', 'Failed', `Failed to pull image ${quoted}: ${error}`);
    const before = worker.pulls[image];
    worker.pulls[image] = { ...next(before, context.now(), context.now()), error };
    return { failure: { reason: 'ErrImagePull', message: error } };
  }
  delete worker.pulls[image];
  const stored = storeImage(world, machine, image);
  const [took, waited] = [formatDuration(endsAt - beginsAt), formatDuration(endsAt - startedAt)];
  const message = `Successfully pulled image ${quoted} in ${took} (${waited} including waiting). Image size: ${stored.size} bytes.`;
  containerEvent(sync, container.name, 'Normal', 'Pulled', message);
  return { image: stored };
}
