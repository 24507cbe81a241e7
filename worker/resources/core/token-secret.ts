// Secrets that hold a token of a service account: whose they are.

import type { Secret } from '../../api/gen/core-v1.ts';

export const ACCOUNT_NAME = 'kubernetes.io/service-account.name';
export const ACCOUNT_UID = 'kubernetes.io/service-account.uid';

export const isTokenSecret = ({ type }: Pick<Secret, 'type'>): boolean => type === 'kubernetes.io/service-account-token';

/** Index term of the token secrets of an account, by name. */
export const tokensOf = ({ metadata }: { metadata: { namespace?: string; name: string } }): string =>
  `token/${metadata.namespace}/${metadata.name}`;

export function tokenTerms(secret: Secret): string[] {
  const { namespace, annotations } = secret.metadata;
  const name = annotations?.[ACCOUNT_NAME];
  return isTokenSecret(secret) && name ? [tokensOf({ metadata: { namespace: namespace!, name } })] : [];
}
