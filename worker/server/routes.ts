// From a path and a method to the handler that serves them, or to the refusal that upstream gives: a path of which nothing is known gets a plain page, one
// inside a known version a Status, a method that a path does not have 405. Mirrors apiserver pkg/endpoints/installer.go, and go-restful's matching.

import type { Resource, Subresource, Verb } from '../api/resource.ts';
import { methodNotAllowed, methodNotSupported, notFound, pathNotFound } from '../api/status.ts';
import { connect } from './connect/index.ts';
import type { HandlerContext } from './context.ts';
import { act } from './handlers/act.ts';
import { bind } from './handlers/bind.ts';
import { get, list } from './handlers/read.ts';
import { review } from './handlers/reviews.ts';
import { scale } from './handlers/scale.ts';
import { isSocketRequest, overSocket } from './handlers/watch-socket.ts';
import { watch } from './handlers/watch.ts';
import { create, patch, remove, removeCollection, update } from './handlers/write.ts';
import { notFoundPage } from './http.ts';
import type { Reply } from './http.ts';

export type Handler = (context: HandlerContext) => Reply | Promise<Reply>;

const COLLECTION: Readonly<Partial<Record<string, readonly [Verb, Handler]>>> = {
  GET: ['list', list],
  POST: ['create', (context) => review(context) ?? bind(context) ?? create(context)],
  DELETE: ['deletecollection', removeCollection],
};
const ITEM: Readonly<Partial<Record<string, readonly [Verb, Handler]>>> = {
  GET: ['get', get],
  PUT: ['update', update],
  PATCH: ['patch', patch],
  DELETE: ['delete', remove],
};

/** Answers a request for a resource. */
export function resourceReply(context: Omit<HandlerContext, 'resource'>): Reply | Promise<Reply> {
  const { server, info } = context;
  const { catalog } = server.registry;
  const resource = catalog.find(info.group, info.version, info.resource);
  if (!resource) {
    const version = catalog
      .groups()
      .find(({ name }) => name === info.group)
      ?.versions.find((one) => one.version === info.version);
    if (version?.resources.some(({ decode }) => !decode)) throw pathNotFound();
    return notFoundPage();
  }
  if (resource.deprecation) {
    context.warnings.push(resource.deprecation);
    context.annotations['k8s.io/deprecated'] = 'true';
    server.metrics.countDeprecated(resource, info);
  }
  const full: HandlerContext = { ...context, resource };
  const handler = handlerOf(full);
  if (!handler) return notFoundPage();
  full.audited?.handled();
  return handler(full);
}

/** Undefined where there is nothing, not even a version to say so. */
function handlerOf(context: HandlerContext): Handler | undefined {
  const { request, info, resource } = context;
  const name = info.isNameSelected ? '' : info.name;
  const nothing = (): undefined => {
    if (resource.decode) return undefined;
    throw pathNotFound();
  };
  if (info.verb === 'proxy') return nothing();
  const isNamespace = resource.resource === 'namespaces' && resource.group === '';
  if (!resource.namespaced && info.namespace && !isNamespace) return nothing();
  if (resource.namespaced && !info.namespace) {
    if (name || info.subresource) return nothing();
    if (request.method !== 'GET' || !resource.verbs.includes('list')) throw methodNotAllowed();
  }
  if (info.isWatchPath) return watchPathHandler(context) ?? nothing();
  if (info.subresource) {
    const handler = subresourceHandler(context);
    if (!handler && resource.decode && name) throw notFound(resource, name);
    return handler ?? nothing();
  }
  const table = name ? ITEM : COLLECTION;
  if (!Object.values(table).some((row) => resource.verbs.includes(row![0]))) return nothing();
  const row = Object.hasOwn(table, request.method) ? table[request.method] : undefined;
  if (!row || !resource.verbs.includes(row[0])) throw methodNotAllowed();
  return info.verb === 'watch' ? watchHandler(resource) : row[1];
}

function watchHandler(resource: Resource): Handler {
  if (!resource.verbs.includes('watch')) throw methodNotSupported(resource, 'watch');
  return watchAnyhow;
}

const watchAnyhow: Handler = (context) => {
  const stream = watch(context);
  return isSocketRequest(context.request) ? overSocket(context.request, stream) : stream;
};

/** `/api/v1/watch/namespaces/default/pods/web`. */
function watchPathHandler({ request, info, resource }: HandlerContext): Handler | undefined {
  if (info.subresource || !resource.verbs.includes('watch')) return undefined;
  if (request.method !== 'GET') throw methodNotAllowed();
  return watchAnyhow;
}

const VERBS: Readonly<Record<string, string>> = { GET: 'get', POST: 'create', PUT: 'update', PATCH: 'patch', DELETE: 'delete' };

function subresourceHandler({ request, info, resource }: HandlerContext): Handler | undefined {
  const subresource = Object.hasOwn(resource.subresources, info.subresource) ? resource.subresources[info.subresource] : undefined;
  if (!subresource) return undefined;
  if (info.rest.length && info.subresource !== 'proxy') return undefined;
  if (!accepts(subresource, info.subresource, request.method)) throw methodNotAllowed();
  switch (subresource.type) {
    case 'connect':
      return connect;
    case 'scale':
      return scale;
    case 'create':
      return act;
    case 'object':
      return info.verb === 'get' ? get : info.verb === 'update' ? update : patch;
  }
}

/** What is behind a proxy may be asked in any way. */
function accepts(subresource: Subresource, name: string, method: string): boolean {
  const verb = Object.hasOwn(VERBS, method) ? VERBS[method]! : '';
  if ((subresource.verbs as readonly string[]).includes(verb)) return true;
  return name === 'proxy' && (method === 'HEAD' || method === 'OPTIONS');
}
