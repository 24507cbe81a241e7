// Who owns which field: metadata.managedFields after a create, an update or a patch. Mirrors apimachinery pkg/util/managedfields/internal:
// fieldmanager.go and its chain, as far as updates go (skipnonapplied, capmanagers, buildmanagerinfo, managedfieldsupdater, stripmeta).

import { zero } from '../../api/canonical.ts';
import type { KubeObject, ManagedFieldsEntry } from '../../api/object.ts';
import type { Call } from '../../api/registry.ts';
import { apiVersionOf } from '../../api/resource.ts';
import type { Resource } from '../../api/resource.ts';
import type { StructType } from '../../api/schema.ts';
import { clone, isEqual } from '../../lib/json.ts';
import { utf8 } from '../../lib/text.ts';
import { formatTime } from '../../lib/time.ts';
import type { Core } from '../core.ts';
import { entriesLater, entriesNow } from './later.ts';
import { capUpdaters, decodeManagers, decodeManagersOr, encodeManagers, NOBODY } from './managers.ts';
import type { Managers } from './managers.ts';
import { FieldsError } from './path-element.ts';
import type { Fields } from './shape.ts';
import { updateManagers } from './update-managers.ts';
import type { Versions } from './update-managers.ts';
import { versionsOf } from './versions.ts';

type Entries = ManagedFieldsEntry[] | undefined;

/** Sets `next`'s managedFields after a create or update by `call`'s manager. `old` is the stored object, undefined for a creation. */
export function trackUpdate(
  core: Core,
  resource: Resource,
  old: KubeObject | undefined,
  next: KubeObject,
  call: Call,
  subresource: string,
): void {
  const entries = trackedWrite(writeOf(core, resource, old, next, call, subresource));
  if (entries?.length) next.metadata.managedFields = entries;
  else delete next.metadata.managedFields;
}

const writeOf = (
  core: Core,
  resource: Resource,
  old: KubeObject | undefined,
  next: KubeObject,
  call: Call,
  subresource: string,
): Write => ({
  core,
  resource,
  subresource,
  call,
  old,
  after: next,
  given: subresource ? undefined : next.metadata.managedFields,
  now: core.now(),
});

/**
 * The same, when somebody wants to know: for a component's update. `after` is what `next` is at this moment; nothing of it is changed in place any more.
 */
export function trackUpdateLater(
  core: Core,
  resource: Resource,
  old: KubeObject,
  next: KubeObject,
  after: KubeObject,
  call: Call,
  subresource: string,
): void {
  const entries = old.metadata.managedFields;
  const isGiven = !subresource && next.metadata.managedFields !== entries;
  // The schema of a custom resource may be another one by then.
  if (!entries || isGiven || resource.decode || resource.conversion) return trackUpdate(core, resource, old, next, call, subresource);
  next.metadata.managedFields = entriesLater(entries, writeOf(core, resource, old, after, call, subresource), trackedWrite);
}

/** The same for what a component creates: `object`, as it is before admission changes it. */
export function trackCreationLater(core: Core, resource: Resource, object: KubeObject, call: Call): void {
  if (object.metadata.managedFields || !isSurelyOwned(object) || resource.decode || resource.conversion)
    return trackUpdate(core, resource, undefined, object, call, '');
  object.metadata.managedFields = entriesLater(NO_ENTRIES, writeOf(core, resource, undefined, clone(object), call, ''), trackedWrite);
}

const NO_ENTRIES: ManagedFieldsEntry[] = [];

/** Whether something of it is owned, as far as one sees without looking closely: of a bare ServiceAccount nothing is, and it has no entries. */
function isSurelyOwned({ metadata: { labels, ownerReferences } }: KubeObject): boolean {
  if (ownerReferences?.length) return true;
  for (const _ in labels) return true;
  return false;
}

/** At once, and the same for all of one shape that a component creates: these have the same fields, and within a second the same entries. */
export function trackShaped(core: Core, resource: Resource, object: KubeObject, call: Call, shape: string): void {
  let shapes = shapesOf.get(call);
  if (!shapes) shapesOf.set(call, (shapes = new Map<string, Shaped>()));
  const time = formatTime(core.now());
  let known = shapes.get(shape);
  if (known?.resource !== resource) {
    if (shapes.size >= MAX_SHAPES) shapes.clear();
    const entries = trackedWrite(writeOf(core, resource, undefined, object, call, '')) ?? [];
    shapes.set(shape, (known = { resource, time, entries }));
  } else if (known.time !== time) {
    const entries = known.entries.map((entry) => ({ ...entry, time }));
    shapes.set(shape, (known = { resource, time, entries }));
  }
  if (known.entries.length) object.metadata.managedFields = known.entries;
}

