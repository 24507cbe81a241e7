// Defaults that the schema itself states (`default="TCP"`), filled in wherever the structure has them. What depends on more than
// one field is a kind's own `default`.

import { clone, isRecord } from '../lib/json.ts';
import type { StructType, Type } from '../api/schema.ts';

interface Plan {
  readonly own: readonly { name: string; value: unknown }[];
  readonly nested: readonly { name: string; type: Type }[];
}

const plans = new WeakMap<StructType, Plan | undefined>();

/** Fills in absent fields, in place. */
export function applySchemaDefaults(value: unknown, type: Type): void {
  switch (type.kind) {
    case 'struct': {
      const plan = planOf(type);
      if (!plan || !isRecord(value)) return;
      for (const { name, value: fallback } of plan.own)
        if (value[name] === undefined || value[name] === null) value[name] = clone(fallback);
      for (const { name, type: of } of plan.nested) if (value[name] !== undefined) applySchemaDefaults(value[name], of);
      return;
    }
    case 'list':
      if (Array.isArray(value) && hasDefaults(type.of)) for (const item of value) applySchemaDefaults(item, type.of);
      return;
    case 'map':
      if (isRecord(value) && hasDefaults(type.of)) for (const key in value) applySchemaDefaults(value[key], type.of);
      return;
    default:
  }
}

/** Undefined for a type that holds no default anywhere, so that whole branches are skipped. */
function planOf(type: StructType): Plan | undefined {
  if (plans.has(type)) return plans.get(type);
  plans.set(type, undefined); // while it is being made, for types that hold themselves
  const fields = [...type.fields.values()];
  const own = fields
    .filter((field) => field.default !== undefined && (field.pointer || !isZeroDefault(field.default)))
    .map(({ name, default: value }) => ({ name, value }));
  const nested = fields.filter((field) => hasDefaults(field.type)).map(({ name, type: of }) => ({ name, type: of }));
  const plan = own.length || nested.length ? { own, nested } : undefined;
  plans.set(type, plan);
  return plan;
}

/** Stated by upstream for the published schema only: the value that Go has anyway, unless there is a pointer to it. */
const isZeroDefault = (value: unknown): boolean => value === '' || value === 0;

function hasDefaults(type: Type): boolean {
  if (type.kind === 'list' || type.kind === 'map') return hasDefaults(type.of);
  return type.kind === 'struct' && planOf(type) !== undefined;
}
