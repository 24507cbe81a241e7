// Secrets that hold a token of a service account: filled with a token that does not expire, and gone when the account is. Mirrors
// pkg/controller/serviceaccount/tokens_controller.go.

import { watch } from '../api/controller.ts';
import type { Controller, ControllerContext } from '../api/controller.ts';
import type { Secret, ServiceAccount } from '../api/gen/core-v1.ts';
import { isTerminating, keyOf, splitKey } from '../api/object.ts';
import { isConflict, isNotFound } from '../api/status.ts';
import { toBase64, utf8 } from '../lib/text.ts';
import { secrets } from '../resources/core/secret.ts';
import { serviceAccounts } from '../resources/core/serviceaccount.ts';
import { ACCOUNT_NAME, ACCOUNT_UID, isTokenSecret, tokensOf } from '../resources/core/token-secret.ts';

export const serviceAccountToken: Controller = {
  name: 'serviceaccount-token',
  component: 'kube-controller-manager',
  // It signs tokens, and has none of its own.
  serviceAccount: 'tokens-controller',
  watches: [
    watch(secrets, (secret) => (isTokenSecret(secret) ? [keyOf(secret)] : [])),
    watch(serviceAccounts, (account, _previous, reader) => reader.lookup(secrets, tokensOf(account)).map(keyOf)),
  ],
  reconcile(key, context) {
    const { namespace, name } = splitKey(key);
    const secret = context.api.get(secrets, namespace, name);
    if (!secret) return forget(namespace, name, context);
    if (!isTokenSecret(secret) || isTerminating(secret)) return;
    const account = accountOf(secret, context);
    if (account) fill(secret, account, context);
    else
      context.api.delete(secrets, namespace, name, {
        preconditions: { uid: secret.metadata.uid, resourceVersion: secret.metadata.resourceVersion },
      });
  },
};

/** An account of the same name that came later is another. */
function accountOf({ metadata }: Secret, { api }: ControllerContext): ServiceAccount | undefined {
  const account = api.get(serviceAccounts, metadata.namespace!, metadata.annotations?.[ACCOUNT_NAME] ?? '');
  const uid = metadata.annotations?.[ACCOUNT_UID];
  return account && (!uid || uid === account.metadata.uid) ? account : undefined;
}

function fill(secret: Secret, account: ServiceAccount, { api, authority }: ControllerContext): void {
  if (!authority) return;
  const { namespace = '', name } = secret.metadata;
  const { uid } = account.metadata;
  const encode = (text: string): string => toBase64(utf8(text));
  const wanted: Record<string, string> = {
    'ca.crt': encode(authority.caBundle),
    namespace: encode(namespace),
    token: secret.data?.['token'] ?? encode(authority.legacyToken({ namespace, secret: name, serviceAccount: account.metadata.name, uid })),
  };
  const annotations = { ...secret.metadata.annotations, [ACCOUNT_NAME]: account.metadata.name, [ACCOUNT_UID]: uid };
  const isDone =
    secret.metadata.annotations?.[ACCOUNT_UID] === uid && Object.keys(wanted).every((one) => secret.data?.[one] === wanted[one]);
  if (!isDone) api.update(secrets, { ...secret, metadata: { ...secret.metadata, annotations }, data: { ...secret.data, ...wanted } });
}

/** Accounts that list a secret which is gone list it no longer. */
function forget(namespace: string, name: string, { api }: ControllerContext): void {
  for (const account of api.list(serviceAccounts, { namespace })) {
    const { secrets: listed = [], ...rest } = account;
    if (!listed.some((one) => one.name === name)) continue;
    const left = listed.filter((one) => one.name !== name);
    try {
      api.update(serviceAccounts, { ...rest, ...(left.length && { secrets: left }) });
    } catch (error) {
      if (!isNotFound(error) && !isConflict(error)) throw error;
    }
  }
}
