// What a request is about: verb, group, resource, namespace, name. Mirrors apiserver pkg/endpoints/request/requestinfo.go.

import { parseFieldSelector, SelectorError } from '../api/selectors.ts';
import { pathSegmentProblems } from '../lib/names.ts';
import type { HttpRequest, Query } from './http.ts';

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
  /** The path says `watch`, as it did before the query could. */
  readonly isWatchPath: boolean;
  /** The name is a field selector's: the request is for a list. */
  readonly isNameSelected: boolean;
  readonly fieldSelector: string;
}

const VERBS: Readonly<Record<string, string>> = {
  POST: 'create',
  GET: 'get',
  HEAD: 'get',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
};
/** Below a namespace, these are about the namespace itself. */
const NAMESPACE_SUBRESOURCES: ReadonlySet<string> = new Set(['status', 'finalize']);
/** Verbs that stand in the path. Nothing is served under `proxy` any more. */
const PATH_VERBS: ReadonlySet<string> = new Set(['proxy', 'watch']);

export function requestInfoOf({ method, path: rawPath, query }: HttpRequest): RequestInfo {
  const path = decodePath(rawPath);
  const parts = splitPath(path);
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
    isWatchPath: false,
    isNameSelected: false,
    fieldSelector: '',
  };
  const isCore = parts[0] === 'api';
  if ((!isCore && parts[0] !== 'apis') || parts.length < (isCore ? 3 : 4)) return plain;
  const group = isCore ? '' : parts[1]!;
  const version = isCore ? parts[1]! : parts[2]!;
  let rest = parts.slice(isCore ? 2 : 3);
  let verb = VERBS[method] ?? '';

  const isPathVerb = PATH_VERBS.has(rest[0]!);
  if (isPathVerb) {
    if (rest.length < 2) return plain;
    verb = rest[0]!;
    rest = rest.slice(1);
  }
  let namespace = '';
  if (rest[0] === 'namespaces' && rest.length > 1) {
    namespace = rest[1]!;
    if (rest.length > 2 && !NAMESPACE_SUBRESOURCES.has(rest[2]!)) rest = rest.slice(2);
  }
  const [resource = '', named = '', subresource = '', ...more] = rest;
  let name = named;
  let isNameSelected = false;
  if (!name && verb === 'get') {
    verb = query.isTrue('watch') ? 'watch' : 'list';
    name = selectedName(query);
    isNameSelected = name !== '';
  }
  if (!name && verb === 'delete') verb = 'deletecollection';
  const isWatchPath = isPathVerb && verb === 'watch';
  const fieldSelector = query.get('fieldSelector');
  const place = { path, group, version, namespace, resource, subresource, name, rest: more };
  return { isResource: true, verb, ...place, isWatchPath, isNameSelected, fieldSelector };
}

/** So that a role may name the object that a list is narrowed to. */
function selectedName(query: Query): string {
  const text = query.get('fieldSelector');
  if (!text.includes('metadata.name')) return '';
  try {
    const term = parseFieldSelector(text).find(({ path, negated }) => path === 'metadata.name' && !negated);
    return term && !pathSegmentProblems(term.value).length ? term.value : '';
  } catch (error) {
    if (error instanceof SelectorError) return '';
    throw error;
  }
}

/** An escaped slash separates as a plain one does. */
function decodePath(path: string): string {
  if (!path.includes('%')) return path;
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

function splitPath(path: string): string[] {
  const trimmed = path.replace(/^\/+|\/+$/g, '');
  return trimmed ? trimmed.split('/') : [];
}
