// Entries of managedFields that nobody has asked for yet. A cluster that catches up with a day writes thousands of states that nobody will ever see; who owns
// which of their fields is worked out when somebody looks, or when a state is saved, and of most never.

import { TRUSTED } from '../../api/metadata-validation.ts';
import type { KubeObject, ManagedFieldsEntry } from '../../api/object.ts';

type Entries = ManagedFieldsEntry[];

/**
 * A list like any other, that is filled by what `run` makes of `update` at its first use: at the latest, when it becomes text, and then without the field if
 * nobody owns anything.
 * `base` are the entries that `run` begins with; they may be waiting themselves. structuredClone refuses such a list; `clone` of lib/json.ts does not.
 */
export function entriesLater<T>(base: Entries, update: T, run: (update: T) => Entries | undefined): Entries {
  return new Proxy<Entries>([], new Later(base, update, run as (update: unknown) => Entries | undefined));
}

/** The entries themselves, so that the same ones are the same. */
export function entriesNow(list: Entries): Entries {
  return laterOf(list)?.entries ?? list;
}

/** An object without a list that waits, for its text. */
export function settled(value: unknown): unknown {
  const { metadata } = value as Partial<KubeObject>;
  const entries = metadata?.managedFields && laterOf(metadata.managedFields)?.entries;
  if (!entries) return value;
  const next = { ...metadata, managedFields: entries };
  if (!entries.length) Reflect.deleteProperty(next, 'managedFields');
  return { ...(value as object), metadata: next };
}

/** Under this key a list that waits gives what fills it: cheaper than a map that the engine's collector has to follow. */
const LATER = Symbol('later');
const laterOf = (list: Entries): Later | undefined => (list as { [LATER]?: Later })[LATER];

class Later implements ProxyHandler<Entries> {
  #base: Entries | undefined;
  #update: unknown;
  readonly #run: (update: unknown) => Entries | undefined;
  #entries: Entries | undefined;
  #isFilled = false;

  constructor(base: Entries, update: unknown, run: (update: unknown) => Entries | undefined) {
    this.#base = base;
    this.#update = update;
    this.#run = run;
  }

  get entries(): Entries {
    if (this.#entries) return this.#entries;
    const waiting: Later[] = [this];
    for (let before = laterOf(this.#base!); before && !before.#entries; before = laterOf(before.#base!)) waiting.push(before);
    for (const one of waiting.reverse()) {
      one.#entries = one.#run(one.#update) ?? [];
      one.#base = one.#update = undefined;
    }
    return this.#entries!;
  }

  #fill(target: Entries): Entries {
    if (!this.#isFilled) target.push(...this.entries);
    this.#isFilled = true;
    return target;
  }

  get(target: Entries, key: string | symbol): unknown {
    if (key === LATER) return this;
    if (key === TRUSTED) return true;
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