interface Shaped {
  readonly resource: Resource;
  readonly time: string;
  readonly entries: ManagedFieldsEntry[];
}

/** A component calls with the same again and again. */
const shapesOf = new WeakMap<Call, Map<string, Shaped>>();
const MAX_SHAPES = 1000;

/** What a write is, as far as ownership is concerned. One is made for every write of a component, and most are never looked at. */
interface Write {
  readonly core: Core;
  readonly resource: Resource;
  readonly subresource: string;
  readonly call: Call;
  /** Undefined for a creation. */
  readonly old: KubeObject | undefined;
  readonly after: object;
  /** What the client says who owns what. */
  readonly given: Entries;
  readonly now: number;
}

const trackedWrite = ({ core, resource, subresource, call, old, after, given, now }: Write): Entries =>
  trackedUpdate({
    before: old ?? emptyObject(resource),
    after,
    exists: old !== undefined,
    entries: old?.metadata.managedFields,
    given,
    name: managerOf(call),
    apiVersion: apiVersionOf(resource),
    subresource,
    versions: versionsOf(core, resource, subresource),
    now,
  });

export interface Update {
  readonly before: object;
  readonly after: object;
  /** Whether there was an object before. */
  readonly exists: boolean;
  /** Of the object before. */
  readonly entries: Entries;
  /** What the client says they are. */
  readonly given: Entries;
  readonly name: string;
  readonly apiVersion: string;
  readonly subresource: string;
  readonly versions: Versions;
  readonly now: number;
}

/** The entries after an update; those from before, if they are the same. */
export function trackedUpdate({
  before,
  after,
  exists,
  entries: known,
  given,
  name,
  apiVersion,
  subresource,
  versions,
  now,
}: Update): Entries {
  const entries = known && entriesNow(known);
  const managers = startingManagers(entries, given);
  // Upstream: an object that nobody owns anything of, and that is there already, is one that is not to be tracked.
  if (!managers.size && exists) return undefined;
  const who = { name, operation: 'Update', apiVersion, subresource, time: formatTime(now) } as const;
  const updated = capUpdaters(updateManagers(before as Fields, after as Fields, managers, who, versions));
  return updated === decodedOf(entries) ? entries : encodeManagers(updated);
}

/** Those that the client gives, if they can be read, or else those of the stored object. An empty list, or a list of one empty entry, takes all away. */
function startingManagers(entries: Entries, given: Entries): Managers {
  if (!given || entriesNow(given) === entries) return decodeManagersOr(entries);
  if (!given.length || (given.length === 1 && isEqual(given[0], {}))) return NOBODY;
  if (isEqual(given, entries)) return decodeManagersOr(entries);
  try {
    return decodeManagers(given);
  } catch (error) {
    if (error instanceof FieldsError) return decodeManagersOr(entries);
    throw error;
  }
}

const decodedOf = (entries: Entries): Managers | undefined => (entries ? decodeManagersOr(entries) : undefined);

/** In bytes. */
const MAX_NAME = 128;

/** As the client calls itself, or else its program's name: what stands before the version in its user agent. */
export function managerOf({ fieldManager, userAgent }: Call): string {
  if (fieldManager) return fieldManager;
  if (userAgent !== last.userAgent) last = { userAgent, name: [...programOf(userAgent)].join('') };
  return last.name;
}

/** Whoever writes often writes again. The name is put together of its characters, so that it is no part of another text (see `flat`). */
let last = { userAgent: '', name: 'unknown' };

function programOf(userAgent: string): string {
  const program = userAgent.split('/', 1)[0]!;
  if (/^[ -~]{1,128}$/.test(program)) return program;
  let name = '';
  let bytes = 0;
  for (const char of program) {
    if (!/^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u.test(char)) continue;
    bytes += utf8(char).length;
    if (bytes > MAX_NAME) break;
    name += char;
  }
  return name || 'unknown';
}

const empties = new WeakMap<StructType, KubeObject>();

/** What an object is compared with that was not there: Go's empty struct, or nothing at all of a custom resource. */
export function emptyObject(resource: Resource): KubeObject {
  if (resource.decode) return NOTHING;
  let empty = empties.get(resource.schema);
  if (!empty) empties.set(resource.schema, (empty = zero(resource.schema) as KubeObject));
  return empty;
}

const NOTHING = {} as KubeObject;
