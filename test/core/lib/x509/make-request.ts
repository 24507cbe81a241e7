// Certificate requests made to measure: PKCS #10, signed with a P-256 key.

import { p256 } from '@noble/curves/nist.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { bitString, der, integer, octetString, oid, sequence, setOf, tagged, toPem, utf8String } from '../../../../worker/lib/der.ts';
import { utf8 } from '../../../../worker/lib/text.ts';
import { publicKeyInfoOf } from '../../../../worker/lib/x509/certificate.ts';

export interface Wanted {
  readonly commonName: string;
  readonly organizations?: readonly string[];
  readonly dnsNames?: readonly string[];
}

const KEY = sha256(utf8('a key for tests'));

/** PEM. */
export function makeRequest({ commonName, organizations = [], dnsNames = [] }: Wanted): string {
  const part = (type: string, text: string): Uint8Array => setOf(sequence(oid(type), utf8String(text)));
  const names = octetString(sequence(...dnsNames.map((name) => der(0x82, utf8(name)))));
  const info = sequence(
    integer(0),
    sequence(...organizations.map((one) => part('2.5.4.10', one)), part('2.5.4.3', commonName)),
    publicKeyInfoOf(KEY),
    tagged(0, ...(dnsNames.length ? [sequence(oid('1.2.840.113549.1.9.14'), setOf(sequence(sequence(oid('2.5.29.17'), names))))] : [])),
  );
  const signature = p256.sign(sha256(info), KEY, { prehash: false, format: 'der' });
  return toPem('CERTIFICATE REQUEST', sequence(info, sequence(oid('1.2.840.10045.4.3.2')), bitString(signature)));
}
