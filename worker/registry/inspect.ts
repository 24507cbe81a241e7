// Goes through a body in the order in which it was written, to name what is wrong with it in the words of Go's decoder: the value that does not fit, the
// fields that the type does not have, the fields that come twice. Mirrors sigs.k8s.io/json (a fork of encoding/json) and the UnmarshalJSON methods of
// Kubernetes' own types. Only for bodies that are suspected: it is slow.

import type { ScalarType, StructType, Type } from '../api/schema.ts';
import { scalar } from '../api/schema.ts';
import { goQuote } from '../lib/go-format.ts';
import type { SourceNode } from '../lib/json-source.ts';
import { valueOf } from '../lib/json-source.ts';
import { canonicalQuantity, quantityProblem } from '../lib/quantity.ts';
import { isBase64 } from '../lib/text.ts';
import { parseDuration, parseTime } from '../lib/time.ts';

export interface Findings {
  /** Why the body cannot be read at all. */
  readonly error: string | undefined;
  /** `unknown field "spec.replica"`, `duplicate field "metadata.name"`. */
  readonly strict: readonly string[];
}

/** Upstream does not count further. */
const MAX_STRICT = 100;

/** An error that ends the decoding, as those of UnmarshalJSON methods do; a mismatch does not, but the first one is what is said in the end. */
class Fatal extends Error {}

/** The innermost struct, and the fields from the root: what Go names. */
interface Place {
  readonly struct: string;
  readonly fields: readonly string[];
}

const ROOT: Place = { struct: '', fields: [] };

export function inspect(source: SourceNode, type: Type): Findings {
  const strict = new Set<string>();
  let mismatch: string | undefined;
  const note = (what: string, path: string, key: string): void => {
    if (strict.size < MAX_STRICT) strict.add(`${what} field ${goQuote(path ? `${path}.${key}` : key)}`);
  };
  const mismatched = (what: string, of: string, place: Place): void => {
    mismatch ??= unmarshalError(what, of, place);
  };

  const visit = (node: SourceNode, type: Type, path: string, place: Place): void => {
    if (isNull(node)) return;
    switch (type.kind) {
      case 'struct':
        return node.kind === 'object' ? struct(node, type, path, place) : mismatched(kindOf(node), goType(type), place);
      case 'map':
        return node.kind === 'object' ? map(node, type.of, path, place) : mismatched(kindOf(node), goType(type), place);
      case 'list':
        if (node.kind !== 'array') return mismatched(kindOf(node), goType(type), place);
        return node.items.forEach((item, i) => visit(item, type.of, `${path}[${i}]`, place));
      case 'any':
        return type.of ? schemaOr(node, type, type.of, path, place) : undefined;
      default:
        return leaf(node, type, place);
    }
  };

  const struct = (node: SourceNode & { kind: 'object' }, type: StructType, path: string, place: Place): void => {
    const seen = new Set<string>();
    for (const [key, value] of node.entries) {
      const field = type.fields.get(key);
      if (!field) {
        if (!type.preserveUnknownFields) note('unknown', path, key);
        continue;
      }
      if (seen.has(key)) note('duplicate', path, key);
      seen.add(key);
      visit(value, field.type, path ? `${path}.${key}` : key, { struct: shortName(type), fields: [...place.fields, key] });
    }
  };

  const map = (node: SourceNode & { kind: 'object' }, of: Type, path: string, place: Place): void => {
    const seen = new Set<string>();
    for (const [key, value] of node.entries) {
      if (seen.has(key)) note('duplicate', path, key);
      seen.add(key);
      visit(value, of, path ? `${path}.${key}` : key, place);
    }
  };

  /** What a method of the type itself reads: strictness ends here. */
  const schemaOr = (node: SourceNode, { name }: ScalarType, of: StructType, path: string, place: Place): void => {
    if (node.kind === 'object') return visit(node, of, path, place);
    if (name === 'JSONSchemaPropsOrBool') {
      if (node.kind !== 'scalar' || typeof node.value !== 'boolean') throw new Fatal('boolean or JSON schema expected');
      return;
    }
    if (node.kind === 'array') {
      const item = name === 'JSONSchemaPropsOrArray' ? of : scalar('string');
      node.items.forEach((one, i) => visit(one, item, `${path}[${i}]`, place));
    }
  };

  const leaf = (node: SourceNode, type: Type, place: Place): void => {
    switch (type.kind) {
      case 'string':
        return isText(node) ? undefined : mismatched(kindOf(node), 'string', place);
      case 'bool':
        return node.kind === 'scalar' && typeof node.value === 'boolean' ? undefined : mismatched(kindOf(node), 'bool', place);
      case 'int32':
      case 'int64':
      case 'uint32': {
        const problem = integerProblem(node, type.kind);
        return problem === undefined ? undefined : mismatched(problem, type.kind, place);
      }
      case 'float64':
        if (node.kind !== 'number') return mismatched(kindOf(node), 'float64', place);
        return Number.isFinite(Number(node.text)) ? undefined : mismatched(`number ${node.text}`, 'float64', place);
      case 'bytes':
        if (!isText(node)) return mismatched(kindOf(node), '[]uint8', place);
        if (!isBase64(node.value)) mismatch ??= `illegal base64 data at input byte ${base64Problem(node.value)}`;
        return undefined;
      default:
        return special(node, type.kind, place);
    }
  };

  try {
    visit(source, type, '', ROOT);
  } catch (error) {
    if (!(error instanceof Fatal)) throw error;
    return { error: error.message, strict: [...strict] };
  }
  return { error: mismatch, strict: [...strict] };
}

