// Rights on signers, which no object stands for: `approve` and `sign` on `signers.certificates.k8s.io` by name, or for a whole domain, `example.com/*`.
// Mirrors IsAuthorizedForSignerName of kubernetes pkg/apis/certificates/authorization.

import type { AdmissionContext } from '../api/admission.ts';

export function mayUseSigner({ access, user }: AdmissionContext, verb: 'approve' | 'sign', signerName: string): boolean {
  const isAllowed = (name: string): boolean =>
    access.authorize(user, {
      isResource: true,
      verb,
      group: 'certificates.k8s.io',
      version: '*',
      namespace: '',
      resource: 'signers',
      subresource: '',
      name,
      path: '',
    }).allowed;
  return isAllowed(signerName) || isAllowed(`${signerName.split('/')[0]}/*`);
}
