// Deletes bootstrap tokens that have ended. Mirrors pkg/controller/bootstrap/tokencleaner.go.

import { watch } from '../../api/controller.ts';
import type { Controller } from '../../api/controller.ts';
import { keyOf, splitKey } from '../../api/object.ts';
import { StatusError } from '../../api/status.ts';
import { secrets } from '../../resources/core/secret.ts';
import { expiryOf, isToken } from './token.ts';

export const tokenCleaner: Controller = {
  name: 'token_cleaner',
  component: 'kube-controller-manager',
  serviceAccount: 'token-cleaner',
  watches: [watch(secrets, (secret, _previous, _reader, type) => (type !== 'deleted' && isToken(secret) ? [keyOf(secret)] : []))],
  reconcile(key, { api, now }) {
    const { namespace, name } = splitKey(key);
    const secret = api.get(secrets, namespace, name);
    const expiry = secret && isToken(secret) ? expiryOf(secret) : undefined;
    if (!secret || expiry === undefined) return undefined;
    if (expiry > now()) return { after: expiry - now(), background: true };
    try {
      api.delete(secrets, namespace, name, { preconditions: { uid: secret.metadata.uid } });
    } catch (error) {
      // Upstream notes it, and tries no more.
      if (!(error instanceof StatusError)) throw error;
    }
    return undefined;
  },
};
