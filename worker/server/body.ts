// Reads a request's body as a value, by its content type.

import { parse as parseYaml } from 'yaml';
import { badRequest, unsupportedMediaType } from '../api/status.ts';
import { fromUtf8 } from '../lib/text.ts';
import type { HttpRequest } from './http.ts';

const TYPES = 'application/json, application/yaml, application/vnd.kubernetes.protobuf';

/** Undefined for an empty body. */
export function readJsonBody(request: HttpRequest): unknown {
  if (!request.body.length) return undefined;
  const type = mediaType(request);
  const text = fromUtf8(request.body);
  switch (type) {
    case '':
    case 'application/json':
    case '*/*':
      return parseJson(text);
    case 'application/yaml':
      return readYaml(text);
    default:
      throw unsupportedMediaType(`the body of the request was in an unknown format - accepted media types include: ${TYPES}`);
  }
}

export const mediaType = (request: HttpRequest): string =>
  (request.headers.get('content-type') ?? '').split(';', 1)[0]!.trim().toLowerCase();

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw badRequest(`couldn't get version/kind; json parse error: ${(error as Error).message}`);
  }
}

export function readYaml(text: string): unknown {
  try {
    return parseYaml(text, { maxAliasCount: 100, uniqueKeys: false, logLevel: 'error' }) as unknown;
  } catch (error) {
    throw badRequest(`error converting YAML to JSON: ${(error as Error).message.split('\n')[0]}`);
  }
}
