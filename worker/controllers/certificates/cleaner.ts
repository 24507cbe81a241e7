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
  reconcile(name, { api, now, log }) {
    const csr = api.get(certificateSigningRequests, '', name);
    const end = csr && endOf(csr);
    if (!end) return undefined;
    if (now() < end.at) return { after: end.at - now(), background: true };
    const [words, more = ''] = REASONS[end.why];
    log('I', `"Cleaning CSR as ${words}" csr="${name}"${more}`);
    api.delete(certificateSigningRequests, '', name, { preconditions: { uid: csr.metadata.uid } });
    return undefined;
  },
};

interface End {
  readonly at: number;
  readonly why: keyof typeof REASONS;
}

const REASONS = {
  approved: ['it is more than approvedExpiration duration old and approved.', ' approvedExpiration="1h0m0s"'],
  denied: ['it is more than deniedExpiration duration old and denied.', ' deniedExpiration="1h0m0s"'],
  failed: ['it is more than deniedExpiration duration old and failed.', ' deniedExpiration="1h0m0s"'],
  pending: ['it is more than pendingExpiration duration old and unhandled.', ' pendingExpiration="24h0m0s"'],
  expired: ['the associated certificate is expired.'],
} as const satisfies Readonly<Record<string, readonly [string, string?]>>;

/** Approved and not signed yet stays: somebody else may be its signer. */
function endOf(csr: CertificateSigningRequest): End | undefined {
  const { creationTimestamp } = csr.metadata;
  const since = (type: string): number | undefined => {
    const found = conditionOf(csr, type);
    return found && timeOf(found.lastUpdateTime ?? creationTimestamp) + DECIDED_MS;
  };
  const [denied, failed] = [since('Denied'), since('Failed')];
  const approved = csr.status.certificate ? since('Approved') : undefined;
  const ends: End[] = [
    ...(approved === undefined ? [] : [{ at: approved, why: 'approved' } as const]),
    ...(denied === undefined ? [] : [{ at: denied, why: 'denied' } as const]),
    ...(failed === undefined ? [] : [{ at: failed, why: 'failed' } as const]),
    ...(csr.status.conditions?.length ? [] : [{ at: timeOf(creationTimestamp) + PENDING_MS, why: 'pending' } as const]),
    ...(approved === undefined ? [] : [{ at: expiryOf(csr), why: 'expired' } as const]),
  ];
  return ends.length ? ends.reduce((first, one) => (one.at < first.at ? one : first)) : undefined;
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
