// Lays an applied configuration over an object, and takes fields out of one. Both answer with new values that share what did not change.
// Mirrors structured-merge-diff typed/merge.go and typed/remove.go.

import { isRecord, setOwn } from '../../lib/json.ts';
import type { ListType, Type } from '../../api/schema.ts';
import { isTwin, indexItems } from './compare.ts';
import { isEmpty, isMember } from './field-set.ts';
import type { FieldSet } from './field-set.ts';
import { ANY, fieldType, isDeduced, itemElement, itemElementOr, own } from './shape.ts';
import type { Fields } from './shape.ts';

/** `config` over `live`. What is undefined is not there; null takes the place of a scalar, but clears neither list nor map. */
export function merge(live: unknown, config: unknown, type: Type): unknown {
  if (config === undefined) return live;
  switch (type.kind) {
    case 'struct':
    case 'map':
      return type.atomic ? config : mergeMaps(live, config, type);
    case 'list':
      return type.list === 'atomic' ? config : mergeLists(live, config, type);
    default:
      return isDeduced(type) && (config === null || isRecord(config)) ? mergeMaps(live, config, ANY) : config;
  }
}

function mergeMaps(live: unknown, config: unknown, type: Type): unknown {
  const [left, right] = [isRecord(live) ? live : {}, isRecord(config) ? config : {}];
  if (!Object.keys(left).length && !Object.keys(right).length) return config;
  const out: Record<string, unknown> = {};
  for (const key in left) setOwn(out, key, merge(left[key], own(right, key), fieldType(type, key) ?? ANY));
  for (const key in right) if (own(left, key) === undefined) setOwn(out, key, merge(undefined, right[key], fieldType(type, key) ?? ANY));
  return out;
}

function mergeLists(live: unknown, config: unknown, type: ListType): unknown {
  const [left, right] = [Array.isArray(live) ? (live as unknown[]) : [], Array.isArray(config) ? (config as unknown[]) : []];
  if (!left.length && !right.length) return config;
  return mergeItems(left, right, type);
}

/**
 * Items of both, in the configuration's order, and those of the live list alone at the places they had among them. Twins of the live list
 * are not merged but replaced.
 */
function mergeItems(left: readonly unknown[], right: readonly unknown[], type: ListType): unknown[] {
  const leftElements = left.map((item) => itemElementOr(item, type) ?? '');
  const rightElements = right.map((item) => itemElement(item, type));
  const [inLeft, inRight] = [indexItems(left, type), indexItems(right, type)];
  const shared = rightElements.filter((element) => inLeft.has(element));
  const merged = new Set<string>();
  const out: unknown[] = [];
  const take = (element: string, item: unknown): void => {
    merged.add(element);
    const known = inLeft.get(element);
    out.push(merge(isTwin(known) ? null : known, item, type.of));
  };
  let next = 0; // of `shared`: the one to be merged next
  let l = 0;
  let r = 0;
  while (l < left.length || r < right.length) {
    const element = leftElements[l]!;
    if (l < left.length && r < right.length) {
      if (element === rightElements[r]) {
        take(element, right[r]);
        l++;
        r++;
        next++;
        continue;
      }
      // One of both, but another is due first: it will be taken with its turn.
      if (inRight.has(element) && next < shared.length && shared[next] !== element) {
        l++;
        continue;
      }
    }
    if (l < left.length) {
      if (!inRight.has(element)) {
        out.push(left[l++]);
        continue;
      }
      if (merged.has(element)) l++;
    }
    if (r < right.length) {
      const due = rightElements[r]!;
      take(due, right[r++]);
      if (next < shared.length && shared[next] === due) next++;
    }
  }
  return out;
}

/** The value without the fields of a set. What held nothing else becomes null. */
export function removeFields(value: unknown, type: Type, fields: FieldSet): unknown {
  switch (type.kind) {
    case 'struct':
    case 'map':
      return isRecord(value) && !type.atomic ? removeFromMap(value, type, fields) : null;
    case 'list':
      return Array.isArray(value) && type.list !== 'atomic' ? removeFromList(value, type, fields) : null;
    default:
      if (isDeduced(type)) return isRecord(value) ? removeFromMap(value, ANY, fields) : Array.isArray(value) ? null : value;
      return type.kind === 'RawExtension' && typeof value === 'object' ? null : value;
  }
}

function removeFromMap(value: Fields, type: Type, fields: FieldSet): unknown {
  const out: Record<string, unknown> = {};
  let size = 0;
  for (const key in value) {
    const branch = fields[`f:${key}`];
    if (branch && isMember(branch)) continue;
    setOwn(out, key, branch && !isEmpty(branch) ? removeFields(value[key], fieldType(type, key) ?? ANY, branch) : value[key]);
    size++;
  }
  return size ? out : null;
}

function removeFromList(items: readonly unknown[], type: ListType, fields: FieldSet): unknown {
  const out: unknown[] = [];
  for (const item of items) {
    const element = itemElementOr(item, type);
    const branch = element === undefined ? undefined : fields[element];
    if (branch && isMember(branch)) continue;
    out.push(branch ? removeFields(item, type.of, branch) : item);
  }
  return out.length ? out : null;
}
