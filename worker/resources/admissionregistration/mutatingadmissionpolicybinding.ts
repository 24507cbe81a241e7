import { defineResource } from '../../api/resource.ts';
import type { MutatingAdmissionPolicyBinding } from '../../api/gen/admissionregistration-v1.ts';
import { builtinType } from '../schema/index.ts';

export const mutatingAdmissionPolicyBindings = defineResource<MutatingAdmissionPolicyBinding>({
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  resource: 'mutatingadmissionpolicybindings',
  kind: 'MutatingAdmissionPolicyBinding',
  namespaced: false,
  since: 36,
  schema: builtinType('admissionregistration.v1.MutatingAdmissionPolicyBinding'),
});
