// POST to `bindings`, the older path for what `pods/<name>/binding` does: the pod is the one that the body names. Mirrors LegacyBindingREST of kubernetes
// pkg/registry/core/pod/storage.

import { requestBody } from '../body.ts';
import { callOf, renderingOf } from '../context.ts';
import type { HandlerContext } from '../context.ts';
import type { Reply } from '../http.ts';
import { writeOptions } from '../options.ts';
import { renderAnswer } from '../render.ts';

/** Undefined if the resource is another. */
export function bind(context: HandlerContext): Reply | undefined {
  const { server, request, info, resource } = context;
  if (resource.group !== '' || resource.resource !== 'bindings') return undefined;
  const rendering = renderingOf(context, { transforms: false });
  const call = callOf(context, writeOptions(request, 'CreateOptions'));
  const binding = server.registry.readBody(resource, requestBody(request), call);
  const pods = server.registry.catalog.find('', 'v1', 'pods')!;
  const answer = server.registry.act(pods, 'binding', info.namespace, binding.metadata.name ?? '', binding, call);
  return renderAnswer(answer, server.types('meta.v1.Status'), rendering, 201);
}
