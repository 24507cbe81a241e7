import { defineResource } from '../../api/resource.ts';
import type { ValidatingAdmissionPolicyBinding } from '../../api/gen/admissionregistration-v1.ts';
import { builtinType } from '../schema/index.ts';

export const validatingAdmissionPolicyBindings = defineResource<ValidatingAdmissionPolicyBinding>({
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  resource: 'validatingadmissionpolicybindings',
  kind: 'ValidatingAdmissionPolicyBinding',
  namespaced: false,
  categories: ['api-extensions'],
  schema: builtinType('admissionregistration.v1.ValidatingAdmissionPolicyBinding'),
});
