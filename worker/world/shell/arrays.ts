// Indexed and associative arrays: records from index to value. They grow where they are, and what is known of one is kept beside it, so that adding an element costs the same
// however many there are.

export type ArrayValue = Record<string, string>;

interface Known {
  /** The index behind the last one. */
  end: number;
  /** Whether there is a key that is no number. */
  isAssociative: boolean;
}

const known = new WeakMap<ArrayValue, Known>();

function knownOf(array: ArrayValue): Known {
  let found = known.get(array);
  if (!found) {
    known.set(array, (found = { end: 0, isAssociative: false }));
    for (const key in array) note(found, key);
  }
  return found;
}

function note(found: Known, key: string): void {
  if (/^\d+$/.test(key)) found.end = Math.max(found.end, Number(key) + 1);
  else found.isAssociative = true;
}

export const endOf = (array: ArrayValue): number => knownOf(array).end;
export const isAssociative = (array: ArrayValue): boolean => knownOf(array).isAssociative;

export function putElement(array: ArrayValue, key: string, value: string): void {
  const found = known.get(array);
  if (found) note(found, key);
  array[key] = value;
}