/** Types whose own method reads them: what it finds wrong ends the decoding. */
function special(node: SourceNode, kind: Type['kind'], place: Place): void {
  const wrongKind = (of: string, what = kindOf(node)): Fatal => new Fatal(unmarshalError(what, of, place));
  switch (kind) {
    case 'Quantity': {
      const text = isText(node) ? node.value.trim() : node.kind === 'number' ? node.text : JSON.stringify(valueOf(node));
      if (canonicalQuantity(text) === undefined) throw new Fatal(quantityProblem(text));
      return;
    }
    case 'IntOrString': {
      const problem = isText(node) ? undefined : integerProblem(node, 'int32');
      if (problem !== undefined) throw wrongKind('int32', problem);
      return;
    }
    case 'Time':
    case 'MicroTime':
      if (!isText(node)) throw wrongKind('string');
      if (parseTime(node.value) === undefined) throw new Fatal(timeProblem(node.value, TIME_LAYOUTS[kind]));
      return;
    case 'Duration':
      if (!isText(node)) throw wrongKind('string');
      if (parseDuration(node.value) === undefined) throw new Fatal(`time: invalid duration ${goQuote(node.value)}`);
      return;
    default:
  }
}

/** A source for a value that never was text. */
export function sourceOf(value: unknown): SourceNode {
  if (Array.isArray(value)) return { kind: 'array', items: value.map(sourceOf) };
  if (typeof value === 'number') return { kind: 'number', text: goNumber(value) };
  if (typeof value === 'object' && value !== null)
    return { kind: 'object', entries: Object.entries(value).map(([key, item]) => [key, sourceOf(item)] as const) };
  return { kind: 'scalar', value: (value ?? null) as string | boolean | null };
}

/** As Go writes a float into JSON. */
const goNumber = (value: number): string => (Number.isInteger(value) && Math.abs(value) < 1e21 ? BigInt(value).toString() : String(value));

const isNull = (node: SourceNode): boolean => node.kind === 'scalar' && node.value === null;
const isText = (node: SourceNode): node is { kind: 'scalar'; value: string } => node.kind === 'scalar' && typeof node.value === 'string';
const shortName = (type: StructType): string => type.name.slice(type.name.lastIndexOf('.') + 1);

function kindOf(node: SourceNode): string {
  if (node.kind !== 'scalar') return node.kind;
  return node.value === null ? 'null' : typeof node.value === 'string' ? 'string' : 'bool';
}

