// MutatingAdmissionPolicyBindings. Mirrors pkg/registry/admissionregistration/mutatingadmissionpolicybinding.

import { AGE_COLUMN, column, defineResource, NAME_COLUMN } from '../../api/resource.ts';
import type { MutatingAdmissionPolicyBinding } from '../../api/gen/admissionregistration-v1.ts';
import { isEqual } from '../../lib/json.ts';
import { builtinType } from '../schema/index.ts';
import { nextGeneration } from '../strategy.ts';
import { defaultMatchResources } from './defaults.ts';
import { validateMatchResources, validateParamRef, validatePolicyName } from './rules.ts';

export const mutatingAdmissionPolicyBindings = defineResource<MutatingAdmissionPolicyBinding>({
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  resource: 'mutatingadmissionpolicybindings',
  kind: 'MutatingAdmissionPolicyBinding',
  namespaced: false,
  since: 36,
  schema: builtinType('admissionregistration.v1.MutatingAdmissionPolicyBinding'),
  default: ({ spec }) => defaultMatchResources(spec.matchResources),
  prepareForCreate: ({ metadata }) => {
    metadata.generation = 1;
  },
  prepareForUpdate: (binding, old) => {
    if (!isEqual(binding.spec, old.spec)) nextGeneration(binding, old);
  },
  validate: ({ spec }) => [
    ...validatePolicyName(spec.policyName, 'spec.policyName'),
    ...validateParamRef(spec.paramRef, 'spec.paramRef'),
    ...validateMatchResources(spec.matchResources, 'spec.matchResources'),
  ],
  columns: [
    NAME_COLUMN,
    column('PolicyName', ({ spec }) => spec.policyName ?? '', {
      description: 'PolicyName indicates the policy definition which the policy binding binded to',
    }),
    column('ParamRef', paramRefCell, { description: 'ParamRef indicates the param reference which sets the configration param' }),
    AGE_COLUMN,
  ],
});

function paramRefCell({ spec: { paramRef } }: MutatingAdmissionPolicyBinding): string {
  if (!paramRef) return '<unset>';
  const { namespace, name = '' } = paramRef;
  return name ? (namespace ? `${namespace}/${name}` : `*/${name}`) : '<unset>';
}
