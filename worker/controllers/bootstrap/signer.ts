// Signs the ConfigMap cluster-info in kube-public with every bootstrap token that may sign: who joins with a token can trust what it says. Mirrors
// pkg/controller/bootstrap/bootstrapsigner.go, and cluster-bootstrap's token/jws.

import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { watch } from '../../api/controller.ts';
import type { Controller } from '../../api/controller.ts';
import type { Secret } from '../../api/gen/core-v1.ts';
import { keyOf } from '../../api/object.ts';
import { isEqual } from '../../lib/json.ts';
import { toBase64Url, utf8 } from '../../lib/text.ts';
import { configMaps } from '../../resources/core/configmap.ts';
import { secrets } from '../../resources/core/secret.ts';
import { expiryOf, isToken, tokenData } from './token.ts';

const [NAMESPACE, NAME] = ['kube-public', 'cluster-info'];
const [CONTENT, SIGNATURE] = ['kubeconfig', 'jws-kubeconfig-'];

export const bootstrapSigner: Controller = {
  name: 'bootstrap-signer',
  component: 'kube-controller-manager',
  serviceAccount: 'bootstrap-signer',
  watches: [
    watch(configMaps, (object, _previous, _reader, type) => (type !== 'deleted' && keyOf(object) === `${NAMESPACE}/${NAME}` ? [NAME] : [])),
    watch(secrets, (secret) => (isToken(secret) ? [NAME] : [])),
  ],
  reconcile(_key, { api, now }) {
    const found = api.get(configMaps, NAMESPACE, NAME);
    const content = found?.data?.[CONTENT];
    if (!found || content === undefined) return;
    const others = Object.entries(found.data ?? {}).filter(([key]) => !key.startsWith(SIGNATURE));
    const tokens = api.list(secrets, { namespace: 'kube-system' }).filter((secret) => maySign(secret, now()));
    const signatures = tokens.map((secret) => {
      const id = tokenData(secret, 'token-id');
      return [SIGNATURE + id, detachedSignature(content, id, tokenData(secret, 'token-secret'))];
    });
    const data: Record<string, string> = Object.fromEntries([...others, ...signatures]);
    if (!isEqual(data, found.data)) api.update(configMaps, { ...found, data });
  },
};

const TOKEN_ID = /^[a-z0-9]{6}$/;

function maySign(secret: Secret, now: number): boolean {
  const id = tokenData(secret, 'token-id');
  return (
    isToken(secret) &&
    TOKEN_ID.test(id) &&
    secret.metadata.name === `bootstrap-token-${id}` &&
    tokenData(secret, 'token-secret') !== '' &&
    (expiryOf(secret) ?? Infinity) > now &&
    tokenData(secret, 'usage-bootstrap-signing') === 'true'
  );
}

/** A JWS without what it signs (RFC 7515, appendix F). */
export function detachedSignature(content: string, id: string, secret: string): string {
  const header = toBase64Url(utf8(JSON.stringify({ alg: 'HS256', kid: id })));
  return `${header}..${toBase64Url(hmac(sha256, utf8(secret), utf8(`${header}.${toBase64Url(utf8(content))}`)))}`;
}
