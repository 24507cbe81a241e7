// The OpenAPI documents as they are served. Version 3: an index of documents, one for each group and version, each under a name that changes when it does.
// Version 2: one document of everything, as JSON or protobuf. Those of built-in kinds are static assets, made by scripts/local/openapi.ts; those of custom resources
// are made when asked for.

import type { Resource, UserInfo } from '../../api/resource.ts';
import { notAcceptable, pathNotFound } from '../../api/status.ts';
import { fnv1a32 } from '../../lib/hash.ts';
import { fromUtf8 } from '../../lib/text.ts';
import { passOn } from '../aggregation.ts';
import { JSON_TYPE, jsonText } from '../http.ts';
import type { HttpReply, HttpRequest, Reply } from '../http.ts';
import type { Server } from '../context.ts';
import { clausesOf } from '../negotiation.ts';
import { documentFile, openapiDocument, pageDocument, pageKeys } from './document.ts';
import type { DocumentSources } from './document.ts';
import { missingPart, remoteDocuments, remoteKinds } from './remote.ts';
import type { SwaggerPart } from './remote.ts';
import { swaggerOf } from './version-2.ts';
import type { SwaggerDocument } from './version-2.ts';
import { encodeSwagger } from './version-2-protobuf.ts';

/** Undefined if the path is none of these. */
export function openapi(server: Server, request: HttpRequest, path: string, user: UserInfo): Reply | Promise<Reply> | undefined {
  if (path === '/openapi/v2') return swagger(server, request);
  if (path === '/openapi/v3') return index(server);
  if (!path.startsWith('/openapi/v3/')) return undefined;
  return document(server, request, path.slice('/openapi/v3/'.length), user);
}

function index(server: Server): HttpReply {
  const urls = new Map<string, string>();
  for (const [key, { url }] of remoteDocuments(server)) urls.set(key, url);
  for (const key of keysOf(server)) urls.set(key, `/openapi/v3/${key}?hash=${hashOf(server, key)}`);
  const paths = [...urls].sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, serverRelativeURL]) => [key, { serverRelativeURL }]);
  return jsonText(JSON.stringify({ paths: Object.fromEntries(paths) as object }));
}

function keysOf(server: Server): string[] {
  const groups = server.registry.catalog.groups();
  return [...pageKeys(groups), ...groups.flatMap(({ name, versions }) => versions.map(({ version }) => keyOf(name, version)))].sort();
}

const keyOf = (group: string, version: string): string => (group ? `apis/${group}/${version}` : `api/${version}`);

const customOf = (server: Server, key: string): Resource[] =>
  server.registry.catalog.all().filter((one) => one.openapiSchema && keyOf(one.group, one.version) === key);

/** Of a built-in document, the release; of a custom one, what its kinds say. */
function hashOf(server: Server, key: string): string {
  const custom = customOf(server, key).map(({ kind, resource, subresources, openapiSchema, ...one }) => [
    kind,
    resource,
    one.namespaced,
    Object.keys(subresources),
    openapiSchema!(),
  ]);
  const text = `${server.version.gitVersion} ${key} ${custom.length ? JSON.stringify(custom) : ''}`;
  return fnv1a32(text).toString(16).padStart(8, '0').toUpperCase();
}

async function document(server: Server, request: HttpRequest, key: string, user: UserInfo): Promise<Reply> {
  if (!keysOf(server).includes(key)) {
    const found = remoteDocuments(server).get(key);
    if (!found) throw pathNotFound();
    return passOn(server, request, found.remote, user);
  }
  const hash = hashOf(server, key);
  const etag = `"${hash}"`;
  if (request.headers.get('if-none-match') === etag) return { status: 304, headers: { etag }, body: '' };
  const body = (await server.openapi(documentFile(key))) ?? (await madeDocument(server, key));
  if (body === undefined) throw pathNotFound();
  const isImmutable = request.query.get('hash') === hash;
  const headers = {
    'content-type': JSON_TYPE,
    etag,
    vary: 'Accept',
    'cache-control': isImmutable ? 'public, immutable' : 'no-cache, private',
  };
  return { status: 200, headers, body };
}

/** Of custom resources, and of their groups. */
async function madeDocument(server: Server, key: string): Promise<string | undefined> {
  const custom = customOf(server, key);
  if (custom.length) return JSON.stringify(openapiDocument(custom, await sourcesOf(server)));
  return /^apis\/[^/]+$/.test(key) ? JSON.stringify(pageDocument(key, await sourcesOf(server))) : undefined;
}

