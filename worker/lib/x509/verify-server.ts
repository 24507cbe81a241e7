// Whether a server is who it says: its certificate's name, its time, and the way to an authority that is trusted. Mirrors X509_verify_cert and X509_check_host of OpenSSL.

import { isSignedBy, readCertificates } from './read-certificate.ts';
import type { Certificate } from './read-certificate.ts';

export type ServerProblem = 'self-signed' | 'unknown-issuer' | 'expired' | 'not-yet-valid' | 'other-name';

/** `chain` is what the server shows, its own certificate first; `roots` whom one trusts: PEM. A certificate that is a root itself is trusted. */
export function serverProblem(chain: string, roots: string, host: string, now: number): ServerProblem | undefined {
  const [leaf, ...others] = readCertificates(chain);
  if (!leaf) return 'unknown-issuer';
  const trusted = readCertificates(roots);
  const path = pathOf(leaf, others, trusted);
  if (!path) return isSignedBy(leaf, leaf) ? 'self-signed' : 'unknown-issuer';
  if (path.some(({ notAfter }) => now > notAfter)) return 'expired';
  if (path.some(({ notBefore }) => now < notBefore)) return 'not-yet-valid';
  return isFor(leaf, host) ? undefined : 'other-name';
}

/** From a certificate to one that is trusted. */
function pathOf(from: Certificate, others: readonly Certificate[], trusted: readonly Certificate[]): Certificate[] | undefined {
  const isOne = (one: Certificate): boolean =>
    one.signature.length === from.signature.length && one.signature.every((byte, i) => byte === from.signature[i]);
  if (trusted.some(isOne)) return [from];
  const root = trusted.find((one) => isSignedBy(from, one));
  if (root) return [from, root];
  for (const [i, next] of others.entries()) {
    if (!isSignedBy(from, next)) continue;
    const rest = pathOf(next, others.toSpliced(i, 1), trusted);
    if (rest) return [from, ...rest];
  }
  return undefined;
}

/** By its alternative names; the common name counts only where there are none. */
export function isFor({ dnsNames, addresses, commonName }: Certificate, host: string): boolean {
  if (/^[\d.]+$/.test(host)) return addresses.includes(host);
  const names = dnsNames.length || addresses.length ? dnsNames : [commonName];
  const wanted = host.toLowerCase();
  return names.some((name) => {
    const own = name.toLowerCase();
    return own === wanted || (own.startsWith('*.') && wanted.includes('.') && wanted.slice(wanted.indexOf('.')) === own.slice(1));
  });
}
