// POST to a subresource that does something: binding, eviction, token.

import type { StructType } from '../../api/schema.ts';
import { requestBody } from '../body.ts';
import { callOf, renderingOf } from '../context.ts';
import type { HandlerContext } from '../context.ts';
import type { Reply } from '../http.ts';
import { writeOptions } from '../options.ts';
import { renderAnswer } from '../render.ts';

export function act(context: HandlerContext): Reply {
  const { server, request, info, resource } = context;
  const rendering = renderingOf(context, { transforms: false });
  const body = requestBody(request);
  const call = callOf(context, writeOptions(request, 'CreateOptions'));
  const answer = server.registry.act(resource, info.subresource, info.namespace, info.name, body, call) as { kind?: string; code?: number };
  return renderAnswer(answer, schemaOf(context, answer), rendering, answer.code ?? 201);
}

/** What comes back is the body filled in, or a Status. */
function schemaOf({ server, info, resource }: HandlerContext, answer: { kind?: string }): StructType {
  const subresource = resource.subresources[info.subresource];
  if (answer.kind !== 'Status' && subresource?.type === 'create') return subresource.schema;
  return server.types('meta.v1.Status');
}
