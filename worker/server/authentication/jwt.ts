// JSON Web Tokens signed with ECDSA P-256 (ES256). Synchronous and deterministic (RFC 6979), as everything in a step has to be; WebCrypto is neither.

import { p256 } from '@noble/curves/nist.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { isRecord } from '../../lib/json.ts';
import { fromBase64Url, fromUtf8, toBase64Url, utf8 } from '../../lib/text.ts';

/** The public half is worked out when it is wanted: that takes a millisecond, and many a sandbox never signs anything. */
export class SigningKey {
  readonly secret: Uint8Array;
  readonly #named: (hash: string) => string;
  #public: Uint8Array | undefined;

  /** `secret` is 32 bytes; `named` makes its name of a hash. */
  constructor(secret: Uint8Array, named = (hash: string): string => hash) {
    this.secret = secret;
    this.#named = named;
  }

  get public(): Uint8Array {
    return (this.#public ??= p256.getPublicKey(this.secret, false));
  }

  /** Names the key in a token's header. */
  get id(): string {
    return this.#named(toBase64Url(sha256(this.public)));
  }
}

export function publicJwk({ public: point, id }: SigningKey): object {
  return {
    use: 'sig',
    kty: 'EC',
    kid: id,
    crv: 'P-256',
    alg: 'ES256',
    x: toBase64Url(point.subarray(1, 33)),
    y: toBase64Url(point.subarray(33)),
  };
}

const encode = (value: object): string => toBase64Url(utf8(JSON.stringify(value)));

export function signJwt(key: SigningKey, claims: object): string {
  const text = `${encode({ alg: 'ES256', kid: key.id })}.${encode(claims)}`;
  return `${text}.${toBase64Url(p256.sign(utf8(text), key.secret))}`;
}

/** The claims, whoever signed them; undefined if it is no JWT. */
export function readClaims(token: string): Record<string, unknown> | undefined {
  const parts = token.split('.');
  const bytes = parts.length === 3 ? fromBase64Url(parts[1]!) : undefined;
  if (!bytes) return undefined;
  try {
    const claims = JSON.parse(fromUtf8(bytes)) as unknown;
    return isRecord(claims) ? claims : undefined;
  } catch {
    return undefined;
  }
}

export function isSignedBy(key: SigningKey, token: string): boolean {
  const end = token.lastIndexOf('.');
  const signature = fromBase64Url(token.slice(end + 1));
  if (!signature || signature.length !== 64) return false;
  try {
    return p256.verify(signature, utf8(token.slice(0, end)), key.public);
  } catch {
    return false;
  }
}
