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

interface Signer {
  /** What its flags are called by. */
  readonly flag: string;
  /** What is wrong with a request. */
  check(request: CertificateRequest, usages: readonly string[]): string | undefined;
}

/** The old one demands nothing. */
const SIGNERS: ReadonlyMap<string, Signer> = new Map<string, Signer>([
  ['kubernetes.io/kube-apiserver-client', { flag: 'kube-apiserver-client', check: (_request, usages) => clientProblem(usages) }],
  ['kubernetes.io/kube-apiserver-client-kubelet', { flag: 'kubelet-client', check: kubeletClientProblem }],
  ['kubernetes.io/kubelet-serving', { flag: 'kubelet-serving', check: kubeletServingProblem }],
  ['kubernetes.io/legacy-unknown', { flag: 'legacy-unknown', check: () => undefined }],
]);

/** Where some have certificates of their own to sign with, the others do not sign. */
function signs({ flag: own }: Signer, { flag }: ControllerContext): boolean {
  const isGiven = (name: string): boolean => Boolean(flag(`cluster-signing-${name}-cert-file`));
  return isGiven(own) || ![...SIGNERS.values()].some((one) => isGiven(one.flag));
}

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
    const signer = csr && SIGNERS.get(csr.spec.signerName);
    if (!signer || csr.status.certificate || !hasCondition(csr, 'Approved') || hasCondition(csr, 'Failed')) return;
    if (context.authority && signs(signer, context)) sign(csr, signer, context);
  },
};

function sign(csr: CertificateSigningRequest, { check }: Signer, context: ControllerContext): void {
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
