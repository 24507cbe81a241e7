// What components write: as long as the API server answers, and counted there as any client's requests. What they read they would have watched for, and is not.

import { Pending } from '../api/admission.ts';
import type { ClusterApi } from '../api/controller.ts';
import type { Resource, UserInfo } from '../api/resource.ts';
import { StatusError } from '../api/status.ts';
import type { AuditLog } from '../server/audit/audited.ts';
import type { Server } from '../server/context.ts';
import type { Route } from '../server/flow-control/ticket.ts';
import type { RequestInfo } from '../server/request-info.ts';
import type { CountedWrites } from '../server/request-metrics.ts';
import { auditWrite } from './audited-writes.ts';
import { writerOf } from './writer.ts';

export interface ComponentWrite {
  readonly method: 'POST' | 'PUT' | 'APPLY' | 'DELETE';
  readonly resource: Resource;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
  /** What is sent. */
  readonly body: unknown;
}

type Around = <R>(write: ComponentWrite, work: () => R) => R;

/** The same API; each write is done by `around`. */
export function withWrites(api: ClusterApi, around: Around): ClusterApi {
  const at = (
    method: ComponentWrite['method'],
    resource: object,
    subresource: string,
    body: unknown,
    namespace = '',
    name = '',
  ): ComponentWrite => ({
    method,
    resource: resource as Resource,
    subresource,
    namespace,
    name,
    body,
  });
  const of = (method: ComponentWrite['method'], resource: object, subresource: string, object: object): ComponentWrite => {
    const { metadata } = object as { metadata?: { namespace?: string; name?: string } };
    return at(method, resource, subresource, object, metadata?.namespace, metadata?.name);
  };
  return {
    ...api,
    create: (resource, object) => around(of('POST', resource, '', object as object), () => api.create(resource, object)),
    createComplete: (resource, object, shape) =>
      around(of('POST', resource, '', object), () => api.createComplete(resource, object, shape)),
    update: (resource, object) => around(of('PUT', resource, '', object), () => api.update(resource, object)),
    updateStatus: (resource, object) => around(of('PUT', resource, 'status', object), () => api.updateStatus(resource, object)),
    apply: (resource, object) => around(of('APPLY', resource, '', object as object), () => api.apply(resource, object)),
    applyStatus: (resource, object, fieldManager) =>
      around(of('APPLY', resource, 'status', object as object), () => api.applyStatus(resource, object, fieldManager)),
    updateSubresource: (resource, subresource, object) =>
      around(of('PUT', resource, subresource, object), () => api.updateSubresource(resource, subresource, object)),
    setScale: (resource, namespace, name, replicas) =>
      around(at('PUT', resource, 'scale', undefined, namespace, name), () => api.setScale(resource, namespace, name, replicas)),
    act: (resource, subresource, namespace, name, body) =>
      around(at('POST', resource, subresource, body, namespace, name), () => api.act(resource, subresource, namespace, name, body)),
    delete: (resource, namespace, name, options) =>
      around(at('DELETE', resource, '', options, namespace, name), () => api.delete(resource, namespace, name, options)),
  };
}

const VERBS = { POST: 'create', PUT: 'update', APPLY: 'patch', DELETE: 'delete' } as const;

/** What is counted of writes of one kind. */
interface Kept {
  readonly method: ComponentWrite['method'];
  readonly subresource: string;
  readonly namespace: string;
  readonly code: number;
  readonly counted: CountedWrites;
  readonly route: Route;
  /** Of flow control, when it was found. */
  readonly generation: number;
}

/** Does components' writes, and counts each with the code that a client would have got. They are many, of few kinds. */
export class WriteCounter {
  readonly #server: Server;
  readonly #known = new WeakMap<UserInfo, Map<Resource, Kept[]>>();

  constructor(server: Server) {
    this.#server = server;
  }

  run<R>(user: UserInfo, userAgent: string, write: ComponentWrite, work: () => R): R {
    const log = this.#server.auditLog();
    return log ? this.#runAudited(log, user, userAgent, write, work) : this.#run(user, write, work);
  }

  #runAudited<R>(log: AuditLog, user: UserInfo, userAgent: string, write: ComponentWrite, work: () => R): R {
    return auditWrite(this.#server, log, writerOf(this.#server.registry, user, userAgent, write), write, infoOf(write), () =>
      this.#run(user, write, work),
    );
  }

  #run<R>(user: UserInfo, write: ComponentWrite, work: () => R): R {
    try {
      const done = work();
      this.#count(user, write, write.method === 'POST' ? 201 : 200);
      return done;
    } catch (error) {
      if (!(error instanceof Pending)) this.#count(user, write, error instanceof StatusError ? error.status.code : 500);
      throw error;
    }
  }

  #count(user: UserInfo, write: ComponentWrite, code: number): void {
    const { flow } = this.#server;
    const { counted, route } = this.#keptOf(user, write, code);
    flow.noteOn(route);
    counted.requests.sum++;
    counted.durations.observe(0);
  }

  #keptOf(user: UserInfo, write: ComponentWrite, code: number): Kept {
    const { metrics, flow } = this.#server;
    const { method, resource, subresource, namespace } = write;
    let byResource = this.#known.get(user);
    if (!byResource) this.#known.set(user, (byResource = new Map<Resource, Kept[]>()));
    let all = byResource.get(resource);
    if (!all) byResource.set(resource, (all = []));
    let at = all.length - 1;
    // By hand: every write of a component comes by here.
    for (; at >= 0; at--) {
      const one = all[at]!;
      if (one.method === method && one.code === code && one.subresource === subresource && one.namespace === namespace) break;
    }
    const { generation } = flow;
    if (at >= 0 && all[at]!.generation === generation) return all[at]!;
    const info = infoOf(write);
    const kept = {
      method,
      subresource,
      namespace,
      code,
      counted: metrics.inner(method, info, code),
      route: flow.routeOf(user, info),
      generation,
    };
    if (at >= 0) all.splice(at, 1);
    else if (all.length >= MOST_KEPT) all.shift();
    all.push(kept);
    return kept;
  }
}

/** Of one component and resource: of few namespaces at a time. */
const MOST_KEPT = 30;

const infoOf = ({ method, resource: { group, version, resource }, subresource, namespace, name }: ComponentWrite): RequestInfo => ({
  isResource: true,
  verb: VERBS[method],
  path: '',
  group,
  version,
  namespace,
  resource,
  subresource,
  name,
  rest: [],
  isWatchPath: false,
  isNameSelected: false,
  fieldSelector: '',
});
