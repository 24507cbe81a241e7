// Who writes a certificate, or says why there is none, must be allowed to sign for the signer. Mirrors kubernetes
// plugin/pkg/admission/certificates/signing.

import type { AdmissionPlugin } from '../api/admission.ts';
import type { CertificateSigningRequest } from '../api/gen/certificates-v1.ts';
import { isEqual } from '../lib/json.ts';
import { only, refusal } from './refusal.ts';
import { mayUseSigner } from './signer-access.ts';

export const certificateSigning: AdmissionPlugin = {
  name: 'CertificateSigning',
  operations: ['UPDATE'],
  handles: only('certificatesigningrequests.certificates.k8s.io'),
  validate(request, context) {
    if (request.operation !== 'UPDATE' || request.subresource !== 'status') return;
    const [{ status }, old] = [request.object as CertificateSigningRequest, request.old as CertificateSigningRequest];
    if (status.certificate === old.status.certificate && isEqual(status.conditions, old.status.conditions)) return;
    const { signerName } = old.spec;
    if (!mayUseSigner(context, 'sign', signerName))
      throw refusal(request, `user not permitted to sign requests with signerName ${JSON.stringify(signerName)}`);
  },
};
