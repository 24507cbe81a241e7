// Mutating webhooks: each sees what those before it made of the object. Mirrors apiserver pkg/admission/plugin/webhook/mutating.

import { PatchFailure } from '../../api/admission.ts';
import type { AdmissionContext, AdmissionPlugin, AdmissionRequest } from '../../api/admission.ts';
import type { MutatingWebhook } from '../../api/gen/admissionregistration-v1.ts';
import type { Resource } from '../../api/resource.ts';
import { internalError, StatusError } from '../../api/status.ts';
import { isEqual } from '../../lib/json.ts';
import { mutatingWebhookConfigurations } from '../../resources/admissionregistration/mutatingwebhookconfiguration.ts';
import { inVersion, isWebhookExempt } from '../matching.ts';
import { hasTurn, noteBegin, noteEnd, noteRun, reinvocationOf } from '../reinvocation.ts';
import { replaceContent } from '../replace.ts';
import { callFailure, CallError, callWebhook } from './call.ts';
import { readCredentials } from './credentials.ts';
import type { Credentials } from './credentials.ts';
import { metered } from './metered.ts';
import { wantedBy } from './dispatch.ts';

export const mutatingAdmissionWebhook: AdmissionPlugin<Credentials> = {
  name: 'MutatingAdmissionWebhook',
  handles: (resource) => !isWebhookExempt(resource),
  ignores: (_, reader) => reader.count(mutatingWebhookConfigurations) === 0,
  configure: readCredentials,
  admit(request, context, credentials) {
    const configurations = context.reader.list(mutatingWebhookConfigurations);
    if (!configurations.length) return;
    const state = reinvocationOf(request);
    noteBegin(state, this.name, request);
    let index = 0;
    for (const { metadata, webhooks = [] } of configurations) {
      for (const webhook of webhooks) {
        const resource = wantedBy(webhook, request, context);
        const id = `webhook/${metadata.name}/${webhook.name}`;
        const at = `round_${state.isSecond ? 1 : 0}_index_${index++}`;
        if (!resource || !hasTurn(state, id)) continue;
        const tell = (mutated: boolean): void =>
          request.annotate(
            `mutation.webhook.admission.k8s.io/${at}`,
            JSON.stringify({ configuration: metadata.name, webhook: webhook.name, mutated }),
          );
        let changed = false;
        try {
          changed = metered('admit', webhook, request, context, () => patch(webhook, resource, request, context, credentials));
        } catch (error) {
          if (!(error instanceof CallError || error instanceof StatusError)) throw error;
          tell(false);
          if (!(error instanceof CallError)) throw error;
          if (webhook.failurePolicy !== 'Ignore') throw callFailure(error);
          request.annotate(`failed-open.mutation.webhook.admission.k8s.io/${at}`, webhook.name);
        }
        tell(changed);
        noteRun(state, id, changed, webhook.reinvocationPolicy);
      }
    }
    noteEnd(state, this.name, request);
  },
};

/** Whether anything changed. */
function patch(
  webhook: MutatingWebhook,
  resource: Resource,
  request: AdmissionRequest,
  context: AdmissionContext,
  credentials: Credentials,
): boolean {
  const { patch: operations } = callWebhook(webhook, true, resource, request, context, credentials);
  if (!operations?.length) return false;
  if (!request.object)
    throw internalError(
      `admission webhook ${JSON.stringify(webhook.name)} attempted to modify the object, which is not supported for this operation`,
    );
  const before = inVersion(request.object, request.resource, resource);
  try {
    const next = context.patches.json(asWritten(resource, request), before, operations);
    if (isEqual(next, before)) return false;
    replaceContent(request.object, inVersion(next, resource, request.resource));
    return true;
  } catch (error) {
    throw error instanceof PatchFailure ? internalError(error.message) : error;
  }
}

/** What is written through a kind of its own (a scale, a binding) is patched as that, and read by whoever takes it. */
function asWritten(resource: Resource, { subresource, object }: AdmissionRequest): Resource {
  if (!subresource || resource.subresources[subresource]?.type === 'object' || !object) return resource;
  const slash = object.apiVersion.indexOf('/');
  const { default: _, ...rest } = resource;
  return {
    ...rest,
    kind: object.kind,
    group: slash < 0 ? '' : object.apiVersion.slice(0, slash),
    version: object.apiVersion.slice(slash + 1),
    decode: (body) => ({ object: body as Record<string, unknown>, unknown: [] }),
  };
}
