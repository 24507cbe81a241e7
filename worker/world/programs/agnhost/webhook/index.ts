// `agnhost webhook`: an admission webhook for tests; each path is a rule of its own (`rules.ts`). Mirrors test/images/agnhost/webhook.

import { isRecord } from '../../../../lib/json.ts';
import type { HttpAnswer, HttpRequest } from '../../../network/http-server.ts';
import type { System } from '../../../process/system.ts';
import { klogLine } from '../../control-plane/klog.ts';
import { eventServer } from '../../event-server.ts';
import type { Later, Work } from '../../event-server.ts';
import { flag, numberFlag } from '../flags.ts';
import { notFound, text } from '../server.ts';
import { RULES } from './rules.ts';
import type { Review, Verdict } from './rules.ts';

interface State {
  readonly sidecarImage: string;
}

const HTTPS_PORT = 443;

export const webhook = eventServer<State>({
  name: 'agnhost webhook',
  begin: (system) => {
    const problem = missingCertificate(system);
    if (problem !== undefined) {
      system.err(klogLine(system.now(), 'F', 'config.go:32', problem));
      return { exit: 255 };
    }
    return {
      state: { sidecarImage: flag(system, 'sidecar-image') ?? '' },
      ports: [{ port: numberFlag(system, 'port', HTTPS_PORT), isTls: true }],
    };
  },
  answer: (system, request, state, work) => {
    if (request.path === '/readyz') return text('ok');
    const rule = RULES[request.path];
    if (!rule) return notFound();
    const asked = readReview(request);
    if ('status' in asked) return asked;
    const verdict = rule(asked.review, { sidecarImage: state.sidecarImage });
    return waitOf(verdict, work, system) ?? answerTo(asked, verdict);
  },
});

/** Neither file is optional: without them there is no TLS. */
export function missingCertificate(system: System): string | undefined {
  for (const name of ['tls-cert-file', 'tls-private-key-file']) {
    const path = flag(system, name) ?? '';
    if (!system.find(path)) return `open ${path}: no such file or directory`;
  }
  return undefined;
}

interface Asked {
  readonly apiVersion: string;
  readonly review: Review;
}

function readReview({ headers, body }: HttpRequest): Asked | HttpAnswer {
  if (headers.get('content-type') !== 'application/json') return text('');
  let given: unknown;
  try {
    given = JSON.parse(body);
  } catch (error) {
    return text(`Request could not be decoded: couldn't get version/kind; json parse error: ${(error as Error).message}\n`, 400);
  }
  const { kind, apiVersion, request } = isRecord(given) ? given : {};
  if (kind !== 'AdmissionReview' || (apiVersion !== 'admission.k8s.io/v1' && apiVersion !== 'admission.k8s.io/v1beta1'))
    return text(`Unsupported group version kind: ${String(apiVersion)}, Kind=${String(kind)}\n`, 400);
  return { apiVersion, review: (isRecord(request) ? request : {}) as unknown as Review };
}

function waitOf({ afterMs = 0 }: Verdict, { since }: Work, system: System): Later | undefined {
  if (system.now() >= since + afterMs) return undefined;
  return { wait: afterMs === Infinity ? {} : { until: since + afterMs } };
}

function answerTo({ apiVersion, review }: Asked, { refusal, patch }: Verdict): HttpAnswer {
  const response = {
    uid: review.uid,
    allowed: !refusal,
    ...(refusal && { status: { metadata: {}, ...refusal } }),
    ...(patch && { patch: btoa(JSON.stringify(patch)), patchType: 'JSONPatch' }),
  };
  return {
    status: 200,
    headers: [['Content-Type', 'application/json']],
    body: JSON.stringify({ kind: 'AdmissionReview', apiVersion, response }),
  };
}
