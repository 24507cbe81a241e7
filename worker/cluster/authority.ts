// The cluster's certificate authorities, and what they have signed for its components. Keys are made of the sandbox's secret, so nothing need be kept: a certificate is
// made when somebody wants to see it, and is the same each time. Mirrors what `kubeadm init phase certs` makes.

import { sha256 } from '@noble/hashes/sha2.js';
import type { Authority, CertificateRequest } from '../api/authority.ts';
import { bytesOfIp, formatIp, parseIp } from '../lib/ip.ts';
import { utf8 } from '../lib/text.ts';
import { makeCertificate, privateKeyPem, publicKeyInfoOf, publicKeyPem } from '../lib/x509/certificate.ts';
import type { Subject } from '../lib/x509/certificate.ts';
import { parseCertificateRequest, requestSignatureProblem } from '../lib/x509/certificate-request.ts';
import { signJwt } from '../server/authentication/jwt.ts';
import { namingSerial } from './named-sandbox.ts';
import { keyOf } from './pki.ts';

export type AuthorityName = 'ca' | 'etcd/ca' | 'front-proxy-ca';

const AUTHORITIES: Readonly<Record<AuthorityName, string>> = { ca: 'kubernetes', 'etcd/ca': 'etcd-ca', 'front-proxy-ca': 'front-proxy-ca' };
const YEAR = 365 * 24 * 3_600_000;
/** Clocks differ: what is signed now was good a moment ago. */
const BACKDATE_MS = 5 * 60_000;

export interface Issued {
  readonly subject: Subject;
  readonly usages: readonly string[];
  readonly dnsNames?: readonly string[];
  readonly addresses?: readonly string[];
}

/** Everything that is signed or encrypted with in a cluster. */
export class Pki {
  readonly #sandbox: string;
  readonly #secret: string;
  readonly #bornAt: number;
  readonly #made = new Map<string, string>();
  readonly #keys = new Map<string, Uint8Array>();

  /** `sandbox`: its id. `bornAt`: when the cluster was made, ms. */
  constructor(sandbox: string, secret: string, bornAt: number) {
    this.#sandbox = sandbox;
    this.#secret = secret;
    this.#bornAt = Math.floor(bornAt / 1000) * 1000;
  }

  /** PEM. */
  authority(name: AuthorityName): string {
    return this.#once(`crt ${name}`, () =>
      makeCertificate({
        subject: { commonName: AUTHORITIES[name] },
        issuer: { commonName: AUTHORITIES[name] },
        publicKeyInfo: publicKeyInfoOf(this.#key(name)),
        issuerKey: this.#key(name),
        serial: this.#serial(name),
        notBefore: this.#bornAt - BACKDATE_MS,
        notAfter: this.#bornAt + 10 * YEAR,
        isAuthority: true,
        usages: ['digital signature', 'key encipherment', 'cert sign'],
        dnsNames: [AUTHORITIES[name]],
      }),
    );
  }

  /** A certificate by an authority, for the key of a name; PEM. */
  issued(by: AuthorityName, name: string, { subject, usages, dnsNames, addresses }: Issued): string {
    return this.#once(`crt ${name}`, () =>
      makeCertificate({
        subject,
        issuer: { commonName: AUTHORITIES[by] },
        publicKeyInfo: publicKeyInfoOf(this.#key(name)),
        issuerKey: this.#key(by),
        serial: this.#serial(name),
        notBefore: this.#bornAt - BACKDATE_MS,
        notAfter: this.#bornAt + YEAR,
        usages: ['digital signature', 'key encipherment', ...usages],
        ...(dnsNames && { dnsNames }),
        ...(addresses && { ipAddresses: addresses.map((one) => bytesOfIp(parseIp(one)!)) }),
      }),
    );
  }

  privateKey(name: string): string {
    return this.#once(`key ${name}`, () => privateKeyPem(this.#key(name)));
  }

  publicKey(name: string): string {
    return publicKeyPem(this.#key(name));
  }

  /** What control loops sign with. */
  get signer(): Authority {
    const bundle = (): string => this.authority('ca');
    return {
      get caBundle() {
        return bundle();
      },
      readRequest,
      sign: (pem, { usages, notBefore, notAfter }) => {
        const request = parseCertificateRequest(pem);
        const problem = requestSignatureProblem(request);
        if (problem !== undefined) throw new Error(problem);
        return makeCertificate({
          subject: request.subject,
          issuer: { commonName: AUTHORITIES.ca },
          publicKeyInfo: request.publicKeyInfo,
          issuerKey: this.#key('ca'),
          serial: namingSerial(this.#sandbox, this.#serial(`${pem} ${notBefore}`)),
          notBefore,
          notAfter: Math.min(notAfter, this.#bornAt + 10 * YEAR),
          usages,
          dnsNames: request.dnsNames,
          ipAddresses: request.ipAddresses,
          emailAddresses: request.emailAddresses,
          uris: request.uris,
        });
      },
      legacyToken: ({ namespace, secret, serviceAccount, uid }) =>
        signJwt(keyOf(this.#secret, 'service-account', this.#sandbox), {
          iss: 'kubernetes/serviceaccount',
          'kubernetes.io/serviceaccount/namespace': namespace,
          'kubernetes.io/serviceaccount/secret.name': secret,
          'kubernetes.io/serviceaccount/service-account.name': serviceAccount,
          'kubernetes.io/serviceaccount/service-account.uid': uid,
          sub: `system:serviceaccount:${namespace}:${serviceAccount}`,
        }),
    };
  }

  /** Service accounts' tokens are signed with the key that the API server has always had. */
  #key(name: string): Uint8Array {
    let key = this.#keys.get(name);
    if (!key) this.#keys.set(name, (key = keyOf(this.#secret, name === 'sa' ? 'service-account' : `pki ${name}`).secret));
    return key;
  }

  #serial(name: string): Uint8Array {
    const bytes = sha256(utf8(`serial ${name} ${this.#secret}`)).slice(0, 8);
    bytes[0]! &= 0x7f;
    bytes[0]! |= 0x40;
    return bytes;
  }

  #once(name: string, make: () => string): string {
    let made = this.#made.get(name);
    if (made === undefined) this.#made.set(name, (made = make()));
    return made;
  }
}

function readRequest(pem: string): CertificateRequest | undefined {
  try {
    const { commonName, organizations, dnsNames, ipAddresses, emailAddresses, uris } = parseCertificateRequest(pem);
    return { commonName, organization: organizations, dnsNames, ipAddresses: ipAddresses.map(addressText), emailAddresses, uris };
  } catch {
    return undefined;
  }
}

const addressText = (bytes: Uint8Array): string =>
  formatIp({ family: bytes.length === 4 ? 4 : 6, value: bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n) });
