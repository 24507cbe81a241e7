// The course of the simulated world: processes whose time has come, containers whose grace is over. Not a part of Kubernetes, and of no component: it always runs.

import type { Controller } from '../api/controller.ts';
import { findNamespace } from '../world/process/namespace.ts';
import { runNamespace } from '../world/process/kernel.ts';
import type { Container, Sandbox } from '../world/runtime/sandbox.ts';
import { endOverdue, killOverdue } from '../world/runtime/lifecycle.ts';
import { findContainer } from '../world/world.ts';
import type { World } from '../world/world.ts';

export const WORLD = 'world';

/** So long after its start, whoever waits for a container may be waiting for what it waits for. */
const [ATTENTION_MS, LONG_ATTENTION_MS] = [60_000, 3_600_000];

export const makeWorldLoop = (world: World): Controller => ({
  name: WORLD,
  component: 'world',
  watches: [],
  reconcile(key, context) {
    const [kind = '', id = ''] = key.split('/');
    if (kind === 'kill' || kind === 'end') {
      const found = findContainer(world, id);
      if (!found) return undefined;
      if (kind === 'kill') killOverdue(world, found.sandbox, found.container);
      else endOverdue(world, found.sandbox, found.container);
      const at = kind === 'kill' ? found.container.killAt : found.container.endsAt?.at;
      return found.container.state === 'running' && at !== undefined ? { after: at - context.now() } : undefined;
    }
    const namespace = findNamespace(world, key);
    if (!namespace) return undefined;
    const sandbox = world.sandboxes.get(namespace.sandbox);
    const { after, busy } = runNamespace(world, namespace);
    if (after === undefined) return undefined;
    return { after, ...(!isAwaited(sandbox, context.now() + after, busy) && { background: true }) };
  },
});

/** Whether the time until then is work, or the course of a cluster at rest. */
function isAwaited(sandbox: Sandbox | undefined, until: number, busy: boolean): boolean {
  const limit = ({ runsToEnd }: Container): number => (runsToEnd && !busy ? LONG_ATTENTION_MS : ATTENTION_MS);
  return sandbox?.containers.some((container) => container.state === 'running' && until <= container.startedAt + limit(container)) ?? false;
}
