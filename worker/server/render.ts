// Objects and lists as replies, in the form that was negotiated. The usual case, an object as JSON, is the text that is stored.

import { writeStruct } from '../api/protobuf/encode.ts';
import { envelope } from '../api/protobuf/envelope.ts';
import type { KubeObject } from '../api/object.ts';
import type { ListResult, Stored } from '../api/registry.ts';
import { apiVersionOf } from '../api/resource.ts';
import type { Resource } from '../api/resource.ts';
import type { StructType, TypeLookup } from '../api/schema.ts';
import { badRequest, notAcceptable } from '../api/status.ts';
import { fieldErrorMessage, invalidField } from '../api/field-error.ts';
import { BYTES } from '../lib/protobuf.ts';
import { toYaml } from '../lib/yaml-text.ts';
import type { HttpReply, HttpRequest } from './http.ts';
import { MEDIA_TYPES } from './negotiation.ts';
import type { Accepted } from './negotiation.ts';
import { partialOf, toTable } from './table.ts';
import type { IncludeObject } from './table.ts';

/** What rendering has to know besides the answer itself. */
export interface Rendering {
  readonly accepted: Accepted;
  readonly request: HttpRequest;
  readonly types: TypeLookup;
  readonly now: number;
  /** Is told an answer that is not sent as JSON, as JSON. Left out where nobody wants to know. */
  note?(text: string): void;
}

const notAList = (resource: Resource): Error =>
  notAcceptable(`you requested PartialObjectMetadataList, but the requested object is not a list (${goTypeOf(resource)})`);
const isAList = (resource: Resource): Error =>
  notAcceptable(`you requested PartialObjectMetadata, but the requested object is a list (${goTypeOf(resource)}List)`);

/**
 * Refuses a form that the answer to a write cannot have.
 * Differs: upstream finds out when the change is made already.
 */
export function checkShape(resource: Resource, { accepted: { shape }, request }: Rendering, is: 'object' | 'list'): void {
  if (shape === 'partialList' && is === 'object') throw notAList(resource);
  if (shape === 'partial' && is === 'list') throw isAList(resource);
  if (shape === 'table') includeObject(request);
}

export function renderObject(resource: Resource, stored: Stored, rendering: Rendering, status = 200): HttpReply {
  const { accepted, types, now } = rendering;
  const { shape, shapeVersion } = accepted;
  if (rendering.note && accepted.encoding !== 'json' && (shape === 'object' || shape === 'partial'))
    rendering.note(
      shape === 'object' ? (stored.text ?? JSON.stringify(stored.value)) : JSON.stringify(partialOf(stored.value, shapeVersion)),
    );
  switch (shape) {
    case 'object':
      return stored.text !== undefined && accepted.encoding === 'json' && !accepted.pretty
        ? jsonReply(stored.text, status)
        : encode(accepted, stored.value, resource.schema, status);
    case 'partial':
      return encode(accepted, partialOf(stored.value, shapeVersion), types('meta.v1.PartialObjectMetadata'), status);
    case 'partialList':
      throw notAList(resource);
    case 'table': {
      const include = includeObject(rendering.request);
      const { resourceVersion } = stored.value.metadata;
      const metadata = { ...(resourceVersion && { resourceVersion }) };
      const table = toTable(resource, [stored.value], metadata, { version: shapeVersion, include, now, withColumns: true });
      return encode(accepted, table, undefined, status);
    }
  }
}

/** An answer that is no object of the resource, and so has no other shape: a Status, an Eviction. */
export function renderAnswer(
  answer: object,
  schema: StructType,
  { accepted, note }: Pick<Rendering, 'accepted' | 'note'>,
  status: number,
): HttpReply {
  if (note && accepted.encoding !== 'json') note(JSON.stringify(answer));
  return encode(accepted, answer, schema, status);
}

export function renderList(resource: Resource, list: ListResult, rendering: Rendering): HttpReply {
  const { accepted, types, now } = rendering;
  const metadata = {
    resourceVersion: String(list.revision),
    ...(list.continue && { continue: list.continue }),
    ...(list.remaining !== undefined && { remainingItemCount: list.remaining }),
  };
  const { shape, shapeVersion, encoding } = accepted;
  const values = (): KubeObject[] => list.items.map(({ value }) => value);
  switch (shape) {
    case 'object': {
      const [kind, apiVersion] = [resource.listKind, apiVersionOf(resource)];
      if (rendering.note && encoding !== 'json') rendering.note(listText(kind, apiVersion, metadata, list.items, resource));
      if (encoding === 'json' && !accepted.pretty) return jsonReply(listText(kind, apiVersion, metadata, list.items, resource), 200);
      const items = resource.decode ? values() : values().map(withoutType);
      return encodeList(accepted, { kind, apiVersion, metadata, items }, resource.schema, types);
    }
    case 'partial':
      throw isAList(resource);
    case 'partialList': {
      const items = values().map((object) => partialOf(object, shapeVersion));
      const answer = { kind: 'PartialObjectMetadataList', apiVersion: `meta.k8s.io/${shapeVersion}`, metadata, items };
      return encodeList(accepted, answer, types('meta.v1.PartialObjectMetadata'), types);
    }
    case 'table': {
      const include = includeObject(rendering.request);
      return encode(
        accepted,
        toTable(resource, values(), metadata, { version: shapeVersion, include, now, withColumns: true }),
        undefined,
        200,
      );
    }
  }
}

