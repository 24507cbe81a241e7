// Validating webhooks. Mirrors apiserver pkg/admission/plugin/webhook/validating.
// Differs: upstream asks all at once, and here it is one after the other; what is said is that of the first that refuses, as there.

import type { AdmissionPlugin } from '../../api/admission.ts';
import { validatingWebhookConfigurations } from '../../resources/admissionregistration/validatingwebhookconfiguration.ts';
import { isWebhookExempt } from '../matching.ts';
import { callFailure, CallError, callWebhook } from './call.ts';
import { readCredentials } from './credentials.ts';
import type { Credentials } from './credentials.ts';
import { wantedBy } from './dispatch.ts';

export const validatingAdmissionWebhook: AdmissionPlugin<Credentials> = {
  name: 'ValidatingAdmissionWebhook',
  handles: (resource) => !isWebhookExempt(resource),
  configure: readCredentials,
  validate(request, context, credentials) {
    let index = 0;
    for (const { webhooks = [] } of context.reader.list(validatingWebhookConfigurations)) {
      for (const webhook of webhooks) {
        const resource = wantedBy(webhook, request, context);
        if (!resource) continue;
        try {
          callWebhook(webhook, false, resource, request, context, credentials);
        } catch (error) {
          if (!(error instanceof CallError)) throw error;
          if (webhook.failurePolicy !== 'Ignore') throw callFailure(error);
          request.annotate(`failed-open.validating.webhook.admission.k8s.io/round_0_index_${index}`, webhook.name);
        }
        index++;
      }
    }
  },
};
