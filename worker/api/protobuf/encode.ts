// From an object in canonical form to protobuf, by its schema, byte for byte as the generated Marshal functions of k8s.io/api do it: fields by their numbers, what
// is no pointer always, maps by their keys.

import { isRecord } from '../../lib/json.ts';
import { BYTES, FIXED64, ProtobufWriter, VARINT } from '../../lib/protobuf.ts';
import { fromBase64, utf8 } from '../../lib/text.ts';
import { microsOf, parseDuration, parseTime } from '../../lib/time.ts';
import type { Field, Member, ScalarType, StructType, Type } from '../schema.ts';

/** The message alone, without the envelope. */
export function encodeProtobuf(value: object, type: StructType): Uint8Array<ArrayBuffer> {
  const writer = new ProtobufWriter();
  writeStruct(writer, value as Record<string, unknown>, type);
  return writer.finish();
}

interface Step {
  readonly number: number;
  readonly member: Member;
}

const plans = new WeakMap<StructType, readonly Step[]>();

function planOf(type: StructType): readonly Step[] {
  let plan = plans.get(type);
  if (!plan) {
    plan = type.members
      .map((member) => ({ number: 'embedded' in member ? member.number : (member.field.number ?? 0), member }))
      .filter(({ number }) => number > 0)
      .sort((a, b) => a.number - b.number);
    plans.set(type, plan);
  }
  return plan;
}

export function writeStruct(writer: ProtobufWriter, value: Record<string, unknown>, type: StructType): void {
  for (const { number, member } of planOf(type)) {
    if ('embedded' in member) {
      writer.tag(number, BYTES);
      const start = writer.begin();
      writeStruct(writer, value, member.embedded);
      writer.end(start);
    } else writeField(writer, number, member.field, value[member.field.name]);
  }
}

function writeField(writer: ProtobufWriter, number: number, field: Field, value: unknown): void {
  const { type } = field;
  if (type.kind === 'list') {
    if (!Array.isArray(value)) return;
    if (field.wrapped) {
      writer.tag(number, BYTES);
      writeWrapped(writer, value, type.of);
    } else for (const item of value) writeValue(writer, number, item, type.of);
  } else if (type.kind === 'map') {
    if (isRecord(value)) for (const key of Object.keys(value).sort()) writeEntry(writer, number, key, value[key], type.of, field.wrapped);
  } else if (value !== undefined && value !== null) writeValue(writer, number, value, type);
  else if (!field.pointer && type.kind !== 'bytes') writeValue(writer, number, undefined, type);
}

function writeWrapped(writer: ProtobufWriter, items: readonly unknown[], of: Type): void {
  const start = writer.begin();
  for (const item of items) writeValue(writer, 1, item, of);
  writer.end(start);
}

function writeEntry(writer: ProtobufWriter, number: number, key: string, value: unknown, of: Type, isWrapped: boolean): void {
  writer.tag(number, BYTES);
  const start = writer.begin();
  writer.tag(1, BYTES);
  writer.string(key);
  if (isWrapped && of.kind === 'list') {
    writer.tag(2, BYTES);
    writeWrapped(writer, (value ?? []) as unknown[], of.of);
  } else writeValue(writer, 2, value ?? undefined, of);
  writer.end(start);
}

/** `undefined` stands for Go's zero value. */
function writeValue(writer: ProtobufWriter, number: number, value: unknown, type: Type): void {
  switch (type.kind) {
    case 'string':
      writer.tag(number, BYTES);
      return writer.string((value ?? '') as string);
    case 'bool':
      writer.tag(number, VARINT);
      return writer.uint32(value ? 1 : 0);
    case 'int32':
    case 'int64':
    case 'uint32':
      writer.tag(number, VARINT);
      return writer.int64((value ?? 0) as number);
    case 'float64':
      writer.tag(number, FIXED64);
      return writer.double((value ?? 0) as number);
    case 'bytes':
      writer.tag(number, BYTES);
      return writer.bytes(fromBase64((value ?? '') as string) ?? new Uint8Array());
    case 'list':
    case 'map':
      return;
    default: {
      writer.tag(number, BYTES);
      const start = writer.begin();
      if (type.kind === 'struct') writeStruct(writer, (value ?? {}) as Record<string, unknown>, type);
      else writeSpecial(writer, value, type);
      return writer.end(start);
    }
  }
}

/** Types that are messages here and something else in JSON. */
function writeSpecial(writer: ProtobufWriter, value: unknown, type: ScalarType): void {
  switch (type.kind) {
    case 'Quantity':
      writer.tag(1, BYTES);
      return writer.string((value ?? '0') as string);
    case 'IntOrString':
      writer.tag(1, VARINT);
      writer.uint32(typeof value === 'string' ? 1 : 0);
      writer.tag(2, VARINT);
      writer.int64(typeof value === 'number' ? value : 0);
      writer.tag(3, BYTES);
      return writer.string(typeof value === 'string' ? value : '');
    case 'Time':
    case 'MicroTime':
      return writeTime(writer, value, type.kind);
    case 'Duration':
      writer.tag(1, VARINT);
      return writer.int64(Math.round((parseDuration((value ?? '0s') as string) ?? 0) * 1e6));
    case 'any':
      if (type.of && value !== undefined) return writeSchemaOr(writer, value, type, type.of);
      return writeRaw(writer, value);
    default:
      return writeRaw(writer, value);
  }
}

function writeTime(writer: ProtobufWriter, value: unknown, kind: 'Time' | 'MicroTime'): void {
  const time = typeof value === 'string' ? parseTime(value) : undefined;
  if (time === undefined) return;
  writer.tag(1, VARINT);
  writer.int64(Math.floor(time / 1000));
  writer.tag(2, VARINT);
  writer.int64(kind === 'MicroTime' ? microsOf(value as string) * 1000 : 0);
}

function writeRaw(writer: ProtobufWriter, value: unknown): void {
  if (value === undefined || value === null) return;
  writer.tag(1, BYTES);
  writer.bytes(utf8(JSON.stringify(value)));
}

function writeSchemaOr(writer: ProtobufWriter, value: unknown, { name }: ScalarType, of: StructType): void {
  if (name === 'JSONSchemaPropsOrBool') {
    writer.tag(1, VARINT);
    writer.uint32(value === false ? 0 : 1);
    if (isRecord(value)) writeValue(writer, 2, value, of);
  } else if (Array.isArray(value)) for (const item of value) writeValue(writer, 2, item, name === 'JSONSchemaPropsOrArray' ? of : STRING);
  else writeValue(writer, 1, value, of);
}

const STRING: Type = { kind: 'string' };
