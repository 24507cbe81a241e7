// Takes what a schema does not name out of a value, in a copy with its fields by name. Mirrors apiextensions-apiserver pkg/apiserver/schema/pruning,
// defaulting (PruneNonNullableNullsWithoutDefaults) and objectmeta (the metadata of embedded objects).

import { isRecord, setOwn } from '../../lib/json.ts';
import { isEmbedded, isIdleNull, isMap, itemsOf, META_FIELDS, preservesUnknown, propertyOf, valuesOf } from './schema.ts';
import type { Schema } from './schema.ts';

/** Reads metadata as Go's ObjectMeta; throws what the registry's decoder does. */
export type ReadMetadata = (value: unknown) => { readonly object: Record<string, unknown>; readonly unknown: readonly string[] };

export interface Pruning {
  /** Paths of what was taken out, `spec.extra`. */
  readonly unknown: string[];
  readonly readMetadata: ReadMetadata;
}

/** `path` is where the value is, '' at the root. */
export function prune(value: unknown, schema: Schema | undefined, pruning: Pruning, path = ''): unknown {
  if (!schema || !preservesUnknown(schema)) return pruneAll(value, schema, pruning, path);
  return keepUnknown(value, schema, pruning, path);
}

function pruneAll(value: unknown, schema: Schema | undefined, pruning: Pruning, path: string): unknown {
  if (Array.isArray(value)) {
    const items = schema && itemsOf(schema);
    return value.map((item: unknown, i) => prune(item, items, pruning, `${path}[${i}]`));
  }
  if (!isRecord(value)) return value;
  const out: Record<string, unknown> = {};
  for (const key of Object.keys(value).sort()) {
    const at = path ? `${path}.${key}` : key;
    const known = schema && knownField(schema, key);
    if (!known) {
      if (path || !META_FIELDS.has(key)) pruning.unknown.push(at);
      continue;
    }
    put(out, key, value[key], known, pruning, at);
  }
  return out;
}

/** A schema that keeps what it does not name prunes inside what it does. */
function keepUnknown(value: unknown, schema: Schema | undefined, pruning: Pruning, path: string): unknown {
  if (Array.isArray(value)) {
    const items = schema && itemsOf(schema);
    return value.map((item: unknown, i) => keepUnknown(item, items, pruning, `${path}[${i}]`));
  }
  if (!isRecord(value)) return value;
  const out: Record<string, unknown> = {};
  for (const key of Object.keys(value).sort()) {
    const known = (schema && knownField(schema, key)) ?? 'free';
    put(out, key, value[key], known, pruning, path ? `${path}.${key}` : key);
  }
  return out;
}

/** What is known of a field: its schema, that it is the server's (`meta`), that it may be anything (`free`), or that it holds nothing that is known. */
type Known = { readonly schema: Schema | undefined } | 'meta' | 'free';

function knownField(schema: Schema, key: string): Known | undefined {
  if (isEmbedded(schema) && META_FIELDS.has(key)) return 'meta';
  const property = propertyOf(schema, key);
  if (property) return { schema: property };
  return isMap(schema) ? { schema: valuesOf(schema) } : undefined;
}

function put(out: Record<string, unknown>, key: string, value: unknown, known: Known, pruning: Pruning, path: string): void {
  if (known === 'free') return setOwn(out, key, keepUnknown(value, undefined, pruning, path));
  if (known === 'meta') return setOwn(out, key, key === 'metadata' && path !== 'metadata' ? embedded(value, pruning, path) : value);
  if (isIdleNull(value, known.schema) && known.schema!.default === undefined) return;
  setOwn(out, key, prune(value, known.schema, pruning, path));
}

/** The metadata of an object inside an object. */
function embedded(value: unknown, { readMetadata, unknown }: Pruning, path: string): unknown {
  const read = readMetadata(value);
  for (const one of read.unknown) unknown.push(`${path}.${one}`);
  const { creationTimestamp, ...rest } = read.object;
  return creationTimestamp ? read.object : rest;
}

/** Whether `prune` and `fillDefaults` would leave a value as it is. */
export function isSettled(value: unknown, schema: Schema | undefined): boolean {
  if (schema && preservesUnknown(schema)) return isSettledOpen(value, schema);
  if (Array.isArray(value)) {
    const items = schema && itemsOf(schema);
    return value.every((item) => !isIdleNull(item, items) && isSettled(item, items));
  }
  if (!isRecord(value)) return true;
  for (const key in value) {
    const known = schema && knownField(schema, key);
    if (!known || !isSettledField(value[key], known)) return false;
  }
  return hasDefaults(value, schema);
}

function isSettledOpen(value: unknown, schema: Schema | undefined): boolean {
  if (Array.isArray(value)) {
    const items = schema && itemsOf(schema);
    return value.every((item) => isSettledOpen(item, items));
  }
  if (!isRecord(value) || !schema) return true;
  for (const key in value) {
    const known = knownField(schema, key);
    if (known && !isSettledField(value[key], known)) return false;
  }
  return hasDefaults(value, schema);
}

const isSettledField = (value: unknown, known: Known): boolean =>
  typeof known === 'string' || (!isIdleNull(value, known.schema) && isSettled(value, known.schema));

function hasDefaults(value: Record<string, unknown>, schema: Schema | undefined): boolean {
  const { properties } = schema ?? {};
  for (const key in properties) if (properties[key]!.default !== undefined && !Object.hasOwn(value, key)) return false;
  return true;
}