/** Upstream's name of the Go type that holds a resource, as it prints it. */
const goTypeOf = ({ group, kind, decode }: Resource): string =>
  decode ? '*unstructured.Unstructured' : `*${group ? group.split('.')[0] : 'core'}.${kind}`;

/** The items' own texts, joined. Items of built-in lists do not repeat their kind. */
function listText(kind: string, apiVersion: string, metadata: object, items: readonly Stored[], resource: Resource): string {
  if (resource.decode) {
    // A list of custom resources is a map in Go: its keys are sorted.
    return `{"apiVersion":${JSON.stringify(apiVersion)},"items":[${items.map(({ text }) => text).join(',')}],"kind":${JSON.stringify(kind)},"metadata":${JSON.stringify(sorted(metadata))}}`;
  }
  const head = `{"kind":${JSON.stringify(kind)},"apiVersion":${JSON.stringify(apiVersion)},"metadata":${JSON.stringify(metadata)},"items":[`;
  const type = `{"kind":${JSON.stringify(resource.kind)},"apiVersion":${JSON.stringify(apiVersion)},`;
  return `${head}${items.map(({ text }) => (text.startsWith(type) ? `{${text.slice(type.length)}` : text)).join(',')}]}`;
}

const sorted = (object: object): object => Object.fromEntries(Object.entries(object).sort(([a], [b]) => (a < b ? -1 : 1)));

function withoutType({ kind: _kind, apiVersion: _apiVersion, ...rest }: KubeObject): object {
  return rest;
}

interface ListAnswer {
  readonly kind: string;
  readonly apiVersion: string;
  readonly metadata: object;
  readonly items: readonly object[];
}

/** Every list has its metadata in field 1 and its items in field 2. */
function encodeList(accepted: Accepted, list: ListAnswer, schema: StructType, types: TypeLookup): HttpReply {
  if (accepted.encoding !== 'protobuf') return encode(accepted, list, undefined, 200);
  const body = envelope(list, (writer) => {
    const write = (field: number, value: object, type: StructType): void => {
      writer.tag(field, BYTES);
      const start = writer.begin();
      writeStruct(writer, value as Record<string, unknown>, type);
      writer.end(start);
    };
    write(1, list.metadata, types('meta.v1.ListMeta'));
    for (const item of list.items) write(2, item, schema);
  });
  return { status: 200, headers: { 'content-type': MEDIA_TYPES.protobuf }, body };
}

/** `schema` is needed for protobuf only. */
export function encode({ encoding, pretty }: Accepted, value: object, schema: StructType | undefined, status: number): HttpReply {
  const headers = { 'content-type': MEDIA_TYPES[encoding] };
  if (encoding === 'yaml') return { status, headers, body: toYaml(value) };
  if (encoding === 'protobuf' && schema) return { status, headers, body: protobufOf(value as KubeObject, schema) };
  if (pretty) return { status, headers, body: JSON.stringify(value, null, 2) };
  return jsonReply(JSON.stringify(value), status);
}

export const protobufOf = (value: { readonly kind: string; readonly apiVersion?: string }, schema: StructType): Uint8Array<ArrayBuffer> =>
  envelope(value, (writer) => writeStruct(writer, value as unknown as Record<string, unknown>, schema));

/** Go's encoder ends each value with a line break. */
const jsonReply = (text: string, status: number): HttpReply => ({
  status,
  headers: { 'content-type': MEDIA_TYPES.json },
  body: `${text}\n`,
});

const INCLUDES = ['None', 'Metadata', 'Object'];

export function includeObject({ query }: HttpRequest): IncludeObject {
  const given = query.get('includeObject');
  if (given === '') return 'Metadata';
  if (INCLUDES.includes(given)) return given as IncludeObject;
  const problem = fieldErrorMessage(invalidField('includeObject', given, "must be 'Metadata', 'Object', 'None', or empty"));
  throw badRequest(`Unable to convert to Table as requested: ${problem}`);
}
