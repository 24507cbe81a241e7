// Go's `omitempty`: fields that hold nothing are not written.

import { isRecord } from './json.ts';

type NonEmpty<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** A copy without the fields that are undefined, zero, false, '', [] or {}. Pointers that may hold zero are to be added after it. */
export function omitEmpty<T extends object>(value: T): NonEmpty<T> {
  const out: Record<string, unknown> = {};
  for (const key in value) {
    const field: unknown = value[key];
    if (!isEmpty(field)) out[key] = field;
  }
  return out as NonEmpty<T>;
}

function isEmpty(value: unknown): boolean {
  if (Array.isArray(value)) return value.length === 0;
  if (isRecord(value)) {
    for (const _ in value) return false;
    return true;
  }
  return value === undefined || value === null || value === 0 || value === '' || value === false;
}
