import { defineResource, STATUS } from '../../api/resource.ts';
import type { CertificateSigningRequest } from '../../api/gen/certificates-v1.ts';
import { builtinType } from '../schema/index.ts';

export const certificateSigningRequests = defineResource<CertificateSigningRequest>({
  group: 'certificates.k8s.io',
  version: 'v1',
  resource: 'certificatesigningrequests',
  kind: 'CertificateSigningRequest',
  namespaced: false,
  shortNames: ['csr'],
  schema: builtinType('certificates.v1.CertificateSigningRequest'),
  subresources: {
    approval: STATUS,
    status: STATUS,
  },
});
