// What kind of patch a PATCH is. What it says and does is for the registry. Mirrors the beginning of apiserver pkg/endpoints/handlers/patch.go.

import type { Patch, PatchType } from '../api/registry.ts';
import { RequestBody } from '../api/request-body.ts';
import type { Resource } from '../api/resource.ts';
import { limitedBody, unsupportedMediaTypes } from './body.ts';
import type { HttpRequest } from './http.ts';
import { writeOptions } from './options.ts';
import type { WriteOptions } from './options.ts';

const TYPES: Readonly<Record<string, PatchType>> = {
  'application/json-patch+json': 'json',
  'application/merge-patch+json': 'merge',
  'application/strategic-merge-patch+json': 'strategic',
  'application/apply-patch+yaml': 'apply',
};

/** Custom resources have no strategic merge patch. */
export function patchTypeOf(request: HttpRequest, { decode }: Resource): PatchType {
  const media = (request.headers.get('content-type') ?? '').split(';', 1)[0]!;
  const type = Object.hasOwn(TYPES, media) ? TYPES[media]! : undefined;
  if (type && !(type === 'strategic' && decode)) return type;
  throw unsupportedMediaTypes(Object.keys(TYPES).filter((one) => !decode || TYPES[one] !== 'strategic'));
}

export function readPatch(request: HttpRequest, type: PatchType): { patch: Patch; options: WriteOptions } {
  const bytes = limitedBody(request);
  const options = writeOptions(request, 'PatchOptions', type === 'apply');
  return { patch: { type, body: new RequestBody(type === 'apply' ? 'yaml' : 'json', bytes), force: options.force }, options };
}
