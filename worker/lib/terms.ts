// Which keys were written with which terms. Most terms are one key's alone (an owner of one pod, an address, a message): these take no set.

export class Terms {
  readonly #keys = new Map<string, string | Set<string>>();

  /** In order. */
  keysOf(term: string): readonly string[] {
    const keys = this.#keys.get(term);
    if (keys === undefined) return NONE;
    return typeof keys === 'string' ? [keys] : [...keys].sort();
  }

  count(term: string): number {
    const keys = this.#keys.get(term);
    return keys === undefined ? 0 : typeof keys === 'string' ? 1 : keys.size;
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
    else if (typeof keys !== 'string') keys.add(key);
    else if (keys !== key) this.#keys.set(term, new Set([keys, key]));
  }

  #delete(term: string, key: string): void {
    const keys = this.#keys.get(term);
    if (keys === key) this.#keys.delete(term);
    else if (typeof keys === 'object' && keys.delete(key) && keys.size === 0) this.#keys.delete(term);
  }
}

const NONE: readonly string[] = [];

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
