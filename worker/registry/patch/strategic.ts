// Strategic merge patch: a merge patch that knows which lists are sets or maps, and takes directives. Mirrors apimachinery pkg/util/strategicpatch.
// The patch is used up on the way, as it is there: what a message shows of it is what is left.

import { goQuote } from '../../lib/go-format.ts';
import { isRecord, setOwn } from '../../lib/json.ts';
import type { Field, StructType, Type } from '../../api/schema.ts';
import { StrategicPatchError } from './strategic-error.ts';
import { mergeLists, orderLists } from './strategic-list.ts';

export const DIRECTIVE = '$patch';
const RETAIN_KEYS = '$retainKeys';
const DELETE_FROM = '$deleteFromPrimitiveList';
const SET_ORDER = '$setElementOrder';

type Fields = Record<string, unknown>;

/** A new value; the target is not changed, the patch is. Throws StrategicPatchError. */
export function applyStrategicPatch(target: Readonly<Fields>, patch: Fields, type: StructType): Fields {
  return mergeMaps(target, patch, type);
}

/** `type` is undefined below what has no type. */
export function mergeMaps(target: Readonly<Fields>, patch: Fields, type: Type | undefined): Fields {
  if (Object.hasOwn(patch, DIRECTIVE)) return applyDirective(patch);
  const out: Fields = { ...target };
  retainKeys(out, patch);
  for (const key of Object.keys(patch)) if (key.startsWith(SET_ORDER)) mergeOrdered(out, patch, key, type);
  for (const key of Object.keys(patch)) mergeEntry(out, patch, key, type);
  return out;
}

function applyDirective(patch: Fields): Fields {
  const directive = patch[DIRECTIVE];
  if (directive === 'delete') return {};
  if (directive !== 'replace') throw StrategicPatchError.unknownDirective(directive, patch);
  delete patch[DIRECTIVE];
  return patch;
}

function retainKeys(out: Fields, patch: Fields): void {
  if (!Object.hasOwn(patch, RETAIN_KEYS)) return;
  const keys = patch[RETAIN_KEYS];
  delete patch[RETAIN_KEYS];
  if (!Array.isArray(keys)) throw StrategicPatchError.badRequest('invalid patch format of retainKeys');
  const retained = new Set<unknown>(keys);
  for (const key of Object.keys(patch)) {
    if (patch[key] === null || key.startsWith(DELETE_FROM) || key.startsWith(SET_ORDER)) continue;
    if (!retained.has(key)) throw StrategicPatchError.badRequest('invalid patch format of retainKeys');
  }
  for (const key of Object.keys(out)) if (!retained.has(key)) delete out[key];
}

/** Merges a list together with what the patch says of its order; both are taken out of the patch. */
function mergeOrdered(out: Fields, patch: Fields, directive: string, type: Type | undefined): void {
  const order = patch[directive];
  delete patch[directive];
  if (!Array.isArray(order)) throw StrategicPatchError.wrongType('[]interface {}', order);
  const key = keyOf(directive, SET_ORDER);
  const [present, given] = [listAt(out, key), listAt(patch, key)];
  const list = listField(type, key);
  const ordered = orderLists(present, given, order as unknown[], list);
  if (ordered === undefined) return;
  setOwn(out, key, ordered);
  delete patch[key];
}

function listAt(map: Fields, key: string): unknown[] | undefined {
  if (!Object.hasOwn(map, key)) return undefined;
  if (!Array.isArray(map[key])) throw StrategicPatchError.wrongType('[]interface {}', map[key]);
  return map[key] as unknown[];
}

function keyOf(directive: string, prefix: string): string {
  const slash = directive.indexOf('/');
  if (slash >= 0 && directive.slice(0, slash) === prefix) return directive.slice(slash + 1);
  throw StrategicPatchError.badRequest(
    prefix === SET_ORDER ? 'invalid patch format of setElementOrder list' : 'invalid patch format of primitive list',
  );
}

function mergeEntry(out: Fields, patch: Fields, patchKey: string, type: Type | undefined): void {
  const given = patch[patchKey];
  const isDeletion = patchKey.startsWith(DELETE_FROM);
  const key = isDeletion ? keyOf(patchKey, DELETE_FROM) : patchKey;
  if (given === null) {
    delete out[key];
    return;
  }
  const present = Object.hasOwn(out, key) ? out[key] : undefined;
  const isMergeable = isDeletion || typeof present === 'object' ? kindOf(present) === kindOf(given) : false;
  if (isMergeable && isRecord(given)) {
    const { type: below, patch: strategy } = structField(type, key);
    const isReplaced = strategy !== undefined && !strategy.merge && !strategy.retainKeys;
    setOwn(out, key, isReplaced ? given : mergeMaps(present as Fields, given, below));
  } else if (isMergeable && Array.isArray(given)) {
    setOwn(out, key, mergeLists(present as unknown[], given as unknown[], listField(type, key), isDeletion));
  } else if (!isDeletion) {
    dropNulls(given);
    const kept = withoutDirectives(given);
    if (kept === undefined) delete out[key];
    else setOwn(out, key, kept);
  }
}

const kindOf = (value: unknown): string => (value === null ? 'null' : Array.isArray(value) ? 'list' : typeof value);

/** Changes the patch. */
function dropNulls(value: unknown): void {
  if (Array.isArray(value)) for (const item of value) dropNulls(item);
  if (!isRecord(value)) return;
  for (const key of Object.keys(value)) {
    if (value[key] === null) delete value[key];
    else dropNulls(value[key]);
  }
}

/** The value without maps that are directives; undefined if it is one. Changes the patch. */
export function withoutDirectives(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutDirectives).filter((item) => item !== undefined);
  if (!isRecord(value)) return value;
  if (Object.hasOwn(value, DIRECTIVE)) return undefined;
  for (const key of Object.keys(value)) {
    const kept = withoutDirectives(value[key]);
    if (kept === undefined) delete value[key];
    else setOwn(value, key, kept);
  }
  return value;
}

/** How the items of a list are merged. */
export interface ListMerge {
  /** Undefined if the type says nothing of them. */
  readonly item: Type | undefined;
  readonly merge: boolean;
  /** By which key the items are told apart; '' for scalars. */
  readonly key: string;
}

function listField(type: Type | undefined, key: string): ListMerge {
  const field = structField(type, key);
  if (field.type.kind !== 'list') throw new StrategicPatchError('expected slice or array type, but got: struct');
  return { item: field.type.of, merge: field.patch?.merge ?? false, key: field.patch?.key ?? '' };
}

function structField(type: Type | undefined, key: string): Field {
  const field = type?.kind === 'struct' ? type.fields.get(key) : undefined;
  if (field) return field;
  const name = structName(type);
  if (name) throw new StrategicPatchError(`unable to find api field in struct ${name} for the json field ${goQuote(key)}`);
  throw new StrategicPatchError(`merging an object in json but data type is not struct, instead is: ${goKind(type)}`);
}

/** Raw data is a struct too, without fields. */
function structName(type: Type | undefined): string | undefined {
  if (type?.kind === 'struct') return type.name.slice(type.name.lastIndexOf('.') + 1);
  if (type?.kind === 'RawExtension') return type.kind;
  return type?.kind === 'any' ? (type.name ?? 'JSON') : undefined;
}

const goKind = (type: Type | undefined): string => (type?.kind === 'list' ? 'slice' : (type?.kind ?? 'interface'));
