// Lists in a strategic merge patch: sets of scalars and maps of objects by a key, and the order that comes out. Mirrors apimachinery
// pkg/util/strategicpatch, from mergeSlice on.

import { formatValue, typeName } from '../../lib/go-format.ts';
import { isRecord } from '../../lib/json.ts';
import { StrategicPatchError } from './strategic-error.ts';
import { DIRECTIVE, mergeMaps, withoutDirectives } from './strategic.ts';
import type { ListMerge } from './strategic.ts';

type List = readonly unknown[];
type Fields = Record<string, unknown>;

/** `isDeletion`: what is given are the scalars to be taken out. */
export function mergeLists(present: List, given: List, list: ListMerge, isDeletion: boolean): List {
  if (!list.merge && !isDeletion) return given;
  if (!present.length && !given.length) return present;
  const areMaps = elementKind(present, given) === 'map[string]interface {}';
  if (!areMaps) {
    if (isDeletion) return present.filter((item) => !given.includes(item));
    return inOrder(withoutRepeats([...present, ...given]), given, present, '');
  }
  if (!list.key) throw new StrategicPatchError('cannot merge lists without merge key for struct');
  const { base, patch } = applyListDirectives(present as readonly Fields[], given as readonly Fields[], list.key);
  return inOrder(mergeItems(base, patch, list), patch, base, list.key);
}

/** The list as patched, in the order that the patch asks for. Undefined if there is no list at all. */
export function orderLists(present: List | undefined, given: List | undefined, order: List, list: ListMerge): List | undefined {
  checkOrder(given ?? [], order, list.key);
  if (!present && !given) return undefined;
  const kind = () => elementKind(present ?? [], given ?? []);
  const merged = !given ? present! : !present ? (withoutDirectives([...given]) as List) : mergeLists(present, given, list, false);
  const { inside, outside } = partition(merged, order, list.key);
  if (!present?.length && !given?.length) throw new StrategicPatchError('no elements in any of the given slices');
  const key = kind() === 'map[string]interface {}' ? list.key : '';
  const live = list.merge && present && given && key ? liveOrder(present, given, key) : (present ?? []);
  return interleave(sortBy(outside, live, key), sortBy(inside, order, key), live, key);
}

/** Upstream deletes and appends in the live list itself: new items take the places that deleted ones leave at its end, and count as live from then on. */
function liveOrder(present: List, given: List, key: string): List {
  const deleted = new Set(given.filter(isDeletion).map((item) => identity(item, key)));
  const kept = present.filter((item) => !deleted.has(identity(item, key)));
  const known = new Set(kept.map((item) => identity(item, key)));
  const added = given.filter((item) => !(item as Fields)[DIRECTIVE] && !known.has(identity(item, key)));
  return [...kept, ...added.slice(0, present.length - kept.length)];
}

/** The one type of all elements. */
function elementKind(...lists: readonly List[]): string {
  let kind: string | undefined;
  for (const list of lists)
    for (const item of list) {
      const its = typeName(item);
      if (kind === undefined && its === '[]interface {}') throw new StrategicPatchError('lists of lists are not supported', 422);
      if (kind !== undefined && kind !== its) throw new StrategicPatchError(`list element types are not identical: ${formatValue(lists)}`);
      kind = its;
    }
  return kind!;
}

/** Upstream's way: a repeated one is overwritten with the last. */
function withoutRepeats(items: unknown[]): unknown[] {
  for (let i = 0; i < items.length - 1; i++) {
    for (let j = i + 1; j < items.length; j++) {
      if (items[i] !== items[j]) continue;
      items[j--] = items.at(-1);
      items.pop();
    }
  }
  return items;
}

/** Items that are to be deleted, or that say that the others replace the list. */
function applyListDirectives(present: readonly Fields[], given: readonly Fields[], key: string): { base: Fields[]; patch: Fields[] } {
  let base = [...present];
  let isReplaced = false;
  const patch: Fields[] = [];
  for (const item of given) {
    if (!Object.hasOwn(item, DIRECTIVE)) {
      patch.push(item);
      continue;
    }
    switch (item[DIRECTIVE]) {
      case 'delete':
        if (!Object.hasOwn(item, key)) throw StrategicPatchError.noMergeKey(item, key);
        base = base.filter((one) => !(Object.hasOwn(one, key) && one[key] === item[key]));
        break;
      case 'replace':
        isReplaced = true;
        break;
      case 'merge':
        throw new StrategicPatchError('merging lists cannot yet be specified in the patch');
      default:
        throw StrategicPatchError.unknownDirective(item[DIRECTIVE], item);
    }
  }
  return isReplaced ? { base: patch, patch: [] } : { base, patch };
}

