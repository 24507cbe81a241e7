// What a request must look like for each signer. Mirrors pkg/apis/certificates/helpers.go.

import type { CertificateRequest } from '../../api/authority.ts';

const NODES = 'system:nodes';
const NODE = 'system:node:';

/** Undefined if all is well; else what is wrong, in upstream's words. */
export function kubeletClientProblem(request: CertificateRequest, usages: readonly string[]): string | undefined {
  const { organization, dnsNames, ipAddresses, emailAddresses, uris, commonName } = request;
  if (organization.length !== 1 || organization[0] !== NODES) return 'subject organization is not system:nodes';
  if (dnsNames.length) return 'DNS subjectAltNames are not allowed';
  if (ipAddresses.length) return 'IP subjectAltNames are not allowed';
  if (emailAddresses.length) return 'Email subjectAltNames are not allowed';
  if (uris.length) return 'URI subjectAltNames are not allowed';
  if (!commonName.startsWith(NODE)) return 'subject common name does not begin with system:node:';
  return usageProblem(usages, 'client auth');
}

export function kubeletServingProblem(request: CertificateRequest, usages: readonly string[]): string | undefined {
  const { organization, dnsNames, ipAddresses, emailAddresses, uris, commonName } = request;
  if (organization.length !== 1 || organization[0] !== NODES) return 'subject organization is not system:nodes';
  if (!dnsNames.length && !ipAddresses.length) return 'DNS or IP subjectAltName is required';
  if (emailAddresses.length) return 'Email subjectAltNames are not allowed';
  if (uris.length) return 'URI subjectAltNames are not allowed';
  return (
    usageProblem(usages, 'server auth') ??
    (commonName.startsWith(NODE) ? undefined : 'subject common name does not begin with system:node:')
  );
}

/** Exactly these; keys that are no RSA keys encipher nothing. */
function usageProblem(usages: readonly string[], purpose: string): string | undefined {
  const required = [purpose, 'digital signature', 'key encipherment'].sort();
  const given = [...new Set(usages)].sort();
  const isSame = (wanted: readonly string[]): boolean => wanted.join() === given.join();
  if (isSame(required) || isSame(required.filter((one) => one !== 'key encipherment'))) return undefined;
  return `usages did not match [${required.join(' ')}]`;
}

export function clientProblem(usages: readonly string[]): string | undefined {
  const other = usages.find((usage) => !['digital signature', 'key encipherment', 'client auth'].includes(usage));
  if (other !== undefined) return `invalid usage for client certificate: ${other}`;
  return usages.includes('client auth') ? undefined : 'missing required usage for client certificate: client auth';
}
