// What becomes of everybody's fields when an object changes: by an update (the writer takes what changed), or by an apply (who applies owns what was
// applied; a value that somebody else owns is a conflict, and what is no longer applied, and nobody else's, goes).
// Mirrors structured-merge-diff merge/update.go.

import { isEqual } from '../../lib/json.ts';
import type { StructType } from '../../api/schema.ts';
import { compareObjects } from './compare.ts';
import type { Ignored } from './compare.ts';
import { EMPTY, difference, intersection, isEmpty, onlyBelow, pathsOf, union, without } from './field-set.ts';
import type { FieldSet } from './field-set.ts';
import { fieldsOf, fitToType, withNamedFields } from './fields-of.ts';
import { identityOf } from './managers.ts';
import type { Manager, Managers } from './managers.ts';
import { merge, removeFields } from './merge.ts';
import type { Fields } from './shape.ts';

/** The versions that a kind has. */
export interface Versions {
  /** Undefined for a version that is no longer there. */
  typeOf(apiVersion: string): StructType | undefined;
  convert(object: Fields, from: string, to: string): Fields;
  /** What of a version a write through this path does not take from the client, so that nobody comes to own it by that. */
  filterOf(apiVersion: string): Filter;
}

export interface Filter {
  /** Fields of the object that are left out whole, for speed; `reset` has them too. */
  readonly ignored: ReadonlySet<string>;
  /** Everything at and below these is left out. */
  readonly reset: FieldSet;
  /** If given, only what is at or below these paths is kept. */
  readonly only: readonly (readonly string[])[] | undefined;
}

export interface Conflict {
  /** Identity of the manager. */
  readonly id: string;
  readonly manager: Manager;
  readonly path: readonly string[];
}

/** Metadata that the server keeps itself: nobody owns it. */
const SYSTEM_METADATA: ReadonlySet<string> = new Set([
  'name',
  'namespace',
  'creationTimestamp',
  'selfLink',
  'uid',
  'clusterName',
  'generation',
  'managedFields',
  'resourceVersion',
]);
const STRIPPED: FieldSet = {
  'f:apiVersion': {},
  'f:kind': {},
  'f:metadata': { '.': {}, ...Object.fromEntries([...SYSTEM_METADATA].map((name) => [`f:${name}`, {}])) },
};
const TYPE_META = ['apiVersion', 'kind'];

const applyFilter = (set: FieldSet, { reset, only }: Filter): FieldSet => (only ? onlyBelow(set, only) : without(set, reset));

interface Change {
  readonly changed: FieldSet;
  readonly removed: FieldSet;
}

const ignoredOf = new WeakMap<Filter, Ignored>();

function compareWith(filter: Filter, before: Fields, after: Fields, type: StructType): Change {
  let ignored = ignoredOf.get(filter);
  if (!ignored) {
    ignored = { fields: new Set([...TYPE_META, ...filter.ignored]), metadata: SYSTEM_METADATA };
    ignoredOf.set(filter, ignored);
  }
  return compareObjects(before, after, type, ignored);
}

const filtered = ({ changed, removed }: Change, filter: Filter): Change => ({
  changed: applyFilter(changed, filter),
  removed: applyFilter(removed, filter),
});

function compareAt(before: Fields, after: Fields, apiVersion: string, versions: Versions): Change {
  const filter = versions.filterOf(apiVersion);
  return filtered(compareWith(filter, before, after, versions.typeOf(apiVersion)!), filter);
}

/** Compares in each version once. Undefined for a version that is no longer there. */
function comparer(before: Fields, after: Fields, current: string, versions: Versions): (apiVersion: string) => Change | undefined {
  const known = new Map<string, Change | undefined>();
  return (apiVersion) => {
    if (!known.has(apiVersion)) {
      const [left, right] = [before, after].map((one) => (apiVersion === current ? one : convertOr(one, current, apiVersion, versions)));
      known.set(apiVersion, left && right && compareAt(left, right, apiVersion, versions));
    }
    return known.get(apiVersion);
  };
}

const convertOr = (object: Fields, from: string, to: string, versions: Versions): Fields | undefined =>
  from === to ? object : versions.typeOf(to) && versions.convert(object, from, to);

function fitted(managers: Managers, versions: Versions): Managers {
  let out: Map<string, Manager> | undefined;
  for (const [id, manager] of managers) {
    const type = versions.typeOf(manager.apiVersion);
    const fields = type && fitToType(manager.fields, type);
    if (fields === manager.fields) continue;
    out ??= new Map(managers);
    if (fields) out.set(id, { ...manager, fields });
    else out.delete(id);
  }
  return out ?? managers;
}

