// Takes the body of a request, by its content type. What it says is read in registry/body.ts, with the type at hand.

import { RequestBody } from '../api/request-body.ts';
import type { BodyFormat } from '../api/request-body.ts';
import { requestEntityTooLarge, unsupportedMediaType } from '../api/status.ts';
import type { HttpRequest } from './http.ts';

/** In upstream's order; a request without a content type is JSON. */
const FORMATS: Readonly<Record<string, BodyFormat>> = {
  'application/json': 'json',
  'application/yaml': 'yaml',
  'application/vnd.kubernetes.protobuf': 'protobuf',
};
/** Upstream's MaxRequestBodyBytes. */
const MAX_BODY_BYTES = 3 * 1024 * 1024;

export function requestBody(request: HttpRequest): RequestBody {
  const type = mediaType(request);
  const format = type === '' ? 'json' : Object.hasOwn(FORMATS, type) ? FORMATS[type] : undefined;
  if (!format) throw unsupportedMediaTypes(Object.keys(FORMATS));
  return new RequestBody(format, limitedBody(request));
}

export const unsupportedMediaTypes = (accepted: readonly string[]): Error =>
  unsupportedMediaType(`the body of the request was in an unknown format - accepted media types include: ${accepted.join(', ')}`);

export function limitedBody({ body }: HttpRequest): Uint8Array {
  if (body.length > MAX_BODY_BYTES) throw requestEntityTooLarge(`limit is ${MAX_BODY_BYTES}`);
  return body;
}

const mediaType = (request: HttpRequest): string => (request.headers.get('content-type') ?? '').split(';', 1)[0]!.trim().toLowerCase();
