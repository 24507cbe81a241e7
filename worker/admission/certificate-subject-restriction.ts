// Nobody asks for a client certificate of the group that may do everything. Mirrors kubernetes plugin/pkg/admission/certificates/subjectrestriction.

import { MASTERS } from '../api/access.ts';
import type { AdmissionPlugin } from '../api/admission.ts';
import type { CertificateSigningRequest } from '../api/gen/certificates-v1.ts';
import { fromBase64, fromUtf8 } from '../lib/text.ts';
import { parseCertificateRequest } from '../lib/x509/certificate-request.ts';
import { only, refusal } from './refusal.ts';

const SIGNER = 'kubernetes.io/kube-apiserver-client';

export const certificateSubjectRestriction: AdmissionPlugin = {
  name: 'CertificateSubjectRestriction',
  operations: ['CREATE'],
  handles: only('certificatesigningrequests.certificates.k8s.io'),
  validate(request) {
    if (request.operation !== 'CREATE' || request.subresource) return;
    const { signerName, request: encoded } = (request.object as CertificateSigningRequest).spec;
    if (signerName !== SIGNER) return;
    const { organizations } = parseCertificateRequest(fromUtf8(fromBase64(encoded) ?? new Uint8Array())); // valid by now
    if (organizations.includes(MASTERS)) throw refusal(request, `use of ${SIGNER} signer with ${MASTERS} group is not allowed`);
  },
};