/** Takes from everybody but `self` what is theirs no longer. The same map if nothing is. */
function release(managers: Managers, self: string | undefined, changeAt: (apiVersion: string) => Change | undefined): Managers {
  let out: Map<string, Manager> | undefined;
  for (const [id, manager] of managers) {
    if (id === self) continue;
    const change = changeAt(manager.apiVersion);
    const fields = change && difference(difference(manager.fields, change.changed), change.removed);
    if (fields === manager.fields && !isEmpty(fields)) continue;
    out ??= new Map(managers);
    if (fields && !isEmpty(fields)) out.set(id, { ...manager, fields });
    else out.delete(id);
  }
  return out ?? managers;
}

/** An update by `who` through their version: they own what they changed. Gives the same map if nobody's fields change. */
export function updateManagers(
  before: Fields,
  after: Fields,
  managers: Managers,
  who: Omit<Manager, 'fields'>,
  versions: Versions,
): Managers {
  for (const { apiVersion } of managers.values()) {
    if (apiVersion === who.apiVersion) continue;
    const changeAt = comparer(before, after, who.apiVersion, versions);
    return withTaken(release(fitted(managers, versions), undefined, changeAt), changeAt(who.apiVersion)!.changed, who);
  }
  return updateInOneVersion(before, after, managers, who, versions);
}

/** What an update comes to: whose fields are which then. The same change of what the same managers own comes to the same, whenever it happens. */
interface Outcome {
  readonly removed: FieldSet;
  readonly type: StructType;
  readonly filter: Filter;
  /** Undefined if nobody's fields change. */
  readonly owned: readonly { readonly id: string; readonly fields: FieldSet; readonly isWriter: boolean }[] | undefined;
  /** What it came to last: many objects change alike within a second. */
  last?: { readonly before: Managers; readonly time: string | undefined; readonly after: Managers };
}

/** Whose fields are which, whatever the times. */
class Ownership {
  readonly #next = new Map<string, WeakMap<FieldSet, Ownership>>();
  /** By who changed what. */
  readonly outcomes = new Map<string, WeakMap<FieldSet, Outcome>>();

  and(id: string, fields: FieldSet): Ownership {
    let byFields = this.#next.get(id);
    if (!byFields) this.#next.set(id, (byFields = new WeakMap()));
    let next = byFields.get(fields);
    if (!next) byFields.set(fields, (next = newOwnership()));
    return next;
  }
}

const MAX_OWNERSHIPS = 10_000;
let nobodys = new Ownership();
let ownerships = 0;
let known = new WeakMap<Managers, Ownership>();

/** When there are too many, all are forgotten. */
function newOwnership(): Ownership {
  if (++ownerships > MAX_OWNERSHIPS) [nobodys, ownerships, known] = [new Ownership(), 0, new WeakMap()];
  return new Ownership();
}

function ownershipOf(managers: Managers): Ownership {
  let ownership = known.get(managers);
  if (!ownership) {
    ownership = nobodys;
    for (const [id, { fields }] of managers) ownership = ownership.and(id, fields);
    known.set(managers, ownership);
  }
  return ownership;
}

const MAX_WRITERS = 1000;

function updateInOneVersion(before: Fields, after: Fields, managers: Managers, who: Omit<Manager, 'fields'>, versions: Versions): Managers {
  const filter = versions.filterOf(who.apiVersion);
  const type = versions.typeOf(who.apiVersion)!;
  const change = compareWith(filter, before, after, type);
  const { outcomes } = ownershipOf(managers);
  const writer = `${who.name} ${who.operation} ${who.apiVersion} ${who.subresource}`;
  let byChange = outcomes.get(writer);
  if (!byChange) {
    if (outcomes.size >= MAX_WRITERS) outcomes.clear();
    outcomes.set(writer, (byChange = new WeakMap()));
  }
  let outcome = byChange.get(change.changed);
  if (!outcome || outcome.removed !== change.removed || outcome.type !== type || outcome.filter !== filter) {
    const left = filtered(change, filter);
    const owners = release(fitted(managers, versions), undefined, () => left);
    const updated = withTaken(owners, left.changed, who);
    const owned = [...updated].map(([id, { fields }]) => ({ id, fields, isWriter: updated !== owners && id === identityOf(who) }));
    outcome = { removed: change.removed, type, filter, owned: updated === managers ? undefined : owned };
    byChange.set(change.changed, outcome);
  }
  return carryOut(outcome, managers, who);
}

