// What Go writes of a value: which fields it leaves out, and what stands for one that was never set. Readers of any format end here, so that objects look
// alike however they came. Mirrors encoding/json's rules for Kubernetes' types.

import { isRecord } from '../lib/json.ts';
import type { Field, StructType, Type } from './schema.ts';

/** What is written of a field: undefined to leave it out. `value` is undefined if it was not given. */
export function keep(value: unknown, field: Field): unknown {
  const { type, omit } = field;
  if (field.pointer) return value ?? (omit === 'never' ? null : undefined);
  if (value === undefined) return omit === 'zero' || (omit === 'empty' && isOmittedWhenEmpty(type)) ? undefined : zero(type);
  if (omit === 'zero' && value === null) return undefined; // a zero time
  return omit === 'empty' && isOmittedWhenEmpty(type) && isEmpty(value) ? undefined : value;
}

/** Go's `omitempty` never leaves out a struct; times, quantities and the like are structs. */
const isOmittedWhenEmpty = (type: Type): boolean => !STRUCT_LIKE.has(type.kind);
const STRUCT_LIKE: ReadonlySet<Type['kind']> = new Set([
  'struct',
  'Quantity',
  'IntOrString',
  'Time',
  'MicroTime',
  'Duration',
  'RawExtension',
  'FieldsV1',
]);

const isEmpty = (value: unknown): boolean =>
  value === '' ||
  value === 0 ||
  value === false ||
  (Array.isArray(value) && value.length === 0) ||
  (isRecord(value) && Object.keys(value).length === 0);

/** What is written for a value that was never set. */
export function zero(type: Type): unknown {
  switch (type.kind) {
    case 'struct':
      return emptyStruct(type);
    case 'string':
      return '';
    case 'bool':
      return false;
    case 'int32':
    case 'int64':
    case 'uint32':
    case 'float64':
    case 'IntOrString':
      return 0;
    case 'Quantity':
      return '0';
    case 'Duration':
      return '0s';
    default:
      return null; // lists, maps, bytes, times, raw JSON
  }
}

function emptyStruct(type: StructType): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  for (const [name, field] of type.fields) {
    const kept = keep(undefined, field);
    if (kept !== undefined) out[name] = kept;
  }
  return out;
}
