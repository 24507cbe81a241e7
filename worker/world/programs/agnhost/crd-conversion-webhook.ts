// `agnhost crd-conversion-webhook`: converts the CronTabs of stable.example.com between v1 and v2: `hostPort` of the one is `host` and `port` of the other. Mirrors
// test/images/agnhost/crd-conversion-webhook.

import { isRecord } from '../../../lib/json.ts';
import type { HttpAnswer, HttpRequest } from '../../network/http-server.ts';
import { klogLine } from '../control-plane/klog.ts';
import { eventServer } from '../event-server.ts';
import { numberFlag } from './flags.ts';
import { notFound, text } from './server.ts';
import { missingCertificate } from './webhook/index.ts';

const HTTPS_PORT = 443;
const [V1, V2] = ['stable.example.com/v1', 'stable.example.com/v2'];

export const crdConversionWebhook = eventServer<Record<string, never>>({
  name: 'agnhost crd-conversion-webhook',
  begin: (system) => {
    const problem = missingCertificate(system);
    if (problem === undefined) return { state: {}, ports: [{ port: numberFlag(system, 'port', HTTPS_PORT), isTls: true }] };
    system.err(klogLine(system.now(), 'F', 'config.go:43', problem));
    return { exit: 255 };
  },
  answer: (_system, request) =>
    request.path === '/readyz' ? text('ok') : request.path === '/crdconvert' ? answerReview(request) : notFound(),
});

/** Differs: bodies and answers are JSON only; the API server sends and takes nothing else. */
function answerReview({ headers, body }: HttpRequest): HttpAnswer {
  const type = headers.get('content-type') ?? '';
  if (type !== 'application/json') return text(`invalid Content-Type header \`${type}\`\n`, 400);
  let review: unknown;
  try {
    review = JSON.parse(body);
  } catch (error) {
    return text(`failed to deserialize body (${body}) with error ${(error as Error).message}\n`, 400);
  }
  const { kind, apiVersion, request } = isRecord(review) ? review : {};
  if (kind !== 'ConversionReview' || !/^apiextensions\.k8s\.io\/v1(?:beta1)?$/.test(String(apiVersion)) || !isRecord(request))
    return text(`Unsupported group version kind: ${String(apiVersion)}, Kind=${String(kind)}\n`, 400);
  const objects = Array.isArray(request['objects']) ? (request['objects'] as Record<string, unknown>[]) : [];
  const response = convertAll(objects, String(request['desiredAPIVersion']));
  return {
    status: 200,
    headers: [['Content-Type', 'application/json']],
    body: `${JSON.stringify({ kind, apiVersion, response: { uid: request['uid'], ...response } })}\n`,
  };
}

function convertAll(objects: readonly Record<string, unknown>[], desired: string): object {
  const convertedObjects: object[] = [];
  for (const object of objects) {
    const converted = convert(object, desired);
    if (typeof converted === 'string') return { convertedObjects: null, result: { metadata: {}, status: 'Failure', message: converted } };
    convertedObjects.push({ ...converted, apiVersion: desired });
  }
  return { convertedObjects, result: { metadata: {}, status: 'Success' } };
}

/** The object in the other version, or why there is none. */
function convert(object: Record<string, unknown>, to: string): Record<string, unknown> | string {
  const from = String(object['apiVersion']);
  if (from === to) return `conversion from a version to itself should not call the webhook: ${to}`;
  if (from !== V1 && from !== V2) return `unexpected conversion version ${JSON.stringify(from)}`;
  if (to !== V1 && to !== V2) return `unexpected conversion version ${JSON.stringify(to)}`;
  const { hostPort, host, port, ...rest } = object;
  if (from === V1) {
    if (hostPort === undefined) return object;
    const parts = String(hostPort).split(':');
    return parts.length === 2 ? { ...rest, host: parts[0], port: parts[1] } : `invalid hostPort value \`${String(hostPort)}\``;
  }
  return host === undefined && port === undefined ? object : { ...rest, hostPort: `${String(host ?? '')}:${String(port ?? '')}` };
}
