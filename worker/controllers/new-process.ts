// Whether a loop's process is another one than before: upstream's loops keep in memory what ours keep in their state, and lose it with their process. A process is known by
// how it is named in the lease of who leads; where none is seen, it is always the same.

import type { ControllerContext } from '../api/controller.ts';
import { leases } from '../resources/coordination/lease.ts';

const PROCESS = 'process';

/** To be asked at the start: what the one before knew is gone. */
export function forgetWithProcess({ api, state, flag }: ControllerContext): void {
  const namespace = flag('leader-elect-resource-namespace') ?? 'kube-system';
  const holder = api.get(leases, namespace, flag('leader-elect-resource-name') ?? 'kube-controller-manager')?.spec.holderIdentity;
  if (holder === undefined || state.get<string>(PROCESS) === holder) return;
  for (const [key] of state.entries()) state.delete(key);
  state.set(PROCESS, holder);
}
