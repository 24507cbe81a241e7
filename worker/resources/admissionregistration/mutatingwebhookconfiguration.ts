import { defineResource } from '../../api/resource.ts';
import type { MutatingWebhookConfiguration } from '../../api/gen/admissionregistration-v1.ts';
import { builtinType } from '../schema/index.ts';

export const mutatingWebhookConfigurations = defineResource<MutatingWebhookConfiguration>({
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  resource: 'mutatingwebhookconfigurations',
  kind: 'MutatingWebhookConfiguration',
  namespaced: false,
  categories: ['api-extensions'],
  schema: builtinType('admissionregistration.v1.MutatingWebhookConfiguration'),
});
