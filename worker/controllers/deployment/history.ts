// Old ReplicaSets beyond the limit of history go, those of the lowest revisions first.

import type { ReplicaSet } from '../../api/gen/apps-v1.ts';
import { isTerminating } from '../../api/object.ts';
import { isNotFound } from '../../api/status.ts';
import { replicaSets } from '../../resources/apps/replicaset.ts';
import { revisionLimit } from './limits.ts';
import { revisionOf } from './revision.ts';
import { byCreation, replicasOf } from './rollout.ts';
import type { Rollout } from './rollout.ts';

export function cleanUp({ context, deployment }: Rollout, oldSets: readonly ReplicaSet[]): void {
  const limit = revisionLimit(deployment);
  if (limit === undefined) return;
  const alive = oldSets.filter((set) => !isTerminating(set));
  if (alive.length <= limit) return;
  for (const set of alive.toSorted(byRevision).slice(0, alive.length - limit)) {
    const { namespace = '', name, generation = 0 } = set.metadata;
    if (set.status.replicas !== 0 || replicasOf(set) !== 0 || generation > (set.status.observedGeneration ?? 0)) continue;
    try {
      context.api.delete(replicaSets, namespace, name);
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }
}

function byRevision(a: ReplicaSet, b: ReplicaSet): number {
  const [left, right] = [revisionOf(a), revisionOf(b)];
  return left === undefined || right === undefined || left === right ? byCreation(a, b) : left < right ? -1 : 1;
}
