// POST to a subresource that does something: binding, eviction, token.

import { requestBody } from '../body.ts';
import { callOf } from '../context.ts';
import type { HandlerContext } from '../context.ts';
import type { Reply } from '../http.ts';
import { negotiate } from '../negotiation.ts';
import { writeOptions } from '../options.ts';
import { encode } from '../render.ts';

export function act(context: HandlerContext): Reply {
  const { server, request, info, resource } = context;
  const accepted = negotiate(request);
  const call = callOf(context, writeOptions(request, 'CreateOptions'));
  const answer = server.registry.act(resource, info.subresource, info.namespace, info.name, requestBody(request), call) as {
    code?: number;
  };
  return encode(accepted, () => answer, answer.code ?? 201);
}
