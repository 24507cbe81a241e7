// The Worker: what begins with /c/<id>, or brings credentials of a sandbox, goes to that sandbox's Kubernetes API, whatever else to the front.

import { Sandbox } from './cluster/durable-object.ts';
import { CERTIFICATE_HEADER, withClientCertificate } from './cluster/http-edge.ts';
import { sandboxOfCertificate, sandboxOfToken } from './cluster/named-sandbox.ts';
import { makeFront } from './front/app.ts';
import type { FrontEnv, SandboxObject } from './front/bindings.ts';
import { sweep } from './front/sweep.ts';

export { Sandbox };

interface Env extends FrontEnv {
  readonly SANDBOX: DurableObjectNamespace<Sandbox>;
  /** What a TLS front of this machine shows when it tells of a client's certificate. */
  readonly TLS_FRONT?: string;
}

// The object's methods are those that the front knows it by; over the wire each gives a promise.
const sandboxes = (env: Env) => (id: string) => env.SANDBOX.getByName(id) as unknown as SandboxObject;
const front = makeFront<Env>({ sandboxes });

/** Ids as front/secrets.ts makes them. Anything else is not worth an object's while. */
const CLUSTER_PATH = /^https?:\/\/[^/]+\/c\/([a-z0-9]{1,32})(?=[/?]|$)/;

/** The front takes no credentials that name a sandbox. */
function sandboxOf({ url, headers }: Request): string | undefined {
  const inPath = CLUSTER_PATH.exec(url)?.[1];
  if (inPath !== undefined) return inPath;
  const token = /^Bearer +(\S+)$/i.exec(headers.get('authorization') ?? '')?.[1];
  return token === undefined ? sandboxOfCertificate(headers.get(CERTIFICATE_HEADER) ?? '') : sandboxOfToken(token);
}

export default {
  fetch(request: Request, env: Env, context: ExecutionContext): Response | Promise<Response> {
    const asked = withClientCertificate(request, env.TLS_FRONT);
    const id = sandboxOf(asked);
    return id === undefined ? front.fetch(request, env, context) : env.SANDBOX.getByName(id).fetch(asked);
  },
  scheduled(_controller: ScheduledController, env: Env, context: ExecutionContext): void {
    context.waitUntil(sweep(env.DB, Date.now()));
  },
};
