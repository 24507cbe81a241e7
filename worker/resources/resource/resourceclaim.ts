// ResourceClaims: requests for devices, and what they got. Mirrors pkg/registry/resource/resourceclaim and pkg/apis/resource/validation.

import { invalidField } from '../../api/field-error.ts';
import { IMMUTABLE } from '../../api/metadata-validation.ts';
import { AGE_COLUMN, column, defineResource, NAME_COLUMN, STATUS } from '../../api/resource.ts';
import type { DeviceRequestAllocationResult, ResourceClaim } from '../../api/gen/resource-v1.ts';
import { isEqual } from '../../lib/json.ts';
import { goForm } from '../go-form.ts';
import { builtinType } from '../schema/index.ts';
import { keepMetadata, keepOnlyStatus, keepStatus, resetStatus } from '../strategy.ts';
import { defaultClaimSpec, validateAdminAccess, validateClaimSpec } from './claim-validation.ts';
import { dropDisabledOfClaim } from './drop-disabled.ts';
import { authorizeStatus } from './status-authorization.ts';
import { dropReleasedDevices, validateClaimStatus } from './status-validation.ts';

const schema = builtinType('resource.v1.ResourceClaim');

/** Kept while a claim has devices. */
export const CLAIM_FINALIZER = 'resource.kubernetes.io/delete-protection';
/** Of a claim made for a pod: which of the pod's claims it is. */
export const POD_CLAIM_ANNOTATION = 'resource.kubernetes.io/pod-claim-name';
/** Of a claim that the scheduler made for a pod's extended resources. */
export const EXTENDED_CLAIM_ANNOTATION = 'resource.kubernetes.io/extended-resource-claim';

export const isExtendedResourceClaim = ({ metadata }: ResourceClaim): boolean =>
  metadata.annotations?.[EXTENDED_CLAIM_ANNOTATION] === 'true';

export const hasAdminAccess = ({ devices }: Pick<ResourceClaim['spec'], 'devices'>): boolean =>
  devices?.requests?.some(({ exactly }) => exactly?.adminAccess) ?? false;

export const resourceClaims = defineResource<ResourceClaim>({
  group: 'resource.k8s.io',
  version: 'v1',
  resource: 'resourceclaims',
  kind: 'ResourceClaim',
  namespaced: true,
  schema,
  returnDeleted: true,
  default: ({ spec }) => defaultClaimSpec(spec),
  prepareForCreate: (claim, { config }) => {
    resetStatus(claim, schema);
    dropDisabledOfClaim(claim.spec, config);
  },
  prepareForUpdate: (claim, old, { config }) => {
    keepStatus(claim, old);
    dropDisabledOfClaim(claim.spec, config);
  },
  validate: ({ metadata, spec }, context) => [
    ...validateAdminAccess(
      (spec.devices.requests ?? []).map(({ exactly }) => exactly ?? {}),
      metadata.namespace ?? '',
      'spec.devices.requests',
      context,
    ),
    ...validateClaimSpec(spec, 'spec'),
  ],
  validateUpdate: ({ spec }, old) =>
    isEqual(spec, old.spec) ? [] : [invalidField('spec', goForm('resource.v1.ResourceClaimSpec', spec), IMMUTABLE)],
  indexTerms: ({ status }) => {
    if (status.allocation) return [ALLOCATED, ...(status.reservedFor ?? []).map(({ uid }) => claimTerm(uid))];
    return (status.reservedFor ?? []).map(({ uid }) => claimTerm(uid));
  },
  subresources: {
    status: {
      ...STATUS,
      resetFields: ['spec', 'metadata'],
      prepareForUpdate: (claim, old) => {
        keepOnlyStatus(claim, old);
        keepMetadata(claim, old);
        dropReleasedDevices(claim as ResourceClaim, old as ResourceClaim);
      },
      validateUpdate: (object, before, context) => {
        const [claim, old] = [object as ResourceClaim, before as ResourceClaim];
        const isGranted = resultsOf(old).some(({ adminAccess }) => adminAccess);
        return [
          ...(isGranted
            ? []
            : validateAdminAccess(resultsOf(claim), claim.metadata.namespace ?? '', 'status.allocation.devices.results', context)),
          ...authorizeStatus(claim, old, context),
          ...validateClaimStatus(claim, old),
        ];
      },
    },
  },
  columns: [
    NAME_COLUMN,
    column('State', stateOf, { description: 'A summary of the current state (allocated, pending, reserved, etc.).' }),
    AGE_COLUMN,
  ],
});

/** The claims that have devices. */
export const ALLOCATED = 'allocated';
/** The claims that an object (by its UID) may use. */
export const claimTerm = (uid: string): string => `for/${uid}`;

const resultsOf = ({ status }: ResourceClaim): readonly DeviceRequestAllocationResult[] => status.allocation?.devices?.results ?? [];

function stateOf({ metadata, status }: ResourceClaim): string {
  const states = metadata.deletionTimestamp ? ['deleted'] : [];
  if (status?.allocation) states.push('allocated', ...(status.reservedFor?.length ? ['reserved'] : []));
  else if (!metadata.deletionTimestamp) states.push('pending');
  return states.join(',');
}
