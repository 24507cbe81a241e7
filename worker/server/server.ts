// The API server: from a request to a reply. The chain is upstream's (apiserver pkg/server/config.go DefaultBuildHandlerChain): who is it, what do they
// want, may they, and then the handler of the verb.

import { ANONYMOUS } from '../api/access.ts';
import { Pending } from '../api/admission.ts';
import type { External } from '../api/admission.ts';
import { internalError, methodNotAllowed, methodNotSupported, pathNotFound, StatusError } from '../api/status.ts';
import type { Verb } from '../api/resource.ts';
import type { HandlerContext, Server } from './context.ts';
import { discovery } from './discovery.ts';
import { list, get } from './handlers/read.ts';
import { act } from './handlers/act.ts';
import { review } from './handlers/reviews.ts';
import { scale } from './handlers/scale.ts';
import { watch } from './handlers/watch.ts';
import { create, patch, remove, removeCollection, update } from './handlers/write.ts';
import { issuerPage } from './authentication/issuer.ts';
import { healthPage } from './health.ts';
import { JSON_TYPE } from './http.ts';
import type { HttpReply, HttpRequest, Reply } from './http.ts';
import { openapi } from './openapi.ts';
import { requestInfoOf } from './request-info.ts';
import { impersonate } from './authentication/impersonation.ts';
import { authorize } from './authorization/authorize.ts';

/** Answers, or throws `Pending` when something outside must be asked first: then call again with its answer. */
export function handle(server: Server, request: HttpRequest, external: External): Reply | Promise<Reply> {
  try {
    const info = requestInfoOf(request);
    const sender = server.authenticator.authenticate(request) ?? ANONYMOUS;
    const user = impersonate(server.access, sender, request);
    authorize(server, user, info);
    const context: Omit<HandlerContext, 'resource'> = { server, request, info, user, external, warnings: [] };
    const reply = info.isResource ? resourceReply(context) : pathReply(context);
    return reply instanceof Promise
      ? reply.then(
          (late) => withWarnings(late, context.warnings),
          (error: unknown) => refusal(server, error),
        )
      : withWarnings(reply, context.warnings);
  } catch (error) {
    return refusal(server, error);
  }
}

function withWarnings(reply: Reply, warnings: readonly string[]): Reply {
  return warnings.length && 'status' in reply ? { ...reply, warnings } : reply;
}

/** A StatusError becomes its Status; anything else is a fault of ours, and says so. */
function refusal(server: Server, error: unknown): HttpReply {
  if (error instanceof Pending) throw error;
  const { status } = error instanceof StatusError ? error : internalError(error instanceof Error ? error.message : String(error));
  if (!(error instanceof StatusError)) server.report(error);
  const retry = status.details?.retryAfterSeconds;
  return {
    status: status.code,
    headers: { 'content-type': JSON_TYPE, ...(retry && { 'retry-after': String(retry) }) },
    body: JSON.stringify(status),
  };
}

function resourceReply(context: Omit<HandlerContext, 'resource'>): Reply | Promise<Reply> {
  const { server, info } = context;
  const resource = server.registry.catalog.find(info.group, info.version, info.resource);
  if (!resource) throw pathNotFound();
  const full: HandlerContext = { ...context, resource };
  if (info.subresource) return subresourceReply(full);
  if (resource.namespaced && !info.namespace && info.verb !== 'list' && info.verb !== 'watch')
    throw info.name ? pathNotFound() : methodNotAllowed();
  const isSupported = resource.verbs.includes(info.verb as Verb);
  if (!isSupported) throw info.verb ? methodNotSupported(resource, info.verb) : methodNotAllowed();
  switch (info.verb as Verb) {
    case 'get':
      return get(full);
    case 'list':
      return list(full);
    case 'watch':
      return watch(full);
    case 'create':
      if (info.name && !resource.namespaced) throw methodNotAllowed();
      return review(full) ?? create(full);
    case 'update':
      if (!info.name) throw methodNotAllowed();
      return update(full);
    case 'patch':
      if (!info.name) throw methodNotAllowed();
      return patch(full);
    case 'delete':
      return remove(full);
    case 'deletecollection':
      return removeCollection(full);
  }
}

function subresourceReply(context: HandlerContext): Reply | Promise<Reply> {
  const { server, info, resource } = context;
  const subresource = Object.hasOwn(resource.subresources, info.subresource) ? resource.subresources[info.subresource] : undefined;
  if (!subresource) throw pathNotFound();
  const verb = info.verb === 'list' ? 'get' : info.verb;
  if (!(subresource.verbs as readonly string[]).includes(verb)) throw methodNotAllowed();
  switch (subresource.type) {
    case 'connect':
      return server.connector.connect(context);
    case 'scale':
      return scale(context);
    case 'create':
      return act(context);
    case 'object':
      return verb === 'get' ? get(context) : verb === 'update' ? update(context) : patch(context);
  }
}

function pathReply({ server, request, info }: Omit<HandlerContext, 'resource'>): Reply | Promise<Reply> {
  const path = info.path.replace(/\/+$/, '') || '/';
  if (request.method !== 'GET' && request.method !== 'HEAD') throw methodNotAllowed();
  const found =
    discovery(server.registry.catalog, request) ??
    healthPage(server, request, path) ??
    issuerPage(server, path) ??
    openapi(server, request, path);
  if (!found) throw pathNotFound();
  return found;
}
