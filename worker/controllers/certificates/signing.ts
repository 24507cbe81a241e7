// Signs approved certificate requests of Kubernetes' own signers, or says why not. Mirrors pkg/controller/certificates/signer and
// pkg/controller/certificates/authority.

import type { CertificateRequest } from '../../api/authority.ts';
import { watch } from '../../api/controller.ts';
import type { Controller, ControllerContext } from '../../api/controller.ts';
import type { CertificateSigningRequest } from '../../api/gen/certificates-v1.ts';
import { fromBase64, fromUtf8, toBase64, utf8 } from '../../lib/text.ts';
import { formatTime } from '../../lib/time.ts';
import { certificateSigningRequests } from '../../resources/certificates/certificatesigningrequest.ts';
import { durationFlag } from '../flags.ts';
import { hasCondition } from './conditions.ts';
import { clientProblem, kubeletClientProblem, kubeletServingProblem } from './recognize.ts';

type Check = (request: CertificateRequest, usages: readonly string[]) => string | undefined;

/** What each signer demands; the old one demands nothing. */
const SIGNERS: ReadonlyMap<string, Check> = new Map<string, Check>([
  ['kubernetes.io/kube-apiserver-client', (_request, usages) => clientProblem(usages)],
  ['kubernetes.io/kube-apiserver-client-kubelet', kubeletClientProblem],
  ['kubernetes.io/kubelet-serving', kubeletServingProblem],
  ['kubernetes.io/legacy-unknown', () => undefined],
]);

const MINUTE = 60_000;
const MAX_MS = 365 * 24 * 60 * MINUTE;
const MIN_MS = 10 * MINUTE;
/** Clocks differ: what is signed now was good a moment ago. Certificates that live no longer than a working day keep their end all the same. */
const BACKDATE_MS = 5 * MINUTE;
const SHORT_MS = 8 * 60 * MINUTE;

export const certificateSigning: Controller = {
  name: 'certificatesigningrequest-signing',
  component: 'kube-controller-manager',
  backOff: { first: 200, most: 1_000_000 },
  serviceAccount: 'certificate-controller',
  watches: [watch(certificateSigningRequests)],
  reconcile(name, context) {
    const csr = context.api.get(certificateSigningRequests, '', name);
    const check = csr && SIGNERS.get(csr.spec.signerName);
    if (!check || csr.status.certificate || !hasCondition(csr, 'Approved') || hasCondition(csr, 'Failed') || !context.authority) return;
    sign(csr, check, context);
  },
};

function sign(csr: CertificateSigningRequest, check: Check, context: ControllerContext): void {
  const { api, authority, now } = context;
  const pem = fromUtf8(fromBase64(csr.spec.request) ?? new Uint8Array());
  const request = authority!.readRequest(pem)!; // valid since its creation
  const usages = csr.spec.usages ?? [];
  const problem = check(request, usages);
  if (problem !== undefined) {
    const condition = {
      type: 'Failed',
      status: 'True',
      reason: 'SignerValidationFailure',
      message: problem,
      lastUpdateTime: formatTime(now()),
    };
    api.updateStatus(certificateSigningRequests, {
      ...csr,
      status: { ...csr.status, conditions: [...(csr.status.conditions ?? []), condition] },
    } as CertificateSigningRequest);
    return;
  }
  const longest = durationFlag(context, 'cluster-signing-duration', MAX_MS);
  const wanted = csr.spec.expirationSeconds === undefined ? longest : csr.spec.expirationSeconds * 1000;
  const life = Math.min(longest, Math.max(MIN_MS, wanted));
  const notBefore = now() - BACKDATE_MS;
  const certificate = authority!.sign(pem, { usages, notBefore, notAfter: (life < SHORT_MS ? now() : notBefore) + life });
  api.updateStatus(certificateSigningRequests, { ...csr, status: { ...csr.status, certificate: toBase64(utf8(certificate)) } });
}
