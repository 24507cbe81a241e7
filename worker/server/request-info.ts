// What a request is about: verb, group, resource, namespace, name. Mirrors apiserver pkg/endpoints/request/requestinfo.go.

import type { HttpRequest } from './http.ts';

export interface RequestInfo {
  readonly isResource: boolean;
  /** get, list, watch, create, update, patch, delete, deletecollection; of other paths the method in lower case. */
  readonly verb: string;
  readonly path: string;
  readonly group: string;
  readonly version: string;
  readonly namespace: string;
  readonly resource: string;
  readonly subresource: string;
  readonly name: string;
  /** What follows the subresource: the path of a proxied request. */
  readonly rest: readonly string[];
}

const VERBS: Record<string, string> = { POST: 'create', GET: 'get', HEAD: 'get', PUT: 'update', PATCH: 'patch', DELETE: 'delete' };
/** Below a namespace, these are about the namespace itself. */
const NAMESPACE_SUBRESOURCES: ReadonlySet<string> = new Set(['status', 'finalize']);

export function requestInfoOf({ method, path, query }: HttpRequest): RequestInfo {
  const parts = path.split('/').filter(Boolean).map(decodePart);
  const plain: RequestInfo = {
    isResource: false,
    verb: method.toLowerCase(),
    path,
    group: '',
    version: '',
    namespace: '',
    resource: '',
    subresource: '',
    name: '',
    rest: [],
  };
  const isCore = parts[0] === 'api';
  if ((!isCore && parts[0] !== 'apis') || parts.length < (isCore ? 3 : 4)) return plain;
  const group = isCore ? '' : parts[1]!;
  const version = isCore ? parts[1]! : parts[2]!;
  let rest = parts.slice(isCore ? 2 : 3);
  let verb = VERBS[method] ?? '';

  if (rest[0] === 'watch') {
    rest = rest.slice(1);
    verb = 'watch';
    if (!rest.length) return plain;
  }
  let namespace = '';
  if (rest[0] === 'namespaces') {
    if (rest.length > 1) {
      namespace = rest[1]!;
      if (rest.length > 2 && !NAMESPACE_SUBRESOURCES.has(rest[2]!)) rest = rest.slice(2);
    }
  }
  const [resource = '', named = '', subresource = '', ...more] = rest;
  let name = named;
  if (!name && verb === 'get') {
    verb = query.isTrue('watch') ? 'watch' : 'list';
    name = /(?:^|,)metadata\.name==?([^,\\]+)/.exec(query.get('fieldSelector'))?.[1] ?? ''; // so that a role may name the object
  }
  if (!name && verb === 'delete') verb = 'deletecollection';
  return { isResource: true, verb, path, group, version, namespace, resource, subresource, name, rest: more };
}

function decodePart(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
