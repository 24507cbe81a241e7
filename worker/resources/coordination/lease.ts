// Leases: who holds what, and since when. Mirrors pkg/registry/coordination/lease and pkg/apis/coordination/validation.

import { forbiddenField, invalidField } from '../../api/field-error.ts';
import type { FieldError } from '../../api/field-error.ts';
import { AGE_COLUMN, column, defineResource, NAME_COLUMN } from '../../api/resource.ts';
import type { Lease } from '../../api/gen/coordination-v1.ts';
import { fnv1a32 } from '../../lib/hash.ts';
import { formatMicroTime, timeOf } from '../../lib/time.ts';
import { docOf } from '../doc.ts';
import { builtinType } from '../schema/index.ts';
import { NEGATIVE } from '../validation/values.ts';

export const leases = defineResource<Lease>({
  group: 'coordination.k8s.io',
  version: 'v1',
  resource: 'leases',
  kind: 'Lease',
  namespaced: true,
  schema: builtinType('coordination.v1.Lease'),
  createOnUpdate: true,
  updateMustNameRevision: true,
  prepareForCreate: (lease) => dropElection(lease, undefined),
  prepareForUpdate: (lease, old) => dropElection(lease, old),
  validate: ({ spec }) => validateSpec(spec),
  atTime: renewed,
  columns: [
    NAME_COLUMN,
    column('Holder', ({ spec }) => spec.holderIdentity ?? '', { description: docOf('coordination.v1.LeaseSpec.holderIdentity') }),
    AGE_COLUMN,
  ],
});

/** How often the holders of the system's own leases renew them. */
const [NODE_PERIOD_MS, LEADER_PERIOD_MS] = [10_000, 2000];
/** How leaders call themselves: `control-plane_3f6c…`. Their leases have any name. */
const LEADER = /_[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * Differs: the leases of nodes and components are not written every few seconds. One without a time is renewed all along, and shows the last time that it would have
 * been; when its holder stops, that time is written down. A watch does not tell of renewals.
 */
function renewed(lease: Lease, now: number): Lease | undefined {
  const { namespace, name, creationTimestamp } = lease.metadata;
  const { holderIdentity, leaseDurationSeconds, acquireTime, renewTime, ...rest } = lease.spec;
  if (renewTime !== undefined || !holderIdentity) return undefined;
  const isNode = namespace === 'kube-node-lease' || (namespace === 'kube-system' && name.startsWith('apiserver-'));
  if (!isNode && (acquireTime === undefined || !LEADER.test(holderIdentity))) return undefined;
  const period = isNode ? NODE_PERIOD_MS : LEADER_PERIOD_MS;
  const phase = fnv1a32(name) % period;
  const last = Math.floor((now - phase) / period) * period + phase;
  const at = Math.max(last, acquireTime === undefined ? timeOf(creationTimestamp) : timeOf(acquireTime));
  return {
    ...lease,
    spec: {
      holderIdentity,
      ...(leaseDurationSeconds !== undefined && { leaseDurationSeconds }),
      ...(acquireTime !== undefined && { acquireTime }),
      renewTime: formatMicroTime(at),
      ...rest,
    },
  };
}

/** Coordinated leader election is off (gate CoordinatedLeaderElection): its fields are not taken. */
function dropElection(lease: Lease, old: Lease | undefined): void {
  const { strategy, preferredHolder, ...rest } = lease.spec;
  if (strategy === undefined && preferredHolder === undefined) return;
  lease.spec = {
    ...rest,
    ...(strategy !== undefined && old?.spec.strategy !== undefined && { strategy }),
    ...(preferredHolder !== undefined && old?.spec.preferredHolder !== undefined && { preferredHolder }),
  };
}

function validateSpec({ leaseDurationSeconds, leaseTransitions, strategy, preferredHolder }: Lease['spec']): FieldError[] {
  const errors: FieldError[] = [];
  if (leaseDurationSeconds !== undefined && leaseDurationSeconds <= 0)
    errors.push(invalidField('spec.leaseDurationSeconds', leaseDurationSeconds, 'must be greater than 0'));
  if (leaseTransitions !== undefined && leaseTransitions < 0)
    errors.push(invalidField('spec.leaseTransitions', leaseTransitions, NEGATIVE));
  if (preferredHolder && !strategy) errors.push(forbiddenField('spec.preferredHolder', 'may only be specified if `strategy` is defined'));
  return errors;
}
