// Tokens of service accounts, as pods get them. Mirrors pkg/kubelet/token.

import type { ServiceAccountTokenProjection } from '../../api/gen/core-v1.ts';
import { isRecord } from '../../lib/json.ts';
import { fromBase64, fromUtf8 } from '../../lib/text.ts';
import { serviceAccounts } from '../../resources/core/serviceaccount.ts';
import type { PodSync } from './worker.ts';

const DEFAULT_SECONDS = 3600;
const DAY_MS = 86_400_000;

/**
 * When a token is exchanged for another, ms: when a fifth of its time is left, or after a day. It may be good for longer than it was asked for. Differs: upstream does it up to
 * ten seconds earlier, by chance.
 */
export function renewalOf(token: string, { expirationSeconds = DEFAULT_SECONDS }: ServiceAccountTokenProjection): number {
  const payload = (token.split('.')[1] ?? '').replaceAll('-', '+').replaceAll('_', '/');
  const bytes = fromBase64(payload.padEnd(Math.ceil(payload.length / 4) * 4, '='));
  const { iat } = (bytes?.length ? JSON.parse(fromUtf8(bytes)) : {}) as { iat?: number };
  return iat === undefined ? Infinity : iat * 1000 + Math.min(DAY_MS, expirationSeconds * 800);
}

/** Asks the API for a token bound to the pod; '' if it gives none. */
export function tokenOf({ context, pod }: PodSync, { audience, expirationSeconds }: ServiceAccountTokenProjection): string {
  if (!serviceAccounts.subresources['token']) return '';
  const { namespace = '', name, uid } = pod.metadata;
  const answer = context.api.act(serviceAccounts, 'token', namespace, pod.spec.serviceAccountName || 'default', {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenRequest',
    spec: {
      audiences: audience ? [audience] : [],
      expirationSeconds: expirationSeconds ?? DEFAULT_SECONDS,
      boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name, uid },
    },
  });
  const status = isRecord(answer) ? answer['status'] : undefined;
  return isRecord(status) && typeof status['token'] === 'string' ? status['token'] : '';
}
