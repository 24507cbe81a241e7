// Approves the client certificates of kubelets by itself: a node's own renewal, and the first one of who may join. Mirrors
// pkg/controller/certificates/approver.

import { QuietSyncError, watch } from '../../api/controller.ts';
import type { Controller, ControllerContext } from '../../api/controller.ts';
import type { CertificateSigningRequest } from '../../api/gen/certificates-v1.ts';
import { fromBase64, fromUtf8 } from '../../lib/text.ts';
import { formatTime } from '../../lib/time.ts';
import { certificateSigningRequests } from '../../resources/certificates/certificatesigningrequest.ts';
import { hasCondition } from './conditions.ts';
import { kubeletClientProblem } from './recognize.ts';

const SIGNER = 'kubernetes.io/kube-apiserver-client-kubelet';

export const certificateApproving: Controller = {
  name: 'certificatesigningrequest-approving',
  component: 'kube-controller-manager',
  backOff: { first: 200, most: 1_000_000 },
  serviceAccount: 'certificate-controller',
  watches: [watch(certificateSigningRequests)],
  reconcile(name, context) {
    const csr = context.api.get(certificateSigningRequests, '', name);
    if (!csr || csr.spec.signerName !== SIGNER || csr.status.certificate || hasCondition(csr, 'Approved') || hasCondition(csr, 'Denied'))
      return;
    const message = reasonToApprove(csr, context);
    if (message === undefined) return;
    const condition = { type: 'Approved', status: 'True', reason: 'AutoApproved', message, lastUpdateTime: formatTime(context.now()) };
    const conditions = [...(csr.status.conditions ?? []), condition];
    context.api.updateSubresource(certificateSigningRequests, 'approval', {
      ...csr,
      status: { ...csr.status, conditions },
    } as CertificateSigningRequest);
  },
};

function reasonToApprove({ metadata, spec }: CertificateSigningRequest, { access, authority }: ControllerContext): string | undefined {
  const request = authority?.readRequest(fromUtf8(fromBase64(spec.request) ?? new Uint8Array()));
  if (!request || kubeletClientProblem(request, spec.usages ?? []) !== undefined) return undefined;
  const user = {
    name: spec.username ?? '',
    groups: spec.groups ?? [],
    ...(spec.uid && { uid: spec.uid }),
    ...(spec.extra && { extra: spec.extra }),
  };
  const may = (subresource: string): boolean =>
    access.authorize(user, {
      isResource: true,
      verb: 'create',
      group: 'certificates.k8s.io',
      version: '*',
      namespace: '',
      resource: 'certificatesigningrequests',
      subresource,
      name: '',
      path: '',
    }).allowed;
  if (request.commonName === spec.username && may('selfnodeclient'))
    return 'Auto approving self kubelet client certificate after SubjectAccessReview.';
  if (may('nodeclient')) return 'Auto approving kubelet client certificate after SubjectAccessReview.';
  // Somebody may still be allowed to.
  const tried = request.commonName === spec.username ? 'selfnodeclient nodeclient' : 'nodeclient';
  throw new QuietSyncError(`recognized csr ${JSON.stringify(metadata.name)} as [${tried}] but subject access review was not approved`);
}
