// The scale subresource.

import { methodNotAllowed } from '../../api/status.ts';
import { requestBody } from '../body.ts';
import { callOf } from '../context.ts';
import type { HandlerContext } from '../context.ts';
import type { Reply } from '../http.ts';
import { negotiate } from '../negotiation.ts';
import { writeOptions } from '../options.ts';
import { encode } from '../render.ts';
import { readPatch } from './write.ts';

export function scale(context: HandlerContext): Reply {
  const { server, request, info, resource } = context;
  const { registry } = server;
  const accepted = negotiate(request);
  switch (info.verb) {
    case 'get':
      return encode(accepted, () => registry.readScale(resource, info.namespace, info.name), 200);
    case 'update': {
      const call = callOf(context, writeOptions(request, 'UpdateOptions'));
      const next = registry.writeScale(resource, info.namespace, info.name, { body: requestBody(request) }, call);
      return encode(accepted, () => next, 200);
    }
    case 'patch': {
      const { patch, options } = readPatch(request, false);
      const next = registry.writeScale(resource, info.namespace, info.name, { patch }, callOf(context, options));
      return encode(accepted, () => next, 200);
    }
    default:
      throw methodNotAllowed();
  }
}