function carryOut(outcome: Outcome, managers: Managers, who: Omit<Manager, 'fields'>): Managers {
  const { owned, last } = outcome;
  if (!owned) return managers;
  if (last?.before === managers && last.time === who.time) return last.after;
  const after = new Map<string, Manager>();
  for (const { id, fields, isWriter } of owned) {
    const manager = managers.get(id)!;
    after.set(id, isWriter ? { ...who, fields } : manager.fields === fields ? manager : { ...manager, fields });
  }
  outcome.last = { before: managers, time: who.time, after };
  return after;
}

function withTaken(managers: Managers, changed: FieldSet, who: Omit<Manager, 'fields'>): Managers {
  const taken = difference(changed, STRIPPED);
  if (isEmpty(taken)) return managers;
  const id = identityOf(who);
  const known = managers.get(id);
  return new Map(managers).set(id, { ...who, fields: known ? union(taken, known.fields) : taken });
}

export interface Applied {
  /** Undefined if the object is as it was. Not decoded. */
  readonly object: Fields | undefined;
  readonly managers: Managers;
}

/** An apply by `who`. Unless `force`d, what others own and would get another value is given as conflicts. */
export function applyManagers(
  live: Fields,
  config: Fields,
  managers: Managers,
  who: Omit<Manager, 'fields'>,
  force: boolean,
  versions: Versions,
): Applied | { readonly conflicts: readonly Conflict[] } {
  const { apiVersion } = who;
  const type = versions.typeOf(apiVersion)!;
  const id = identityOf(who);
  const fit = fitted(managers, versions);
  const last = fit.get(id);
  const given = applyFilter(fieldsOf(config, type), versions.filterOf(apiVersion));
  const owners = new Map(fit).set(id, { ...who, fields: given });
  const merged = merge(live, config, type) as Fields;
  const object = last && !isEmpty(last.fields) ? prune(merged, owners, id, last, versions) : merged;

  const changeAt = comparer(live, object, apiVersion, versions);
  if (!force) {
    const conflicts = conflictsOf(owners, id, changeAt);
    if (conflicts.length) return { conflicts };
  }
  const left = new Map(release(owners, id, changeAt));
  const fields = difference(given, STRIPPED);
  if (isEmpty(fields)) left.delete(id);
  else left.set(id, { ...who, fields, time: last?.time });
  return { object: isEqual(live, object) ? undefined : object, managers: left };
}

/** In the order of the managers' identities. */
function conflictsOf(managers: Managers, self: string, changeAt: (apiVersion: string) => Change | undefined): Conflict[] {
  const conflicts: Conflict[] = [];
  for (const id of [...managers.keys()].sort()) {
    if (id === self) continue;
    const manager = managers.get(id)!;
    const change = changeAt(manager.apiVersion);
    if (!change) continue;
    for (const path of pathsOf(intersection(manager.fields, change.changed))) conflicts.push({ id, manager, path });
  }
  return conflicts;
}

/** Takes out what `self` applied last time and does not now, unless somebody owns it, or owns something in it. */
function prune(merged: Fields, managers: Managers, self: string, last: Manager, versions: Versions): Fields {
  const { apiVersion } = managers.get(self)!;
  const version = last.apiVersion;
  const type = versions.typeOf(version);
  const atLast = convertOr(merged, apiVersion, version, versions);
  if (!type || !atLast) return merged;
  const lastFields = withNamedFields(last.fields, type);
  const pruned = addBackOwned(atLast, remove(atLast, type, lastFields), version, managers, versions);
  const have = withNamedFields(fieldsOf(pruned, type), type);
  const had = withNamedFields(fieldsOf(atLast, type), type);
  const dangling = intersection(difference(had, have), lastFields);
  return convertOr(remove(atLast, type, dangling), version, apiVersion, versions)!;
}

const remove = (object: Fields, type: StructType, fields: FieldSet): Fields => (removeFields(object, type, fields) ?? {}) as Fields;

/** Version by version, that of the pruned object first. */
function addBackOwned(merged: Fields, pruned: Fields, version: string, managers: Managers, versions: Versions): Fields {
  const owned = new Map<string, FieldSet>([[version, EMPTY]]);
  for (const { apiVersion, fields } of managers.values()) owned.set(apiVersion, union(owned.get(apiVersion) ?? EMPTY, fields));
  let at = version;
  for (const [to, fields] of owned) {
    const [all, left] = [convertOr(merged, version, to, versions), convertOr(pruned, at, to, versions)];
    const type = versions.typeOf(to);
    if (!all || !left || !type) continue;
    const kept = union(withNamedFields(fieldsOf(left, type), type), withNamedFields(fields, type));
    pruned = remove(all, type, difference(withNamedFields(fieldsOf(all, type), type), kept));
    at = to;
  }
  return convertOr(pruned, at, version, versions)!;
}
