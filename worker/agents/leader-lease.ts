// The lease by which a component elects its leader: which one it is by its flags, how it is taken, and why it may not be. Mirrors client-go
// tools/leaderelection/resourcelock.

import type { ControllerContext } from '../api/controller.ts';
import { forbiddenMessage } from '../api/forbidden-message.ts';
import type { Lease } from '../api/gen/coordination-v1.ts';
import { forbidden, StatusError } from '../api/status.ts';
import { AUTHENTICATED } from '../api/access.ts';
import { formatMicroTime } from '../lib/time.ts';
import { leases } from '../resources/coordination/lease.ts';
import type { Lock } from '../world/programs/control-plane/leader-flags.ts';

export const describe = ({ namespace, name }: Lock): string => `${namespace}/${name}`;

export const readLease = ({ api }: ControllerContext, { namespace, name }: Lock): Lease | undefined => api.get(leases, namespace, name);

/**
 * Takes the lease, as the component's own user. The time of its renewal is left out: it is renewed as long as its holder leads (`resources/coordination/lease.ts`).
 * Throws what goes into the log instead.
 */
export function acquire(context: ControllerContext, component: string, lock: Lock, identity: string, seconds: number): Lease {
  const { api, now } = context;
  const old = readLease(context, lock);
  const time = formatMicroTime(now());
  const spec = specOf({
    holderIdentity: identity,
    leaseDurationSeconds: seconds,
    acquireTime: time,
    leaseTransitions: old ? (old.spec.leaseTransitions ?? 0) + 1 : 0,
  });
  attempt('Error retrieving lease lock', () => demand(context, component, lock, 'get'));
  return old
    ? attempt('Failed to update lease', () => {
        demand(context, component, lock, 'update');
        return api.update(leases, { ...old, spec });
      })
    : attempt('Error initially creating lease lock', () => {
        demand(context, component, lock, 'create');
        return api.create(leases, { metadata: lock, spec });
      });
}

/** What it tried, in the words of its log, and what it was answered. */
export class LockProblem extends Error {
  readonly tried: string;
  constructor(tried: string, answer: string) {
    super(answer);
    this.tried = tried;
  }
}

function attempt<T>(what: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw error instanceof StatusError ? new LockProblem(what, error.message) : error;
  }
}

function demand({ access }: ControllerContext, component: string, { namespace, name }: Lock, verb: 'get' | 'update' | 'create'): void {
  const user = { name: `system:${component}`, groups: [AUTHENTICATED] };
  const attributes = {
    isResource: true,
    verb,
    group: leases.group,
    version: leases.version,
    namespace,
    resource: leases.resource,
    subresource: '',
    name: verb === 'create' ? '' : name,
    path: '',
  };
  const { allowed, reason } = access.authorize(user, attributes);
  if (!allowed) throw forbidden(leases, attributes.name, forbiddenMessage(user, attributes, reason));
}

/** As Go writes it. */
export const specOf = ({
  holderIdentity,
  leaseDurationSeconds,
  acquireTime,
  renewTime,
  leaseTransitions,
}: Lease['spec']): Lease['spec'] => ({
  ...(holderIdentity !== undefined && { holderIdentity }),
  ...(leaseDurationSeconds !== undefined && { leaseDurationSeconds }),
  ...(acquireTime !== undefined && { acquireTime }),
  ...(renewTime !== undefined && { renewTime }),
  ...(leaseTransitions !== undefined && { leaseTransitions }),
});
