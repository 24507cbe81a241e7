// Values as they appear inside Kubernetes' messages: its unversioned types in JSON, with Go's field names and every zero value. See internal-types.ts.

import { goJson } from '../../lib/go-format.ts';
import { isRecord } from '../../lib/json.ts';
import { unifiedDiff } from '../../lib/unified-diff.ts';
import table from './internal-types.ts';

interface InternalField {
  readonly goName: string;
  /** In v1. */
  readonly name: string;
  readonly kind: 'bool' | 'list' | 'map' | 'metadata' | 'number' | 'pointer' | 'quantity' | 'struct' | 'text';
  readonly of: string;
}

let types: Map<string, InternalField[]> | undefined;

function fieldsOf(type: string): InternalField[] {
  types ??= new Map(
    table
      .trim()
      .split(/\n(?! )/)
      .map((row) => row.split(/\s+/))
      .map(([name = '', ...fields]) => [name, fields.map(parseField)]),
  );
  const fields = types.get(type);
  if (!fields) throw new Error(`no internal type ${type}`);
  return fields;
}

function parseField(text: string): InternalField {
  if (text.startsWith('~')) return { goName: '', name: 'metadata', kind: 'metadata', of: '' };
  const [names = '', shape = ''] = text.split(':');
  const [goName = '', name = goName.charAt(0).toLowerCase() + goName.slice(1)] = names.split('=');
  const kind = shape.startsWith('*')
    ? 'pointer'
    : shape.startsWith('[]')
      ? 'list'
      : (({ '': 'text', b: 'bool', n: 'number', q: 'quantity', '{}': 'map' } as const)[shape as ''] ?? 'struct');
  return { goName, name, kind, of: shape.replace(/^(\*|\[\])/, '') };
}

/** The internal form of a v1 value. Absent pointers, lists and maps are null. */
export function internalForm(type: string, value: unknown): Record<string, unknown> {
  const given = type === 'PodSpec' ? withHostFields(value) : isRecord(value) ? value : {};
  const out: Record<string, unknown> = {};
  for (const { goName, name, kind, of } of fieldsOf(type)) {
    if (kind === 'metadata') Object.assign(out, given[name]);
    else out[goName] = fieldForm(kind, of, given[name]);
  }
  return out;
}

function fieldForm(kind: InternalField['kind'], of: string, value: unknown): unknown {
  switch (kind) {
    case 'bool':
      return value ?? false;
    case 'number':
      return value ?? 0;
    case 'quantity':
      return value ?? '0';
    case 'text':
      return value ?? '';
    case 'struct':
      return internalForm(of, value);
    case 'list':
      return Array.isArray(value) && of ? internalList(of, value) : (value ?? null);
    case 'map':
      return isRecord(value) ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))) : null;
    default:
      return value === undefined || value === null ? null : of ? internalForm(of, value) : value;
  }
}

export const internalList = (type: string, values: readonly unknown[]): unknown[] => values.map((one) => internalForm(type, one));

/** Internally, the security context holds what v1 has beside it, and is always there. */
function withHostFields(value: unknown): Record<string, unknown> {
  const spec = isRecord(value) ? value : {};
  const { hostNetwork, hostPID, hostIPC, shareProcessNamespace, hostUsers, securityContext } = spec;
  const given = isRecord(securityContext) ? securityContext : {};
  return { ...spec, securityContext: { ...given, hostNetwork, hostPID, hostIPC, shareProcessNamespace, hostUsers } };
}

/** What changed between two v1 values, as messages about immutable fields show it. */
export const internalDiff = (type: string, before: unknown, after: unknown): string =>
  unifiedDiff(prettyForm(type, before), prettyForm(type, after));

const prettyForm = (type: string, value: unknown): string => goJson(internalForm(type, value), 1);
