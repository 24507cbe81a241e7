// Objects and lists as replies, in the form that was negotiated.

import { stringify as toYaml } from 'yaml';
import type { KubeObject } from '../api/object.ts';
import type { ListResult, Stored } from '../api/registry.ts';
import { apiVersionOf } from '../api/resource.ts';
import type { Resource } from '../api/resource.ts';
import { badRequest } from '../api/status.ts';
import type { HttpReply, HttpRequest } from './http.ts';
import { MEDIA_TYPES } from './negotiation.ts';
import type { Accepted } from './negotiation.ts';
import { partialOf, toTable } from './table.ts';
import type { IncludeObject } from './table.ts';

export function renderObject(
  resource: Resource,
  stored: Stored,
  accepted: Accepted,
  request: HttpRequest,
  now: number,
  status = 200,
): HttpReply {
  const { shape, shapeVersion } = accepted;
  if (shape === 'object') return encode(accepted, () => stored.value, status, accepted.encoding === 'json' ? stored.text : undefined);
  if (shape === 'partial') return encode(accepted, () => partialOf(stored.value, shapeVersion), status);
  const include = includeObject(request);
  const { resourceVersion } = stored.value.metadata;
  return encode(
    accepted,
    () =>
      toTable(
        resource,
        [stored.value],
        { ...(resourceVersion && { resourceVersion }) },
        { version: shapeVersion, include, now, withColumns: true },
      ),
    status,
  );
}

export function renderList(resource: Resource, list: ListResult, accepted: Accepted, request: HttpRequest, now: number): HttpReply {
  const metadata = {
    resourceVersion: String(list.revision),
    ...(list.continue && { continue: list.continue }),
    ...(list.remaining !== undefined && { remainingItemCount: list.remaining }),
  };
  const values = (): KubeObject[] => list.items.map(({ value }) => value);
  const { shape, shapeVersion } = accepted;
  switch (shape) {
    case 'object': {
      const kind = resource.listKind;
      const apiVersion = apiVersionOf(resource);
      if (accepted.encoding === 'json' && !accepted.pretty)
        return encode(accepted, () => undefined, 200, listText(kind, apiVersion, metadata, list.items, resource));
      return encode(accepted, () => ({ kind, apiVersion, metadata, items: resource.decode ? values() : values().map(withoutType) }), 200);
    }
    case 'partial':
    case 'partialList':
      return encode(
        accepted,
        () => ({
          kind: 'PartialObjectMetadataList',
          apiVersion: `meta.k8s.io/${shapeVersion}`,
          metadata,
          items: values().map((object) => partialOf(object, shapeVersion)),
        }),
        200,
      );
    case 'table': {
      const include = includeObject(request);
      return encode(accepted, () => toTable(resource, values(), metadata, { version: shapeVersion, include, now, withColumns: true }), 200);
    }
  }
}

/** The items' own texts, joined. Items of built-in lists do not repeat their kind. */
function listText(kind: string, apiVersion: string, metadata: object, items: readonly Stored[], resource: Resource): string {
  const head = `{"kind":${JSON.stringify(kind)},"apiVersion":${JSON.stringify(apiVersion)},"metadata":${JSON.stringify(metadata)},"items":[`;
  const type = `{"kind":${JSON.stringify(resource.kind)},"apiVersion":${JSON.stringify(apiVersion)},`;
  const texts = resource.decode
    ? items.map(({ text }) => text)
    : items.map(({ text }) => (text.startsWith(type) ? `{${text.slice(type.length)}` : text));
  return `${head}${texts.join(',')}]}`;
}

function withoutType({ kind: _kind, apiVersion: _apiVersion, ...rest }: KubeObject): object {
  return rest;
}

/** `text` is the JSON of the value, if it is there already. */
export function encode({ encoding, pretty }: Accepted, value: () => unknown, status: number, text?: string): HttpReply {
  const headers = { 'content-type': MEDIA_TYPES[encoding] };
  if (encoding === 'yaml') return { status, headers, body: toYaml(value() ?? JSON.parse(text!)) };
  if (pretty) return { status, headers, body: `${JSON.stringify(value() ?? JSON.parse(text!), null, 2)}\n` };
  return { status, headers, body: text ?? JSON.stringify(value()) };
}

export function includeObject({ query }: HttpRequest): IncludeObject {
  const given = query.get('includeObject');
  if (given === '' || given === 'Metadata') return 'Metadata';
  if (given === 'None' || given === 'Object') return given;
  throw badRequest(`unrecognized includeObject value: ${JSON.stringify(given)}`);
}
