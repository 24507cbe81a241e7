// What components write: as long as the API server answers, and counted there as any client's requests. What they read they would have watched for, and is not.

import { Pending } from '../api/admission.ts';
import type { ClusterApi } from '../api/controller.ts';
import type { Resource, UserInfo } from '../api/resource.ts';
import { StatusError } from '../api/status.ts';
import type { Server } from '../server/context.ts';
import type { RequestInfo } from '../server/request-info.ts';

export interface ComponentWrite {
  readonly method: 'POST' | 'PUT' | 'APPLY' | 'DELETE';
  readonly resource: Resource;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
}

type Around = <R>(write: ComponentWrite, work: () => R) => R;

/** The same API; each write is done by `around`. */
export function withWrites(api: ClusterApi, around: Around): ClusterApi {
  const at = (method: ComponentWrite['method'], resource: object, subresource: string, namespace = '', name = ''): ComponentWrite => ({
    method,
    resource: resource as Resource,
    subresource,
    namespace,
    name,
  });
  const of = (method: ComponentWrite['method'], resource: object, subresource: string, object: object): ComponentWrite => {
    const { metadata } = object as { metadata?: { namespace?: string; name?: string } };
    return at(method, resource, subresource, metadata?.namespace, metadata?.name);
  };
  return {
    ...api,
    create: (resource, object) => around(of('POST', resource, '', object as object), () => api.create(resource, object)),
    createComplete: (resource, object) => around(of('POST', resource, '', object), () => api.createComplete(resource, object)),
    update: (resource, object) => around(of('PUT', resource, '', object), () => api.update(resource, object)),
    updateStatus: (resource, object) => around(of('PUT', resource, 'status', object), () => api.updateStatus(resource, object)),
    apply: (resource, object) => around(of('APPLY', resource, '', object as object), () => api.apply(resource, object)),
    applyStatus: (resource, object) => around(of('APPLY', resource, 'status', object as object), () => api.applyStatus(resource, object)),
    updateSubresource: (resource, subresource, object) =>
      around(of('PUT', resource, subresource, object), () => api.updateSubresource(resource, subresource, object)),
    setScale: (resource, namespace, name, replicas) =>
      around(at('PUT', resource, 'scale', namespace, name), () => api.setScale(resource, namespace, name, replicas)),
    act: (resource, subresource, namespace, name, body) =>
      around(at('POST', resource, subresource, namespace, name), () => api.act(resource, subresource, namespace, name, body)),
    delete: (resource, namespace, name, options) =>
      around(at('DELETE', resource, '', namespace, name), () => api.delete(resource, namespace, name, options)),
  };
}

const VERBS = { POST: 'create', PUT: 'update', APPLY: 'patch', DELETE: 'delete' } as const;

/** Does it, and counts it with the code that a client would have got. */
export function counted<R>({ metrics, flow, now }: Server, user: UserInfo, write: ComponentWrite, work: () => R): R {
  const count = (code: number): void => {
    const info = infoOf(write);
    flow.note(user, info);
    metrics.countInner(write.method, info, now(), code);
  };
  try {
    const done = work();
    count(write.method === 'POST' ? 201 : 200);
    return done;
  } catch (error) {
    if (!(error instanceof Pending)) count(error instanceof StatusError ? error.status.code : 500);
    throw error;
  }
}

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
