// POST, PUT, PATCH and DELETE of objects.

import type { Patch, PatchType } from '../../api/registry.ts';
import { RequestBody } from '../../api/request-body.ts';
import { limitedBody, mediaType, requestBody, unsupportedMediaTypes } from '../body.ts';
import { callOf, PLAIN } from '../context.ts';
import type { HandlerContext } from '../context.ts';
import { json } from '../http.ts';
import type { HttpRequest, Reply } from '../http.ts';
import { negotiate } from '../negotiation.ts';
import { deleteOptions, listOptions, writeOptions } from '../options.ts';
import type { WriteOptions } from '../options.ts';
import { renderList, renderObject } from '../render.ts';

export function create(context: HandlerContext): Reply {
  const { server, request, info, resource } = context;
  const accepted = negotiate(request, { transforms: true });
  const body = requestBody(request);
  const call = callOf(context, writeOptions(request, 'CreateOptions'));
  return renderObject(resource, server.registry.create(resource, info.namespace, body, call), accepted, request, server.now(), 201);
}

export function update(context: HandlerContext): Reply {
  const { server, request, info, resource } = context;
  const accepted = negotiate(request, { transforms: true });
  const body = requestBody(request);
  const call = callOf(context, writeOptions(request, 'UpdateOptions'));
  if (info.subresource) {
    return renderObject(
      resource,
      server.registry.updateSubresource(resource, info.subresource, info.namespace, info.name, body, call),
      accepted,
      request,
      server.now(),
    );
  }
  const { object, created } = server.registry.update(resource, info.namespace, info.name, body, call);
  return renderObject(resource, object, accepted, request, server.now(), created ? 201 : 200);
}

const PATCHES: Record<string, PatchType> = {
  'application/json-patch+json': 'json',
  'application/merge-patch+json': 'merge',
  'application/strategic-merge-patch+json': 'strategic',
  'application/apply-patch+yaml': 'apply',
};

export function patch(context: HandlerContext): Reply {
  const { server, request, info, resource } = context;
  const accepted = negotiate(request, { transforms: true });
  const { patch: given, options } = readPatch(request, resource.decode !== undefined);
  const call = callOf(context, options);
  if (info.subresource) {
    return renderObject(
      resource,
      server.registry.patchSubresource(resource, info.subresource, info.namespace, info.name, given, call),
      accepted,
      request,
      server.now(),
    );
  }
  const { object, created } = server.registry.patch(resource, info.namespace, info.name, given, call);
  return renderObject(resource, object, accepted, request, server.now(), created ? 201 : 200);
}

export function readPatch(request: HttpRequest, isCustom: boolean): { patch: Patch; options: WriteOptions } {
  const type = patchType(request, isCustom);
  const options = writeOptions(request, 'PatchOptions', type === 'apply');
  const body = new RequestBody(type === 'apply' ? 'yaml' : 'json', limitedBody(request));
  return { patch: { type, body, force: options.force }, options };
}

function patchType(request: HttpRequest, isCustom: boolean): PatchType {
  const media = mediaType(request);
  const type = Object.hasOwn(PATCHES, media) ? PATCHES[media]! : undefined;
  if (!type || (type === 'strategic' && isCustom)) {
    const accepted = Object.keys(PATCHES).filter((one) => !isCustom || !one.includes('strategic'));
    throw unsupportedMediaTypes(accepted);
  }
  return type;
}

export function remove(context: HandlerContext): Reply {
  const { server, request, info, resource } = context;
  const accepted = negotiate(request, { transforms: true });
  const options = deleteOptions(request, readDeleteBody(context));
  const call = callOf(context, { ...PLAIN, dryRun: options.dryRun });
  const { object, deleted } = server.registry.delete(resource, info.namespace, info.name, options, call);
  if (deleted && !resource.returnDeleted) {
    const { name, uid } = object.value.metadata;
    const details = { name, ...(resource.group && { group: resource.group }), kind: resource.resource, uid };
    return json({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details });
  }
  const status = !deleted && options.orphanDependents === false ? 202 : 200;
  return renderObject(resource, object, accepted, request, server.now(), status);
}

export function removeCollection(context: HandlerContext): Reply {
  const { server, request, info, resource } = context;
  const accepted = negotiate(request, { transforms: true });
  const options = deleteOptions(request, readDeleteBody(context));
  const call = callOf(context, { ...PLAIN, dryRun: options.dryRun });
  return renderList(
    resource,
    server.registry.deleteCollection(resource, listOptions(request, resource, info.namespace), options, call),
    accepted,
    request,
    server.now(),
  );
}

/** Without a body, the query says how to delete. */
function readDeleteBody({ server, request }: HandlerContext): Record<string, unknown> | undefined {
  const body = limitedBody(request);
  return body.length ? server.registry.readDeleteOptions(requestBody(request)) : undefined;
}
