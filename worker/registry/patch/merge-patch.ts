// JSON merge patch, RFC 7386, as the library that upstream uses takes it (evanphx/json-patch v4): nulls are left out inside new lists, too.

import { clone, isRecord, setOwn } from '../../lib/json.ts';

/** A new value; the target is not changed. `opened` gets the objects that the patch went through. */
export function applyMergePatch(
  target: Readonly<Record<string, unknown>>,
  patch: Readonly<Record<string, unknown>>,
  opened: WeakSet<object>,
): object {
  const out: Record<string, unknown> = { ...target };
  opened.add(out);
  for (const key of Object.keys(patch)) {
    const given = patch[key];
    const present = Object.hasOwn(out, key) ? out[key] : undefined;
    if (given === null) delete out[key];
    else setOwn(out, key, mergeValue(present, given, opened));
  }
  return out;
}

function mergeValue(present: unknown, given: unknown, opened: WeakSet<object>): unknown {
  if (isRecord(present)) return isRecord(given) ? applyMergePatch(present, given, opened) : clone(given);
  return withoutNulls(given, opened);
}

function withoutNulls(value: unknown, opened: WeakSet<object>): unknown {
  if (Array.isArray(value)) return value.map((item) => withoutNulls(item, opened));
  if (!isRecord(value)) return value;
  const out: Record<string, unknown> = {};
  opened.add(out);
  for (const key of Object.keys(value)) if (value[key] !== null) setOwn(out, key, withoutNulls(value[key], opened));
  return out;
}
