// ResourceClaimTemplates: the claims that pods get of their own. Mirrors pkg/registry/resource/resourceclaimtemplate and pkg/apis/resource/validation.

import { invalidField } from '../../api/field-error.ts';
import { IMMUTABLE, validateAnnotations, validateLabels } from '../../api/metadata-validation.ts';
import { AGE_COLUMN, defineResource, NAME_COLUMN } from '../../api/resource.ts';
import type { ResourceClaimTemplate } from '../../api/gen/resource-v1.ts';
import { isEqual } from '../../lib/json.ts';
import { goForm } from '../go-form.ts';
import { builtinType } from '../schema/index.ts';
import { defaultClaimSpec, validateAdminAccess, validateClaimSpec } from './claim-validation.ts';
import { dropDisabledOfClaim } from './drop-disabled.ts';

export const resourceClaimTemplates = defineResource<ResourceClaimTemplate>({
  group: 'resource.k8s.io',
  version: 'v1',
  resource: 'resourceclaimtemplates',
  kind: 'ResourceClaimTemplate',
  namespaced: true,
  schema: builtinType('resource.v1.ResourceClaimTemplate'),
  returnDeleted: true,
  default: ({ spec }) => {
    if (spec.spec) defaultClaimSpec(spec.spec);
  },
  prepareForCreate: ({ spec }, { config }) => dropDisabledOfClaim(spec.spec ?? {}, config),
  prepareForUpdate: ({ spec }, _old, { config }) => dropDisabledOfClaim(spec.spec ?? {}, config),
  validate: ({ metadata, spec }, context) => [
    ...validateAdminAccess(
      (spec.spec.devices.requests ?? []).map(({ exactly }) => exactly ?? {}),
      metadata.namespace ?? '',
      'spec.devices.requests',
      context,
    ),
    ...validateLabels(spec.metadata?.labels, 'spec.metadata.labels'),
    ...validateAnnotations(spec.metadata?.annotations, 'spec.metadata.annotations'),
    ...validateClaimSpec(spec.spec, 'spec.spec'),
  ],
  validateUpdate: ({ spec }, old) =>
    isEqual(spec, old.spec) ? [] : [invalidField('spec', goForm('resource.v1.ResourceClaimTemplateSpec', spec), IMMUTABLE)],
  columns: [NAME_COLUMN, AGE_COLUMN],
});
