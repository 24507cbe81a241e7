// Client certificates: whom a certificate by the cluster's authority names is who sends the request; that the sender holds its key was seen where TLS ends.
// Mirrors apiserver pkg/authentication/request/x509.

import { sha256 } from '@noble/hashes/sha2.js';
import { AUTHENTICATED } from '../../api/access.ts';
import type { UserInfo } from '../../api/resource.ts';
import { unauthorized } from '../../api/status.ts';
import { isSignedBy, readCertificate, readCertificates } from '../../lib/x509/read-certificate.ts';
import type { Certificate } from '../../lib/x509/read-certificate.ts';
import { hexOf } from '../../lib/text.ts';
import type { Authenticator } from '../context.ts';

/** `client auth`, and `any`. */
const PURPOSES = ['1.3.6.1.5.5.7.3.2', '2.5.29.37.0'];

export interface CertificateParts {
  /** PEM, of those who may sign for clients. */
  authorities(): string;
  now(): number;
}

/** Asks for a certificate first; who brings none, or one of nobody's, must be known by something else. */
export function withClientCertificates(next: Authenticator, parts: CertificateParts): Authenticator {
  const known = new Map<string, { certificate: Certificate; user: UserInfo | undefined }>();
  const userOf = (bytes: Uint8Array): UserInfo | undefined => {
    const hash = hexOf(sha256(bytes));
    let found = known.get(hash);
    if (!found) {
      if (known.size > 1000) known.clear();
      const certificate = readCertificate(bytes);
      const isOurs = readCertificates(parts.authorities()).some((authority) => isSignedBy(certificate, authority));
      known.set(hash, (found = { certificate, user: isOurs ? userNamedBy(certificate, hash) : undefined }));
    }
    const { notBefore, notAfter, purposes } = found.certificate;
    const isForClients = purposes === undefined || purposes.some((one) => PURPOSES.includes(one));
    return isForClients && notBefore <= parts.now() && parts.now() <= notAfter ? found.user : undefined;
  };
  return {
    ...next,
    authenticate: (request) => {
      const { clientCertificate } = request;
      if (!clientCertificate) return next.authenticate(request);
      let user: UserInfo | undefined;
      try {
        user = userOf(clientCertificate);
      } catch {
        // not a certificate at all: as if it were a stranger's
      }
      if (user) return user;
      const other = next.authenticate(request);
      if (!other) throw unauthorized();
      return other;
    },
  };
}

function userNamedBy({ commonName, organizations }: Certificate, hash: string): UserInfo | undefined {
  if (!commonName) return undefined;
  return {
    name: commonName,
    groups: organizations.includes(AUTHENTICATED) ? organizations : [...organizations, AUTHENTICATED],
    extra: { 'authentication.kubernetes.io/credential-id': [`X509SHA256=${hash}`] },
  };
}
