// Bearer tokens: a sandbox's own, service accounts', and bootstrap tokens of joining nodes. Mirrors the union of kube-apiserver's token authenticators.

import { AUTHENTICATED, serviceAccountOf } from '../../api/access.ts';
import { INVALID_SINCE, isNoted } from '../../api/legacy-token.ts';
import { keyOf } from '../../api/object.ts';
import type { KubeObject } from '../../api/object.ts';
import type { ClusterReader, Resource, UserInfo } from '../../api/resource.ts';
import { unauthorized } from '../../api/status.ts';
import { fromBase64, fromUtf8 } from '../../lib/text.ts';
import { parseTime } from '../../lib/time.ts';
import type { Authenticator } from '../context.ts';
import type { HttpRequest } from '../http.ts';
import { readClaims } from './jwt.ts';
import type { ServiceAccountTokens } from './service-account-tokens.ts';

export interface BearerParts {
  readonly reader: ClusterReader;
  readonly accounts: ServiceAccountTokens;
  now(): number;
  /** Tokens in Secrets that were made before or at this time, ms, are none of this cluster's. */
  readonly since: number;
  /** The token of a Secret (`namespace/name`) was used, and that is not noted yet. */
  noteUse(secret: string): void;
  /** Whose sandbox token it is. */
  ownerOf(token: string): UserInfo | undefined;
}

export function makeBearerAuthenticator(parts: BearerParts): Authenticator {
  const authenticateToken: Authenticator['authenticateToken'] = (token, audiences) =>
    parts.ownerOf(token) ?? parts.accounts.authenticate(token, audiences) ?? legacyToken(parts, token) ?? bootstrapToken(parts, token);
  return {
    authenticateToken,
    authenticate: (request) => {
      const token = bearerOf(request);
      if (token === undefined) return undefined;
      const user = quietly(() => authenticateToken(token));
      if (!user) throw unauthorized();
      return user;
    },
  };
}

export function bearerOf({ headers }: HttpRequest): string | undefined {
  const match = /^Bearer +(\S+)\s*$/i.exec(headers.get('authorization') ?? '');
  if (match) return match[1];
  const socket = (headers.get('sec-websocket-protocol') ?? '')
    .split(',')
    .map((one) => one.trim())
    .find((one) => one.startsWith('base64url.bearer.authorization.k8s.io.'));
  if (!socket) return undefined;
  const encoded = socket.slice('base64url.bearer.authorization.k8s.io.'.length).replaceAll('-', '+').replaceAll('_', '/');
  const bytes = fromBase64(encoded + '='.repeat((4 - (encoded.length % 4)) % 4));
  return bytes && fromUtf8(bytes);
}

/** Why a token is no good is told to a TokenReview, not to whoever sends it. */
function quietly<T>(ask: () => T): T | undefined {
  try {
    return ask();
  } catch {
    return undefined;
  }
}

type Secret = KubeObject & { type?: string; data?: Record<string, string> };

const valueOf = (secret: Secret, key: string): string => {
  const bytes = fromBase64(secret.data?.[key] ?? '');
  return bytes ? fromUtf8(bytes) : '';
};

const isNewer = ({ metadata }: Secret, since: number): boolean => (parseTime(metadata.creationTimestamp ?? '') ?? 0) > since;

/** A token that a Secret of type service-account-token holds: good as long as the Secret holds it. */
function legacyToken({ reader, since, now, noteUse }: BearerParts, token: string): UserInfo | undefined {
  const claims = readClaims(token);
  const account = typeof claims?.['sub'] === 'string' ? serviceAccountOf(claims['sub']) : undefined;
  const name = claims?.['kubernetes.io/serviceaccount/secret.name'];
  if (!account || typeof name !== 'string') return undefined;
  const secret = reader.get(reader.resourceOf('', 'Secret') as Resource<Secret>, account.namespace, name);
  if (!secret || secret.metadata.deletionTimestamp || valueOf(secret, 'token') !== token || !isNewer(secret, since)) return undefined;
  const found = reader.get(reader.resourceOf('', 'ServiceAccount') as Resource, account.namespace, account.name);
  if (!found || found.metadata.uid !== claims?.['kubernetes.io/serviceaccount/service-account.uid']) return undefined;
  if (!isNoted(secret.metadata.labels, now())) noteUse(keyOf(secret));
  if (secret.metadata.labels?.[INVALID_SINCE])
    throw new Error(
      `[invalid bearer token, the token in secret ${keyOf(secret)} for service account ${keyOf(found)} has been marked invalid. Use tokens from the TokenRequest API or manually created secret-based tokens, or remove the '${INVALID_SINCE}' label from the secret to temporarily allow use of this token]`,
    );
  return {
    name: String(claims['sub']),
    uid: found.metadata.uid,
    groups: ['system:serviceaccounts', `system:serviceaccounts:${account.namespace}`, AUTHENTICATED],
  };
}

/** `abcdef.0123456789abcdef`, of a Secret in kube-system. Mirrors plugin/pkg/auth/authenticator/token/bootstrap. */
function bootstrapToken({ reader, now, since }: BearerParts, token: string): UserInfo | undefined {
  const match = /^([a-z0-9]{6})\.([a-z0-9]{16})$/.exec(token);
  if (!match) return undefined;
  const secret = reader.get(reader.resourceOf('', 'Secret') as Resource<Secret>, 'kube-system', `bootstrap-token-${match[1]}`);
  if (secret?.type !== 'bootstrap.kubernetes.io/token' || secret.metadata.deletionTimestamp || !isNewer(secret, since)) return undefined;
  if (valueOf(secret, 'token-id') !== match[1] || valueOf(secret, 'token-secret') !== match[2]) return undefined;
  const expires = valueOf(secret, 'expiration');
  if (expires && (parseTime(expires) ?? 0) <= now()) return undefined;
  if (valueOf(secret, 'usage-bootstrap-authentication') !== 'true') return undefined;
  const extra = valueOf(secret, 'auth-extra-groups')
    .split(',')
    .map((one) => one.trim())
    .filter(Boolean);
  return { name: `system:bootstrap:${match[1]}`, groups: ['system:bootstrappers', ...extra, AUTHENTICATED] };
}
