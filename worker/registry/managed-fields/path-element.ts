// One step of a path below an object, in the form that FieldsV1 writes it: `f:spec` a field, `k:{"name":"web"}` the item of a list with these keys,
// `v:"a"` the item of a set with this value, `i:0` the item at a place. Mirrors structured-merge-diff fieldpath/element.go, serialize-pe.go.

import { formatFloat, goQuote, jsonOf, jsonText } from '../../lib/go-format.ts';
import { isRecord } from '../../lib/json.ts';

/** What stands for the node itself among its children. */
export const SELF = '.';

export class FieldsError extends Error {}

/** The same text for the same field each time: texts put together anew would be compared letter by letter. */
export function fieldElement(name: string): string {
  let element = fieldElements.get(name);
  if (element === undefined) {
    if (fieldElements.size >= MAX_ELEMENTS) fieldElements.clear();
    fieldElements.set(name, (element = `f:${name}`));
  }
  return element;
}
const fieldElements = new Map<string, string>();
const MAX_ELEMENTS = 5000;

export const valueElement = (value: unknown): string => `v:${jsonOf(value)}`;

/** `names` sorted. */
export function keyElement(names: readonly string[], values: readonly unknown[]): string {
  let text = 'k:{';
  for (let i = 0; i < names.length; i++) {
    const value = values[i];
    text += `${i ? ',' : ''}${jsonText(names[i]!)}:${typeof value === 'string' ? jsonText(value) : jsonOf(value)}`;
  }
  return `${text}}`;
}

/** The same element as we would write it; undefined for a kind of the future, to be left out. Throws FieldsError. */
export function canonicalElement(element: string): string | undefined {
  if (element.length < 2) throw new FieldsError('key must be 2 characters long:');
  if (element[1] !== ':') throw new FieldsError(`missing colon: ${element}`);
  switch (element[0]) {
    case 'f':
      return element;
    case 'v':
      return valueElement(parse(element));
    case 'k': {
      const keys = keysOf(element);
      const names = Object.keys(keys).sort();
      return keyElement(
        names,
        names.map((name) => keys[name]),
      );
    }
    case 'i': {
      const text = element.slice(2);
      if (!/^[+-]?\d+$/.test(text)) throw new FieldsError(`strconv.Atoi: parsing ${goQuote(text)}: invalid syntax`);
      return `i:${Number(text)}`;
    }
    default:
      return undefined;
  }
}

function parse(element: string): unknown {
  try {
    return JSON.parse(element.slice(2)) as unknown;
  } catch {
    throw new FieldsError(`readObjectStart: expect { or n, but found ${element.slice(2, 3)}`);
  }
}

function keysOf(element: string): Record<string, unknown> {
  const keys = parse(element);
  if (!isRecord(keys)) throw new FieldsError(`readObjectStart: expect { or n, but found ${element.slice(2, 3)}`);
  return keys;
}

const RANKS = 'fkvi';
const FIELD = 102;
/** One key that is a plain text: such elements sort as their texts do, since a quote comes before whatever is in them. */
const PLAIN_KEY = /^k:\{"[\w.-]+":"[\w./:-]*"\}$/;

/** Upstream's order: fields by name, then keys and values by what they hold. */
export function compareElements(a: string, b: string): number {
  if (a === b) return 0;
  if (a.charCodeAt(0) === FIELD && b.charCodeAt(0) === FIELD) return a < b ? -1 : 1;
  const [left, right] = [RANKS.indexOf(a[0]!), RANKS.indexOf(b[0]!)];
  if (left !== right) return left - right;
  if (PLAIN_KEY.test(a) && PLAIN_KEY.test(b)) return a < b ? -1 : 1;
  if (left === 1) return compareKeys(keysOf(a), keysOf(b));
  return compareValues(parse(a), parse(b));
}

function compareKeys(a: Record<string, unknown>, b: Record<string, unknown>): number {
  const [left, right] = [Object.keys(a), Object.keys(b)];
  for (let i = 0; i < left.length && i < right.length; i++) {
    if (left[i] !== right[i]) return left[i]! < right[i]! ? -1 : 1;
    const order = compareValues(a[left[i]!], b[right[i]!]);
    if (order) return order;
  }
  return left.length - right.length;
}

/** Numbers before texts before booleans before lists, maps and null. */
function compareValues(a: unknown, b: unknown): number {
  const [left, right] = [valueRank(a), valueRank(b)];
  if (left !== right) return left - right;
  if (left < 3) return a === b ? 0 : (a as number) < (b as number) ? -1 : 1;
  const [x, y] = [jsonOf(a), jsonOf(b)];
  return x === y ? 0 : x < y ? -1 : 1;
}

function valueRank(value: unknown): number {
  if (typeof value === 'number') return 0;
  if (typeof value === 'string') return 1;
  if (typeof value === 'boolean') return 2;
  return Array.isArray(value) ? 3 : value === null ? 5 : 4;
}

/** As messages show a path: `.spec.containers[name="web"].image`. */
export const printPath = (path: readonly string[]): string => path.map(printElement).join('');

export function printElement(element: string): string {
  const rest = element.slice(2);
  switch (element[0]) {
    case 'f':
      return `.${rest}`;
    case 'k':
      return `[${Object.entries(keysOf(element))
        .map(([name, value]) => `${name}=${printValue(value)}`)
        .join(',')}]`;
    case 'v':
      return `[=${printValue(parse(element))}]`;
    default:
      return `[${rest}]`;
  }
}

function printValue(value: unknown): string {
  if (typeof value === 'string') return goQuote(value);
  if (typeof value === 'number') return formatFloat(value);
  if (Array.isArray(value)) return `[${value.map(printValue).join(',')}]`;
  if (isRecord(value))
    return Object.entries(value)
      .map(([key, one]) => `${key}=${printValue(one)}`)
      .join('');
  return String(value);
}
