// Tokens of service accounts, as pods get them. Mirrors pkg/kubelet/token.

import type { ServiceAccountTokenProjection } from '../../api/gen/core-v1.ts';
import { isRecord } from '../../lib/json.ts';
import { serviceAccounts } from '../../resources/core/serviceaccount.ts';
import type { PodSync } from './worker.ts';

/** Asks the API for a token bound to the pod; '' if it gives none. */
export function tokenOf({ context, pod }: PodSync, { audience, expirationSeconds }: ServiceAccountTokenProjection): string {
  if (!serviceAccounts.subresources['token']) return '';
  const { namespace = '', name, uid } = pod.metadata;
  const answer = context.api.act(serviceAccounts, 'token', namespace, pod.spec.serviceAccountName || 'default', {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenRequest',
    spec: {
      audiences: audience ? [audience] : [],
      expirationSeconds: expirationSeconds ?? 3600,
      boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name, uid },
    },
  });
  const status = isRecord(answer) ? answer['status'] : undefined;
  return isRecord(status) && typeof status['token'] === 'string' ? status['token'] : '';
}
