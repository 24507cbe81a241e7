// What curl -v tells of TLS: the handshake, and the certificates that a server shows. Mirrors lib/vtls/openssl.c of curl 8.18, built without HTTP/2.

import { childrenOf, integerOf, oidOf, readDer, sequenceOf } from '../../lib/x509/der.ts';
import { readCertificates } from '../../lib/x509/read-certificate.ts';
import type { Certificate } from '../../lib/x509/read-certificate.ts';
import { isFor } from '../../lib/x509/verify-server.ts';
import type { ServerProblem } from '../../lib/x509/verify-server.ts';
import { dateText, NAME_PARTS, SIGNATURES } from './openssl/describe.ts';

interface Handshake {
  /** PEM. */
  readonly certificates: string;
  readonly host: string;
  /** The file of those whom one trusts; undefined: one trusts anybody. */
  readonly anchors: string | undefined;
  readonly problem: ServerProblem | undefined;
}

/** Its lines, without the `* ` before each. */
export function tlsLines({ certificates, host, anchors, problem }: Handshake): string[] {
  const chain = readCertificates(certificates);
  const [leaf] = chain;
  const isRefused = anchors !== undefined && problem !== undefined && problem !== 'other-name';
  const beginning = [
    'ALPN: curl offers http/1.1',
    'TLSv1.3 (OUT), TLS handshake, Client hello (1):',
    ...(anchors === undefined ? ['SSL Trust: peer verification disabled'] : ['SSL Trust Anchors:', `  CAfile: ${anchors}`]),
    'TLSv1.3 (IN), TLS handshake, Server hello (2):',
    'TLSv1.3 (IN), TLS change cipher, Change cipher spec (1):',
    'TLSv1.3 (IN), TLS handshake, Encrypted Extensions (8):',
    'TLSv1.3 (IN), TLS handshake, Certificate (11):',
  ];
  if (isRefused || !leaf)
    return [...beginning, `TLSv1.3 (OUT), TLS alert, ${ALERTS[problem as keyof typeof ALERTS] ?? ALERTS['self-signed']}:`];
  const key = keyOf(leaf);
  const names = leaf.dnsNames.length || leaf.addresses.length;
  return [
    ...beginning,
    'TLSv1.3 (IN), TLS handshake, CERT verify (15):',
    'TLSv1.3 (IN), TLS handshake, Finished (20):',
    'TLSv1.3 (OUT), TLS change cipher, Change cipher spec (1):',
    'TLSv1.3 (OUT), TLS handshake, Finished (20):',
    `SSL connection using TLSv1.3 / TLS_AES_256_GCM_SHA384 / X25519MLKEM768 / ${key.signs}`,
    'ALPN: server accepted http/1.1',
    'Server certificate:',
    `  subject: ${nameText(leaf.subject)}`,
    `  start date: ${dateText(leaf.notBefore)}`,
    `  expire date: ${dateText(leaf.notAfter)}`,
    `  issuer: ${nameText(leaf.issuer)}`,
    ...chain.map((one, level) => `  Certificate level ${level}: Public key type ${keyOf(one).text}, signed using ${signatureText(one)}`),
    ...(anchors === undefined
      ? [' SSL certificate verification failed, continuing anyway!']
      : problem === 'other-name'
        ? names
          ? [`  subjectAltName does not match ${/^[\d.]+$/.test(host) ? 'ipv4 address' : 'hostname'} ${host}`]
          : []
        : [
            names ? `  subjectAltName: "${host}" matches cert's "${matching(leaf, host)}"` : `  common name: ${leaf.commonName} (matched)`,
            'SSL certificate verified via OpenSSL.',
          ]),
  ];
}

const ALERTS = {
  'self-signed': 'unknown CA (560)',
  'unknown-issuer': 'unknown CA (560)',
  expired: 'certificate expired (557)',
  'not-yet-valid': 'bad certificate (554)',
} as const;

const matching = (leaf: Certificate, host: string): string =>
  [...leaf.dnsNames, ...leaf.addresses].find((name) => isFor({ ...leaf, dnsNames: [name] }, host) || name === host) ?? host;

const decoder = new TextDecoder();

/** `C=US; O=Example; CN=www.example.com` */
const nameText = (name: Uint8Array): string =>
  sequenceOf(readDer(name))
    .map((set) =>
      childrenOf(set)
        .map((pair) => {
          const [type, value] = sequenceOf(pair);
          const oid = oidOf(type);
          return `${NAME_PARTS.find(([, one]) => one === oid)?.[0] ?? oid}=${value ? decoder.decode(value.bytes) : ''}`;
        })
        .join(' + '),
    )
    .join('; ');

/** Bits of security of RSA keys: SP 800-56B. */
const RSA_SECURITY: readonly (readonly [bits: number, security: number])[] = [
  [15_360, 256],
  [7680, 192],
  [6144, 176],
  [4096, 152],
  [3072, 128],
  [2048, 112],
  [1024, 80],
];

const CURVES: Readonly<Record<string, readonly [name: string, bits: number]>> = {
  '1.2.840.10045.3.1.7': ['prime256v1', 256],
  '1.3.132.0.34': ['secp384r1', 384],
  '1.3.132.0.35': ['secp521r1', 521],
};

function keyOf({ publicKeyInfo }: Certificate): { readonly text: string; readonly signs: string } {
  const [algorithm, bits] = sequenceOf(readDer(publicKeyInfo));
  const [type, parameters] = sequenceOf(algorithm);
  switch (oidOf(type)) {
    case '1.2.840.113549.1.1.1': {
      const size = integerOf(sequenceOf(readDer(bits!.bytes.subarray(1)))[0]).toString(2).length;
      return { text: `RSA (${size}/${RSA_SECURITY.find(([least]) => size >= least)?.[1] ?? 0} Bits/secBits)`, signs: 'RSASSA-PSS' };
    }
    case '1.2.840.10045.2.1': {
      const [curve, size] = CURVES[oidOf(parameters)] ?? ['?', 0];
      return { text: `EC/${curve} (${size}/${Math.floor(size / 2)} Bits/secBits)`, signs: 'id-ecPublicKey' };
    }
    default:
      return { text: 'ED25519 (256/128 Bits/secBits)', signs: 'ED25519' };
  }
}

const signatureText = ({ signatureAlgorithm }: Certificate): string => SIGNATURES[signatureAlgorithm] ?? signatureAlgorithm;
