// Reading certificates (RFC 5280): whom one names, for how long and for what, and whether an authority signed it. Mirrors what kube-apiserver asks of a client's
// (Go's crypto/x509 Verify, for a chain of one).

import { readSubject } from './certificate-request.ts';
import { bitStringOf, DerError, expectTag, oidOf, readDer, sequenceOf, TAG } from './der.ts';
import type { Der } from './der.ts';
import { decodePem } from './pem.ts';
import { verifySignature } from './signature.ts';

export interface Certificate {
  readonly commonName: string;
  readonly organizations: readonly string[];
  /** In ms. */
  readonly notBefore: number;
  readonly notAfter: number;
  /** OIDs of extended key usages. Undefined: for anything. */
  readonly purposes: readonly string[] | undefined;
  /** Host names and addresses that it is for. */
  readonly dnsNames: readonly string[];
  readonly addresses: readonly string[];
  /** Of the subject and the issuer, in DER. */
  readonly subject: Uint8Array;
  readonly issuer: Uint8Array;
  readonly publicKeyInfo: Uint8Array;
  readonly signed: Uint8Array;
  readonly signatureAlgorithm: string;
  readonly signature: Uint8Array;
}

const EXTENDED_KEY_USAGE = '2.5.29.37';
const ALTERNATIVE_NAMES = '2.5.29.17';
const [DNS_NAME, IP_ADDRESS] = [0x82, 0x87];
const EXTENSIONS = 0xa3;
const VERSION = 0xa0;

/** Throws a DerError. */
export function readCertificate(bytes: Uint8Array): Certificate {
  const [body, algorithm, signature] = sequenceOf(readDer(bytes));
  const all = sequenceOf(body);
  const [, , issuer, validity, subject, publicKeyInfo, ...rest] = all[0]?.tag === VERSION ? all.slice(1) : all;
  const [notBefore, notAfter] = sequenceOf(validity).map(timeOf);
  if (notBefore === undefined || notAfter === undefined) throw new DerError('asn1: syntax error: sequence truncated');
  return {
    ...readSubject(expectTag(subject, TAG.sequence)),
    notBefore,
    notAfter,
    purposes: purposesOf(rest.find(({ tag }) => tag === EXTENSIONS)),
    ...namesOf(rest.find(({ tag }) => tag === EXTENSIONS)),
    subject: subject!.raw,
    issuer: expectTag(issuer, TAG.sequence).raw,
    publicKeyInfo: expectTag(publicKeyInfo, TAG.sequence).raw,
    signed: body!.raw,
    signatureAlgorithm: oidOf(sequenceOf(algorithm)[0]),
    signature: bitStringOf(signature),
  };
}

/** The certificates of a PEM text, those that can be read. */
export function readCertificates(pem: string): Certificate[] {
  return decodePem(pem).flatMap(({ type, bytes }) => {
    try {
      return type === 'CERTIFICATE' ? [readCertificate(bytes)] : [];
    } catch {
      return [];
    }
  });
}

export const isSignedBy = (certificate: Certificate, authority: Certificate): boolean =>
  isSame(certificate.issuer, authority.subject) &&
  verifySignature(authority.publicKeyInfo, certificate.signatureAlgorithm, certificate.signed, certificate.signature) === undefined;

const isSame = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && a.every((byte, i) => byte === b[i]);

const decoder = new TextDecoder('utf-8');

/** UTCTime `260101000000Z` or GeneralizedTime `20500101000000Z`. */
function timeOf({ tag, bytes }: Der): number {
  const text = decoder.decode(bytes);
  const digits = tag === 0x17 ? `${Number(text.slice(0, 2)) >= 50 ? '19' : '20'}${text}` : text;
  const match = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(digits);
  if (!match) throw new DerError('asn1: structure error: cannot parse time');
  const [year, month, day, hour, minute, second] = match.slice(1).map(Number) as [number, number, number, number, number, number];
  return Date.UTC(year, month - 1, day, hour, minute, second);
}

const purposesOf = (extensions: Der | undefined): string[] | undefined => extensionOf(extensions, EXTENDED_KEY_USAGE)?.map(oidOf);

function namesOf(extensions: Der | undefined): { dnsNames: string[]; addresses: string[] } {
  const names = extensionOf(extensions, ALTERNATIVE_NAMES) ?? [];
  return {
    dnsNames: names.filter(({ tag }) => tag === DNS_NAME).map(({ bytes }) => decoder.decode(bytes)),
    addresses: names.filter(({ tag, bytes }) => tag === IP_ADDRESS && bytes.length === 4).map(({ bytes }) => bytes.join('.')),
  };
}

/** The parts of an extension that is a sequence. */
function extensionOf(extensions: Der | undefined, wanted: string): Der[] | undefined {
  if (!extensions) return undefined;
  for (const extension of sequenceOf(readDer(extensions.bytes))) {
    const parts = sequenceOf(extension);
    if (oidOf(parts[0]) === wanted) return sequenceOf(readDer(expectTag(parts.at(-1), TAG.octetString).bytes));
  }
  return undefined;
}
