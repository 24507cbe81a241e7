// Entries of managedFields that nobody has asked for yet. A cluster that catches up with a day writes thousands of states that nobody will ever see; who owns
// which of their fields is worked out when somebody looks, or when a state is saved, and of most never.

import type { ManagedFieldsEntry } from '../../api/object.ts';

type Entries = ManagedFieldsEntry[];

/**
 * A list like any other, that is filled by `run` at its first use: at the latest, when it becomes text, and then without the field if nobody owns anything.
 * `base` are the entries that `run` begins with; they may be waiting themselves. structuredClone refuses such a list; `clone` of lib/json.ts does not.
 */
export function entriesLater(base: Entries, run: () => Entries | undefined): Entries {
  const later = new Later(base, run);
  const list = new Proxy<Entries>([], later);
  known.set(list, later);
  return list;
}

/** The entries themselves, so that the same ones are the same. */
export function entriesNow(list: Entries): Entries {
  return known.get(list)?.entries ?? list;
}

const known = new WeakMap<Entries, Later>();

class Later implements ProxyHandler<Entries> {
  #base: Entries | undefined;
  #run: (() => Entries | undefined) | undefined;
  #entries: Entries | undefined;
  #isFilled = false;

  constructor(base: Entries, run: () => Entries | undefined) {
    this.#base = base;
    this.#run = run;
  }

  get entries(): Entries {
    if (this.#entries) return this.#entries;
    const waiting: Later[] = [this];
    for (let before = known.get(this.#base!); before && !before.#entries; before = known.get(before.#base!)) waiting.push(before);
    for (const one of waiting.reverse()) {
      one.#entries = one.#run!() ?? [];
      one.#base = one.#run = undefined;
    }
    return this.#entries!;
  }

  #fill(target: Entries): Entries {
    if (!this.#isFilled) target.push(...this.entries);
    this.#isFilled = true;
    return target;
  }

  get(target: Entries, key: string | symbol): unknown {
    const filled = this.#fill(target);
    return key === 'toJSON' ? () => (filled.length ? filled : undefined) : (Reflect.get(filled, key) as unknown);
  }

  has(target: Entries, key: string | symbol): boolean {
    return Reflect.has(this.#fill(target), key);
  }

  ownKeys(target: Entries): (string | symbol)[] {
    return Reflect.ownKeys(this.#fill(target));
  }

  getOwnPropertyDescriptor(target: Entries, key: string | symbol): PropertyDescriptor | undefined {
    return Reflect.getOwnPropertyDescriptor(this.#fill(target), key);
  }

  preventExtensions(target: Entries): boolean {
    return Reflect.preventExtensions(this.#fill(target));
  }
}
