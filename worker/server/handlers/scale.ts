// The scale subresource.

import type { KubeObject } from '../../api/object.ts';
import { AGE_COLUMN, column, NAME_COLUMN } from '../../api/resource.ts';
import type { Resource } from '../../api/resource.ts';
import { methodNotAllowed } from '../../api/status.ts';
import { limitedBody, requestBody } from '../body.ts';
import { callOf, renderingOf } from '../context.ts';
import type { HandlerContext } from '../context.ts';
import type { Reply } from '../http.ts';
import { writeOptions } from '../options.ts';
import { patchTypeOf, readPatch } from '../patch-body.ts';
import { renderObject } from '../render.ts';

interface Scale extends KubeObject {
  readonly spec: { readonly replicas?: number };
  readonly status: { readonly replicas: number };
}

const COLUMNS = [
  NAME_COLUMN,
  column<Scale>('Desired', ({ spec }) => spec.replicas ?? 0, {
    type: 'integer',
    description: 'replicas is the desired number of instances for the scaled object.',
  }),
  column<Scale>('Available', ({ status }) => status.replicas, {
    type: 'integer',
    description: 'replicas is the actual number of observed instances of the scaled object.',
  }),
  AGE_COLUMN,
] as Resource['columns'];

export function scale(context: HandlerContext): Reply {
  const { server, request, info, resource } = context;
  const { registry } = server;
  const patchType = info.verb === 'patch' ? patchTypeOf(request, resource) : undefined;
  const rendering = renderingOf(context);
  const render = (value: KubeObject): Reply =>
    renderObject(
      { ...resource, schema: server.types('autoscaling.v1.Scale'), columns: COLUMNS },
      { value, text: JSON.stringify(value), revision: 0 },
      rendering,
    );
  switch (info.verb) {
    case 'get':
      return render(registry.readScale(resource, info.namespace, info.name));
    case 'update': {
      limitedBody(request);
      const call = callOf(context, writeOptions(request, 'UpdateOptions'));
      return render(registry.writeScale(resource, info.namespace, info.name, { body: requestBody(request) }, call));
    }
    case 'patch': {
      const { patch, options } = readPatch(request, patchType!);
      return render(registry.writeScale(resource, info.namespace, info.name, { patch }, callOf(context, options)));
    }
    default:
      throw methodNotAllowed();
  }
}
