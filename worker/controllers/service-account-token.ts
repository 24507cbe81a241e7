// Secrets that hold a token of a service account: filled with a token that does not expire, and gone when the account is. Mirrors
// pkg/controller/serviceaccount/tokens_controller.go.
//
// Keys: `<namespace>/<name>` of a secret; with the name and the UID of its account behind it if it is gone.

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
    watch(secrets, (secret, _previous, _reader, type) => {
      if (!isTokenSecret(secret)) return [];
      const { [ACCOUNT_NAME]: name = '', [ACCOUNT_UID]: uid = '' } = secret.metadata.annotations ?? {};
      return [type === 'deleted' ? `${keyOf(secret)} ${name} ${uid}` : keyOf(secret)];
    }),
    watch(serviceAccounts, (account, _previous, reader) => reader.lookup(secrets, tokensOf(account)).map(keyOf)),
  ],
  reconcile(key, context) {
    const [place = '', accountName, uid] = key.split(' ');
    const { namespace, name } = splitKey(place);
    const secret = context.api.get(secrets, namespace, name);
    if (accountName !== undefined && !secret) forget(namespace, name, accountName, uid, context);
    if (!secret || !isTokenSecret(secret) || isTerminating(secret)) return;
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
    namespace: secret.data?.['namespace'] || encode(namespace),
    token: secret.data?.['token'] || encode(authority.legacyToken({ namespace, secret: name, serviceAccount: account.metadata.name, uid })),
  };
  const annotations = { ...secret.metadata.annotations, [ACCOUNT_NAME]: account.metadata.name, [ACCOUNT_UID]: uid };
  const { data = {} } = secret;
  if (data['ca.crt'] !== wanted['ca.crt'] || !data['namespace'] || !data['token'])
    api.update(secrets, { ...secret, metadata: { ...secret.metadata, annotations }, data: { ...secret.data, ...wanted } });
}

/** The account of a secret that is gone lists it no longer. */
function forget(namespace: string, name: string, accountName: string, uid: string | undefined, { api }: ControllerContext): void {
  const account = api.get(serviceAccounts, namespace, accountName);
  if (!account || (uid && uid !== account.metadata.uid)) return;
  const { secrets: listed = [], ...rest } = account;
  const left = listed.filter((one) => one.name !== name);
  if (left.length === listed.length) return;
  try {
    api.update(serviceAccounts, { ...rest, ...(left.length && { secrets: left }) });
  } catch (error) {
    if (!isNotFound(error) && !isConflict(error)) throw error;
  }
}
