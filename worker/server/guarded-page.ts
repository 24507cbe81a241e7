// A page of a component that asks the API server who somebody is, and whether they may see it. Mirrors delegated authentication and authorization of apiserver pkg/server/options,
// and the handler chain of kube-controller-manager and kube-scheduler.
// Differs: client certificates are not looked at, since programs of the world show none.

import { ANONYMOUS } from '../api/access.ts';
import type { AccessAttributes } from '../api/access.ts';
import { StatusError, unauthorized } from '../api/status.ts';
import { authorize } from './authorization/authorize.ts';
import type { Server } from './context.ts';
import { text } from './http.ts';
import type { HttpReply, HttpRequest } from './http.ts';
import { negotiateStatus } from './negotiation.ts';
import { encode } from './render.ts';

export interface Guard {
  /** `--authorization-always-allow-paths`: with `*` at its end, all that begin so. */
  readonly openPaths: readonly string[];
  /** How the API server is reached; undefined while it answers. */
  readonly unreachable: string | undefined;
}

export function guardedPage(server: Server, request: HttpRequest, { openPaths, unreachable }: Guard, page: () => HttpReply): HttpReply {
  const { path, method } = request;
  try {
    if (unreachable !== undefined && request.headers.get('authorization') !== null) throw unauthorized();
    const user = server.authenticator.authenticate(request) ?? ANONYMOUS;
    if (!openPaths.some((open) => (open.endsWith('*') ? path.startsWith(open.slice(0, -1)) : path === open))) {
      if (unreachable !== undefined)
        return text(
          `Internal Server Error: ${JSON.stringify(path)}: Post "https://${unreachable}/apis/authorization.k8s.io/v1/subjectaccessreviews?timeout=10s": dial tcp ${unreachable}: connect: connection refused\n`,
          500,
        );
      authorize(server, user, { ...NOTHING, verb: method.toLowerCase(), path });
    }
    const reply = page();
    return { ...reply, headers: { 'cache-control': 'no-cache, private', ...reply.headers } };
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    const { status } = error;
    const reply = encode(negotiateStatus(request), status, server.types('meta.v1.Status'), status.code);
    return { ...reply, headers: { 'cache-control': 'no-cache, private', ...reply.headers } };
  }
}

const NOTHING: AccessAttributes = {
  isResource: false,
  verb: '',
  group: '',
  version: '',
  namespace: '',
  resource: '',
  subresource: '',
  name: '',
  path: '',
};
