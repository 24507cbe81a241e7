// Making certificates (RFC 5280) with P-256 keys. Synchronous and deterministic (RFC 6979): the same key and words give the same bytes.

import { p256 } from '@noble/curves/nist.js';
import { sha1 } from '@noble/hashes/legacy.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { bitString, boolean, der, integer, octetString, oid, sequence, setOf, tagged, time, toPem, utf8String } from '../der.ts';
import { utf8 } from '../text.ts';

export interface Subject {
  readonly commonName: string;
  readonly organizations?: readonly string[];
}

export interface CertificateSpec {
  /** Or a name in DER, as a request has it. */
  readonly subject: Subject | Uint8Array;
  /** SubjectPublicKeyInfo, in DER. */
  readonly publicKeyInfo: Uint8Array;
  readonly issuer: Subject;
  /** 32 bytes. */
  readonly issuerKey: Uint8Array;
  readonly serial: Uint8Array;
  readonly notBefore: number;
  readonly notAfter: number;
  readonly isAuthority?: boolean;
  /** As Kubernetes names them: `digital signature`, `client auth`. */
  readonly usages: readonly string[];
  readonly dnsNames?: readonly string[];
  /** As bytes, 4 or 16. */
  readonly ipAddresses?: readonly Uint8Array[];
  readonly emailAddresses?: readonly string[];
  readonly uris?: readonly string[];
}

const ECDSA_SHA256 = sequence(oid('1.2.840.10045.4.3.2'));

/** Bits of keyUsage, the most significant first. */
const KEY_USAGES = [
  ['digital signature', 'signing'],
  ['content commitment'],
  ['key encipherment'],
  ['data encipherment'],
  ['key agreement'],
  ['cert sign'],
  ['crl sign'],
  ['encipher only'],
  ['decipher only'],
];
const EXTENDED_USAGES: Readonly<Record<string, string>> = {
  any: '2.5.29.37.0',
  'server auth': '1.3.6.1.5.5.7.3.1',
  'client auth': '1.3.6.1.5.5.7.3.2',
  'code signing': '1.3.6.1.5.5.7.3.3',
  'email protection': '1.3.6.1.5.5.7.3.4',
  's/mime': '1.3.6.1.5.5.7.3.4',
  'ipsec end system': '1.3.6.1.5.5.7.3.5',
  'ipsec tunnel': '1.3.6.1.5.5.7.3.6',
  'ipsec user': '1.3.6.1.5.5.7.3.7',
  timestamping: '1.3.6.1.5.5.7.3.8',
  'ocsp signing': '1.3.6.1.5.5.7.3.9',
};

/** A certificate, PEM. */
export function makeCertificate(spec: CertificateSpec): string {
  const body = sequence(
    tagged(0, integer(2)), // version 3
    integer(spec.serial),
    ECDSA_SHA256,
    nameOf(spec.issuer),
    sequence(time(spec.notBefore), time(spec.notAfter)),
    spec.subject instanceof Uint8Array ? spec.subject : nameOf(spec.subject),
    spec.publicKeyInfo,
    tagged(3, sequence(...extensionsOf(spec))),
  );
  const signature = p256.sign(sha256(body), spec.issuerKey, { prehash: false, format: 'der' });
  return toPem('CERTIFICATE', sequence(body, ECDSA_SHA256, bitString(signature)));
}

/** The public key of a secret one, as certificates hold it. */
export const publicKeyInfoOf = (secret: Uint8Array): Uint8Array =>
  sequence(sequence(oid('1.2.840.10045.2.1'), oid('1.2.840.10045.3.1.7')), bitString(p256.getPublicKey(secret, false)));

export const publicKeyPem = (secret: Uint8Array): string => toPem('PUBLIC KEY', publicKeyInfoOf(secret));

/** `EC PRIVATE KEY` (RFC 5915), as openssl and kubeadm write it. */
export const privateKeyPem = (secret: Uint8Array): string =>
  toPem(
    'EC PRIVATE KEY',
    sequence(
      integer(1),
      octetString(secret),
      tagged(0, oid('1.2.840.10045.3.1.7')),
      tagged(1, bitString(p256.getPublicKey(secret, false))),
    ),
  );

/** Organizations come first, as Go writes a name. */
function nameOf({ commonName, organizations = [] }: Subject): Uint8Array {
  const part = (type: string, text: string): Uint8Array => setOf(sequence(oid(type), utf8String(text)));
  return sequence(...organizations.map((one) => part('2.5.4.10', one)), ...(commonName ? [part('2.5.4.3', commonName)] : []));
}

function extensionsOf(spec: CertificateSpec): Uint8Array[] {
  const extension = (id: string, critical: boolean, value: Uint8Array): Uint8Array =>
    sequence(oid(`2.5.29.${id}`), ...(critical ? [boolean(true)] : []), octetString(value));
  const names = [
    ...(spec.dnsNames ?? []).map((one) => der(0x82, utf8(one))),
    ...(spec.emailAddresses ?? []).map((one) => der(0x81, utf8(one))),
    ...(spec.ipAddresses ?? []).map((one) => der(0x87, one)),
    ...(spec.uris ?? []).map((one) => der(0x86, utf8(one))),
  ];
  const extended = [...new Set(spec.usages.flatMap((usage) => EXTENDED_USAGES[usage] ?? []))];
  return [
    ...keyUsageOf(spec.usages).map((bits) => extension('15', true, bits)),
    ...(extended.length ? [extension('37', false, sequence(...extended.map(oid)))] : []),
    extension('19', true, sequence(...(spec.isAuthority ? [boolean(true)] : []))),
    ...(spec.isAuthority ? [extension('14', false, octetString(keyIdOf(spec.publicKeyInfo)))] : []),
    extension('35', false, sequence(der(0x80, keyIdOf(publicKeyInfoOf(spec.issuerKey))))),
    ...(names.length ? [extension('17', false, sequence(...names))] : []),
  ];
}

function keyUsageOf(usages: readonly string[]): Uint8Array[] {
  const bits = KEY_USAGES.flatMap((names, i) => (names.some((name) => usages.includes(name)) ? [i] : []));
  if (!bits.length) return [];
  const last = bits.at(-1)!;
  const bytes = new Uint8Array(Math.floor(last / 8) + 1);
  for (const bit of bits) bytes[bit >> 3]! |= 0x80 >> (bit & 7);
  return [bitString(bytes, 7 - (last & 7))];
}

/** The hash of the key itself, which in a P-256 key follows 26 bytes of header; of others, of the whole. */
const keyIdOf = (publicKeyInfo: Uint8Array): Uint8Array => sha1(publicKeyInfo.length === 91 ? publicKeyInfo.subarray(26) : publicKeyInfo);