const RANGES = {
  int32: [-(2n ** 31n), 2n ** 31n - 1n],
  uint32: [0n, 2n ** 32n - 1n],
  int64: [-(2n ** 63n), 2n ** 63n - 1n],
} as const;

/** What is to be said of a value that is no whole number of its size. */
function integerProblem(node: SourceNode, kind: keyof typeof RANGES): string | undefined {
  if (node.kind !== 'number') return kindOf(node);
  const [min, max] = RANGES[kind];
  if (!/^-?\d+$/.test(node.text)) return `number ${node.text}`;
  const value = BigInt(node.text);
  return value < min || value > max ? `number ${node.text}` : undefined;
}

const unmarshalError = (what: string, of: string, { struct, fields }: Place): string =>
  fields.length
    ? `json: cannot unmarshal ${what} into Go struct field ${struct}.${fields.join('.')} of type ${of}`
    : `json: cannot unmarshal ${what} into Go value of type ${of}`;

function goType(type: Type): string {
  switch (type.kind) {
    case 'list':
      return `[]${goType(type.of)}`;
    case 'map':
      return `map[string]${goType(type.of)}`;
    case 'struct':
      return type.name.split('.').slice(-2).join('.');
    case 'bytes':
      return '[]uint8';
    case 'Quantity':
      return 'resource.Quantity';
    case 'IntOrString':
      return 'intstr.IntOrString';
    case 'Time':
    case 'MicroTime':
    case 'Duration':
      return `v1.${type.kind}`;
    case 'RawExtension':
      return 'runtime.RawExtension';
    case 'FieldsV1':
      return 'v1.FieldsV1';
    case 'any':
      return type.name ? `v1.${type.name}` : 'interface {}';
    default:
      return type.kind;
  }
}

const TIME_LAYOUTS = { Time: '2006-01-02T15:04:05Z07:00', MicroTime: '2006-01-02T15:04:05.000000Z07:00' } as const;

/** Where Go's parser stops: at the first part of the layout that the text does not have. */
function timeProblem(text: string, layout: string): string {
  const parts: [pattern: RegExp, part: string, name?: string, max?: number][] = [
    [/^\d{4}/, '2006'],
    [/^-/, '-'],
    [/^\d\d/, '01', 'month', 12],
    [/^-/, '-'],
    [/^\d\d/, '02', 'day', 31],
    [/^T/, 'T'],
    [/^\d\d/, '15', 'hour', 23],
    [/^:/, ':'],
    [/^\d\d/, '04', 'minute', 59],
    [/^:/, ':'],
    [/^\d\d/, '05', 'second', 59],
    [/^(\.\d+)?/, ''],
    [/^(Z|[+-]\d\d:\d\d)/, 'Z07:00'],
  ];
  const prefix = `parsing time ${goQuote(text)}`;
  let rest = text;
  for (const [pattern, part, name, max] of parts) {
    const match = pattern.exec(rest);
    if (!match) return `${prefix} as ${goQuote(layout)}: cannot parse ${goQuote(rest)} as ${goQuote(part)}`;
    if (name && (Number(match[0]) > max! || (name === 'month' && match[0] === '00'))) return `${prefix}: ${name} out of range`;
    rest = rest.slice(match[0].length);
  }
  return rest ? `${prefix}: extra text: ${goQuote(rest)}` : `${prefix}: day out of range`;
}

/** The byte at which Go's base64 reader gives up. */
function base64Problem(given: string): number {
  const text = given.replace(/[\r\n]/g, '');
  const bad = text.search(/[^A-Za-z0-9+/]/);
  if (bad < 0) return text.length - (text.length % 4);
  if (text[bad] !== '=') return bad;
  const inQuantum = bad % 4;
  if (inQuantum < 2) return bad;
  if (inQuantum === 2 && text[bad + 1] !== '=') return bad + 1;
  return bad + (inQuantum === 2 ? 2 : 1);
}
