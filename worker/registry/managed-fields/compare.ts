// Which fields differ between two states of an object. Parts that are the very same value are not looked into, so that a change costs what changed.
// Mirrors structured-merge-diff typed/compare.go. Values that do not fit their type are compared whole: to refuse them is validation's part.

import { isEqual, isRecord } from '../../lib/json.ts';
import type { ListType, Type } from '../../api/schema.ts';
import { BranchBuilder, EMPTY, LEAF, withSelf } from './field-set.ts';
import type { FieldSet } from './field-set.ts';
import { fieldElement } from './path-element.ts';
import { ANY, fieldType, isDeduced, itemElementOr, own } from './shape.ts';
import type { Fields } from './shape.ts';

/** Sets of fields below a value, each undefined if there are none. `changed` are added or another value. */
export interface Delta {
  readonly changed: FieldSet | undefined;
  readonly removed: FieldSet | undefined;
}

const SAME: Delta = { changed: undefined, removed: undefined };
const OTHER_VALUE: Delta = { changed: LEAF, removed: undefined };

/** What is left out of a comparison: of the object itself by name, and of its metadata. */
export interface Ignored {
  readonly fields: ReadonlySet<string>;
  readonly metadata: ReadonlySet<string>;
}

/** What differs between two objects, but for what is ignored. */
export function compareObjects(
  before: Fields,
  after: Fields,
  type: Type,
  ignored: Ignored,
): { readonly changed: FieldSet; readonly removed: FieldSet } {
  const below = (key: string, left: unknown, right: unknown): Delta => {
    if (ignored.fields.has(key)) return SAME;
    const at = fieldType(type, key) ?? ANY;
    if (key !== 'metadata' || !isRecord(left) || !isRecord(right)) return compare(left, right, at);
    return compareFields(left, right, (name, l, r) => (ignored.metadata.has(name) ? SAME : compare(l, r, fieldType(at, name) ?? ANY)));
  };
  const { changed = EMPTY, removed = EMPTY } = compareFields(before, after, below);
  return { changed, removed };
}

/** What differs between two values; undefined is a field that is not there. */
export function compare(before: unknown, after: unknown, type: Type): Delta {
  if (before === after) return SAME;
  if (before === undefined) return { changed: wholeOf(after, type), removed: undefined };
  if (after === undefined) return { changed: undefined, removed: wholeOf(before, type) };
  switch (type.kind) {
    case 'struct':
    case 'map': {
      if (type.atomic) return compareWhole(before, after);
      const [left, right] = [mapOf(before), mapOf(after)];
      if (!left || !right || (isVoid(left) && isVoid(right))) return compareWhole(before, after);
      return compareFields(left, right, (name, l, r) => compare(l, r, fieldType(type, name) ?? ANY));
    }
    case 'list': {
      if (type.list === 'atomic') return compareWhole(before, after);
      const [left, right] = [listOf(before), listOf(after)];
      if (!left || !right || (!left.length && !right.length)) return compareWhole(before, after);
      return compareItems(left, right, type);
    }
    default:
      return isDeduced(type) ? compareDeduced(before, after) : compareWhole(before, after);
  }
}

const compareWhole = (before: unknown, after: unknown): Delta => (isEqual(before, after) ? SAME : OTHER_VALUE);

/** Null is an empty map or list. Undefined for anything else. */
const mapOf = (value: unknown): Fields | undefined => (value === null ? {} : isRecord(value) ? value : undefined);
const listOf = (value: unknown): readonly unknown[] | undefined => (value === null ? [] : Array.isArray(value) ? value : undefined);

function isVoid(fields: Fields): boolean {
  for (const key in fields) if (fields[key] !== undefined) return false;
  return true;
}

/** Without a schema a map goes on by key; where one side is no map it is both a new value and other fields. */
function compareDeduced(before: unknown, after: unknown): Delta {
  const [left, right] = [isRecord(before) ? before : {}, isRecord(after) ? after : {}];
  if (isVoid(left) && isVoid(right)) return compareWhole(before, after);
  const delta = compareFields(left, right, (_, l, r) => compare(l, r, ANY));
  const isReplaced = (!isRecord(before) && before !== null) || (!isRecord(after) && after !== null);
  return isReplaced ? { changed: withSelf(delta.changed), removed: delta.removed } : delta;
}

