// The managers of an object's fields, as entries of metadata.managedFields and as we work with them. Mirrors apimachinery
// pkg/util/managedfields/internal: managedfields.go, buildmanagerinfo.go, capmanagers.go.

import type { ManagedFieldsEntry } from '../../api/object.ts';
import { goQuote } from '../../lib/go-format.ts';
import { EMPTY, readFieldSet, union } from './field-set.ts';
import type { FieldSet } from './field-set.ts';
import { FieldsError } from './path-element.ts';

export interface Manager {
  readonly name: string;
  readonly operation: 'Apply' | 'Update';
  /** The version that the fields are of. */
  readonly apiVersion: string;
  readonly subresource: string;
  readonly fields: FieldSet;
  readonly time: string | undefined;
}

/** By identity. */
export type Managers = ReadonlyMap<string, Manager>;

/** Who somebody is: whoever applies stays the same in every version. The order of these texts is that of conflicts. */
export function identityOf({ name, operation, apiVersion, subresource }: Omit<Manager, 'fields' | 'time'>): string {
  const parts: Record<string, string> = {};
  if (name) parts['manager'] = name;
  parts['operation'] = operation;
  if (operation === 'Update' && apiVersion) parts['apiVersion'] = apiVersion;
  if (subresource) parts['subresource'] = subresource;
  return JSON.stringify(parts);
}

export const NOBODY: Managers = new Map();

const decoded = new WeakMap<readonly ManagedFieldsEntry[], Managers>();

/** Throws FieldsError for what is no list of managers. */
export function decodeManagers(entries: readonly ManagedFieldsEntry[] | undefined): Managers {
  if (!entries?.length) return NOBODY;
  const known = decoded.get(entries);
  if (known) return known;
  const managers = new Map<string, Manager>();
  for (const [i, entry] of entries.entries()) {
    const manager = decodeManager(entry, i);
    managers.set(identityOf(manager), manager);
  }
  decoded.set(entries, managers);
  return managers;
}

/** The same; nobody for what cannot be read. */
export function decodeManagersOr(entries: readonly ManagedFieldsEntry[] | undefined): Managers {
  try {
    return decodeManagers(entries);
  } catch (error) {
    if (error instanceof FieldsError) return NOBODY;
    throw error;
  }
}

function decodeManager(entry: ManagedFieldsEntry, i: number): Manager {
  const { manager = '', operation, apiVersion = '', fieldsType = '', fieldsV1, time, subresource = '' } = entry;
  if (operation !== 'Apply' && operation !== 'Update') throw new FieldsError('operation must be `Apply` or `Update`');
  if (!apiVersion) throw new FieldsError('apiVersion must not be empty');
  if (!fieldsType) throw new FieldsError(`missing fieldsType in managed fields entry ${i}`);
  if (fieldsType !== 'FieldsV1') throw new FieldsError(`invalid fieldsType ${goQuote(fieldsType)} in managed fields entry ${i}`);
  return { name: manager, operation, apiVersion, subresource, fields: fieldsV1 == null ? EMPTY : readFieldSet(fieldsV1), time };
}

/** In upstream's order: those who apply first, then by time. */
export function encodeManagers(managers: Managers): ManagedFieldsEntry[] {
  let entries = encoded.get(managers);
  if (!entries) {
    entries = [...managers.values()].sort(compareManagers).map(encodeManager);
    encoded.set(managers, entries);
    decoded.set(entries, managers);
  }
  return entries;
}

const encoded = new WeakMap<Managers, ManagedFieldsEntry[]>();

function encodeManager({ name, operation, apiVersion, subresource, fields, time }: Manager): ManagedFieldsEntry {
  const entry = (name ? { manager: name, operation, apiVersion } : { operation, apiVersion }) as ManagedFieldsEntry;
  if (time !== undefined) entry.time = time;
  entry.fieldsType = 'FieldsV1';
  entry.fieldsV1 = fields;
  if (subresource) entry.subresource = subresource;
  return entry;
}

function compareManagers(a: Manager, b: Manager): number {
  return (
    order(a.operation, b.operation) ||
    order(a.time ?? '', b.time ?? '') ||
    order(a.name, b.name) ||
    order(a.apiVersion, b.apiVersion) ||
    order(a.subresource, b.subresource)
  );
}

/** Times are of one form, so that their texts sort as they do. */
const order = (a: string, b: string): number => (a === b ? 0 : a < b ? -1 : 1);

const MAX_UPDATERS = 10;
const BUCKET = 'ancient-changes';

/** Those who update are at most ten: the oldest of a version are put together. */
export function capUpdaters(managers: Managers): Managers {
  if (managers.size <= MAX_UPDATERS) return managers;
  let count = 0;
  for (const { operation } of managers.values()) if (operation === 'Update') count++;
  if (count <= MAX_UPDATERS) return managers;
  const updaters = [...managers]
    .filter(([, { operation }]) => operation === 'Update')
    .sort(([idA, a], [idB, b]) => order(a.time ?? '', b.time ?? '') || order(idA, idB));
  const capped = new Map(managers);
  const first = new Map<string, string>();
  for (const [id, manager] of updaters) {
    if (count <= MAX_UPDATERS) break;
    const { apiVersion, fields, time } = manager;
    const oldest = first.get(apiVersion);
    if (oldest === undefined) {
      first.set(apiVersion, id);
      continue;
    }
    const bucket: Omit<Manager, 'fields'> = { name: BUCKET, operation: 'Update', apiVersion, subresource: '', time };
    const bucketId = identityOf(bucket);
    let held = capped.get(bucketId);
    if (!held) {
      held = capped.get(oldest)!;
      capped.delete(oldest);
    }
    if (id !== bucketId) capped.delete(id);
    capped.set(bucketId, { ...bucket, fields: union(fields, held.fields) });
    count--;
  }
  return capped;
}
