// ValidatingAdmissionPolicies. What they do is in admission/policies. Mirrors pkg/registry/admissionregistration/validatingadmissionpolicy.

import { AGE_COLUMN, column, defineResource, NAME_COLUMN, STATUS } from '../../api/resource.ts';
import type { ValidatingAdmissionPolicy } from '../../api/gen/admissionregistration-v1.ts';
import { builtinType } from '../schema/index.ts';
import { specAndStatus } from '../strategy.ts';
import { defaultMatchResources, fillIn, specType } from './defaults.ts';
import { validatePolicySpec } from './policy.ts';

const schema = builtinType('admissionregistration.v1.ValidatingAdmissionPolicy');

export const validatingAdmissionPolicies = defineResource<ValidatingAdmissionPolicy>({
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  resource: 'validatingadmissionpolicies',
  kind: 'ValidatingAdmissionPolicy',
  namespaced: false,
  categories: ['api-extensions'],
  schema,
  subresources: {
    status: { ...STATUS, resetFields: ['spec', 'metadata'] },
  },
  ...specAndStatus<ValidatingAdmissionPolicy>(schema),
  default: ({ spec }) => {
    fillIn(spec, { failurePolicy: 'Fail' }, specType('ValidatingAdmissionPolicySpec'));
    defaultMatchResources(spec.matchConstraints);
  },
  validate: ({ spec, metadata }) => validatePolicySpec(spec, metadata.name, 'spec'),
  columns: [
    NAME_COLUMN,
    column('Validations', ({ spec }) => spec.validations?.length ?? 0, {
      type: 'integer',
      description: 'Validations indicates the number of validation rules defined in this configuration',
    }),
    column('ParamKind', ({ spec: { paramKind } }) => (paramKind ? `${paramKind.apiVersion}/${paramKind.kind}` : '<unset>'), {
      description: 'ParamKind specifies the kind of resources used to parameterize this policy',
    }),
    AGE_COLUMN,
  ],
});
