// A call of a webhook, with what became of it counted.

import { Pending } from '../../api/admission.ts';
import type { AdmissionContext, AdmissionRequest } from '../../api/admission.ts';
import { count } from '../metrics.ts';
import type { WebhookErrorType, WebhookType } from '../metrics.ts';
import { CallError, Rejection } from './call.ts';
import type { Webhook } from './call.ts';

const ANSWERED = 200;

export function metered<T>(
  type: WebhookType,
  { name, failurePolicy }: Webhook,
  request: AdmissionRequest,
  context: AdmissionContext,
  call: () => T,
): T {
  const { operation } = request;
  try {
    const result = call();
    count(context, (metrics) => metrics.called(name, type, operation, ANSWERED, false));
    return result;
  } catch (error) {
    if (error instanceof Pending) throw error;
    const isCall = error instanceof CallError;
    const code = isCall ? error.code : error instanceof Rejection ? error.code : 0;
    const kind: WebhookErrorType = isCall ? 'calling_webhook_error' : error instanceof Rejection ? 'no_error' : 'apiserver_internal_error';
    const isPassedOver = isCall && failurePolicy === 'Ignore';
    count(context, (metrics) => {
      metrics.called(name, type, operation, code, !isPassedOver);
      if (isPassedOver) metrics.failedOpen(name, type);
      else metrics.rejected(name, type, operation, kind, code);
    });
    throw error;
  }
}
