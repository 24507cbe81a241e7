import { defineResource } from '../../api/resource.ts';
import type { MutatingAdmissionPolicy } from '../../api/gen/admissionregistration-v1.ts';
import { builtinType } from '../schema/index.ts';

export const mutatingAdmissionPolicies = defineResource<MutatingAdmissionPolicy>({
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  resource: 'mutatingadmissionpolicies',
  kind: 'MutatingAdmissionPolicy',
  namespaced: false,
  since: 36,
  schema: builtinType('admissionregistration.v1.MutatingAdmissionPolicy'),
});
