// Entries of managedFields that nobody has asked for yet. A cluster that catches up with a day writes thousands of states that nobody will ever see; who owns
// which of their fields is worked out when somebody looks, or when a state is saved, and of most never.

import type { ManagedFieldsEntry } from '../../api/object.ts';

type Entries = readonly ManagedFieldsEntry[];

interface Work {
  /** The entries from which these are made. They may be waiting themselves. */
  readonly base: Entries;
  readonly run: () => Entries | undefined;
}

/** Not yet worked out. */
const waiting = new WeakMap<Entries, Work>();
/** As they are, of those that had to be worked out. */
const settled = new WeakMap<Entries, ManagedFieldsEntry[]>();
const lists = new WeakMap<ManagedFieldsEntry[], Entries>();

/** A list like any other, that is filled by `run` at its first use: that is, at the latest, when it becomes text, and then without the field if nobody owns anything. */
export function entriesLater(base: Entries, run: () => ManagedFieldsEntry[] | undefined): ManagedFieldsEntry[] {
  const filled: ManagedFieldsEntry[] = [];
  const list = new Proxy(filled, HANDLER);
  lists.set(filled, list);
  waiting.set(list, { base, run });
  return list;
}

/** The entries themselves, so that the same ones are the same. */
export function entriesNow(list: ManagedFieldsEntry[]): ManagedFieldsEntry[] {
  const chain: Entries[] = [];
  for (let at: Entries | undefined = list; at && waiting.has(at); at = waiting.get(at)!.base) chain.push(at);
  for (const one of chain.reverse()) {
    const entries = waiting.get(one)!.run() ?? [];
    waiting.delete(one);
    settled.set(one, entries as ManagedFieldsEntry[]);
  }
  return settled.get(list) ?? list;
}

function fill(target: ManagedFieldsEntry[]): ManagedFieldsEntry[] {
  const list = lists.get(target);
  if (list) {
    lists.delete(target);
    target.push(...entriesNow(list as ManagedFieldsEntry[]));
  }
  return target;
}

const HANDLER: ProxyHandler<ManagedFieldsEntry[]> = {
  get: (target, key) => (key === 'toJSON' ? () => (fill(target).length ? target : undefined) : (Reflect.get(fill(target), key) as unknown)),
  has: (target, key) => Reflect.has(fill(target), key),
  ownKeys: (target) => Reflect.ownKeys(fill(target)),
  getOwnPropertyDescriptor: (target, key) => Reflect.getOwnPropertyDescriptor(fill(target), key),
  preventExtensions: (target) => Reflect.preventExtensions(fill(target)),
};
