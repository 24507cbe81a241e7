// GET of one object, and of a list of them.

import type { HandlerContext } from '../context.ts';
import type { Reply } from '../http.ts';
import { negotiate } from '../negotiation.ts';
import { listOptions } from '../options.ts';
import { renderList, renderObject } from '../render.ts';

export function get({ server, request, info, resource }: HandlerContext): Reply {
  const accepted = negotiate(request, { transforms: true });
  const stored = server.registry.read(resource, info.namespace, info.name);
  return renderObject(resource, stored, accepted, request, server.now());
}

export function list({ server, request, info, resource }: HandlerContext): Reply {
  const accepted = negotiate(request, { transforms: true });
  return renderList(
    resource,
    server.registry.listAll(resource, listOptions(request, resource, info.namespace)),
    accepted,
    request,
    server.now(),
  );
}
