// YAML to JSON as Kubernetes does it: the first document, resolved as YAML 1.1 by go-yaml v2 (`yes` is true, 0644 is octal), keys sorted. The syntax is the
// yaml package's; what plain words stand for, what is said of faults, and which keys come twice is decided here. Mirrors sigs.k8s.io/yaml.

import { isAlias, isMap, isScalar, isSeq, LineCounter, parseAllDocuments, Scalar } from 'yaml';
import type { Document, Node, YAMLMap } from 'yaml';
import { setOwn } from './json.ts';

/** The text is no YAML; the message is go-yaml's. */
export class YamlError extends Error {}

export interface YamlValue {
  readonly value: unknown;
  /** `line 3: key "a" already set in map`. */
  readonly duplicates: readonly string[];
}

/** Nodes that aliases may make of a document, and go-yaml's words for more. */
const MAX_NODES = 400_000;
const MAX_DEPTH = 1000;

/** Reads the first document. Throws YamlError. */
export function readYaml(text: string): YamlValue {
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, {
    schema: 'failsafe',
    uniqueKeys: false,
    logLevel: 'silent',
    lineCounter: lines,
    strict: false,
  });
  const [document] = documents as Document.Parsed[];
  if (!document) return { value: null, duplicates: [] };
  const [error] = document.errors;
  if (error) throw new YamlError(`yaml: line ${lines.linePos(error.pos[0]).line}: ${goWords(error.code, error.message)}`);
  const duplicates: string[] = [];
  const value = new Reader(document, lines, duplicates).read(document.contents, 0);
  return { value, duplicates };
}

class Reader {
  readonly #document: Document.Parsed;
  readonly #lines: LineCounter;
  readonly #duplicates: string[];
  #nodes = 0;

  constructor(document: Document.Parsed, lines: LineCounter, duplicates: string[]) {
    this.#document = document;
    this.#lines = lines;
    this.#duplicates = duplicates;
  }

  read(node: Node | null | undefined, depth: number): unknown {
    if (++this.#nodes > MAX_NODES) throw new YamlError('yaml: document contains excessive aliasing');
    if (depth > MAX_DEPTH) throw new YamlError('yaml: exceeded max depth of 10000');
    if (!node) return null;
    if (isAlias(node)) {
      const target = node.resolve(this.#document);
      if (!target) throw new YamlError(`yaml: unknown anchor '${node.source}' referenced`);
      return this.read(target as Node, depth + 1);
    }
    if (isSeq(node)) return node.items.map((item) => this.read(item as Node, depth + 1));
    if (isMap(node)) return this.#readMap(node as YAMLMap, depth);
    return isScalar(node) ? resolve(node) : null;
  }

  #readMap(map: YAMLMap, depth: number): Record<string, unknown> {
    const fields = new Map<string, unknown>();
    const merged: Node[] = [];
    for (const { key, value } of map.items) {
      const keyNode = key as Node;
      if (isScalar(keyNode) && keyNode.type === Scalar.PLAIN && keyNode.value === '<<') {
        merged.push(value as Node);
        continue;
      }
      const name = keyText(this.read(keyNode, depth + 1));
      if (fields.has(name)) {
        const { line } = this.#lines.linePos(keyNode.range?.[0] ?? 0);
        this.#duplicates.push(`line ${line}: key ${JSON.stringify(name)} already set in map`);
      }
      fields.set(name, this.read(value as Node, depth + 1));
    }
    for (const node of merged) this.#merge(fields, this.read(node, depth + 1));
    const out: Record<string, unknown> = {};
    for (const name of [...fields.keys()].sort()) setOwn(out, name, fields.get(name));
    return out;
  }

  /** What `<<` brings in gives way to what is there. */
  #merge(fields: Map<string, unknown>, source: unknown): void {
    const sources = Array.isArray(source) ? (source as unknown[]) : [source];
    for (const one of sources) {
      if (typeof one !== 'object' || one === null || Array.isArray(one))
        throw new YamlError('yaml: map merge requires map or sequence of maps as the value');
      for (const [name, value] of Object.entries(one)) if (!fields.has(name)) fields.set(name, value);
    }
  }
}

/** JSON has only texts as keys. */
function keyText(key: unknown): string {
  if (typeof key === 'string') return key;
  if (typeof key === 'number' || typeof key === 'boolean') return String(key);
  throw new YamlError(
    `unsupported map key of type: ${key === null ? '%!s(<nil>)' : Array.isArray(key) ? '[]interface {}' : 'map[interface {}]interface {}'}`,
  );
}

