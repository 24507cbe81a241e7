// Tokens of service accounts: made when asked for, and good as long as the account (and the pod, secret or node they are bound to) is the one they
// were made for. Mirrors kubernetes pkg/serviceaccount.

import { serviceAccountUser } from '../../api/access.ts';
import type { ClusterReader, Resource, TokenIssuer, UserInfo } from '../../api/resource.ts';
import { isRecord } from '../../lib/json.ts';
import { timeOf } from '../../lib/time.ts';
import { isSignedBy, readClaims, signJwt } from './jwt.ts';
import type { SigningKey } from './jwt.ts';

export function makeIssuer(key: SigningKey, issuer: string, isExtending: () => boolean): TokenIssuer {
  return { issuer, isExtending, sign: (claims) => signJwt(key, claims) };
}

interface Bound {
  readonly name?: string;
  readonly uid?: string;
}

interface PrivateClaims {
  readonly namespace?: string;
  readonly serviceaccount?: Bound;
  readonly pod?: Bound;
  readonly secret?: Bound;
  readonly node?: Bound;
}

type TokenUser = UserInfo & { readonly audiences: readonly string[] };

/** Seconds that a token stays good after what it is bound to was marked for deletion. */
const DELETION_GRACE_SECONDS = 60;

export class ServiceAccountTokens {
  readonly #key: SigningKey;
  readonly #issuer: string;
  readonly #reader: ClusterReader;
  readonly #now: () => number;
  /** Tokens whose signature was found good: checking it takes a millisecond, the rest is cheap. */
  readonly #signed = new Map<string, Record<string, unknown>>();

  constructor(key: SigningKey, issuer: string, reader: ClusterReader, now: () => number) {
    this.#key = key;
    this.#issuer = issuer;
    this.#reader = reader;
    this.#now = now;
  }

  /** Undefined if the token is not of this issuer. Throws what is wrong with one that is. */
  authenticate(token: string, audiences: readonly string[] = [this.#issuer]): TokenUser | undefined {
    const claims = this.#claimsOf(token);
    if (!claims) return undefined;
    const now = this.#now() / 1000;
    if (typeof claims['exp'] === 'number' && now >= claims['exp'])
      throw new Error('[invalid bearer token, service account token has expired]');
    if (typeof claims['nbf'] === 'number' && now < claims['nbf'])
      throw new Error('[invalid bearer token, service account token is not valid yet]');
    const given = Array.isArray(claims['aud']) ? (claims['aud'] as string[]) : [];
    const common = audiences.filter((one) => given.includes(one));
    if (!common.length)
      throw new Error(
        `[invalid bearer token, token audiences ${JSON.stringify(given)} is invalid for the target audiences ${JSON.stringify(audiences)}]`,
      );
    return { ...this.#userOf(claims), audiences: common };
  }

  #claimsOf(token: string): Record<string, unknown> | undefined {
    const known = this.#signed.get(token);
    if (known) return known;
    const claims = readClaims(token);
    if (!claims || claims['iss'] !== this.#issuer || !isSignedBy(this.#key, token)) return undefined;
    if (this.#signed.size > 1000) this.#signed.clear();
    this.#signed.set(token, claims);
    return claims;
  }

  #userOf(claims: Record<string, unknown>): UserInfo {
    const own = (isRecord(claims['kubernetes.io']) ? claims['kubernetes.io'] : {}) as PrivateClaims;
    const { namespace = '', serviceaccount = {}, pod, secret, node } = own;
    this.#need('ServiceAccount', namespace, serviceaccount, 'service account');
    if (secret) this.#need('Secret', namespace, secret, 'secret');
    if (pod) this.#need('Pod', namespace, pod, 'pod');
    else if (node) this.#need('Node', '', node, 'node');
    const user = serviceAccountUser(namespace, serviceaccount.name ?? '', serviceaccount.uid);
    const extra: Record<string, string[]> = {
      ...(typeof claims['jti'] === 'string' && { 'authentication.kubernetes.io/credential-id': [`JTI=${claims['jti']}`] }),
      ...(node?.name && { 'authentication.kubernetes.io/node-name': [node.name] }),
      ...(node?.uid && { 'authentication.kubernetes.io/node-uid': [node.uid] }),
      ...(pod && { 'authentication.kubernetes.io/pod-name': [pod.name ?? ''], 'authentication.kubernetes.io/pod-uid': [pod.uid ?? ''] }),
    };
    return { ...user, ...(Object.keys(extra).length && { extra }) };
  }

  #need(kind: string, namespace: string, { name = '', uid }: Bound, what: string): void {
    const object = this.#reader.get(this.#reader.resourceOf('', kind) as Resource, namespace, name);
    if (!object) throw new Error('[invalid bearer token, service account token has been invalidated]');
    if (object.metadata.uid !== uid)
      throw new Error(`[invalid bearer token, ${what} UID (${object.metadata.uid}) does not match claim (${uid})]`);
    const { deletionTimestamp } = object.metadata;
    if (deletionTimestamp && timeOf(deletionTimestamp) / 1000 + DELETION_GRACE_SECONDS < this.#now() / 1000)
      throw new Error('[invalid bearer token, service account token has been invalidated]');
  }
}
