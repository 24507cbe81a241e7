// The columns that a CRD's printer columns make. Mirrors apiextensions-apiserver pkg/registry/customresource/tableconvertor.

import type { CustomResourceColumnDefinition } from '../../api/gen/apiextensions-v1.ts';
import { age, AGE_COLUMN, NAME_COLUMN } from '../../api/resource.ts';
import type { Column } from '../../api/resource.ts';
import { formatFloat, goJson } from '../../lib/go-format.ts';
import { parseJsonPath } from '../../lib/json-path.ts';
import { parseTime } from '../../lib/time.ts';

const CREATED: CustomResourceColumnDefinition = {
  name: 'Age',
  type: 'date',
  description: AGE_COLUMN.description,
  jsonPath: '.metadata.creationTimestamp',
};

export function customColumns(given: readonly CustomResourceColumnDefinition[] | undefined): Column[] {
  const columns: Column[] = [NAME_COLUMN];
  try {
    for (const one of given?.length ? given : [CREATED]) columns.push(columnOf(one));
  } catch {
    return [NAME_COLUMN, columnOf(CREATED)]; // a path that is none, as upstream
  }
  return columns;
}

function columnOf({ name, type, format = '', description, priority = 0, jsonPath }: CustomResourceColumnDefinition): Column {
  const find = parseJsonPath(jsonPath);
  return {
    name,
    type: type as Column['type'],
    format,
    description: description || `Custom resource definition column (in JSONPath format): ${jsonPath}`,
    priority,
    value: (object, now) => {
      const found = find(object);
      return found.length ? cell(type, found[0], now) : null;
    },
  };
}

function cell(type: string, value: unknown, now: number): unknown {
  switch (type) {
    case 'string':
      return printed(value);
    case 'integer':
      return typeof value === 'number' ? Math.trunc(value) : null;
    case 'number':
      return typeof value === 'number' ? value : null;
    case 'boolean':
      return typeof value === 'boolean' ? value : null;
    case 'date':
      if (typeof value !== 'string') return null;
      return value !== '' && parseTime(value) === undefined ? '<invalid>' : age(value || null, now);
    default:
      return null;
  }
}

/** As kubectl's JSONPath prints a value. */
export function printed(value: unknown): string {
  if (typeof value === 'string') return value;
  if (value === null) return '<nil>';
  if (typeof value === 'number') return Number.isInteger(value) ? String(value) : formatFloat(value);
  return typeof value === 'object' ? goJson(value) : String(value);
}
