// MutatingWebhookConfigurations. What they do is in admission/webhooks. Mirrors pkg/registry/admissionregistration/mutatingwebhookconfiguration.

import { AGE_COLUMN, column, defineResource, NAME_COLUMN } from '../../api/resource.ts';
import type { MutatingWebhookConfiguration } from '../../api/gen/admissionregistration-v1.ts';
import { isEqual } from '../../lib/json.ts';
import { builtinType } from '../schema/index.ts';
import { nextGeneration } from '../strategy.ts';
import { defaultWebhooks } from './defaults.ts';
import { validateWebhooks } from './webhooks.ts';

export const mutatingWebhookConfigurations = defineResource<MutatingWebhookConfiguration>({
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  resource: 'mutatingwebhookconfigurations',
  kind: 'MutatingWebhookConfiguration',
  namespaced: false,
  categories: ['api-extensions'],
  schema: builtinType('admissionregistration.v1.MutatingWebhookConfiguration'),
  default: ({ webhooks }) => defaultWebhooks(webhooks, 'MutatingWebhook'),
  prepareForCreate: ({ metadata }) => {
    metadata.generation = 1;
  },
  prepareForUpdate: (configuration, old) => {
    if (!isEqual(configuration.webhooks, old.webhooks)) nextGeneration(configuration, old);
  },
  validate: ({ webhooks }) => validateWebhooks(webhooks),
  validateUpdate: ({ webhooks }, old) => validateWebhooks(webhooks, old.webhooks ?? []),
  columns: [
    NAME_COLUMN,
    column('Webhooks', ({ webhooks = [] }) => webhooks.length, {
      type: 'integer',
      description: 'Webhooks indicates the number of webhooks registered in this configuration',
    }),
    AGE_COLUMN,
  ],
});
