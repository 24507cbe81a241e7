// Asking a webhook: the review that goes out, the way to the server, and what is made of the answer. Mirrors apiserver pkg/admission/plugin/webhook/request and
// pkg/util/webhook.

import type { AdmissionContext, AdmissionRequest, ExternalAnswer } from '../../api/admission.ts';
import type { MutatingWebhook, ValidatingWebhook } from '../../api/gen/admissionregistration-v1.ts';
import type { KubeObject } from '../../api/object.ts';
import { kindOfSubresource } from '../../api/resource.ts';
import type { Resource } from '../../api/resource.ts';
import { badRequest, internalError, StatusError } from '../../api/status.ts';
import { jsonProblem } from '../../lib/go-json.ts';
import { canonicalJson, isRecord } from '../../lib/json.ts';
import { fromBase64, fromUtf8 } from '../../lib/text.ts';
import { inVersion } from '../matching.ts';
import { authorizationFor } from './credentials.ts';
import type { Credentials } from './credentials.ts';
import { bundleProblem, CallProblem, placeOf, readJson, uidOfText } from './http.ts';

export type Webhook = ValidatingWebhook & Partial<Pick<MutatingWebhook, 'reinvocationPolicy'>>;

/** The webhook could not be asked, or did not answer as it should: what its failure policy is for. */
export class CallError extends Error {
  readonly code: number;
  constructor(message: string, code: number) {
    super(message);
    this.code = code;
  }
}

/** The webhook does not want it. */
export class Rejection extends StatusError {}

export interface Verdict {
  readonly patch: unknown[] | undefined;
}

