// Whether JSON data fits a type, where upstream goes from maps to structs without text in between (a strategic merge patch, a server-side apply), in the
// words of apimachinery pkg/runtime/converter.go. What types with a JSON form of their own (quantities, times) say, decode.ts says.
// Differs: a number too large for its field is refused by decode.ts, where upstream lets it wrap around.

import type { ScalarType, Type } from '../api/schema.ts';
import { isRecord } from '../lib/json.ts';

/** The first problem, or undefined. */
export function unstructuredProblem(value: unknown, type: Type): string | undefined {
  if (value === null || value === undefined) return undefined;
  switch (type.kind) {
    case 'struct':
      if (!isRecord(value)) return `cannot restore struct from: ${kindOf(value)}`;
      for (const [name, field] of type.fields) {
        const problem = Object.hasOwn(value, name) ? unstructuredProblem(value[name], field.type) : undefined;
        if (problem) return problem;
      }
      return undefined;
    case 'map':
      if (!isRecord(value)) return `cannot restore map from ${kindOf(value)}`;
      return first(Object.values(value), type.of);
    case 'list':
      return Array.isArray(value) ? first(value, type.of) : `cannot restore slice from ${kindOf(value)}`;
    default:
      return scalarProblem(value, type);
  }
}

function first(values: readonly unknown[], type: Type): string | undefined {
  for (const value of values) {
    const problem = unstructuredProblem(value, type);
    if (problem) return problem;
  }
  return undefined;
}

function scalarProblem(value: unknown, { kind }: ScalarType): string | undefined {
  const given = kindOf(value);
  switch (kind) {
    case 'string':
      if (given === 'string') return undefined;
      return given === 'int64' ? 'cannot convert int64 to string' : 'unrecognized type: string';
    case 'bool':
      return given === 'bool' ? undefined : 'unrecognized type: bool';
    case 'int32':
    case 'int64':
    case 'uint32':
      if (given === 'int64') return undefined;
      return given === 'float64' ? `cannot convert float64 to ${kind}` : `unrecognized type: ${kind}`;
    case 'float64':
      return typeof value === 'number' ? undefined : 'unrecognized type: float64';
    case 'bytes':
      return given === 'string' ? undefined : `cannot restore slice from ${given}`;
    default:
      return undefined;
  }
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'slice';
  if (typeof value === 'number') return Number.isInteger(value) ? 'int64' : 'float64';
  if (typeof value === 'boolean') return 'bool';
  return typeof value === 'string' ? 'string' : 'map';
}
