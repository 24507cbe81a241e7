// Leases: who holds what, and since when. Mirrors pkg/registry/coordination/lease and pkg/apis/coordination/validation.

import { forbiddenField, invalidField } from '../../api/field-error.ts';
import type { FieldError } from '../../api/field-error.ts';
import { AGE_COLUMN, column, defineResource, NAME_COLUMN } from '../../api/resource.ts';
import type { Lease } from '../../api/gen/coordination-v1.ts';
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
  columns: [
    NAME_COLUMN,
    column('Holder', ({ spec }) => spec.holderIdentity ?? '', { description: docOf('coordination.v1.LeaseSpec.holderIdentity') }),
    AGE_COLUMN,
  ],
});

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
