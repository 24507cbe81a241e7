// CSIDrivers: what a driver of volumes can do. Mirrors pkg/registry/storage/csidriver and pkg/apis/storage.

import { duplicateField, invalidField, notSupported, requiredField } from '../../api/field-error.ts';
import type { FieldError } from '../../api/field-error.ts';
import { validateImmutable } from '../../api/metadata-validation.ts';
import { AGE_COLUMN, column, defineResource, NAME_COLUMN } from '../../api/resource.ts';
import type { CSIDriver, TokenRequest } from '../../api/gen/storage-v1.ts';
import { isEqual } from '../../lib/json.ts';
import { docOf } from '../doc.ts';
import { builtinType } from '../schema/index.ts';
import { nextGeneration } from '../strategy.ts';

const MIN_TOKEN_SECONDS = 600;
const MAX_TOKEN_SECONDS = 2 ** 32;
const TOKENS_IN_SECRETS =
  'spec.serviceAccountTokenInSecrets is unset; if supported by this CSI driver, set to true to prevent possible logging of tokens in volume attributes';

export const csiDrivers = defineResource<CSIDriver>({
  group: 'storage.k8s.io',
  version: 'v1',
  resource: 'csidrivers',
  kind: 'CSIDriver',
  namespaced: false,
  schema: builtinType('storage.v1.CSIDriver'),
  updateMustNameRevision: true,
  returnDeleted: true,
  default: ({ spec }) => {
    spec.attachRequired ??= true;
    spec.podInfoOnMount ??= false;
    spec.storageCapacity ??= false;
    spec.fsGroupPolicy ??= 'ReadWriteOnceWithFSType';
    if (!spec.volumeLifecycleModes?.length) spec.volumeLifecycleModes = ['Persistent'];
    spec.requiresRepublish ??= false;
    spec.seLinuxMount ??= false;
  },
  prepareForCreate: (driver) => dropScaling(driver, undefined),
  prepareForUpdate: (driver, old) => {
    dropScaling(driver, old);
    if (!isEqual(driver.spec, old.spec)) nextGeneration(driver, old);
  },
  validate: ({ spec }) => validateSpec(spec),
  validateUpdate: ({ spec }, old) => [
    ...validateSpec(spec),
    ...validateImmutable(spec.attachRequired, old.spec.attachRequired, 'spec.attachedRequired'),
    ...validateImmutable(spec.volumeLifecycleModes, old.spec.volumeLifecycleModes, 'spec.volumeLifecycleModes'),
  ],
  warnings: ({ spec: { tokenRequests, serviceAccountTokenInSecrets } }, old) =>
    tokenRequests?.length && serviceAccountTokenInSecrets === undefined && !(old && isEqual(old.spec.tokenRequests, tokenRequests))
      ? [TOKENS_IN_SECRETS]
      : [],
  columns: [
    NAME_COLUMN,
    column('AttachRequired', ({ spec }) => spec.attachRequired ?? true, {
      type: 'boolean',
      description: docOf('storage.v1.CSIDriverSpec.attachRequired'),
    }),
    column('PodInfoOnMount', ({ spec }) => spec.podInfoOnMount ?? false, {
      type: 'boolean',
      description: docOf('storage.v1.CSIDriverSpec.podInfoOnMount'),
    }),
    column('StorageCapacity', ({ spec }) => spec.storageCapacity ?? false, {
      type: 'boolean',
      description: docOf('storage.v1.CSIDriverSpec.storageCapacity'),
    }),
    column('TokenRequests', ({ spec }) => spec.tokenRequests?.map(({ audience }) => audience).join(',') ?? '<unset>', {
      description: docOf('storage.v1.CSIDriverSpec.tokenRequests'),
    }),
    column('RequiresRepublish', ({ spec }) => spec.requiresRepublish ?? false, {
      type: 'boolean',
      description: docOf('storage.v1.CSIDriverSpec.requiresRepublish'),
    }),
    column('Modes', ({ spec }) => spec.volumeLifecycleModes?.join(',') || '<none>', {
      description: docOf('storage.v1.CSIDriverSpec.volumeLifecycleModes'),
    }),
    AGE_COLUMN,
  ],
});

/** Scaling of volume limits is off (gate VolumeLimitScaling): its field is not taken. */
function dropScaling(driver: CSIDriver, old: CSIDriver | undefined): void {
  if (driver.spec.preventPodSchedulingIfMissing === undefined || old?.spec.preventPodSchedulingIfMissing !== undefined) return;
  const { preventPodSchedulingIfMissing: _, ...spec } = driver.spec;
  driver.spec = spec;
}

function validateSpec(spec: CSIDriver['spec']): FieldError[] {
  const errors: FieldError[] = [];
  if (spec.attachRequired === undefined) errors.push(requiredField('spec.attachedRequired'));
  if (spec.podInfoOnMount === undefined) errors.push(requiredField('spec.podInfoOnMount'));
  if (spec.storageCapacity === undefined) errors.push(requiredField('spec.storageCapacity'));
  const policies = ['File', 'None', 'ReadWriteOnceWithFSType'];
  if (spec.fsGroupPolicy !== undefined && !policies.includes(spec.fsGroupPolicy))
    errors.push(notSupported('spec.fsGroupPolicy', spec.fsGroupPolicy, policies));
  errors.push(...validateTokenRequests(spec.tokenRequests ?? []));
  for (const mode of spec.volumeLifecycleModes ?? [])
    if (mode !== 'Persistent' && mode !== 'Ephemeral')
      errors.push(notSupported('spec.volumeLifecycleModes', mode, ['Persistent', 'Ephemeral']));
  if (spec.seLinuxMount === undefined) errors.push(requiredField('spec.seLinuxMount'));
  const period = spec.nodeAllocatableUpdatePeriodSeconds;
  if (period !== undefined && period < 10)
    errors.push(invalidField('spec.nodeAllocatableUpdatePeriodSeconds', period, 'must be greater than or equal to 10 seconds'));
  if (spec.serviceAccountTokenInSecrets !== undefined && !spec.tokenRequests?.length)
    errors.push(
      invalidField(
        'spec.serviceAccountTokenInSecrets',
        spec.serviceAccountTokenInSecrets,
        'serviceAccountTokenInSecrets is set but no tokenRequests are specified',
      ),
    );
  return errors;
}

function validateTokenRequests(requests: readonly TokenRequest[]): FieldError[] {
  const errors: FieldError[] = [];
  const audiences = new Set<string>();
  for (const [i, { audience, expirationSeconds: seconds }] of requests.entries()) {
    const path = `spec.tokenRequests[${i}]`;
    if (audiences.has(audience)) {
      errors.push(duplicateField(`${path}.audience`, audience));
      continue;
    }
    audiences.add(audience);
    if (seconds === undefined) continue;
    if (seconds < MIN_TOKEN_SECONDS)
      errors.push(invalidField(`${path}.expirationSeconds`, seconds, 'may not specify a duration less than 10 minutes'));
    if (seconds > MAX_TOKEN_SECONDS)
      errors.push(invalidField(`${path}.expirationSeconds`, seconds, 'may not specify a duration larger than 2^32 seconds'));
  }
  return errors;
}
