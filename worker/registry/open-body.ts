// The first look at a body: its format is undone, and the kind that it names is known; it can then be read as a type. Mirrors the serializers of apimachinery
// pkg/runtime/serializer.

import { decodeProtobuf } from '../api/protobuf/decode.ts';
import { parseEnvelope } from '../api/protobuf/envelope.ts';
import type { RequestBody } from '../api/request-body.ts';
import type { StructType } from '../api/schema.ts';
import { jsonProblem } from '../lib/go-json.ts';
import { isRecord } from '../lib/json.ts';
import { countFields, doubledFields, parseSource, shapeOf, textOf } from '../lib/json-source.ts';
import { utf8 } from '../lib/text.ts';
import { readYaml } from '../lib/yaml.ts';
import { DecodeError, decodeQuietly } from './decode.ts';
import { inspect } from './inspect.ts';
import { keepReset } from './managed-fields/reset.ts';

/** A body whose kind cannot be made out; the message is upstream's. */
export class Unreadable extends Error {}

/** A value that was read, and what a strict reader would not let pass. */
export interface Read {
  readonly object: Record<string, unknown>;
  readonly strict: readonly string[];
}

export interface Kind {
  readonly kind: string;
  readonly apiVersion: string;
}

/** Reading further may throw DecodeError or ProtobufError. */
export interface OpenBody {
  /** As the body names it; '' where it does not. */
  readonly given: Kind;
  /** Reads it as a type of ours. */
  decode(schema: StructType): Read;
  /** The plain value, for those who read it by rules of their own, and what is repeated in it. */
  value(): unknown;
  strict(): readonly string[];
}

/** Throws Unreadable, YamlError or ProtobufError. */
export function openBody({ format, bytes }: RequestBody): OpenBody {
  switch (format) {
    case 'json':
      return openJson(bytes, []);
    case 'yaml': {
      const { value, duplicates } = readYaml(textOf(bytes));
      return openJson(
        utf8(JSON.stringify(value)),
        duplicates.length ? [YAML_PREFIX + duplicates.map((line) => `  ${line}`).join('\n')] : [],
      );
    }
    case 'protobuf':
      return openProtobuf(bytes);
  }
}

/** Faults of YAML come as one. */
export const YAML_PREFIX = 'yaml: unmarshal errors:\n';

function openProtobuf(bytes: Uint8Array): OpenBody {
  const { raw, kind, apiVersion } = parseEnvelope(bytes);
  return {
    given: { kind, apiVersion },
    decode: (schema) => ({ object: decodeProtobuf(raw, schema), strict: [] }),
    value: () => {
      throw new DecodeError(
        'object *unstructured.Unstructured does not implement the protobuf marshalling interface and cannot be encoded to a protobuf message',
      );
    },
    strict: () => [],
  };
}

/**
 * Values inside each other.
 * Differs: upstream reads 10,000, but writing JSON recurses here, and the stack is the platform's.
 */
const MAX_DEPTH = 1000;

function openJson(bytes: Uint8Array, duplicates: readonly string[]): OpenBody {
  const text = textOf(bytes);
  const value = parseJson(text, bytes);
  const shape = shapeOf(bytes);
  if (shape.depth > MAX_DEPTH)
    throw new Unreadable("couldn't get version/kind; json parse error: invalid character '{' exceeded max depth");
  return {
    given: typeMetaOf(value),
    decode: (schema) => {
      const { object, isComplete } = decodeQuietly(value, schema);
      if (object && isComplete && !shape.hasOddNumbers && shape.fields === countFields(value))
        return { object: keepReset(object, value), strict: duplicates };
      const { error, strict } = inspect(parseSource(text), schema);
      if (error !== undefined || !object) throw new DecodeError(error ?? 'the value cannot be read');
      return { object: keepReset(object, value), strict: [...duplicates, ...strict] };
    },
    value: () => value,
    strict: () => (shape.fields === countFields(value) ? duplicates : [...duplicates, ...doubledFields(text)]),
  };
}

function parseJson(text: string, bytes: Uint8Array): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new Unreadable(`couldn't get version/kind; json parse error: ${jsonProblem(bytes) ?? (error as Error).message}`);
  }
}

const TYPE_META = 'struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }';

/** The kind that a body names. */
function typeMetaOf(value: unknown): Kind {
  const refuse = (problem: string): Unreadable =>
    new Unreadable(`couldn't get version/kind; json parse error: json: cannot unmarshal ${problem}`);
  if (value === null) return { kind: '', apiVersion: '' };
  if (!isRecord(value)) throw refuse(`${jsonKind(value)} into Go value of type ${TYPE_META}`);
  const text = (name: 'apiVersion' | 'kind'): string => {
    const one = value[name] ?? '';
    if (typeof one !== 'string') throw refuse(`${jsonKind(one)} into Go struct field .${name} of type string`);
    return one;
  };
  const given = { apiVersion: text('apiVersion'), kind: text('kind') };
  if (given.apiVersion.split('/').length > 2) throw new Unreadable(`unexpected GroupVersion string: ${given.apiVersion}`);
  return given;
}

function jsonKind(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  return typeof value === 'boolean' ? 'bool' : typeof value;
}
