// The certificate of the local TLS port, by an authority of its own that kubeconfigs carry. Made at the first start, kept with the state.

import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes, sign, X509Certificate } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  bitString,
  boolean,
  der,
  integer,
  octetString,
  oid,
  sequence,
  setOf,
  tagged,
  time,
  toPem,
  utf8String,
} from '../../worker/lib/der.ts';

export interface Certificate {
  /** All PEM. */
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

const DAY = 24 * 3_600_000;
const CA_DAYS = 3650;
/** Browsers and Apple's TLS accept no longer ones. It is made anew in time; the authority stays, so that kubeconfigs stay good. */
const CERT_DAYS = 397;
const AUTHORITY = 'Kubarium local CA';

export function ensureCertificate(state: string, say: (line: string) => void): Certificate {
  const path = (name: string): string => join(state, `${name}.pem`);
  const read = (name: string): string => readFileSync(path(name), 'utf8');
  const has = (...names: string[]): boolean => names.every((name) => existsSync(path(name)));
  if (has('ca', 'ca-key', 'cert', 'key') && new X509Certificate(read('cert')).validToDate.getTime() > Date.now() + 30 * DAY)
    return { ca: read('ca'), cert: read('cert'), key: read('key') };

  say('Making a certificate for the TLS port ...');
  if (!has('ca', 'ca-key')) {
    const key = newKey();
    const ca = certify({ subject: AUTHORITY, key, issuerKey: key, days: CA_DAYS, isAuthority: true });
    writeFileSync(path('ca-key'), privatePem(key), { mode: 0o600 });
    writeFileSync(path('ca'), ca);
  }
  const key = newKey();
  const cert = certify({ subject: 'kubarium', key, issuerKey: createPrivateKey(read('ca-key')), days: CERT_DAYS, isAuthority: false });
  writeFileSync(path('key'), privatePem(key), { mode: 0o600 });
  writeFileSync(path('cert'), cert);
  return { ca: read('ca'), cert, key: privatePem(key) };
}

const newKey = (): KeyObject => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
const privatePem = (key: KeyObject): string => key.export({ type: 'pkcs8', format: 'pem' }) as string;

interface Wanted {
  readonly subject: string;
  readonly key: KeyObject;
  readonly issuerKey: KeyObject;
  readonly days: number;
  readonly isAuthority: boolean;
}

/** A certificate by RFC 5280, PEM. */
function certify({ subject, key, issuerKey, days, isAuthority }: Wanted): string {
  const ECDSA_SHA256 = sequence(oid('1.2.840.10045.4.3.2'));
  const name = (text: string) => sequence(setOf(sequence(oid('2.5.4.3'), utf8String(text))));
  const publicKeyOf = (one: KeyObject): Uint8Array => createPublicKey(one).export({ type: 'spki', format: 'der' });
  // The key's identifier: the hash of its point, which follows 26 bytes of header in the encoding of a P-256 key.
  const idOf = (one: KeyObject): Uint8Array => createHash('sha1').update(publicKeyOf(one).subarray(26)).digest();
  const extension = (id: string, critical: boolean, value: Uint8Array) =>
    sequence(oid(`2.5.29.${id}`), ...(critical ? [boolean(true)] : []), octetString(value));
  const extensions = [
    extension('19', true, sequence(...(isAuthority ? [boolean(true), integer(0)] : []))),
    // keyCertSign and cRLSign, or digitalSignature
    extension('15', true, isAuthority ? bitString(Uint8Array.of(0b00000110), 1) : bitString(Uint8Array.of(0b10000000), 7)),
    extension('14', false, octetString(idOf(key))),
    extension('35', false, sequence(der(0x80, idOf(issuerKey)))),
    ...(isAuthority
      ? []
      : [
          extension('37', false, sequence(oid('1.3.6.1.5.5.7.3.1'))), // serverAuth
          extension('17', false, sequence(der(0x82, new TextEncoder().encode('localhost')), der(0x87, Uint8Array.of(127, 0, 0, 1)))),
        ]),
  ];
  const serial = randomBytes(16);
  serial[0]! &= 0x7f;
  const body = sequence(
    tagged(0, integer(2)), // version 3
    integer(serial),
    ECDSA_SHA256,
    name(AUTHORITY),
    sequence(time(Date.now() - DAY), time(Date.now() + days * DAY)),
    name(subject),
    publicKeyOf(key),
    tagged(3, sequence(...extensions)),
  );
  return toPem('CERTIFICATE', sequence(body, ECDSA_SHA256, bitString(sign('sha256', body, issuerKey))));
}
