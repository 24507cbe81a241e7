// The scale subresource: an object seen as autoscaling/v1 Scale, and its replicas changed through one. Mirrors kubernetes
// pkg/registry/apps/deployment/storage and apiextensions-apiserver pkg/registry/customresource/etcd.go.

import { validateObjectMeta } from '../api/metadata-validation.ts';
import type { KubeObject } from '../api/object.ts';
import type { Call, Registry } from '../api/registry.ts';
import { apiVersionOf } from '../api/resource.ts';
import type { Resource, ScaleAccess } from '../api/resource.ts';
import type { StructType } from '../api/schema.ts';
import { badRequest, conflict, invalid, notFound } from '../api/status.ts';
import { invalidField } from '../api/field-error.ts';
import { isRecord } from '../lib/json.ts';
import { nameIsDnsSubdomain } from '../lib/names.ts';
import { readBody } from './body.ts';
import type { Expected } from './body.ts';
import { findEntry } from './core.ts';
import type { Core } from './core.ts';
import { fromStored, hubOf, toStored } from './create.ts';
import { zero } from '../api/canonical.ts';
import { decode } from './decode.ts';
import { applyConfig } from './managed-fields/apply.ts';
import { objectEntries, replicasPaths, scaleEntries, SCALE_VERSION } from './managed-fields/scale-fields.ts';
import { managerOf, trackedUpdate } from './managed-fields/track.ts';
import { siblingsOf, singleVersion } from './managed-fields/versions.ts';
import { checkName, matchNamespace } from './metadata.ts';
import { reportRepeatedKeys } from './patch/index.ts';
import { openPatch } from './patch/open-patch.ts';
import { patched } from './patch/patched.ts';
import { updateObject } from './update.ts';

interface ScaleObject extends KubeObject {
  spec: { replicas?: number };
  status: { replicas: number; selector?: string };
}

type Change = Parameters<Registry['writeScale']>[3];

export function readScale(core: Core, resource: Resource, namespace: string, name: string): KubeObject {
  const entry = findEntry(core, resource, namespace, name);
  if (!entry) throw notFound(missing(resource), name);
  return scaleOf(entry.value, accessOf(core, resource, name));
}

/** Built-in kinds say that it is the scale that is missing, ReplicationControllers in the group of Scale. */
const missing = ({ group, resource }: Resource): { group: string; resource: string } =>
  group === 'apps' || group === '' ? { group: group || 'autoscaling', resource: `${resource}/scale` } : { group, resource };

export function writeScale(core: Core, resource: Resource, namespace: string, name: string, change: Change, call: Call): KubeObject {
  const access = accessOf(core, resource, name);
  const body = 'body' in change ? (readBody(change.body, scaleKind(core), call) as ScaleObject) : undefined;
  if (body) checkPlace(resource, body, namespace, name);
  const view = (object: KubeObject): ScaleObject => scaleOf(toStored(resource, object), access);

  const stored = updateObject(
    core,
    resource,
    'scale',
    namespace,
    name,
    call,
    (old, admitAs) => {
      const entries = old.metadata.managedFields;
      const paths = replicasPaths(siblingsOf(core, resource, entries));
      const before = markUnset(view(old), resource, old, access);
      const ownersBefore = scaleEntries(entries, paths);
      if (ownersBefore.length) before.metadata.managedFields = ownersBefore;

      const scale = body ? trackScale(core, before, body, call) : patchedScale(core, before, change, call);
      checkPlace(resource, scale, namespace, name);
      admitAs(scale, before);
      validateScale(resource, scale, old, access);

      const next = fromStored(resource, access.write(toStored(resource, old), scale.spec.replicas ?? 0));
      const owners = objectEntries(entries, scale.metadata.managedFields, apiVersionOf(resource), paths);
      const { managedFields: _, ...metadata } = next.metadata;
      const { resourceVersion } = scale.metadata;
      return { ...next, metadata: { ...metadata, resourceVersion, ...(owners.length && { managedFields: owners }) } };
    },
    { uid: body?.metadata.uid, view },
  );
  return view(stored.value);
}

