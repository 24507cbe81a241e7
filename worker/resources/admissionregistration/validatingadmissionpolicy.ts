import { defineResource, STATUS } from '../../api/resource.ts';
import type { ValidatingAdmissionPolicy } from '../../api/gen/admissionregistration-v1.ts';
import { builtinType } from '../schema/index.ts';

export const validatingAdmissionPolicies = defineResource<ValidatingAdmissionPolicy>({
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  resource: 'validatingadmissionpolicies',
  kind: 'ValidatingAdmissionPolicy',
  namespaced: false,
  categories: ['api-extensions'],
  schema: builtinType('admissionregistration.v1.ValidatingAdmissionPolicy'),
  subresources: {
    status: { ...STATUS, resetFields: ['spec', 'metadata'] },
  },
});
