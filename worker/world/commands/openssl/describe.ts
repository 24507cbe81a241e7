// How openssl shows names, keys, extensions, certificates and requests: `-text` and its parts.

import { expectTag, childrenOf, integerOf, oidOf, readDer, sequenceOf, TAG } from '../../../lib/x509/der.ts';
import type { Der } from '../../../lib/x509/der.ts';
import { CURVES } from '../../../lib/x509/secret-key.ts';
import { charsOfBytes, fromUtf8, hexOf } from '../../../lib/text.ts';
import { formatDate } from '../date.ts';
import type { Release } from './release.ts';

/** Attributes of names: by what they are called, and their OIDs. */
export const NAME_PARTS: readonly (readonly [short: string, oid: string, long: string])[] = [
  ['CN', '2.5.4.3', 'commonName'],
  ['SN', '2.5.4.4', 'surname'],
  ['serialNumber', '2.5.4.5', 'serialNumber'],
  ['C', '2.5.4.6', 'countryName'],
  ['L', '2.5.4.7', 'localityName'],
  ['ST', '2.5.4.8', 'stateOrProvinceName'],
  ['street', '2.5.4.9', 'streetAddress'],
  ['O', '2.5.4.10', 'organizationName'],
  ['OU', '2.5.4.11', 'organizationalUnitName'],
  ['title', '2.5.4.12', 'title'],
  ['GN', '2.5.4.42', 'givenName'],
  ['UID', '0.9.2342.19200300.100.1.1', 'userId'],
  ['DC', '0.9.2342.19200300.100.1.25', 'domainComponent'],
  ['emailAddress', '1.2.840.113549.1.9.1', 'emailAddress'],
];

/** `CN = dev, O = group1`; since 3.2 `CN=dev, O=group1`. `reversed`: as RFC 2253 has it. */
export function nameText(name: Uint8Array, release: Release, reversed = false): string {
  const sets = sequenceOf(readDer(name)).map((set) =>
    childrenOf(set)
      .map((pair) => {
        const [type, value] = sequenceOf(pair);
        const id = oidOf(type);
        const label = NAME_PARTS.find(([, one]) => one === id)?.[0] ?? id;
        return `${label}${release.spacesNames && !reversed ? ' = ' : '='}${valueText(value!, release, reversed)}`;
      })
      .join(reversed ? '+' : ' + '),
  );
  return reversed ? sets.toReversed().join(',') : sets.join(', ');
}

