// OpenAPI v3: an index of documents, one for each group and version, each under a name that changes when it does. The documents are static
// assets, made by `npm run generate`; those of custom resources are made when asked for.

import { pathNotFound } from '../api/status.ts';
import { fnv1a32 } from '../lib/hash.ts';
import { jsonText } from './http.ts';
import type { HttpReply, HttpRequest } from './http.ts';
import type { Server } from './context.ts';

/** Undefined if the path is none of these. */
export function openapi(server: Server, request: HttpRequest, path: string): HttpReply | Promise<HttpReply> | undefined {
  if (path === '/openapi/v3') return index(server);
  if (!path.startsWith('/openapi/v3/')) return undefined;
  return document(server, request, path.slice('/openapi/v3/'.length));
}

function index(server: Server): HttpReply {
  const paths: Record<string, { serverRelativeURL: string }> = {};
  for (const { name, versions } of server.registry.catalog.groups()) {
    for (const { version } of versions) {
      const key = name ? `apis/${name}/${version}` : `api/${version}`;
      paths[key] = { serverRelativeURL: `/openapi/v3/${key}?hash=${hashOf(server, key)}` };
    }
  }
  return jsonText(JSON.stringify({ paths }));
}

const hashOf = (server: Server, key: string): string =>
  fnv1a32(`${server.version.gitVersion} ${key} ${server.registry.catalog.generation}`).toString(16).padStart(8, '0').toUpperCase();

async function document(server: Server, request: HttpRequest, key: string): Promise<HttpReply> {
  const hash = hashOf(server, key);
  const etag = `"${hash}"`;
  if (request.headers.get('if-none-match') === etag) return { status: 304, headers: { etag }, body: '' };
  const found = await server.openapi(key);
  if (found === undefined) throw pathNotFound();
  const immutable = request.query.get('hash') === hash;
  return {
    ...jsonText(found),
    headers: {
      'content-type': 'application/json',
      etag,
      vary: 'Accept',
      'cache-control': immutable ? 'public, immutable' : 'no-cache, private',
    },
  };
}
