// What others need to check a service account's token: OIDC discovery, and the public keys.

import type { Server } from '../context.ts';
import { jsonText } from '../http.ts';
import type { HttpReply } from '../http.ts';

/** Undefined if the path is none of these. */
export function issuerPage({ issuer }: Server, path: string): HttpReply | undefined {
  if (path === '/openid/v1/jwks')
    return {
      ...jsonText(JSON.stringify({ keys: issuer.keys })),
      headers: { 'content-type': 'application/jwk-set+json', 'cache-control': 'public, max-age=3600' },
    };
  if (path !== '/.well-known/openid-configuration') return undefined;
  const document = {
    issuer: issuer.url,
    jwks_uri: `${issuer.url}/openid/v1/jwks`,
    response_types_supported: ['id_token'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['ES256'],
  };
  return {
    ...jsonText(JSON.stringify(document)),
    headers: { 'content-type': 'application/json', 'cache-control': 'public, max-age=3600' },
  };
}
