// Secret keys of every kind that certificates are made with: reading, writing (PKCS #1, #8, SEC 1), and signing with them.

import { ed25519 } from '@noble/curves/ed25519.js';
import { p256, p384, p521 } from '@noble/curves/nist.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { bitString, integer, octetString, oid, sequence, tagged, toPem } from '../der.ts';
import { DerError, expectTag, oidOf, readDer, sequenceOf, TAG } from './der.ts';
import type { Der } from './der.ts';
import { decodePem } from './pem.ts';
import { readRsaPrivate, rsaPrivateDer, rsaPublicDer, signRsa } from './rsa.ts';
import type { RsaKey } from './rsa.ts';

export type SecretKey =
  | { readonly type: 'rsa'; readonly rsa: RsaKey }
  | { readonly type: 'ec'; readonly curve: Curve; readonly secret: Uint8Array }
  | { readonly type: 'ed25519'; readonly secret: Uint8Array };

export interface Curve {
  /** As openssl names it, and NIST. */
  readonly name: string;
  readonly nist: string;
  readonly oid: string;
  readonly bits: number;
  readonly arithmetic: typeof p256;
}

export const CURVES: readonly Curve[] = [
  { name: 'prime256v1', nist: 'P-256', oid: '1.2.840.10045.3.1.7', bits: 256, arithmetic: p256 },
  { name: 'secp384r1', nist: 'P-384', oid: '1.3.132.0.34', bits: 384, arithmetic: p384 },
  { name: 'secp521r1', nist: 'P-521', oid: '1.3.132.0.35', bits: 521, arithmetic: p521 },
];

const [RSA, EC, ED25519] = ['1.2.840.113549.1.1.1', '1.2.840.10045.2.1', '1.3.101.112'];
const NULL = Uint8Array.of(5, 0);
const SHA256_INFO = Uint8Array.from('3031300d060960864801650304020105000420'.match(/../g)!, (pair) => Number.parseInt(pair, 16));

export function newEcKey(curve: Curve, randomBytes: (length: number) => Uint8Array): SecretKey {
  const { arithmetic } = curve;
  const size = arithmetic.lengths.seed!;
  return { type: 'ec', curve, secret: arithmetic.utils.randomSecretKey(randomBytes(size)) };
}

export const newEd25519Key = (randomBytes: (length: number) => Uint8Array): SecretKey => ({ type: 'ed25519', secret: randomBytes(32) });

/** The first secret key of a PEM text. Undefined if there is none that can be read. */
export function readSecretKey(pem: string): SecretKey | undefined {
  for (const { type, bytes } of decodePem(pem)) {
    try {
      if (type === 'RSA PRIVATE KEY') return { type: 'rsa', rsa: readRsaPrivate(readDer(bytes)) };
      if (type === 'EC PRIVATE KEY') return readEc(readDer(bytes));
      if (type === 'PRIVATE KEY') return readPkcs8(readDer(bytes));
    } catch (error) {
      if (!(error instanceof DerError)) throw error;
    }
  }
  return undefined;
}

function readPkcs8(value: Der): SecretKey | undefined {
  const [, algorithm, key] = sequenceOf(value);
  const [type, parameters] = sequenceOf(algorithm);
  const inner = readDer(expectTag(key, TAG.octetString).bytes);
  switch (oidOf(type)) {
    case RSA:
      return { type: 'rsa', rsa: readRsaPrivate(inner) };
    case EC:
      return readEc(inner, oidOf(parameters));
    case ED25519:
      return { type: 'ed25519', secret: expectTag(inner, TAG.octetString).bytes };
    default:
      return undefined;
  }
}

function readEc(value: Der, given?: string): SecretKey | undefined {
  const [, secret, ...rest] = sequenceOf(value);
  const parameters = rest.find(({ tag }) => tag === 0xa0);
  const name = given ?? (parameters && oidOf(readDer(parameters.bytes)));
  const curve = CURVES.find((one) => one.oid === name);
  return curve && { type: 'ec', curve, secret: expectTag(secret, TAG.octetString).bytes };
}

/** SubjectPublicKeyInfo. */
export function publicInfoOf(key: SecretKey): Uint8Array {
  switch (key.type) {
    case 'rsa':
      return sequence(sequence(oid(RSA), NULL), bitString(rsaPublicDer(key.rsa)));
    case 'ec':
      return sequence(sequence(oid(EC), oid(key.curve.oid)), bitString(key.curve.arithmetic.getPublicKey(key.secret, false)));
    default:
      return sequence(sequence(oid(ED25519)), bitString(ed25519.getPublicKey(key.secret)));
  }
}

/** As `PRIVATE KEY`. */
export function pkcs8Pem(key: SecretKey): string {
  switch (key.type) {
    case 'rsa':
      return toPem('PRIVATE KEY', sequence(integer(0), sequence(oid(RSA), NULL), octetString(rsaPrivateDer(key.rsa))));
    case 'ec':
      return toPem('PRIVATE KEY', sequence(integer(0), sequence(oid(EC), oid(key.curve.oid)), octetString(ecDer(key, false))));
    default:
      return toPem('PRIVATE KEY', sequence(integer(0), sequence(oid(ED25519)), octetString(octetString(key.secret))));
  }
}

/** As older programs want it: `RSA PRIVATE KEY`, `EC PRIVATE KEY`. */
export const traditionalPem = (key: SecretKey): string =>
  key.type === 'rsa'
    ? toPem('RSA PRIVATE KEY', rsaPrivateDer(key.rsa))
    : key.type === 'ec'
      ? toPem('EC PRIVATE KEY', ecDer(key, true))
      : pkcs8Pem(key);

const ecDer = ({ curve, secret }: Extract<SecretKey, { type: 'ec' }>, namesCurve: boolean): Uint8Array =>
  sequence(
    integer(1),
    octetString(secret),
    ...(namesCurve ? [tagged(0, oid(curve.oid))] : []),
    tagged(1, bitString(curve.arithmetic.getPublicKey(secret, false))),
  );

/** How it is signed (AlgorithmIdentifier), with SHA-256 where a digest is needed, and the signature. */
export function signWith(key: SecretKey, data: Uint8Array): { algorithm: Uint8Array; signature: Uint8Array } {
  switch (key.type) {
    case 'rsa': {
      const digestInfo = Uint8Array.from([...SHA256_INFO, ...sha256(data)]);
      return { algorithm: sequence(oid('1.2.840.113549.1.1.11'), NULL), signature: signRsa(key.rsa, digestInfo) };
    }
    case 'ec': {
      const options = { prehash: false, format: 'der', lowS: false } as const;
      return {
        algorithm: sequence(oid('1.2.840.10045.4.3.2')),
        signature: key.curve.arithmetic.sign(sha256(data), key.secret, options),
      };
    }
    default:
      return { algorithm: sequence(oid(ED25519)), signature: ed25519.sign(data, key.secret) };
  }
}
