// Who owns the replicas of an object is who owns spec.replicas of its Scale: entries of the one as entries of the other.
// Mirrors apimachinery pkg/util/managedfields/scalehandler.go, with what becomes there of an updater whose number stayed as it was.

import type { ManagedFieldsEntry } from '../../api/object.ts';
import { apiVersionOf } from '../../api/resource.ts';
import type { Resource } from '../../api/resource.ts';
import { difference, has, isEmpty, setOf } from './field-set.ts';
import { decodeManagersOr, encodeManagers } from './managers.ts';
import type { Manager } from './managers.ts';

export const SCALE_VERSION = 'autoscaling/v1';
const IN_SCALE = ['f:spec', 'f:replicas'];

type Entries = readonly ManagedFieldsEntry[] | undefined;

/** Where each version of a resource has its replicas; a version that is not there is gone, and null has none. */
export type ReplicasPaths = ReadonlyMap<string, readonly string[] | null>;

export function replicasPaths(versions: readonly Resource[]): ReplicasPaths {
  return new Map(
    versions.map((resource) => {
      const scale = resource.subresources['scale'];
      const path = scale?.type === 'scale' ? (scale.scale.replicasPath ?? ['spec', 'replicas']).map((name) => `f:${name}`) : null;
      return [apiVersionOf(resource), path];
    }),
  );
}

/** The entries of an object as its Scale shows them. */
export function scaleEntries(entries: Entries, paths: ReplicasPaths): ManagedFieldsEntry[] {
  const found = new Map<string, Manager>();
  for (const [id, manager] of decodeManagersOr(entries)) {
    const path = paths.get(manager.apiVersion);
    if (path && has(manager.fields, path)) found.set(id, { ...manager, apiVersion: SCALE_VERSION, fields: setOf(IN_SCALE) });
  }
  return encodeEntries(found);
}

/** The entries of an object after its Scale's have become `after`. */
export function objectEntries(entries: Entries, after: Entries, apiVersion: string, paths: ReplicasPaths): ManagedFieldsEntry[] {
  const before = decodeManagersOr(entries);
  const ofScale = new Map(decodeManagersOr(after));
  const out = new Map<string, Manager>();
  for (const [id, manager] of before) {
    const path = paths.get(manager.apiVersion);
    if (path === undefined) continue;
    if (path === null || !has(manager.fields, path)) {
      out.set(id, manager);
    } else if (ofScale.delete(id)) {
      out.set(id, manager);
    } else {
      const fields = difference(manager.fields, setOf(path));
      if (!isEmpty(fields)) out.set(id, { ...manager, fields });
    }
  }
  for (const [id, manager] of ofScale) {
    const path = paths.get(apiVersion);
    if (path && has(manager.fields, IN_SCALE)) out.set(id, { ...manager, apiVersion, fields: setOf(path), time: before.get(id)?.time });
  }
  return encodeEntries(out);
}

/** Read anew: their identities are not those of their entries. */
const encodeEntries = (managers: ReadonlyMap<string, Manager>): ManagedFieldsEntry[] => [...encodeManagers(managers)];
