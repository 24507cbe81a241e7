// The Worker: what begins with /c/<id>, or brings a token for a sandbox, goes to that sandbox's Kubernetes API, whatever else to the front.

import { Sandbox } from './cluster/durable-object.ts';
import { withClientCertificate } from './cluster/http-edge.ts';
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

/**
 * `kubectl get --raw /version` leaves out the path of the server it is told. Its token says where it wants to go; whether it may is the sandbox's to say, and
 * the front takes no such token.
 */
const CLUSTER_TOKEN = /^Bearer +kbc_([a-z0-9]{1,32})_/i;

const sandboxOf = ({ url, headers }: Request): string | undefined =>
  (CLUSTER_PATH.exec(url) ?? CLUSTER_TOKEN.exec(headers.get('authorization') ?? ''))?.[1];

export default {
  fetch(request: Request, env: Env, context: ExecutionContext): Response | Promise<Response> {
    const id = sandboxOf(request);
    return id === undefined
      ? front.fetch(request, env, context)
      : env.SANDBOX.getByName(id).fetch(withClientCertificate(request, env.TLS_FRONT));
  },
  scheduled(_controller: ScheduledController, env: Env, context: ExecutionContext): void {
    context.waitUntil(sweep(env.DB, Date.now()));
  },
};