/** With upstream's prose for what every kind has. */
async function sourcesOf(server: Server): Promise<DocumentSources> {
  const prose = await server.openapi('meta.json');
  const texts = (prose ? JSON.parse(fromUtf8(prose)) : {}) as Record<string, string>;
  return {
    types: server.types,
    describe: (type, field) => texts[field ? `${type}.${field}` : type],
    version: server.version.gitVersion,
    groupVersions: server.registry.catalog
      .groups()
      .flatMap(({ name, versions }) => versions.map(({ version }) => ({ group: name, version }))),
  };
}

/** Go's parser of media types takes no @, so upstream answers under another name than it is asked by. */
const PROTOBUF = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf';
const PROTOBUF_TYPES: ReadonlySet<string> = new Set([PROTOBUF, 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf']);

async function swagger(server: Server, request: HttpRequest): Promise<HttpReply> {
  const isProtobuf = wantsProtobuf(request);
  const custom = server.registry.catalog.all().filter(({ openapiSchema }) => openapiSchema);
  const remote = remoteKinds(server);
  const versions = [...keysOf(server), isProtobuf ? 'protobuf' : 'json'].map((key) => hashOf(server, key));
  const etag = `"${[...versions, ...remote.map((one) => JSON.stringify(one))].reduce(mix)}"`;
  const headers = { etag, vary: 'Accept', 'content-type': isProtobuf ? PROTOBUF : JSON_TYPE };
  if (request.headers.get('if-none-match') === etag) return { status: 304, headers: { etag }, body: '' };
  const builtin = await server.openapi(isProtobuf ? 'v2.pb' : 'v2.json');
  if (builtin === undefined) throw pathNotFound();
  if (!custom.length && !remote.length) return { status: 200, headers, body: builtin };
  // Whether what a server publishes is known already can be seen in the whole document only.
  const known = isProtobuf && !remote.length ? undefined : swaggerIn(isProtobuf ? (await server.openapi('v2.json'))! : builtin);
  const names = known ? Object.keys(known.definitions) : await builtinNames(server);
  let more = await customPart(server, custom, new Set(names));
  for (const one of remote) more = joined(more, missingPart(joined(known!, more), one) ?? NOTHING);
  if (!isProtobuf) return { status: 200, headers, body: JSON.stringify(joined(known!, more)) };
  const tail = encodeSwagger(more);
  const body = new Uint8Array(builtin.length + tail.length);
  body.set(builtin);
  body.set(tail, builtin.length);
  return { status: 200, headers, body };
}

const swaggerIn = (text: Uint8Array): SwaggerDocument => JSON.parse(fromUtf8(text)) as SwaggerDocument;
const builtinNames = async (server: Server): Promise<string[]> =>
  JSON.parse(fromUtf8((await server.openapi('v2-names.json'))!)) as string[];

/** Shared parameters are not added: built-in kinds have all that custom resources have. */
async function customPart(server: Server, custom: readonly Resource[], known: ReadonlySet<string>): Promise<SwaggerPart> {
  if (!custom.length) return NOTHING;
  const sources = await sourcesOf(server);
  const { paths, definitions } = swaggerOf([openapiDocument(custom, { ...sources, isVersion2: true })], sources.describe);
  return { ...NOTHING, paths, definitions: Object.fromEntries(Object.entries(definitions).filter(([name]) => !known.has(name))) };
}

const NOTHING: SwaggerPart = { paths: {}, definitions: {}, parameters: {} };

const joined = <Part extends SwaggerPart>(part: Part, more: SwaggerPart): Part => ({
  ...part,
  paths: { ...part.paths, ...more.paths },
  definitions: { ...part.definitions, ...more.definitions },
  parameters: { ...part.parameters, ...more.parameters },
});

const mix = (a: string, b: string): string =>
  fnv1a32(a + b)
    .toString(16)
    .padStart(8, '0')
    .toUpperCase();

function wantsProtobuf(request: HttpRequest): boolean {
  const accept = request.headers.get('accept');
  if (!accept) return false;
  for (const { type } of clausesOf(accept)) {
    if (PROTOBUF_TYPES.has(type)) return true;
    if (type === JSON_TYPE || type === 'application/*' || type === '*/*') return false;
  }
  throw notAcceptable(`only the following media types are accepted: ${JSON_TYPE}, ${PROTOBUF}`);
}
