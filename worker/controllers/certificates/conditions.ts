// What has been said of a certificate request.

import type { CertificateSigningRequest, CertificateSigningRequestCondition } from '../../api/gen/certificates-v1.ts';

export const conditionOf = ({ status }: CertificateSigningRequest, type: string): CertificateSigningRequestCondition | undefined =>
  status.conditions?.find((condition) => condition.type === type && condition.status === 'True');

export const hasCondition = (csr: CertificateSigningRequest, type: string): boolean => conditionOf(csr, type) !== undefined;
