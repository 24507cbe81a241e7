// Whoever sends managedFields as an empty list wants them gone; but Go, and so our canonical form, leaves an empty list out.

import { isRecord } from '../../lib/json.ts';

/** Puts the empty list back into an object read from `source`. Who stores the object replaces it (`trackUpdate`). */
export function keepReset<T extends Record<string, unknown>>(object: T, source: unknown): T {
  const given = isRecord(source) && isRecord(source['metadata']) ? source['metadata']['managedFields'] : undefined;
  const { metadata } = object;
  if (Array.isArray(given) && !given.length && isRecord(metadata)) metadata['managedFields'] = [];
  return object;
}