function mergeItems(base: readonly Fields[], patch: readonly Fields[], { key, item }: ListMerge): Fields[] {
  const out = [...base];
  const places = new Map<unknown, number>();
  for (const [i, one] of out.entries()) if (Object.hasOwn(one, key) && !places.has(one[key])) places.set(one[key], i);
  for (const given of patch) {
    if (!Object.hasOwn(given, key)) throw StrategicPatchError.noMergeKey(given, key);
    const place = places.get(given[key]);
    if (place === undefined) places.set(given[key], out.push(given) - 1);
    else out[place] = mergeMaps(out[place]!, given, item);
  }
  return out;
}

/** Those of the patch in its order, the others in theirs, and both as near to where they were as that allows. */
function inOrder(merged: List, patch: List, present: List, key: string): List {
  const { inside, outside } = partition(merged, patch, key);
  return interleave(sortBy(outside, present, key), sortBy(inside, patch, key), present, key);
}

function partition(items: List, by: List, key: string): { inside: unknown[]; outside: unknown[] } {
  const known = new Set<unknown>();
  for (const [i, one] of by.entries()) {
    if (key && !isRecord(one)) throw new StrategicPatchError(`value for key ${i} is not a map`);
    if (!key || Object.hasOwn(one as Fields, key)) known.add(identity(one, key));
  }
  const [inside, outside]: unknown[][] = [[], []];
  for (const item of items) (known.has(key ? keyValue(item, key) : item) ? inside : outside)!.push(item);
  return { inside: inside!, outside: outside! };
}

/** The value of an item's key. Throws if it has none. */
function keyValue(item: unknown, key: string): unknown {
  if (!isRecord(item)) throw StrategicPatchError.wrongType('map[string]interface {}', item);
  if (!Object.hasOwn(item, key)) throw StrategicPatchError.noMergeKey(item, key);
  return item[key];
}

const identity = (item: unknown, key: string): unknown => (key ? (isRecord(item) ? item[key] : undefined) : item);

function indexOf(items: List, key: string): Map<unknown, number> {
  const index = new Map<unknown, number>();
  for (const [i, item] of items.entries()) if (!index.has(identity(item, key))) index.set(identity(item, key), i);
  return index;
}

/** Items that are still to be deleted go to the end. */
function sortBy(items: List, order: List, key: string): unknown[] {
  if (key) for (const list of [items, order]) for (const item of list) keyValue(item, key);
  const isDeleted = (item: unknown): boolean => key !== '' && (item as Fields)[DIRECTIVE] === 'delete';
  const index = indexOf(order, key);
  const place = (item: unknown): number => index.get(identity(item, key)) ?? 0;
  return [...items.filter((item) => !isDeleted(item)).sort((a, b) => place(a) - place(b)), ...items.filter(isDeleted)];
}

/** Puts each of `left` before the first of `right` that stood behind it. */
function interleave(left: List, right: List, present: List, key: string): unknown[] {
  const index = indexOf(present, key);
  const out: unknown[] = [];
  let [i, j] = [0, 0];
  while (i < left.length || j < right.length) {
    const [l, r] = [index.get(identity(left[i], key)), index.get(identity(right[j], key))];
    const isLeft = j >= right.length || (i < left.length && l !== undefined && r !== undefined && l < r);
    out.push(isLeft ? left[i++] : right[j++]);
  }
  return out;
}

/** The items of the patch must stand in the order that it asks for, and be named there. */
function checkOrder(given: List, order: List, key: string): void {
  if (!order.length || !given.length) return;
  const kept = key ? given.filter((item) => !isDeletion(item)) : given;
  let [i, j] = [0, 0];
  while (i < kept.length && j < order.length) {
    const item = kept[i];
    if (isRecord(item) && Object.hasOwn(item, DIRECTIVE)) {
      i++;
      continue;
    }
    if (key ? keyValue(item, key) === keyValue(order[j], key) : item === order[j]) i++;
    j++;
  }
  if (i < kept.length && j >= order.length)
    throw new StrategicPatchError(
      `The order in patch list:\n${formatValue(given)}\n doesn't match $setElementOrder list:\n${formatValue(order)}\n`,
    );
}

function isDeletion(item: unknown): boolean {
  if (!isRecord(item)) throw StrategicPatchError.wrongType('map[string]interface {}', item);
  return item[DIRECTIVE] === 'delete';
}