function checkPlace(resource: Resource, scale: ScaleObject, namespace: string, name: string): void {
  matchNamespace(resource, scale, namespace);
  checkName(scale, name);
}

function patchedScale(core: Core, before: ScaleObject, change: Change, call: Call): ScaleObject {
  if (!('patch' in change)) throw new Error('no patch');
  const { patch } = change;
  const kind = scaleKind(core);
  if (patch.type !== 'apply') return trackScale(core, before, patched(kind, before, patch, call) as ScaleObject, call);
  const open = openPatch(patch, call);
  const scale = applyConfig({
    ...kind,
    type: kind.schema,
    subresource: 'scale',
    versions: singleVersion(kind.schema, SCALE_VERSION),
    live: before,
    empty: zero(kind.schema) as KubeObject,
    config: open.value,
    name: call.fieldManager,
    force: patch.force,
    now: core.now(),
    finish: (merged) => decode(merged, kind.schema).object as unknown as KubeObject,
  });
  reportRepeatedKeys(open, call);
  return scale as ScaleObject;
}

/** Sets the managedFields of a Scale that came as a whole. */
function trackScale(core: Core, before: ScaleObject, scale: ScaleObject, call: Call): ScaleObject {
  const entries = trackedUpdate({
    before,
    after: scale,
    exists: true,
    entries: before.metadata.managedFields,
    given: undefined,
    name: managerOf(call),
    apiVersion: SCALE_VERSION,
    subresource: 'scale',
    versions: singleVersion(scaleType(core), SCALE_VERSION),
    now: core.now(),
  });
  const { managedFields: _, ...metadata } = scale.metadata;
  return { ...scale, metadata: { ...metadata, ...(entries?.length && { managedFields: entries }) } };
}

function validateScale(resource: Resource, scale: ScaleObject, old: KubeObject, access: ScaleAccess): void {
  const { replicas = 0 } = scale.spec;
  const { name } = old.metadata;
  if (replicas === UNSET) throw badRequest(`the spec replicas field ".${pathOf(access).join('.')}" cannot be empty`);
  const errors = validateObjectMeta(scale.metadata, resource.namespaced, nameIsDnsSubdomain, 'metadata');
  if (replicas < 0) errors.push(invalidField('spec.replicas', replicas, 'must be greater than or equal to 0'));
  if (errors.length) throw invalid({ group: 'autoscaling', kind: 'Scale' }, name, errors);
  const { uid } = scale.metadata;
  if (uid && uid !== old.metadata.uid)
    throw conflict(
      { group: resource.group, resource: `${resource.resource}/scale` },
      name,
      `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${old.metadata.uid}`,
    );
}

/** The number of an object that has none: the smallest int32, as upstream marks it. */
const UNSET = -(2 ** 31);

/** A custom resource may have no number of replicas, and then 0 is one. */
function markUnset(scale: ScaleObject, resource: Resource, object: KubeObject, access: ScaleAccess): ScaleObject {
  if (!resource.decode) return scale;
  let value: unknown = object;
  for (const name of pathOf(access)) value = isRecord(value) ? value[name] : undefined;
  return value === undefined ? { ...scale, spec: { replicas: UNSET } } : scale;
}

const pathOf = ({ replicasPath = ['spec', 'replicas'] }: ScaleAccess): readonly string[] => replicasPath;

const scaleType = (core: Core): StructType => core.types('autoscaling.v1.Scale');
const scaleKind = (core: Core): Expected => ({ group: 'autoscaling', version: 'v1', kind: 'Scale', schema: scaleType(core) });

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
    apiVersion: SCALE_VERSION,
    metadata: { name, ...(namespace && { namespace }), uid, resourceVersion, creationTimestamp },
    spec: { ...(replicas && { replicas }) },
    status: { replicas: currentReplicas, ...(selector && { selector }) },
  };
}
