// Requests for certificates (PKCS #10): who asks, for which names and key, and whether the key's owner signed. Mirrors Go's crypto/x509.

import { childrenOf, DerError, bitStringOf, expectTag, integerOf, oidOf, readDer, sequenceOf, TAG } from './der.ts';
import type { Der } from './der.ts';
import { decodePem } from './pem.ts';
import { verifySignature } from './signature.ts';

export interface CertificateRequest {
  readonly commonName: string;
  readonly organizations: readonly string[];
  readonly dnsNames: readonly string[];
  /** As bytes, 4 or 16. */
  readonly ipAddresses: readonly Uint8Array[];
  readonly emailAddresses: readonly string[];
  readonly uris: readonly string[];
  /** The key and its algorithm, in DER (SubjectPublicKeyInfo). */
  readonly publicKeyInfo: Uint8Array;
  /** The subject, in DER, as a certificate repeats it. */
  readonly subject: Uint8Array;
  /** What is signed, with what. */
  readonly signed: Uint8Array;
  readonly signatureAlgorithm: string;
  readonly signature: Uint8Array;
}

const OID = { commonName: '2.5.4.3', organization: '2.5.4.10', extensions: '1.2.840.113549.1.9.14', alternativeNames: '2.5.29.17' };

/** Throws an Error with Go's words, or nearly. */
export function parseCertificateRequest(pem: string): CertificateRequest {
  const [block] = decodePem(pem);
  if (block?.type !== 'CERTIFICATE REQUEST') throw new DerError('PEM block type must be CERTIFICATE REQUEST');
  const [info, algorithm, signature] = sequenceOf(readDer(block.bytes));
  const [version, subject, publicKeyInfo, attributes] = sequenceOf(info);
  integerOf(version);
  return {
    ...readSubject(expectTag(subject, TAG.sequence)),
    ...readAlternativeNames(attributes),
    publicKeyInfo: expectTag(publicKeyInfo, TAG.sequence).raw,
    subject: subject!.raw,
    signed: info!.raw,
    signatureAlgorithm: oidOf(sequenceOf(algorithm)[0]),
    signature: bitStringOf(signature),
  };
}

/** Why the request was not signed by the owner of its key; undefined if it was. */
export const requestSignatureProblem = (request: CertificateRequest): string | undefined =>
  verifySignature(request.publicKeyInfo, request.signatureAlgorithm, request.signed, request.signature);

const decoder = new TextDecoder();

/** Whom a name in DER names. */
export function readSubject(subject: Der): { commonName: string; organizations: string[] } {
  let commonName = '';
  const organizations: string[] = [];
  for (const set of childrenOf(subject)) {
    for (const pair of childrenOf(expectTag(set, TAG.set))) {
      const [type, value] = sequenceOf(pair);
      const oid = oidOf(type);
      const text = value ? decoder.decode(value.bytes) : '';
      if (oid === OID.commonName) commonName = text;
      else if (oid === OID.organization) organizations.push(text);
    }
  }
  return { commonName, organizations };
}

type Names = Pick<CertificateRequest, 'dnsNames' | 'ipAddresses' | 'emailAddresses' | 'uris'>;

function readAlternativeNames(attributes: Der | undefined): Names {
  const names = { dnsNames: [] as string[], ipAddresses: [] as Uint8Array[], emailAddresses: [] as string[], uris: [] as string[] };
  for (const attribute of attributes ? childrenOf(attributes) : []) {
    const [type, values] = sequenceOf(attribute);
    if (oidOf(type) !== OID.extensions) continue;
    for (const list of childrenOf(expectTag(values, TAG.set)))
      for (const extension of sequenceOf(list)) {
        const parts = sequenceOf(extension);
        if (oidOf(parts[0]) === OID.alternativeNames) addNames(expectTag(parts.at(-1), TAG.octetString), names);
      }
  }
  return names;
}

function addNames(octets: Der, names: { dnsNames: string[]; ipAddresses: Uint8Array[]; emailAddresses: string[]; uris: string[] }): void {
  for (const { tag, bytes } of sequenceOf(readDer(octets.bytes))) {
    if (tag === 0x81) names.emailAddresses.push(decoder.decode(bytes));
    else if (tag === 0x82) names.dnsNames.push(decoder.decode(bytes));
    else if (tag === 0x86) names.uris.push(decoder.decode(bytes));
    else if (tag === 0x87) names.ipAddresses.push(bytes);
  }
}
