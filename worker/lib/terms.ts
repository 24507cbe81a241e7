// Which keys were written with which terms. Most terms are one key's alone (an owner of one pod, an address, a message): these take no list. A few keys are a list
// in order, which is what is asked for; many are a set, which is put in order when it is.

type Keys = string | string[] | Set<string>;

const FEW_KEYS = 24;

export class Terms {
  readonly #keys = new Map<string, Keys>();

  /** In order. The list is good until the next change. */
  keysOf(term: string): readonly string[] {
    const keys = this.#keys.get(term);
    if (keys === undefined) return NONE;
    if (typeof keys === 'string') return [keys];
    return Array.isArray(keys) ? keys : [...keys].sort();
  }

  has(term: string): boolean {
    return this.#keys.has(term);
  }

  count(term: string): number {
    const keys = this.#keys.get(term);
    if (keys === undefined) return 0;
    if (typeof keys === 'string') return 1;
    return Array.isArray(keys) ? keys.length : keys.size;
  }

  /** A key's terms are others now; only what differs is touched. */
  change(key: string, before: readonly string[], after: readonly string[]): void {
    if (before.length === 0) for (let i = 0; i < after.length; i++) this.#add(after[i]!, key);
    else if (after.length === 0) for (let i = 0; i < before.length; i++) this.#delete(before[i]!, key);
    else if (!areSame(before, after)) {
      const [had, has] = [containing(before), containing(after)];
      for (const term of before) if (!has(term)) this.#delete(term, key);
      for (const term of after) if (!had(term)) this.#add(term, key);
    }
  }

  #add(term: string, key: string): void {
    const keys = this.#keys.get(term);
    if (keys === undefined) this.#keys.set(term, key);
    else if (typeof keys === 'string') {
      if (keys !== key) this.#keys.set(term, keys < key ? [keys, key] : [key, keys]);
    } else if (!Array.isArray(keys)) keys.add(key);
    else if (keys.length >= FEW_KEYS) this.#keys.set(term, new Set(keys).add(key));
    else insert(keys, key);
  }

  #delete(term: string, key: string): void {
    const keys = this.#keys.get(term);
    if (keys === key) this.#keys.delete(term);
    else if (Array.isArray(keys)) {
      const at = keys.indexOf(key);
      if (at < 0) return;
      if (keys.length === 2) this.#keys.set(term, keys[1 - at]!);
      else keys.splice(at, 1);
    } else if (typeof keys === 'object' && keys.delete(key) && keys.size === 0) this.#keys.delete(term);
  }
}

const NONE: readonly string[] = [];

/** Mostly behind the last: names are given in order of time. */
function insert(keys: string[], key: string): void {
  let at = keys.length;
  while (at > 0 && keys[at - 1]! > key) at--;
  if (keys[at - 1] === key) return;
  if (at === keys.length) keys.push(key);
  else keys.splice(at, 0, key);
}

function areSame(before: readonly string[], after: readonly string[]): boolean {
  if (before.length !== after.length) return false;
  for (let i = 0; i < before.length; i++) if (before[i] !== after[i]) return false;
  return true;
}

const FEW = 32;

function containing(terms: readonly string[]): (term: string) => boolean {
  if (terms.length <= FEW) return (term) => terms.includes(term);
  const all = new Set(terms);
  return (term) => all.has(term);
}
