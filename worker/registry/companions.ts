// Objects that come and go with others (`Resource.companions`): the addresses of Services. Upstream's allocators write them through a client of the server's own.

import type { KubeObject } from '../api/object.ts';
import { apiVersionOf } from '../api/resource.ts';
import type { Companion, Resource } from '../api/resource.ts';
import { formatTime } from '../lib/time.ts';
import { findEntry, removeObject, writeObject } from './core.ts';
import type { Core } from './core.ts';
import { trackUpdate } from './managed-fields/track.ts';
import { SELF } from './self.ts';

/** Makes those that `next` has and `old` had not, and removes the others. Undefined for an object that is not there. */
export function keepCompanions(core: Core, resource: Resource, old: KubeObject | undefined, next: KubeObject | undefined): void {
  const [before, after] = [old, next].map((object) => (object && resource.companions?.(object)) ?? []) as [Companion[], Companion[]];
  for (const one of before) if (!after.some((other) => isOne(one, other))) remove(core, one);
  for (const one of after) if (!before.some((other) => isOne(one, other))) create(core, one);
}

const isOne = (a: Companion, b: Companion): boolean => a.resource === b.resource && a.object.metadata.name === b.object.metadata.name;

function create(core: Core, { resource, object }: Companion): void {
  const { name } = object.metadata;
  if (findEntry(core, resource, '', name)) return;
  const made = {
    ...object,
    kind: resource.kind,
    apiVersion: apiVersionOf(resource),
    metadata: { ...object.metadata, uid: core.random.uuid(), creationTimestamp: formatTime(core.now()) },
  } as KubeObject;
  trackUpdate(core, resource, undefined, made, SELF, '');
  writeObject(core, resource, made, undefined);
}

function remove(core: Core, { resource, object }: Companion): void {
  const entry = findEntry(core, resource, '', object.metadata.name);
  if (entry) removeObject(core, resource, entry.value, entry);
}
