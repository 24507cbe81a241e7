import { defineResource } from '../../api/resource.ts';
import type { ValidatingWebhookConfiguration } from '../../api/gen/admissionregistration-v1.ts';
import { builtinType } from '../schema/index.ts';

export const validatingWebhookConfigurations = defineResource<ValidatingWebhookConfiguration>({
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  resource: 'validatingwebhookconfigurations',
  kind: 'ValidatingWebhookConfiguration',
  namespaced: false,
  categories: ['api-extensions'],
  schema: builtinType('admissionregistration.v1.ValidatingWebhookConfiguration'),
});
