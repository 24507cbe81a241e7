// Who approves a certificate must be allowed to for its signer. Mirrors kubernetes plugin/pkg/admission/certificates/approval.

import type { AdmissionPlugin } from '../api/admission.ts';
import type { CertificateSigningRequest } from '../api/gen/certificates-v1.ts';
import { only, refusal } from './refusal.ts';
import { mayUseSigner } from './signer-access.ts';

export const certificateApproval: AdmissionPlugin = {
  name: 'CertificateApproval',
  operations: ['UPDATE'],
  handles: only('certificatesigningrequests.certificates.k8s.io'),
  validate(request, context) {
    if (request.operation !== 'UPDATE' || request.subresource !== 'approval') return;
    const { signerName } = (request.old as CertificateSigningRequest).spec;
    if (!mayUseSigner(context, 'approve', signerName))
      throw refusal(request, `user not permitted to approve requests with signerName ${JSON.stringify(signerName)}`);
  },
};
