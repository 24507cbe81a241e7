// GET of one object, and of a list of them.

import { resourceVersionTooLarge } from '../../api/status.ts';
import { renderingOf } from '../context.ts';
import type { HandlerContext } from '../context.ts';
import type { Reply } from '../http.ts';
import { listOptions, revisionProblem, unparsedRevision } from '../list-options.ts';
import { renderList, renderObject } from '../render.ts';

export function get(context: HandlerContext): Reply {
  const { server, request, info, resource } = context;
  const rendering = renderingOf(context);
  checkRevision(request.query.get('resourceVersion'), server.registry.revision);
  return renderObject(resource, server.registry.read(resource, info.namespace, info.name), rendering);
}

/** What is read is always the newest; a client may ask for a revision that is yet to come. */
function checkRevision(wanted: string, newest: number): void {
  if (wanted === '') return;
  const problem = revisionProblem(wanted);
  if (problem !== undefined) throw unparsedRevision(problem);
  if (Number(wanted) > newest) throw resourceVersionTooLarge(Number(wanted), newest);
}

export function list(context: HandlerContext): Reply {
  const { server, request, info, resource } = context;
  const rendering = renderingOf(context);
  return renderList(resource, server.registry.listAll(resource, listOptions(request, info, resource)), rendering);
}
