// The scale subresource: an object seen as autoscaling/v1 Scale, and its replicas changed through one.

import type { KubeObject } from '../api/object.ts';
import type { Call, Patch, Registry } from '../api/registry.ts';
import type { Resource, ScaleAccess } from '../api/resource.ts';
import { badRequest, invalid, modified, notFound } from '../api/status.ts';
import { readBody } from './body.ts';
import { findEntry } from './core.ts';
import type { Core } from './core.ts';
import { fromStored, hubOf, toStored } from './create.ts';
import { trackUpdate } from './managed-fields/track.ts';
import { applyPatch } from './patch/index.ts';
import { updateObject } from './update.ts';

interface ScaleObject extends KubeObject {
  spec: { replicas?: number };
  status: { replicas: number; selector?: string };
}

export function readScale(core: Core, resource: Resource, namespace: string, name: string): KubeObject {
  const entry = findEntry(core, resource, namespace, name);
  if (!entry) throw notFound(resource, name);
  return scaleOf(entry.value, accessOf(core, resource, name));
}

export function writeScale(
  core: Core,
  resource: Resource,
  namespace: string,
  name: string,
  change: Parameters<Registry['writeScale']>[3],
  call: Call,
): KubeObject {
  const access = accessOf(core, resource, name);
  const entry = findEntry(core, resource, namespace, name);
  if (!entry) throw notFound(resource, name);
  const wanted = wantedScale(core, scaleOf(entry.value, access), change, call);
  if (wanted.metadata.name !== name)
    throw badRequest(`the name of the object (${wanted.metadata.name ?? ''}) does not match the name on the URL (${name})`);
  const replicas = wanted.spec.replicas ?? 0;
  if (replicas < 0) {
    const error = {
      type: 'FieldValueInvalid' as const,
      field: 'spec.replicas',
      value: replicas,
      detail: 'must be greater than or equal to 0',
    };
    throw invalid({ group: 'autoscaling', kind: 'Scale' }, name, [error]);
  }
  const { resourceVersion } = wanted.metadata;
  if (resourceVersion && resourceVersion !== entry.value.metadata.resourceVersion) throw modified(resource, name);

  const stored = updateObject(core, resource, 'scale', namespace, name, call, (old) => {
    const next = fromStored(resource, access.write(toStored(resource, old), replicas));
    trackUpdate(core, resource, old, next, call, 'scale');
    return next;
  });
  return scaleOf(toStored(resource, stored.value), access);
}

function wantedScale(core: Core, now: ScaleObject, change: { body: unknown } | { patch: Patch }, call: Call): ScaleObject {
  const expected = { group: 'autoscaling', version: 'v1', kind: 'Scale', schema: core.types('autoscaling.v1.Scale') };
  const body = 'patch' in change ? applyPatch(expected, now, change.patch) : change.body;
  return readBody(body, expected, call) as ScaleObject;
}

function accessOf(core: Core, resource: Resource, name: string): ScaleAccess {
  const subresource = hubOf(core, resource).subresources['scale'];
  if (subresource?.type !== 'scale') throw notFound(resource, name);
  return subresource.scale;
}

function scaleOf(object: KubeObject, access: ScaleAccess): ScaleObject {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  const { replicas, currentReplicas, selector } = access.read(object);
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name, ...(namespace && { namespace }), uid, resourceVersion, creationTimestamp },
    spec: { ...(replicas && { replicas }) },
    status: { replicas: currentReplicas, ...(selector && { selector }) },
  };
}
