// Which fields a configuration sets, and how a set is seen by a type. Mirrors structured-merge-diff typed/tofieldset.go, typed/reconcile_schema.go and
// fieldpath's EnsureNamedFieldsAreMembers.

import { isRecord } from '../../lib/json.ts';
import type { ListType, Type } from '../../api/schema.ts';
import { indexItems, isTwin } from './compare.ts';
import { BranchBuilder, EMPTY, isEmpty, isMember, LEAF, union, without, withSelf } from './field-set.ts';
import type { FieldSet } from './field-set.ts';
import { fieldElement, SELF } from './path-element.ts';
import { ANY, fieldType, isDeduced, isNamedField } from './shape.ts';
import type { Fields } from './shape.ts';

/** The fields that an applied object gives: leaves, items, entries of maps, but not the structs on the way. */
export const fieldsOf = (object: Fields, type: Type): FieldSet => fieldsOfMap(object, type) ?? EMPTY;

function fieldsOfValue(value: unknown, type: Type): FieldSet | undefined {
  switch (type.kind) {
    case 'struct':
    case 'map':
      if (type.atomic) return LEAF;
      return isRecord(value) ? fieldsOfMap(value, type) : undefined;
    case 'list':
      if (type.list === 'atomic') return LEAF;
      return Array.isArray(value) ? fieldsOfItems(value, type) : undefined;
    default:
      return isDeduced(type) && isRecord(value) ? fieldsOfMap(value, type) : LEAF;
  }
}

function fieldsOfMap(value: Fields, type: Type): FieldSet | undefined {
  const builder = new BranchBuilder();
  for (const key in value) {
    const below = value[key];
    if (below === undefined) continue;
    const branch = fieldsOfValue(below, fieldType(type, key) ?? ANY);
    const isItself = below === null || (isRecord(below) && !Object.keys(below).length) || !isNamedField(type, key);
    builder.add(fieldElement(key), isItself ? withSelf(branch) : branch);
  }
  return builder.build(false);
}

function fieldsOfItems(items: readonly unknown[], type: ListType): FieldSet | undefined {
  const builder = new BranchBuilder();
  for (const [element, item] of indexItems(items, type)) builder.add(element, isTwin(item) ? LEAF : withSelf(fieldsOfValue(item, type.of)));
  return builder.build(false);
}

/** The type below a path element. Undefined where the type says nothing. */
function typeBelow(type: Type | undefined, element: string): Type | undefined {
  if (!type) return undefined;
  if (element.startsWith('f:')) return fieldType(type, element.slice(2));
  return type.kind === 'list' ? type.of : undefined;
}

/** The set, and with each of its fields the structs on the way there. */
export function withNamedFields(set: FieldSet, type: Type | undefined): FieldSet {
  const builder = new BranchBuilder();
  for (const key in set) {
    if (key === SELF) continue;
    const branch = set[key]!;
    if (isEmpty(branch)) {
      builder.add(key, branch);
      continue;
    }
    const below = withNamedFields(branch, typeBelow(type, key));
    const isField = key.startsWith('f:') && type !== undefined && isNamedField(type, key.slice(2));
    builder.add(key, isField || isMember(branch) ? withSelf(below) : below);
  }
  return builder.build(false) ?? EMPTY;
}

const fitting = new WeakMap<FieldSet, Type>();

/** A set from when parts of the type were not yet one value: owners of anything in such a part own all of it. */
export function fitToType(set: FieldSet, type: Type): FieldSet {
  if (fitting.get(set) === type || isEmpty(set)) return set;
  const stale = stalePaths(set, type, false);
  const fitted = stale ? union(without(set, stale), stale) : set;
  fitting.set(fitted, type);
  return fitted;
}

/** What has become one value, of a branch below the object; undefined if nothing has. */
function stalePaths(branch: FieldSet, type: Type, isLeaf: boolean): FieldSet | undefined {
  switch (type.kind) {
    case 'struct':
    case 'map':
      if (type.atomic) return isLeaf ? undefined : LEAF;
      break;
    case 'list':
      if (type.list === 'atomic') return isLeaf ? undefined : LEAF;
      break;
    default:
      return undefined;
  }
  const builder = new BranchBuilder();
  for (const key in branch) {
    if (key === SELF) continue;
    const below = typeBelow(type, key);
    const next = branch[key]!;
    if (below) builder.add(key, stalePaths(next, below, isEmpty(next)));
  }
  return builder.build(false);
}
