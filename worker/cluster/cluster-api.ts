// The API as a component uses it: the registry, under the component's identity.

import type { External } from '../api/admission.ts';
import { Pending } from '../api/admission.ts';
import type { ClusterApi } from '../api/controller.ts';
import type { KubeObject } from '../api/object.ts';
import { unheard } from '../api/registry.ts';
import type { Call, Patch, Registry } from '../api/registry.ts';
import { apiVersionOf } from '../api/resource.ts';
import type { Resource, UserInfo } from '../api/resource.ts';

/** A component does not wait for anything outside: it fails, and tries again later. */
const NO_EXTERNAL: External = {
  call: (request) => {
    throw new Pending(request);
  },
};

interface ScaleObject extends KubeObject {
  spec?: { replicas?: number };
  status?: { replicas?: number; selector?: string };
}

export function callAs(user: UserInfo, userAgent: string, more: Partial<Pick<Call, 'external' | 'fieldManager'>> = {}): Call {
  const { external = NO_EXTERNAL, fieldManager = '' } = more;
  return { user, userAgent, dryRun: false, fieldManager, fieldValidation: 'Ignore', external, warn: unheard, annotate: () => {} };
}

export function makeClusterApi(registry: Registry, call: Call): ClusterApi {
  const { get, list, lookup, count, countTerm, bucketsWith, resourceOf, resources } = registry;
  const place = (object: { metadata?: { namespace?: string; name?: string } }): [namespace: string, name: string] => [
    object.metadata?.namespace ?? '',
    object.metadata?.name ?? '',
  ];
  const applying = (resource: object, object: object): Patch => ({
    type: 'apply',
    body: { ...object, kind: (resource as Resource).kind, apiVersion: apiVersionOf(resource as Resource) },
    force: true,
  });
  return {
    get,
    list,
    lookup,
    count,
    countTerm,
    bucketsWith,
    resourceOf,
    resources,
    create: (resource, object) => {
      const typed = { ...(object as object), kind: resource.kind, apiVersion: apiVersionOf(resource) };
      return registry.create(resource as Resource, place(object as object)[0], typed, call).value as never;
    },
    createComplete: (resource, object, shape) =>
      registry.createComplete(resource as Resource, object.metadata.namespace ?? '', object, call, shape).value as never,
    update: (resource, object) => registry.store(resource as Resource, undefined, object, call).value as never,
    updateStatus: (resource, object) => registry.store(resource as Resource, 'status', object, call).value as never,
    apply: (resource, object) =>
      registry.patch(resource as Resource, ...place(object as object), applying(resource, object as object), call).object.value as never,
    applyStatus: (resource, object, fieldManager) => {
      const by = fieldManager === undefined ? call : { ...call, fieldManager };
      const patch = applying(resource, object as object);
      return registry.patchSubresource(resource as Resource, 'status', ...place(object as object), patch, by).value as never;
    },
    updateSubresource: (resource, subresource, object) => registry.store(resource as Resource, subresource, object, call).value as never,
    scale: (resource, namespace, name) => {
      const { spec = {}, status = {} } = registry.readScale(resource, namespace, name) as ScaleObject;
      return { replicas: spec.replicas ?? 0, currentReplicas: status.replicas ?? 0, selector: status.selector ?? '' };
    },
    setScale: (resource, namespace, name, replicas) => {
      const { uid, resourceVersion } = registry.readScale(resource, namespace, name).metadata;
      const body = { kind: 'Scale', apiVersion: 'autoscaling/v1', metadata: { name, namespace, uid, resourceVersion }, spec: { replicas } };
      registry.writeScale(resource, namespace, name, { body }, call);
    },
    act: (resource, subresource, namespace, name, body) => registry.act(resource, subresource, namespace, name, body, call),
    expire: (resource, namespace, name) => registry.expire(resource as Resource, namespace, name),
    delete: (resource, namespace, name, options = {}) => {
      registry.delete(resource as Resource, namespace, name, options, call);
    },
  };
}