function compareFields(before: Fields, after: Fields, below: (name: string, left: unknown, right: unknown) => Delta): Delta {
  let parts: Parts | undefined;
  for (const key in before) {
    const left = before[key];
    const right = own(after, key);
    if (left === right) continue;
    const delta = below(key, left, right);
    if (delta !== SAME) (parts ??= new Parts()).add(fieldElement(key), delta);
  }
  for (const key in after) {
    const right = after[key];
    if (right === undefined || own(before, key) !== undefined) continue;
    const delta = below(key, undefined, right);
    if (delta !== SAME) (parts ??= new Parts()).add(fieldElement(key), delta);
  }
  return parts ? parts.build() : SAME;
}

class Parts {
  readonly #changed = new BranchBuilder();
  readonly #removed = new BranchBuilder();
  add(element: string, { changed, removed }: Delta): void {
    this.#changed.add(element, changed);
    this.#removed.add(element, removed);
  }
  build(): Delta {
    const [changed, removed] = [this.#changed.build(false), this.#removed.build(false)];
    return changed || removed ? { changed, removed } : SAME;
  }
}

/** Several items of a list that are the same by their keys. They count as one value. */
class Twins {
  readonly items: unknown[];
  constructor(first: unknown, second: unknown) {
    this.items = [first, second];
  }
}

export function indexItems(items: readonly unknown[], type: ListType): Map<string, unknown> {
  const index = new Map<string, unknown>();
  for (const item of items) {
    const element = itemElementOr(item, type);
    if (element === undefined) continue;
    const known = index.get(element);
    if (known === undefined) index.set(element, item);
    else if (known instanceof Twins) known.items.push(item);
    else index.set(element, new Twins(known, item));
  }
  return index;
}

export const isTwin = (item: unknown): boolean => item instanceof Twins;

function compareItems(before: readonly unknown[], after: readonly unknown[], type: ListType): Delta {
  if (before.length === after.length && before.every((item, i) => item === after[i])) return SAME;
  const parallel = compareInParallel(before, after, type);
  if (parallel) return parallel;
  const [left, right] = [indexItems(before, type), indexItems(after, type)];
  const parts = new Parts();
  for (const [element, item] of left) parts.add(element, compareItem(item, right.get(element), type.of));
  for (const [element, item] of right) if (!left.has(element)) parts.add(element, compareItem(undefined, item, type.of));
  return parts.build();
}

/** Most lists keep their items, each in its place: then they need no index. Undefined if these do not. */
function compareInParallel(before: readonly unknown[], after: readonly unknown[], type: ListType): Delta | undefined {
  if (before.length !== after.length) return undefined;
  const elements = new Set<string>();
  for (let i = 0; i < before.length; i++) {
    const element = itemElementOr(before[i], type);
    if (element === undefined || elements.has(element) || (before[i] !== after[i] && itemElementOr(after[i], type) !== element))
      return undefined;
    elements.add(element);
  }
  const parts = new Parts();
  let i = 0;
  for (const element of elements) {
    if (before[i] !== after[i]) parts.add(element, compare(before[i], after[i], type.of));
    i++;
  }
  return parts.build();
}

function compareItem(before: unknown, after: unknown, type: Type): Delta {
  if (before instanceof Twins) {
    if (after instanceof Twins) return compareWhole(before.items, after.items);
    return { changed: after === undefined ? undefined : wholeOf(after, type), removed: LEAF };
  }
  if (after instanceof Twins) return { changed: LEAF, removed: before === undefined ? undefined : wholeOf(before, type) };
  return compare(before, after, type);
}

/** Everything that a value holds, and the value itself. */
export function wholeOf(value: unknown, type: Type): FieldSet {
  switch (type.kind) {
    case 'struct':
    case 'map':
      return type.atomic || !isRecord(value) ? LEAF : wholeFields(value, type);
    case 'list':
      return type.list === 'atomic' || !Array.isArray(value) ? LEAF : wholeItems(value, type);
    default:
      return isDeduced(type) && isRecord(value) ? wholeFields(value, ANY) : LEAF;
  }
}

function wholeFields(value: Fields, type: Type): FieldSet {
  const builder = new BranchBuilder();
  for (const key in value) if (value[key] !== undefined) builder.add(fieldElement(key), wholeOf(value[key], fieldType(type, key) ?? ANY));
  return builder.build(true)!;
}

function wholeItems(items: readonly unknown[], type: ListType): FieldSet {
  const builder = new BranchBuilder();
  for (const [element, item] of indexItems(items, type)) builder.add(element, item instanceof Twins ? LEAF : wholeOf(item, type.of));
  return builder.build(true)!;
}
