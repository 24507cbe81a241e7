// MutatingAdmissionPolicies. What they do is in admission/policies. Mirrors pkg/registry/admissionregistration/mutatingadmissionpolicy.

import { AGE_COLUMN, column, defineResource, NAME_COLUMN } from '../../api/resource.ts';
import type { MutatingAdmissionPolicy } from '../../api/gen/admissionregistration-v1.ts';
import { isEqual } from '../../lib/json.ts';
import { builtinType } from '../schema/index.ts';
import { nextGeneration } from '../strategy.ts';
import { defaultMatchResources, fillIn, specType } from './defaults.ts';
import { validateMutatingPolicySpec } from './policy.ts';

export const mutatingAdmissionPolicies = defineResource<MutatingAdmissionPolicy>({
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  resource: 'mutatingadmissionpolicies',
  kind: 'MutatingAdmissionPolicy',
  namespaced: false,
  since: 36,
  schema: builtinType('admissionregistration.v1.MutatingAdmissionPolicy'),
  default: ({ spec }) => {
    fillIn(spec, { failurePolicy: 'Fail' }, specType('MutatingAdmissionPolicySpec'));
    defaultMatchResources(spec.matchConstraints);
  },
  prepareForCreate: ({ metadata }) => {
    metadata.generation = 1;
  },
  prepareForUpdate: (policy, old) => {
    if (!isEqual(policy.spec, old.spec)) nextGeneration(policy, old);
  },
  validate: ({ spec }) => validateMutatingPolicySpec(spec, 'spec'),
  columns: [
    NAME_COLUMN,
    column('Mutations', ({ spec }) => spec.mutations?.length ?? 0, {
      type: 'integer',
      description: 'Mutations indicates the number of mutations rules defined in this configuration',
    }),
    column('ParamKind', ({ spec: { paramKind } }) => (paramKind ? `${paramKind.apiVersion}/${paramKind.kind}` : '<unset>'), {
      description: 'ParamKind specifies the kind of resources used to parameterize this policy',
    }),
    AGE_COLUMN,
  ],
});
