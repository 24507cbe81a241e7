// Takes away certificate requests that nobody needs any more. Mirrors pkg/controller/certificates/cleaner.
// Differs: upstream looks at all of them every hour, so that they may stay up to an hour longer.

import { watch } from '../../api/controller.ts';
import type { Controller } from '../../api/controller.ts';
import type { CertificateSigningRequest } from '../../api/gen/certificates-v1.ts';
import { fromBase64, fromUtf8 } from '../../lib/text.ts';
import { timeOf } from '../../lib/time.ts';
import { DerError } from '../../lib/x509/der.ts';
import { decodePem } from '../../lib/x509/pem.ts';
import { readCertificate } from '../../lib/x509/read-certificate.ts';
import { certificateSigningRequests } from '../../resources/certificates/certificatesigningrequest.ts';
import { conditionOf } from './conditions.ts';

const HOUR = 3_600_000;
const DECIDED_MS = HOUR;
const PENDING_MS = 24 * HOUR;

export const certificateCleaner: Controller = {
  name: 'certificatesigningrequest-cleaner',
  component: 'kube-controller-manager',
  serviceAccount: 'certificate-controller',
  watches: [watch(certificateSigningRequests)],
  reconcile(name, { api, now }) {
    const csr = api.get(certificateSigningRequests, '', name);
    if (!csr) return undefined;
    const end = endOf(csr);
    if (end === undefined) return undefined;
    if (now() < end) return { after: end - now(), background: true };
    api.delete(certificateSigningRequests, '', name, { preconditions: { uid: csr.metadata.uid } });
    return undefined;
  },
};

/** Approved and not signed yet stays: somebody else may be its signer. */
function endOf(csr: CertificateSigningRequest): number | undefined {
  const [approved, denied, failed] = ['Approved', 'Denied', 'Failed'].map((type) => conditionOf(csr, type));
  const issued = csr.status.certificate ? approved : undefined;
  const since = denied ?? failed ?? issued;
  if (since) {
    const end = timeOf(since.lastUpdateTime ?? csr.metadata.creationTimestamp) + DECIDED_MS;
    return issued ? Math.min(end, expiryOf(csr)) : end;
  }
  return csr.status.conditions?.length ? undefined : timeOf(csr.metadata.creationTimestamp) + PENDING_MS;
}

/** When what was issued is worth nothing any more, ms. What cannot be read expires never. */
function expiryOf({ status }: CertificateSigningRequest): number {
  const [first] = decodePem(fromUtf8(fromBase64(status.certificate ?? '') ?? new Uint8Array()));
  try {
    return first ? readCertificate(first.bytes).notAfter + 1 : Infinity;
  } catch (error) {
    if (error instanceof DerError) return Infinity;
    throw error;
  }
}
