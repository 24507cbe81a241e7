// Takes away certificate requests that nobody needs any more. Mirrors pkg/controller/certificates/cleaner.
// Differs: upstream looks at all of them every hour, so that they may stay up to an hour longer.

import { watch } from '../../api/controller.ts';
import type { Controller } from '../../api/controller.ts';
import type { CertificateSigningRequest } from '../../api/gen/certificates-v1.ts';
import { timeOf } from '../../lib/time.ts';
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
  const since = denied ?? failed ?? (csr.status.certificate ? approved : undefined);
  if (since) return timeOf(since.lastUpdateTime ?? csr.metadata.creationTimestamp) + DECIDED_MS;
  return csr.status.conditions?.length ? undefined : timeOf(csr.metadata.creationTimestamp) + PENDING_MS;
}