const WORDS: ReadonlyMap<string, boolean | null> = new Map<string, boolean | null>([
  ...['y', 'Y', 'yes', 'Yes', 'YES', 'true', 'True', 'TRUE', 'on', 'On', 'ON'].map((word) => [word, true] as const),
  ...['n', 'N', 'no', 'No', 'NO', 'false', 'False', 'FALSE', 'off', 'Off', 'OFF'].map((word) => [word, false] as const),
  ...['', '~', 'null', 'Null', 'NULL'].map((word) => [word, null] as const),
]);

function resolve(node: Scalar): unknown {
  const text = String(node.value ?? '');
  const tag = node.tag?.replace('tag:yaml.org,2002:', '!!');
  const isPlain = node.type === Scalar.PLAIN || node.type === undefined;
  if (tag === '!!str' || (!isPlain && tag === undefined)) return text;
  if (tag !== undefined && !['!!int', '!!float', '!!bool', '!!null'].includes(tag)) return text;
  return resolvePlain(text);
}

/** What an unquoted word stands for. Whatever JSON has no number for stays a text. */
export function resolvePlain(text: string): unknown {
  const word = WORDS.get(text);
  if (word !== undefined) return word;
  if (!/^[-+.0-9]/.test(text)) return text;
  const plain = text.replaceAll('_', '');
  const integer = integerOf(plain);
  if (integer !== undefined) return integer;
  if (/^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$/.test(plain)) {
    const value = Number(plain);
    if (Number.isFinite(value)) return value;
  }
  return text;
}

/** Whether an unquoted text would be read as something else: a number, a boolean, a time. */
export function isNotText(text: string): boolean {
  if (typeof resolvePlain(text) !== 'string') return true;
  return text === '<<' || /^[-+]?\.(inf|Inf|INF)$|^\.(nan|NaN|NAN)$/.test(text) || TIMESTAMP.test(text) || BASE_60.test(text);
}

const TIMESTAMP = /^\d{4}-\d{1,2}-\d{1,2}([Tt]\d{1,2}:\d{1,2}:\d{1,2}(\.\d+)?(Z|[-+]\d\d:\d\d)| +\d{1,2}:\d{1,2}:\d{1,2}(\.\d+)?)?$/;
const BASE_60 = /^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?$/;

/** As Go's ParseInt with base 0: `0x1f`, `0o17`, `017`, `0b11`. */
function integerOf(text: string): number | undefined {
  const match = /^([-+]?)(0[xX][0-9a-fA-F]+|0[oO][0-7]+|0[bB][01]+|0[0-7]+|0|[1-9][0-9]*)$/.exec(text);
  if (!match) return undefined;
  const [, sign, digits = ''] = match;
  const value = Number(/^0[0-7]/.test(digits) ? `0o${digits.slice(1)}` : digits);
  if (!(value < 2 ** 64)) return undefined;
  return sign === '-' && value !== 0 ? -value : value;
}

/** Of the yaml package's faults, what go-yaml says. */
function goWords(code: string, message: string): string {
  switch (code) {
    case 'BLOCK_AS_IMPLICIT_KEY':
    case 'MULTILINE_IMPLICIT_KEY':
      return 'mapping values are not allowed in this context';
    case 'TAB_AS_INDENT':
      return 'found character that cannot start any token';
    case 'MISSING_CHAR':
      if (message.includes('quote')) return 'found unexpected end of stream';
      if (message.includes('] in flow')) return "did not find expected ',' or ']'";
      if (message.includes('} in flow') || message.includes('flow map')) return "did not find expected ',' or '}'";
      return "could not find expected ':'";
    case 'BAD_INDENT':
      return message.includes('sequence') ? "did not find expected '-' indicator" : 'did not find expected key';
    case 'UNEXPECTED_TOKEN':
      return /alias|anchor|Unexpected scalar/.test(message) ? 'did not find expected key' : 'did not find expected node content';
    case 'BAD_DQ_ESCAPE':
      return 'found unknown escape character';
    case 'BAD_SCALAR_START':
    case 'BAD_DIRECTIVE':
      return 'found character that cannot start any token';
    case 'BAD_ALIAS':
      return 'did not find expected alphabetic or numeric character';
    default:
      return "could not find expected ':'";
  }
}
