// How ownership sees a type: where it is one value, where it goes on by field, by key or by item. Mirrors the atoms of structured-merge-diff's schema
// and how kube-openapi makes them from a type (schemaconv), for built-in types and for those of custom resources alike.

import { isRecord } from '../../lib/json.ts';
import { scalar } from '../../api/schema.ts';
import type { ListType, ScalarKind, Type } from '../../api/schema.ts';
import { FieldsError, keyElement, valueElement } from './path-element.ts';

export type Fields = Readonly<Record<string, unknown>>;

/** JSON without a schema: maps go on by key, all else is one value. */
export const ANY = scalar('any');

export const isDeduced = (type: Type): boolean => type.kind === 'any' || type.kind === 'FieldsV1';

/** What scalars may hold. `untyped` is any scalar. */
export type ScalarClass = 'string' | 'numeric' | 'boolean' | 'untyped';

const CLASSES: Readonly<Record<ScalarKind, ScalarClass>> = {
  string: 'string',
  bytes: 'string',
  Duration: 'string',
  bool: 'boolean',
  int32: 'numeric',
  int64: 'numeric',
  uint32: 'numeric',
  float64: 'numeric',
  Quantity: 'untyped',
  IntOrString: 'untyped',
  Time: 'untyped',
  MicroTime: 'untyped',
  RawExtension: 'untyped',
  FieldsV1: 'untyped',
  any: 'untyped',
};

export const classOf = (kind: ScalarKind): ScalarClass => CLASSES[kind];

/** The type of a field of a struct or an entry of a map; undefined if there can be none of that name. */
export function fieldType(type: Type, name: string): Type | undefined {
  switch (type.kind) {
    case 'struct':
      return type.fields.get(name)?.type ?? (type.preserveUnknownFields ? ANY : undefined);
    case 'map':
      return type.of;
    default:
      return isDeduced(type) ? ANY : undefined;
  }
}

/** Whether the type names this field, as a struct does and a map does not. */
export const isNamedField = (type: Type, name: string): boolean => type.kind === 'struct' && type.fields.has(name);

/** A field of an object, whatever its name: nothing is found on Object's prototype. */
export function own(object: Fields, name: string): unknown {
  const value = object[name];
  if (typeof value !== 'function' && name !== '__proto__') return value;
  return Object.hasOwn(object, name) ? value : undefined;
}

interface Keys {
  readonly names: readonly string[];
  readonly defaults: readonly unknown[];
  /** Elements met before, where the key is one text. */
  readonly byText: Map<string, string>;
}
const MAX_TEXTS = 1000;

const keysOfLists = new WeakMap<ListType, Keys>();

function keysOf(type: ListType): Keys {
  let keys = keysOfLists.get(type);
  if (!keys) {
    const names = [...type.keys].sort();
    keys = { names, defaults: names.map((name) => keyDefault(type.of, name)), byText: new Map() };
    keysOfLists.set(type, keys);
  }
  return keys;
}

/** The published schema states a default for whatever Go always writes. */
function keyDefault(type: Type, name: string): unknown {
  const field = type.kind === 'struct' ? type.fields.get(name) : undefined;
  if (!field) return undefined;
  if (field.default !== undefined) return field.default;
  if (field.pointer || field.omit !== 'never') return undefined;
  const ofClass = ZEROS[field.type.kind as ScalarKind];
  return ofClass;
}

const ZEROS: Partial<Record<ScalarKind, unknown>> = { string: '', bool: false, int32: 0, int64: 0, uint32: 0, float64: 0 };

/** Which item of a set or a map of objects this is. Throws FieldsError if it cannot be said. */
export function itemElement(item: unknown, type: ListType): string {
  if (type.list === 'set' || !type.keys.length) {
    if (isRecord(item)) throw new FieldsError("associative list without keys has an element that's a map type");
    if (Array.isArray(item)) throw new FieldsError('not supported: associative list with lists as elements');
    if (item === null || item === undefined) throw new FieldsError("associative list without keys has an element that's an explicit null");
    return valueElement(item);
  }
  if (item === null || item === undefined) throw new FieldsError('associative list with keys may not have a null element');
  if (!isRecord(item)) throw new FieldsError('associative list with keys may not have non-map elements');
  const { names, defaults, byText } = keysOf(type);
  const only = names.length === 1 ? own(item, names[0]!) : undefined;
  if (typeof only === 'string') {
    let element = byText.get(only);
    if (element === undefined) {
      if (byText.size >= MAX_TEXTS) byText.clear();
      byText.set(only, (element = keyElement(names, [only])));
    }
    return element;
  }
  const given: string[] = [];
  const values: unknown[] = [];
  for (let i = 0; i < names.length; i++) {
    const value = own(item, names[i]!) ?? (own(item, names[i]!) === null ? null : defaults[i]);
    if (value === undefined) continue;
    given.push(names[i]!);
    values.push(value);
  }
  if (!given.length) {
    const all = type.keys.map((name) => JSON.stringify(name)).join(' ');
    throw new FieldsError(
      `associative list with keys has an element that omits all key fields [${all}] (and doesn't have default values for any key fields)`,
    );
  }
  return keyElement(given, values);
}

/** The same, or undefined where there is no saying. */
export function itemElementOr(item: unknown, type: ListType): string | undefined {
  try {
    return itemElement(item, type);
  } catch (error) {
    if (error instanceof FieldsError) return undefined;
    throw error;
  }
}
