// Values as they appear inside Kubernetes' messages: its unversioned types as JSON, with Go's field names and every zero value. Derived from the published
// types, whose fields those have in the same order (but for pods and volumes, which have a table of their own).

import type { Field, StructType, Type } from '../api/schema.ts';
import { isRecord } from '../lib/json.ts';
import { builtinType } from './schema/index.ts';

/** Words that Go writes in capitals. */
const INITIALISMS: Readonly<Record<string, string>> = {
  api: 'API',
  url: 'URL',
  uid: 'UID',
  id: 'ID',
  ip: 'IP',
  cidr: 'CIDR',
  ca: 'CA',
  cel: 'CEL',
};

/** `goForm('rbac.v1.RoleRef', { apiGroup: 'a', kind: 'Role', name: 'b' })` is `{APIGroup: 'a', Kind: 'Role', Name: 'b'}`. */
export const goForm = (type: string, value: unknown): unknown => formOf(builtinType(type), value);

function formOf(type: Type, value: unknown): unknown {
  switch (type.kind) {
    case 'struct':
      return structForm(type, isRecord(value) ? value : {});
    case 'list':
      return Array.isArray(value) ? value.map((item) => formOf(type.of, item)) : null;
    case 'map':
      return isRecord(value) ? Object.fromEntries(Object.entries(value).map(([key, item]) => [key, formOf(type.of, item)])) : null;
    case 'bool':
      return value ?? false;
    case 'string':
      return value ?? '';
    case 'int32':
    case 'int64':
    case 'uint32':
    case 'float64':
      return value ?? 0;
    default:
      return value ?? null;
  }
}

/** Types of meta/v1 are the same inside and outside. */
function structForm(type: StructType, value: Record<string, unknown>): unknown {
  if (type.name.startsWith('meta.')) return value;
  const out: Record<string, unknown> = {};
  for (const field of type.fields.values()) out[goName(field.name)] = fieldForm(field, value[field.name]);
  return out;
}

const fieldForm = ({ pointer, type }: Field, value: unknown): unknown =>
  pointer && (value === undefined || value === null) ? null : formOf(type, value);

function goName(name: string): string {
  const words = name.match(/^[a-z]+|[A-Z]+(?![a-z])s?|[A-Z][a-z]+|\d+/g) ?? [];
  return words.map((word) => INITIALISMS[word.toLowerCase()] ?? word.charAt(0).toUpperCase() + word.slice(1)).join('');
}
