// POST, PUT, PATCH and DELETE of objects.

import { limitedBody, requestBody } from '../body.ts';
import { callOf, PLAIN, renderingOf } from '../context.ts';
import type { HandlerContext } from '../context.ts';
import type { Reply } from '../http.ts';
import { listOptions } from '../list-options.ts';
import { deleteOptions, writeOptions } from '../options.ts';
import { patchTypeOf, readPatch } from '../patch-body.ts';
import { checkShape, renderAnswer, renderList, renderObject } from '../render.ts';

export function create(context: HandlerContext): Reply {
  const { server, request, info, resource } = context;
  const rendering = renderingOf(context);
  checkShape(resource, rendering, 'object');
  const body = requestBody(request);
  const call = callOf(context, writeOptions(request, 'CreateOptions'));
  return renderObject(resource, server.registry.create(resource, info.namespace, body, call), rendering, 201);
}

export function update(context: HandlerContext): Reply {
  const { server, request, info, resource } = context;
  const rendering = renderingOf(context);
  checkShape(resource, rendering, 'object');
  limitedBody(request);
  const call = callOf(context, writeOptions(request, 'UpdateOptions'));
  const body = requestBody(request);
  if (info.subresource) {
    const object = server.registry.updateSubresource(resource, info.subresource, info.namespace, info.name, body, call);
    return renderObject(resource, object, rendering);
  }
  const { object, created } = server.registry.update(resource, info.namespace, info.name, body, call);
  return renderObject(resource, object, rendering, created ? 201 : 200);
}

export function patch(context: HandlerContext): Reply {
  const { server, request, info, resource } = context;
  const type = patchTypeOf(request, resource);
  const rendering = renderingOf(context);
  checkShape(resource, rendering, 'object');
  const { patch: given, options } = readPatch(request, type);
  const call = callOf(context, options);
  if (info.subresource) {
    const object = server.registry.patchSubresource(resource, info.subresource, info.namespace, info.name, given, call);
    return renderObject(resource, object, rendering);
  }
  const { object, created } = server.registry.patch(resource, info.namespace, info.name, given, call);
  return renderObject(resource, object, rendering, created ? 201 : 200);
}

export function remove(context: HandlerContext): Reply {
  const { server, request, info, resource } = context;
  const rendering = renderingOf(context);
  checkShape(resource, rendering, 'object');
  const options = deleteOptions(request, readDeleteBody(context));
  const call = callOf(context, { ...PLAIN, dryRun: options.dryRun });
  const { object, deleted } = server.registry.delete(resource, info.namespace, info.name, options, call);
  if (deleted && !resource.returnDeleted) {
    const { name, uid } = object.value.metadata;
    const details = { name, ...(resource.group && { group: resource.group }), kind: resource.resource, uid };
    const status = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details };
    return renderAnswer(status, server.types('meta.v1.Status'), rendering, 200);
  }
  return renderObject(resource, object, rendering, !deleted && options.orphanDependents === false ? 202 : 200);
}

export function removeCollection(context: HandlerContext): Reply {
  const { server, request, info, resource } = context;
  const rendering = renderingOf(context);
  checkShape(resource, rendering, 'list');
  const selected = listOptions(request, info, resource);
  const options = deleteOptions(request, readDeleteBody(context));
  const call = callOf(context, { ...PLAIN, dryRun: options.dryRun });
  return renderList(resource, server.registry.deleteCollection(resource, selected, options, call), rendering);
}

/** Without a body, the query says how to delete. */
function readDeleteBody({ server, request }: HandlerContext): Record<string, unknown> | undefined {
  const body = limitedBody(request);
  return body.length ? server.registry.readDeleteOptions(requestBody(request)) : undefined;
}
