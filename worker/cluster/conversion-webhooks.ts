// Conversion of custom resources by webhooks. Mirrors apiextensions-apiserver pkg/apiserver/conversion/webhook_converter.go, but for one thing: conversions are
// kept, as upstream keeps converted objects in its watch cache, because what reads an object cannot always wait.

import type { ExternalAnswer, ExternalRequest } from '../api/admission.ts';
import type { CustomResourceDefinition } from '../api/gen/apiextensions-v1.ts';
import type { KubeObject } from '../api/object.ts';
import { unknownError } from '../api/status.ts';
import { CallProblem, placeOf, readJson, uidOfText } from '../admission/webhooks/http.ts';
import { canonicalJson, isRecord } from '../lib/json.ts';

const MAX_CHARACTERS = 4_000_000;
const TIMEOUT_SECONDS = 30;

type Call = (request: ExternalRequest) => ExternalAnswer;
type Converted = Record<string, unknown>;

export class ConversionWebhooks {
  readonly #call: Call;
  /** By what was asked, the oldest first. */
  readonly #known = new Map<string, string>();
  #size = 0;

  constructor(call: Call) {
    this.#call = call;
  }

  /** Throws a StatusError, or Pending. */
  convert(crd: CustomResourceDefinition, object: KubeObject, apiVersion: string): KubeObject {
    const question = slim(object);
    const id = uidOfText(canonicalJson([crd.metadata.uid, crd.metadata.generation, apiVersion, question]));
    const known = this.#known.get(id);
    if (known !== undefined) return restored(object, JSON.parse(known) as Converted);
    try {
      const converted = this.#ask(crd, object, apiVersion, id);
      this.#keep(id, JSON.stringify(converted));
      return restored(object, converted);
    } catch (error) {
      if (!(error instanceof CallProblem)) throw error;
      throw unknownError(`conversion webhook for ${object.apiVersion}, Kind=${object.kind} ${error.message}`);
    }
  }

  #ask(crd: CustomResourceDefinition, object: KubeObject, desiredAPIVersion: string, uid: string): Converted {
    const { clientConfig, conversionReviewVersions } = crd.spec.conversion!.webhook!;
    const version = conversionReviewVersions.find((one) => one === 'v1' || one === 'v1beta1');
    if (!version) throw unknownError('no supported conversion review versions');
    const apiVersion = `apiextensions.k8s.io/${version}`;
    const place = placeOf(clientConfig ?? {}, TIMEOUT_SECONDS);
    const answer = this.#call({
      ...place,
      key: `${uid} ${place.url}`,
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json, */*', 'user-agent': 'kube-apiserver-admission' },
      body: JSON.stringify({ kind: 'ConversionReview', apiVersion, request: { uid, desiredAPIVersion, objects: [object] } }),
      timeoutMs: TIMEOUT_SECONDS * 1000,
    });
    const review = prefixed('failed: ', () => readJson(place.url, answer));
    const objects = objectsOf(review, version, uid);
    if (objects.length !== 1) throw new CallProblem(`returned ${objects.length} objects, expected 1`);
    return checked(objects[0], object, desiredAPIVersion);
  }

  #keep(id: string, text: string): void {
    this.#known.set(id, text);
    this.#size += text.length;
    for (const [oldest, { length }] of this.#known) {
      if (this.#size <= MAX_CHARACTERS) return;
      this.#known.delete(oldest);
      this.#size -= length;
    }
  }
}

/** Without what conversion does not change. */
function slim({ metadata, ...rest }: KubeObject): object {
  const { name, namespace, labels, annotations } = metadata;
  return { ...rest, metadata: { name, namespace, labels, annotations } };
}

function prefixed<T>(prefix: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw error instanceof CallProblem ? new CallProblem(`${prefix}${error.message}`) : error;
  }
}

function objectsOf(review: Record<string, unknown>, version: string, uid: string): unknown[] {
  const { kind, apiVersion, response } = review;
  const failed = (problem: string): CallProblem => new CallProblem(`failed: ${problem}`);
  if (version === 'v1' && (kind !== 'ConversionReview' || apiVersion !== 'apiextensions.k8s.io/v1'))
    throw failed(
      `expected webhook response of apiextensions.k8s.io/v1, Kind=ConversionReview, got ${String(apiVersion)}, Kind=${String(kind)}`,
    );
  if (!isRecord(response)) throw failed('no response provided');
  if (version === 'v1' && response['uid'] !== uid)
    throw failed(`expected response.uid=${JSON.stringify(uid)}, got ${JSON.stringify(response['uid'] ?? '')}`);
  const result = isRecord(response['result']) ? response['result'] : {};
  const { status = '', message } = result as { status?: string; message?: string };
  if (status !== 'Success') throw failed(message || `response.result.status was '${status}', not 'Success'`);
  const objects = response['convertedObjects'];
  return Array.isArray(objects) ? objects : [];
}

function checked(converted: unknown, object: KubeObject, desired: string): Converted {
  const given = isRecord(converted) ? converted : {};
  const invalid = (problem: string): CallProblem => new CallProblem(`returned invalid object at index 0: ${problem}`);
  if (given['apiVersion'] !== desired) throw invalid(`invalid groupVersion (expected ${desired}, received ${String(given['apiVersion'])})`);
  if (given['kind'] !== object.kind) throw invalid(`invalid kind (expected ${object.kind}, received ${String(given['kind'])})`);
  const meta = given['metadata'];
  const fields = isRecord(meta) ? meta : {};
  for (const [field, label] of [
    ['name', 'name'],
    ['namespace', 'namespace'],
    ['uid', 'UID'],
  ] as const) {
    const [was = '', is = ''] = [object.metadata[field], fields[field]];
    if (was !== is) throw new CallProblem(`returned invalid object: must have the same ${label}: ${was} != ${String(is)}`);
  }
  if (!isRecord(meta)) throw new CallProblem('returned invalid metadata: missing metadata in converted object');
  return given;
}

/** Of the metadata a conversion may change only labels and annotations. */
function restored(object: KubeObject, converted: Converted): KubeObject {
  const { labels: _, annotations: __, ...kept } = object.metadata;
  const { labels, annotations } = converted['metadata'] as KubeObject['metadata'];
  return {
    ...converted,
    metadata: { ...structuredClone(kept), ...(labels && { labels }), ...(annotations && { annotations }) },
  } as KubeObject;
}
