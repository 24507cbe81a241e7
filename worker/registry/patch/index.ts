// PATCH, of any type: what the patch makes of the object as it is goes the way of an update; what an apply makes of nothing, that of a creation.

import type { KubeObject } from '../../api/object.ts';
import type { Call, Patch, Stored } from '../../api/registry.ts';
import type { Resource } from '../../api/resource.ts';
import { badRequest, conflict } from '../../api/status.ts';
import { applyDefaults } from '../body.ts';
import { findEntry } from '../core.ts';
import type { Core } from '../core.ts';
import { createObject } from '../create.ts';
import { decode } from '../decode.ts';
import { applyConfig } from '../managed-fields/apply.ts';
import { emptyObject, trackUpdate } from '../managed-fields/track.ts';
import { versionsOf } from '../managed-fields/versions.ts';
import { checkName, matchNamespace } from '../metadata.ts';
import { updateObject } from '../update.ts';
import { openPatch } from './open-patch.ts';
import type { OpenPatch } from './open-patch.ts';
import { patched } from './patched.ts';

export function patchObject(
  core: Core,
  resource: Resource,
  subresource: string | undefined,
  namespace: string,
  name: string,
  patch: Patch,
  call: Call,
): { object: Stored; created: boolean } {
  const produce = (old: KubeObject | undefined): KubeObject => {
    const next =
      patch.type === 'apply'
        ? applied(core, resource, subresource ?? '', old, patch, call)
        : patchedAndTracked(core, resource, subresource ?? '', old!, patch, call);
    if (!old && next.metadata.uid)
      throw conflict(
        resource,
        name,
        `uid mismatch: the provided object specified uid ${next.metadata.uid}, and no existing object was found`,
      );
    matchNamespace(resource, next, namespace);
    checkName(next, name);
    return next;
  };
  if (patch.type === 'apply' && !subresource && !findEntry(core, resource, namespace, name)) {
    const object = produce(undefined);
    delete (object.metadata as Partial<KubeObject['metadata']>).resourceVersion;
    return { object: createObject(core, resource, namespace, object, call, () => {}), created: true };
  }
  return { object: updateObject(core, resource, subresource, namespace, name, call, produce), created: false };
}

function patchedAndTracked(core: Core, resource: Resource, subresource: string, old: KubeObject, patch: Patch, call: Call): KubeObject {
  const next = patched(resource, old, patch, call);
  applyDefaults(resource, next);
  trackUpdate(core, resource, old, next, call, subresource);
  return next;
}

function applied(core: Core, resource: Resource, subresource: string, old: KubeObject | undefined, patch: Patch, call: Call): KubeObject {
  const empty = emptyObject(resource);
  const open = openPatch(patch, call);
  const object = applyConfig({
    group: resource.group,
    version: resource.version,
    kind: resource.kind,
    type: resource.schema,
    subresource,
    versions: versionsOf(core, resource, subresource),
    live: old ?? empty,
    empty,
    config: open.value,
    name: call.fieldManager,
    force: patch.force,
    now: core.now(),
    finish: (merged) => {
      const { object: read } = resource.decode ? resource.decode(merged) : decode(merged, resource.schema);
      const next = { ...read, metadata: read['metadata'] ?? {} } as KubeObject;
      applyDefaults(resource, next);
      return next;
    },
  });
  reportRepeatedKeys(open, call);
  return object;
}

/** Of a text that says a thing twice the last counts; who asked for strictness is refused. */
export function reportRepeatedKeys({ duplicates }: OpenPatch, { fieldValidation, warn }: Call): void {
  if (!duplicates.length || fieldValidation === 'Ignore') return;
  if (fieldValidation === 'Warn') for (const one of duplicates) warn(one);
  else
    throw badRequest(
      `error strict decoding YAML: error converting YAML to JSON: yaml: unmarshal errors:\n${duplicates.map((one) => `  ${one}`).join('\n')}`,
    );
}