/** Special characters put a value in quotes, or (RFC 2253) a backslash before each. */
function valueText({ bytes }: Der, release: Release, reversed: boolean): string {
  const text =
    release.spacesNames || reversed
      ? [...bytes]
          .map((byte) => (byte > 126 || byte < 32 ? `\\${byte.toString(16).toUpperCase().padStart(2, '0')}` : String.fromCharCode(byte)))
          .join('')
      : charsOfBytes(bytes);
  if (reversed) return text.replaceAll(/[,+"<>;]|^[# ]| $/g, String.raw`\$&`);
  return /[,+"<>;]|^[# ]| $/.test(text) ? `"${text.replaceAll('"', String.raw`\"`)}"` : text;
}

export const SIGNATURES: Readonly<Record<string, string>> = {
  '1.2.840.113549.1.1.5': 'sha1WithRSAEncryption',
  '1.2.840.113549.1.1.11': 'sha256WithRSAEncryption',
  '1.2.840.113549.1.1.12': 'sha384WithRSAEncryption',
  '1.2.840.113549.1.1.13': 'sha512WithRSAEncryption',
  '1.2.840.10045.4.3.2': 'ecdsa-with-SHA256',
  '1.2.840.10045.4.3.3': 'ecdsa-with-SHA384',
  '1.2.840.10045.4.3.4': 'ecdsa-with-SHA512',
  '1.3.101.112': 'ED25519',
};

/** `Nov 28 16:48:33 2026 GMT` */
export const dateText = (ms: number): string => `${formatDate('%b %e %H:%M:%S %Y', ms)} GMT`;

/** Bytes in lines of so many, `00:99:22:`. */
export function hexLines(bytes: Uint8Array, indent: string, width: number): string {
  const lines: string[] = [];
  for (let at = 0; at < bytes.length; at += width) lines.push(pairs(bytes.subarray(at, at + width)));
  return lines.map((line, i) => `${indent}${line}${i < lines.length - 1 ? ':' : ''}\n`).join('');
}

export const pairs = (bytes: Uint8Array): string => hexOf(bytes).replaceAll(/..(?=.)/g, '$&:');

const RSA = '1.2.840.113549.1.1.1';
const EC = '1.2.840.10045.2.1';

/** What `pkey -pubin -text` shows; `named` as certificates do: `Modulus`, not `modulus`. */
export function publicKeyText(info: Uint8Array, indent: string): string {
  const [algorithm, bits] = sequenceOf(readDer(info));
  const [type, parameters] = sequenceOf(algorithm);
  const key = bits!.bytes.subarray(1);
  switch (oidOf(type)) {
    case RSA: {
      const [modulus, exponent] = sequenceOf(readDer(key));
      return `${indent}Public-Key: (${integerOf(modulus).toString(2).length} bit)\n${indent}Modulus:\n${hexLines(modulus!.bytes, `${indent}    `, 15)}${indent}Exponent: ${numberText(integerOf(exponent))}\n`;
    }
    case EC: {
      const curve = CURVES.find((one) => one.oid === oidOf(parameters));
      return `${indent}Public-Key: (${curve?.bits ?? 0} bit)\n${indent}pub:\n${hexLines(key, `${indent}    `, 15)}${indent}ASN1 OID: ${curve?.name}\n${indent}NIST CURVE: ${curve?.nist}\n`;
    }
    default:
      return `${indent}ED25519 Public-Key:\n${indent}pub:\n${hexLines(key, `${indent}    `, 15)}`;
  }
}

/** `65537 (0x10001)` */
export const numberText = (value: bigint): string => `${value} (0x${value.toString(16)})`;

const keyAlgorithmText = (info: Uint8Array): string =>
  ({ [RSA]: 'rsaEncryption', [EC]: 'id-ecPublicKey' })[oidOf(sequenceOf(sequenceOf(readDer(info))[0])[0])] ?? 'ED25519';

const signatureLines = (algorithm: string, signature: Uint8Array): string =>
  `    Signature Algorithm: ${SIGNATURES[algorithm] ?? algorithm}\n    Signature Value:\n${hexLines(signature, '        ', 18)}`;

export interface Extension {
  readonly oid: string;
  readonly isCritical: boolean;
  readonly value: Uint8Array;
}

/** Of a SEQUENCE of them. */
export const readExtensions = (list: Der): Extension[] =>
  sequenceOf(list).map((one) => {
    const parts = sequenceOf(one);
    return {
      oid: oidOf(parts[0]),
      isCritical: parts.length > 2 && parts[1]!.bytes[0] !== 0,
      value: expectTag(parts.at(-1), TAG.octetString).bytes,
    };
  });

/** Short names as `-ext` wants them. */
export const EXTENSIONS: readonly (readonly [oid: string, short: string, title: string])[] = [
  ['2.5.29.14', 'subjectKeyIdentifier', 'X509v3 Subject Key Identifier'],
  ['2.5.29.15', 'keyUsage', 'X509v3 Key Usage'],
  ['2.5.29.17', 'subjectAltName', 'X509v3 Subject Alternative Name'],
  ['2.5.29.19', 'basicConstraints', 'X509v3 Basic Constraints'],
  ['2.5.29.35', 'authorityKeyIdentifier', 'X509v3 Authority Key Identifier'],
  ['2.5.29.37', 'extendedKeyUsage', 'X509v3 Extended Key Usage'],
];

export const KEY_USAGES: readonly (readonly [short: string, title: string])[] = [
  ['digitalSignature', 'Digital Signature'],
  ['nonRepudiation', 'Non Repudiation'],
  ['keyEncipherment', 'Key Encipherment'],
  ['dataEncipherment', 'Data Encipherment'],
  ['keyAgreement', 'Key Agreement'],
  ['keyCertSign', 'Certificate Sign'],
  ['cRLSign', 'CRL Sign'],
  ['encipherOnly', 'Encipher Only'],
  ['decipherOnly', 'Decipher Only'],
];

export const EXTENDED_USAGES: readonly (readonly [oid: string, short: string, title: string])[] = [
  ['1.3.6.1.5.5.7.3.1', 'serverAuth', 'TLS Web Server Authentication'],
  ['1.3.6.1.5.5.7.3.2', 'clientAuth', 'TLS Web Client Authentication'],
  ['1.3.6.1.5.5.7.3.3', 'codeSigning', 'Code Signing'],
  ['1.3.6.1.5.5.7.3.4', 'emailProtection', 'E-mail Protection'],
  ['1.3.6.1.5.5.7.3.8', 'timeStamping', 'Time Stamping'],
  ['1.3.6.1.5.5.7.3.9', 'OCSPSigning', 'OCSP Signing'],
  ['2.5.29.37.0', 'anyExtendedKeyUsage', 'Any Extended Key Usage'],
];

export const extensionText = ({ oid, isCritical, value }: Extension, indent: string): string =>
  `${indent}${EXTENSIONS.find(([one]) => one === oid)?.[2] ?? oid}: ${isCritical ? 'critical' : ''}\n${indent}    ${valueOfExtension(oid, value)}\n`;

function valueOfExtension(oid: string, value: Uint8Array): string {
  const der = readDer(value);
  switch (oid) {
    case '2.5.29.14':
      return pairs(der.bytes).toUpperCase();
    case '2.5.29.15':
      return KEY_USAGES.filter((_, bit) => (der.bytes[1 + (bit >> 3)] ?? 0) & (0x80 >> (bit & 7)))
        .map(([, title]) => title)
        .join(', ');
    case '2.5.29.17':
      return childrenOf(der).map(generalName).join(', ');
    case '2.5.29.19': {
      const [authority, length] = childrenOf(der);
      return `CA:${authority?.tag === TAG.boolean && authority.bytes[0] ? 'TRUE' : 'FALSE'}${length ? `, pathlen:${integerOf(length)}` : ''}`;
    }
    case '2.5.29.35':
      return childrenOf(der)
        .filter(({ tag }) => tag === 0x80)
        .map(({ bytes }) => pairs(bytes).toUpperCase())
        .join('\n');
    case '2.5.29.37':
      return childrenOf(der)
        .map((one) => EXTENDED_USAGES.find(([id]) => id === oidOf(one))?.[2] ?? oidOf(one))
        .join(', ');
    default:
      return [...value].map((byte) => (byte > 126 || byte < 32 ? '.' : String.fromCharCode(byte))).join('');
  }
}

function generalName({ tag, bytes }: Der): string {
  switch (tag) {
    case 0x81:
      return `email:${fromUtf8(bytes)}`;
    case 0x82:
      return `DNS:${fromUtf8(bytes)}`;
    case 0x86:
      return `URI:${fromUtf8(bytes)}`;
    case 0x87:
      return `IP Address:${ipText(bytes)}`;
    default:
      return 'othername:<unsupported>';
  }
}

/** An address of 16 bytes is not shortened. */
const ipText = (bytes: Uint8Array): string =>
  bytes.length === 4
    ? bytes.join('.')
    : Array.from({ length: bytes.length / 2 }, (_, i) => ((bytes[2 * i]! << 8) | bytes[2 * i + 1]!).toString(16).toUpperCase()).join(':');

export interface Parts {
  readonly version: bigint;
  readonly serial: Uint8Array;
  readonly extensions: readonly Extension[];
}

/** What reading a certificate for its own sake leaves out. */
export function partsOf(bytes: Uint8Array): Parts {
  const all = sequenceOf(sequenceOf(readDer(bytes))[0]);
  const version = all[0]?.tag === 0xa0 ? integerOf(readDer(all[0].bytes)) : 0n;
  const serial = all[all[0]?.tag === 0xa0 ? 1 : 0]!.bytes;
  const list = all.find(({ tag }) => tag === 0xa3);
  return { version, serial, extensions: list ? readExtensions(readDer(list.bytes)) : [] };
}

interface Shown {
  readonly subject: Uint8Array;
  readonly issuer: Uint8Array;
  readonly notBefore: number;
  readonly notAfter: number;
  readonly publicKeyInfo: Uint8Array;
  readonly signatureAlgorithm: string;
  readonly signature: Uint8Array;
}

export function certificateText(certificate: Shown, { version, serial, extensions }: Parts, release: Release): string {
  const isShort = serial.length <= 8;
  return [
    'Certificate:\n    Data:\n',
    `        Version: ${version + 1n} (0x${version.toString(16)})\n`,
    isShort
      ? `        Serial Number: ${numberText(BigInt(`0x${hexOf(serial)}`))}\n`
      : `        Serial Number:\n            ${pairs(serial[0] === 0 ? serial.subarray(1) : serial)}\n`,
    `        Signature Algorithm: ${SIGNATURES[certificate.signatureAlgorithm] ?? certificate.signatureAlgorithm}\n`,
    `        Issuer: ${nameText(certificate.issuer, release)}\n        Validity\n`,
    `            Not Before: ${dateText(certificate.notBefore)}\n            Not After : ${dateText(certificate.notAfter)}\n`,
    `        Subject: ${nameText(certificate.subject, release)}\n`,
    keyInfoText(certificate.publicKeyInfo),
    ...(extensions.length ? ['        X509v3 extensions:\n', ...extensions.map((one) => extensionText(one, '            '))] : []),
    signatureLines(certificate.signatureAlgorithm, certificate.signature),
  ].join('');
}

const keyInfoText = (info: Uint8Array): string =>
  `        Subject Public Key Info:\n            Public Key Algorithm: ${keyAlgorithmText(info)}\n${publicKeyText(info, '                ')}`;

interface ShownRequest {
  readonly subject: Uint8Array;
  readonly publicKeyInfo: Uint8Array;
  readonly signatureAlgorithm: string;
  readonly signature: Uint8Array;
}

/** `extensions`: undefined if nothing of the kind is asked for. */
export const requestText = (request: ShownRequest, extensions: readonly Extension[] | undefined, release: Release): string =>
  [
    `Certificate Request:\n    Data:\n        Version: 1 (0x0)\n        Subject: ${nameText(request.subject, release)}\n`,
    keyInfoText(request.publicKeyInfo),
    '        Attributes:\n',
    ...(extensions?.length
      ? ['            Requested Extensions:\n', ...extensions.map((one) => extensionText(one, '                '))]
      : ['            (none)\n            Requested Extensions:\n']),
    signatureLines(request.signatureAlgorithm, request.signature),
  ].join('');
