// Bootstrap tokens: Secrets of kube-system with which machines join. Mirrors cluster-bootstrap's util/secrets and token/api.

import type { Secret } from '../../api/gen/core-v1.ts';
import { fromBase64, fromUtf8 } from '../../lib/text.ts';
import { timeOf } from '../../lib/time.ts';

export const TOKEN_TYPE = 'bootstrap.kubernetes.io/token';

export const isToken = ({ metadata, type }: Secret): boolean => metadata.namespace === 'kube-system' && type === TOKEN_TYPE;

export function tokenData({ data }: Secret, key: string): string {
  const bytes = fromBase64(data?.[key] ?? '');
  return bytes ? fromUtf8(bytes) : '';
}

const RFC3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d([.,]\d+)?(Z|[+-]\d\d:\d\d)$/;

/** When it ends (ms): undefined for never; what cannot be read has ended. */
export function expiryOf(secret: Secret): number | undefined {
  const text = tokenData(secret, 'expiration');
  if (!text) return undefined;
  return RFC3339.test(text) ? timeOf(text) : 0;
}
