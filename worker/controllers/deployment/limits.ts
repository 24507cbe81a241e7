// How many pods a Deployment may have, and must have, while it rolls out.

import type { Deployment } from '../../api/gen/apps-v1.ts';
import { scaledValue } from '../../lib/int-or-percent.ts';

export const wantedReplicas = ({ spec }: Deployment): number => spec.replicas ?? 1;

export const isRolling = ({ spec }: Deployment): boolean => spec.strategy.type === 'RollingUpdate';

/** Surge is rounded up, unavailability down; both 0 would never move. */
function fence(deployment: Deployment): { surge: number; unavailable: number } {
  const { maxSurge, maxUnavailable } = deployment.spec.strategy.rollingUpdate ?? {};
  const surge = scaledValue(maxSurge, wantedReplicas(deployment), 'up');
  const unavailable = scaledValue(maxUnavailable, wantedReplicas(deployment), 'down');
  return { surge, unavailable: surge === 0 && unavailable === 0 ? 1 : unavailable };
}

export const maxSurge = (deployment: Deployment): number => (isRolling(deployment) ? fence(deployment).surge : 0);

export const maxReplicas = (deployment: Deployment): number => wantedReplicas(deployment) + maxSurge(deployment);

export function maxUnavailable(deployment: Deployment): number {
  const wanted = wantedReplicas(deployment);
  return isRolling(deployment) && wanted > 0 ? Math.min(fence(deployment).unavailable, wanted) : 0;
}

export const minAvailable = (deployment: Deployment): number => wantedReplicas(deployment) - maxUnavailable(deployment);

const NO_LIMIT = 2 ** 31 - 1;

/** Undefined for none. */
export const progressDeadline = ({ spec: { progressDeadlineSeconds: seconds } }: Deployment): number | undefined =>
  seconds === NO_LIMIT ? undefined : seconds;

export const revisionLimit = ({ spec: { revisionHistoryLimit: limit } }: Deployment): number | undefined =>
  limit === NO_LIMIT ? undefined : limit;
