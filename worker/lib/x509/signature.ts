// Whether a signature belongs to a public key: RSA (PKCS #1 v1.5), ECDSA on the NIST curves, Ed25519. Synchronous, as the core is.

import { ed25519 } from '@noble/curves/ed25519.js';
import { p256, p384, p521 } from '@noble/curves/nist.js';
import { sha256, sha384, sha512 } from '@noble/hashes/sha2.js';
import { bitStringOf, bytesToBigInt, integerOf, oidOf, readDer, sequenceOf } from './der.ts';
import { power } from './rsa.ts';

const RSA_HASHES: Readonly<Record<string, { hash: (data: Uint8Array) => Uint8Array; prefix: string }>> = {
  '1.2.840.113549.1.1.11': { hash: sha256, prefix: '3031300d060960864801650304020105000420' },
  '1.2.840.113549.1.1.12': { hash: sha384, prefix: '3041300d060960864801650304020205000430' },
  '1.2.840.113549.1.1.13': { hash: sha512, prefix: '3051300d060960864801650304020305000440' },
};
const ECDSA_HASHES: Readonly<Record<string, (data: Uint8Array) => Uint8Array>> = {
  '1.2.840.10045.4.3.2': sha256,
  '1.2.840.10045.4.3.3': sha384,
  '1.2.840.10045.4.3.4': sha512,
};
const CURVES: Readonly<Record<string, typeof p256>> = {
  '1.2.840.10045.3.1.7': p256,
  '1.3.132.0.34': p384,
  '1.3.132.0.35': p521,
};
const ED25519 = '1.3.101.112';
const RSA_KEY = '1.2.840.113549.1.1.1';
const EC_KEY = '1.2.840.10045.2.1';

/** Undefined if it does; else why not, in Go's words. */
export function verifySignature(
  publicKeyInfo: Uint8Array,
  algorithm: string,
  signed: Uint8Array,
  signature: Uint8Array,
): string | undefined {
  const [keyAlgorithm, keyBits] = sequenceOf(readDer(publicKeyInfo));
  const [type, parameters] = sequenceOf(keyAlgorithm);
  const key = bitStringOf(keyBits);
  const keyType = oidOf(type);
  const [rsa, ecdsa] = [RSA_HASHES[algorithm], ECDSA_HASHES[algorithm]];
  if (rsa) return keyType === RSA_KEY ? verifyRsa(key, rsa.prefix, rsa.hash(signed), signature) : mismatch('RSA', keyType);
  if (ecdsa) return keyType === EC_KEY ? verifyEcdsa(key, oidOf(parameters), ecdsa(signed), signature) : mismatch('ECDSA', keyType);
  if (algorithm === ED25519) {
    if (keyType !== ED25519) return mismatch('Ed25519', keyType);
    return attempt(() => ed25519.verify(signature, signed, key)) ? undefined : 'x509: Ed25519 verification failure';
  }
  return 'x509: cannot verify signature: algorithm unimplemented';
}

const mismatch = (wanted: string, keyType: string): string =>
  `x509: signature algorithm specifies an ${wanted} public key, but have public key of type ${
    keyType === RSA_KEY ? '*rsa.PublicKey' : keyType === EC_KEY ? '*ecdsa.PublicKey' : 'ed25519.PublicKey'
  }`;

function verifyEcdsa(key: Uint8Array, curveOid: string, digest: Uint8Array, signature: Uint8Array): string | undefined {
  const curve = CURVES[curveOid];
  if (!curve) return 'x509: unsupported elliptic curve';
  const isValid = attempt(() => curve.verify(signature, digest, key, { prehash: false, format: 'der', lowS: false }));
  return isValid ? undefined : 'x509: ECDSA verification failure';
}

/** The signature, raised to the public exponent, must be the padded digest. */
function verifyRsa(key: Uint8Array, prefix: string, digest: Uint8Array, signature: Uint8Array): string | undefined {
  const [modulusDer, exponentDer] = sequenceOf(readDer(key));
  const [modulus, exponent] = [integerOf(modulusDer), integerOf(exponentDer)];
  const size = Math.ceil(modulus.toString(16).length / 2);
  const hex = prefix + [...digest].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  const padding = size - hex.length / 2 - 3;
  const failure = 'crypto/rsa: verification error';
  if (padding < 8 || signature.length !== size || exponent > 1n << 32n) return failure;
  const expected = BigInt(`0x0001${'ff'.repeat(padding)}00${hex}`);
  return power(bytesToBigInt(signature), exponent, modulus) === expected ? undefined : failure;
}

/** A malformed key or signature throws inside; it is no match. */
function attempt(verify: () => boolean): boolean {
  try {
    return verify();
  } catch {
    return false;
  }
}
