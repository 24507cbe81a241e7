// Validating webhooks. All that the request is about are asked, whatever the others say. Mirrors apiserver pkg/admission/plugin/webhook/validating.
// Differs: upstream asks all at once, and here it is one after the other; what is said is that of the first that refuses, and not of the fastest.

import type { AdmissionContext, AdmissionPlugin, AdmissionRequest } from '../../api/admission.ts';
import { StatusError } from '../../api/status.ts';
import { validatingWebhookConfigurations } from '../../resources/admissionregistration/validatingwebhookconfiguration.ts';
import { isWebhookExempt } from '../matching.ts';
import { callFailure, CallError, callWebhook } from './call.ts';
import { readCredentials } from './credentials.ts';
import type { Credentials } from './credentials.ts';
import { metered } from './metered.ts';
import { wantedBy } from './dispatch.ts';

export const validatingAdmissionWebhook: AdmissionPlugin<Credentials> = {
  name: 'ValidatingAdmissionWebhook',
  handles: (resource) => !isWebhookExempt(resource),
  ignores: (_, reader) => reader.count(validatingWebhookConfigurations) === 0,
  configure: readCredentials,
  validate(request, context, credentials) {
    // Asked for every write; whoever makes closures pays for them at the door.
    if (context.reader.count(validatingWebhookConfigurations)) askAll(request, context, credentials);
  },
};

function askAll(request: AdmissionRequest, context: AdmissionContext, credentials: Credentials): void {
  const calls = context.reader
    .list(validatingWebhookConfigurations)
    .flatMap(({ webhooks = [] }) => webhooks)
    .flatMap((webhook) => {
      const resource = wantedBy(webhook, request, context);
      return resource ? [{ webhook, resource }] : [];
    });
  const refusals: StatusError[] = [];
  for (const [index, { webhook, resource }] of calls.entries()) {
    try {
      metered('validating', webhook, request, context, () => callWebhook(webhook, false, resource, request, context, credentials));
    } catch (error) {
      if (error instanceof StatusError) refusals.push(error);
      else if (!(error instanceof CallError)) throw error;
      else if (webhook.failurePolicy !== 'Ignore') refusals.push(callFailure(error));
      else request.annotate(`failed-open.validating.webhook.admission.k8s.io/round_0_index_${index}`, webhook.name);
    }
  }
  if (refusals[0]) throw refusals[0];
}