/** Throws CallError, or a StatusError if the webhook refuses. */
export function callWebhook(
  webhook: Webhook,
  mayPatch: boolean,
  resource: Resource,
  request: AdmissionRequest,
  context: AdmissionContext,
  credentials: Credentials,
): Verdict {
  const { name, sideEffects, admissionReviewVersions } = webhook;
  if (context.dryRun && sideEffects !== 'None' && sideEffects !== 'NoneOnDryRun')
    throw badRequest(`admission webhook ${JSON.stringify(name)} does not support dry run`);
  const version = admissionReviewVersions.find((one) => one === 'v1' || one === 'v1beta1');
  if (!version)
    throw failed(name, 'could not create admission objects: webhook does not accept known AdmissionReview versions (v1, v1beta1)');
  const review = reviewOf(resource, request, context);
  const uid = uidOf(review);
  const apiVersion = `admission.k8s.io/${version}`;
  const body = JSON.stringify({ kind: 'AdmissionReview', apiVersion, request: { uid, ...review } });
  const place = placeOf(webhook.clientConfig, webhook.timeoutSeconds);
  const distrust = place.caBundle === undefined ? undefined : bundleProblem(place.caBundle);
  if (distrust) throw failed(name, `could not get REST client: unable to load root certificates: ${distrust}`);
  const authorization = authorizationFor(place.url, credentials);
  const answer = context.external.call({
    ...place,
    key: `${uid} ${place.url} ${name}`,
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json, */*',
      'user-agent': 'kube-apiserver-admission',
      ...(authorization && { authorization }),
    },
    body,
    timeoutMs: (webhook.timeoutSeconds ?? 10) * 1000,
  });
  const response = readAnswer(name, place.url, answer);
  return verdict(name, apiVersion, uid, mayPatch, response, request, context);
}

const [UNUSABLE, INVALID_ANSWER] = [400, 503];

const failed = (name: string, reason: string, code = UNUSABLE): CallError =>
  new CallError(`failed calling webhook ${JSON.stringify(name)}: ${reason}`, code);

function kindOf(resource: Resource, subresource: string): object {
  const below = resource.subresources[subresource];
  const { group, version, kind } = below ? kindOfSubresource(resource, below) : resource;
  return { group, version, kind };
}
const resourceOf = ({ group, version, resource }: Resource): object => ({ group, version, resource });

function reviewOf(resource: Resource, request: AdmissionRequest, { user, dryRun }: AdmissionContext): Record<string, unknown> {
  const { subresource, namespace, name, operation, options } = request;
  const seen = (object: KubeObject | undefined): KubeObject | null =>
    object && !subresource ? (inVersion(object, request.resource, resource) ?? null) : (object ?? null);
  return {
    kind: kindOf(resource, subresource),
    resource: resourceOf(resource),
    ...(subresource && { subResource: subresource }),
    requestKind: kindOf(request.resource, subresource),
    requestResource: resourceOf(request.resource),
    ...(subresource && { requestSubResource: subresource }),
    ...(name && { name }),
    ...(namespace && { namespace }),
    operation,
    userInfo: {
      username: user.name,
      ...(user.uid && { uid: user.uid }),
      ...(user.groups.length && { groups: user.groups }),
      ...(user.extra && { extra: user.extra }),
    },
    object: seen(request.object),
    oldObject: seen(request.old),
    dryRun,
    options: Object.keys(options).length ? options : null,
  };
}

/**
 * The id of the review, made of what it is about, but for what chance makes: when the request is run again, it is the same question.
 * Differs: two equal requests have one id.
 */
function uidOf(review: Record<string, unknown>): string {
  const { object, ...rest } = review;
  const meta = isRecord(object) && isRecord(object['metadata']) ? object['metadata'] : {};
  const { uid: _, creationTimestamp: __, managedFields: ___, name, ...known } = meta;
  const isGenerated = typeof meta['generateName'] === 'string';
  const about = {
    ...rest,
    ...(isGenerated && { name: '' }),
    object: isRecord(object) ? { ...object, metadata: { ...known, ...(!isGenerated && { name }) } } : object,
  };
  return uidOfText(canonicalJson(about));
}

/** Throws CallError. */
function readAnswer(name: string, url: string, answer: ExternalAnswer): Record<string, unknown> {
  try {
    return readJson(url, answer);
  } catch (error) {
    throw error instanceof CallProblem ? failed(name, `failed to call webhook: ${error.message}`, answer.status || UNUSABLE) : error;
  }
}

function verdict(
  name: string,
  apiVersion: string,
  uid: string,
  mayPatch: boolean,
  review: Record<string, unknown>,
  request: AdmissionRequest,
  context: AdmissionContext,
): Verdict {
  const wrong = (problem: string): CallError => failed(name, `received invalid webhook response: ${problem}`, INVALID_ANSWER);
  const { response } = review;
  if (!isRecord(response)) throw wrong('webhook response was absent');
  if (apiVersion.endsWith('/v1')) {
    if (response['uid'] !== uid) throw wrong(`expected response.uid=${JSON.stringify(uid)}, got ${JSON.stringify(response['uid'] ?? '')}`);
    if (review['kind'] !== 'AdmissionReview' || review['apiVersion'] !== apiVersion)
      throw wrong(
        `expected webhook response of ${apiVersion}, Kind=AdmissionReview, got ${textOf(review['apiVersion'])}, Kind=${textOf(review['kind'])}`,
      );
  }
  const patch = patchOf(name, apiVersion, mayPatch, response);
  for (const [key, value] of Object.entries(isRecord(response['auditAnnotations']) ? response['auditAnnotations'] : {}))
    request.annotate(`${name}/${key}`, textOf(value));
  for (const one of Array.isArray(response['warnings']) ? response['warnings'] : []) context.warn(String(one));
  if (response['allowed'] !== true) throw rejection(name, response['status']);
  if (!patch) return { patch: undefined };
  if (patch.type !== 'JSONPatch' && patch.operations.length) throw failed(name, `unsupported patch type ${JSON.stringify(patch.type)}`);
  return { patch: patch.operations };
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

interface Patch {
  readonly type: string;
  readonly operations: unknown[];
}

/** Of an older review nothing is checked but what is used. Throws CallError. */
function patchOf(name: string, apiVersion: string, mayPatch: boolean, response: Record<string, unknown>): Patch | undefined {
  const wrong = (problem: string): CallError => failed(name, `received invalid webhook response: ${problem}`, INVALID_ANSWER);
  const [patch, type] = [textOf(response['patch']), response['patchType'] ?? undefined];
  if (!apiVersion.endsWith('/v1')) return mayPatch && patch ? { type: 'JSONPatch', operations: readPatch(name, patch) } : undefined;
  if (!mayPatch && patch) throw wrong('validating webhook may not return response.patch');
  if (!mayPatch && type !== undefined) throw wrong('validating webhook may not return response.patchType');
  if (patch && type === undefined) throw wrong('webhook returned response.patch but not response.patchType');
  if (!patch && type !== undefined) throw wrong('webhook returned response.patchType but not response.patch');
  if (!patch) return undefined;
  if (type === '') throw wrong('webhook returned invalid response.patchType of ""');
  return { type: textOf(type), operations: readPatch(name, patch) };
}

/** What is no JSON patch is an error of the server's own, whatever the failure policy. */
function readPatch(name: string, patch: string): unknown[] {
  const bytes = fromBase64(patch);
  if (!bytes) throw failed(name, `failed to call webhook: illegal base64 data at input byte ${patch.search(/[^A-Za-z0-9+/=]/)}`);
  const problem = jsonProblem(bytes);
  if (problem) throw internalError(problem);
  const operations = JSON.parse(fromUtf8(bytes)) as unknown;
  if (operations === null) return [];
  if (!Array.isArray(operations))
    throw internalError(
      `json: cannot unmarshal ${typeof operations === 'boolean' ? 'bool' : typeof operations} into Go value of type jsonpatch.Patch`,
    );
  return operations;
}

const BAD_REQUEST = 400;

/** What the webhook says, with its name before it, as a refusal whatever its code. */
function rejection(name: string, given: unknown): Rejection {
  const status = isRecord(given) ? given : {};
  const code = typeof status['code'] === 'number' && status['code'] >= BAD_REQUEST ? status['code'] : BAD_REQUEST;
  const by = `admission webhook ${JSON.stringify(name)} denied the request`;
  const why = textOf(status['message']) || textOf(status['reason']);
  return new Rejection({
    code,
    ...(textOf(status['reason']) && { reason: textOf(status['reason']) }),
    ...(isRecord(status['details']) && { details: status['details'] }),
    message: why ? `${by}: ${why}` : `${by} without explanation`,
  });
}

/** What is said to the client of a webhook that failed. */
export const callFailure = (error: CallError): StatusError => internalError(error.message);
