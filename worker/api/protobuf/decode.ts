// From protobuf to an object in canonical form, by its schema. Mirrors the generated Unmarshal functions of k8s.io/api and the special types'
// of apimachinery (Quantity, Time, IntOrString and so on): unknown fields are passed over, absent ones get Go's zero values.

import { keep, zero } from '../canonical.ts';
import type { Field, ScalarType, StructType, Type } from '../schema.ts';
import { setOwn } from '../../lib/json.ts';
import { BYTES, FIXED64, ProtobufError, ProtobufReader, VARINT } from '../../lib/protobuf.ts';
import { canonicalQuantity, quantityProblem } from '../../lib/quantity.ts';
import { fromUtf8, toBase64 } from '../../lib/text.ts';
import { formatDuration, formatMicroTime, formatTime, isZeroTime } from '../../lib/time.ts';

/** Types that hold themselves (JSON schemas) could be nested until the stack ends. */
const MAX_DEPTH = 500;

/** Reads a message of a type. Throws ProtobufError. */
export function decodeProtobuf(bytes: Uint8Array, type: StructType): Record<string, unknown> {
  return readStruct(new ProtobufReader(bytes), type, 0);
}

/** What was read of a struct: its fields' places in Go's order, and their values. Few enough to be searched from the end. */
interface Slots {
  readonly places: number[];
  readonly values: unknown[];
}

/** Field number → a field with its place, or the plan of an embedded struct, whose fields are the outer one's. */
type Plan = readonly (Target | Plan | undefined)[];

interface Target {
  readonly field: Field;
  readonly place: number;
}

interface StructPlan {
  readonly byNumber: Plan;
  readonly fields: readonly Field[];
  /** Places of the fields that are written even if they did not come. */
  readonly always: readonly number[];
}

const plans = new WeakMap<StructType, StructPlan>();

function planOf(type: StructType): StructPlan {
  let plan = plans.get(type);
  if (!plan) {
    const fields = [...type.fields.values()];
    const places = new Map(fields.map(({ name }, i) => [name, i]));
    const always = fields.map((_, i) => i).filter((i) => keep(undefined, fields[i]!) !== undefined);
    plans.set(type, (plan = { byNumber: numbersOf(type, places), fields, always }));
  }
  return plan;
}

function numbersOf(type: StructType, places: ReadonlyMap<string, number>): Plan {
  const made: (Target | Plan | undefined)[] = [];
  for (const member of type.members) {
    if ('embedded' in member) made[member.number] = numbersOf(member.embedded, places);
    else if (member.field.number !== undefined) made[member.field.number] = { field: member.field, place: places.get(member.field.name)! };
  }
  return made;
}

function readStruct(reader: ProtobufReader, type: StructType, depth: number): Record<string, unknown> {
  if (depth > MAX_DEPTH) throw new ProtobufError('proto: exceeded max depth');
  const { byNumber, fields, always } = planOf(type);
  const slots: Slots = { places: [], values: [] };
  readMembers(reader, type, byNumber, slots, depth);
  sortSlots(slots);
  const { places, values } = slots;
  const out: Record<string, unknown> = {};
  let pending = 0;
  for (let i = 0; i < places.length; i++) {
    const place = places[i]!;
    while (pending < always.length && always[pending]! < place) writeZero(out, fields[always[pending++]!]!);
    if (always[pending] === place) pending++;
    const field = fields[place]!;
    const kept = keep(values[i], field);
    if (kept !== undefined) out[field.name] = kept;
  }
  while (pending < always.length) writeZero(out, fields[always[pending++]!]!);
  return out;
}

const writeZero = (out: Record<string, unknown>, field: Field): void => {
  out[field.name] = keep(undefined, field);
};

/** By insertion: they come by number, which is nearly Go's order. */
function sortSlots({ places, values }: Slots): void {
  for (let i = 1; i < places.length; i++) {
    const [place, value] = [places[i]!, values[i]];
    let at = i;
    for (; at > 0 && places[at - 1]! > place; at--) {
      places[at] = places[at - 1]!;
      values[at] = values[at - 1];
    }
    places[at] = place;
    values[at] = value;
  }
}

/** The slot of a place, made if it is not there. */
function slotOf({ places, values }: Slots, place: number): number {
  for (let i = places.length - 1; i >= 0; i--) if (places[i] === place) return i;
  values.push(undefined);
  return places.push(place) - 1;
}

/** Reads to the end of the message. */
function readMembers(reader: ProtobufReader, type: StructType, plan: Plan, slots: Slots, depth: number): void {
  while (!reader.isAtEnd) {
    const tag = reader.uint32();
    const wireType = tag & 7;
    const number = tag >>> 3;
    if (wireType === 4) throw new ProtobufError(`proto: ${goName(type)}: wiretype end group for non-group`);
    if (number === 0) throw new ProtobufError(`proto: ${goName(type)}: illegal tag ${number} (wire type ${wireType})`);
    const target = plan[number];
    if (target === undefined) reader.skip(wireType);
    else if (Array.isArray(target)) {
      expect(wireType, BYTES, goName(type));
      const outer = reader.enter();
      readMembers(reader, type, target as Plan, slots, depth);
      reader.leave(outer);
    } else readField(reader, target as Target, wireType, slots, depth);
  }
}

const goName = (type: StructType): string => type.name.slice(type.name.lastIndexOf('.') + 1);

function expect(wireType: number, wanted: number, name: string): void {
  if (wireType === wanted) return;
  throw new ProtobufError(`proto: wrong wireType = ${wireType} for field ${name.charAt(0).toUpperCase()}${name.slice(1)}`);
}

function readField(reader: ProtobufReader, { field, place }: Target, wireType: number, slots: Slots, depth: number): void {
  const { type, name } = field;
  const slot = slotOf(slots, place);
  const { values } = slots;
  if (type.kind === 'list') {
    const list = (values[slot] ??= []) as unknown[];
    if (field.wrapped) {
      expect(wireType, BYTES, name);
      readWrapped(reader, type.of, list, depth);
    } else readItem(reader, type.of, wireType, list, name, depth);
  } else if (type.kind === 'map') {
    expect(wireType, BYTES, name);
    readEntry(reader, type.of, field.wrapped, (values[slot] ??= {}) as Record<string, unknown>, depth);
  } else {
    values[slot] = readValue(reader, type, wireType, name, depth);
  }
}

/** Numbers may come one by one or packed into one value. */
function readItem(reader: ProtobufReader, type: Type, wireType: number, list: unknown[], name: string, depth: number): void {
  const single = wireTypeOf(type);
  if (wireType !== BYTES || single === BYTES) {
    list.push(readValue(reader, type, wireType, name, depth));
    return;
  }
  const outer = reader.enter();
  while (!reader.isAtEnd) list.push(readValue(reader, type, single, name, depth));
  reader.leave(outer);
}

/** A list that is a message of its own, its items in field 1. */
function readWrapped(reader: ProtobufReader, type: Type, list: unknown[], depth: number): void {
  const outer = reader.enter();
  while (!reader.isAtEnd) {
    const tag = reader.uint32();
    if (tag >>> 3 === 1) readItem(reader, type, tag & 7, list, 'items', depth);
    else reader.skip(tag & 7);
  }
  reader.leave(outer);
}

/** One entry of a map: its key in field 1, its value in field 2. */
function readEntry(reader: ProtobufReader, type: Type, isWrapped: boolean, map: Record<string, unknown>, depth: number): void {
  let key = '';
  let value: unknown;
  const outer = reader.enter();
  while (!reader.isAtEnd) {
    const tag = reader.uint32();
    const number = tag >>> 3;
    if (number === 1) {
      expect(tag & 7, BYTES, 'key');
      key = reader.string();
    } else if (number === 2 && isWrapped && type.kind === 'list') {
      expect(tag & 7, BYTES, 'value');
      readWrapped(reader, type.of, (value ??= []) as unknown[], depth);
    } else if (number === 2) value = readValue(reader, type, tag & 7, 'value', depth);
    else reader.skip(tag & 7);
  }
  reader.leave(outer);
  setOwn(map, key, value === undefined ? zero(type) : value);
}

function wireTypeOf(type: Type): number {
  switch (type.kind) {
    case 'bool':
    case 'int32':
    case 'int64':
    case 'uint32':
      return VARINT;
    case 'float64':
      return FIXED64;
    default:
      return BYTES;
  }
}

function readValue(reader: ProtobufReader, type: Type, wireType: number, name: string, depth: number): unknown {
  expect(wireType, wireTypeOf(type), name);
  switch (type.kind) {
    case 'string':
      return reader.string();
    case 'bool':
      return reader.int64() !== 0;
    case 'int32':
      return reader.int32();
    case 'uint32':
      return reader.int32() >>> 0;
    case 'int64':
      return reader.int64();
    case 'float64':
      return reader.double();
    case 'bytes':
      return toBase64(reader.bytes());
    case 'struct': {
      const outer = reader.enter();
      const value = readStruct(reader, type, depth + 1);
      reader.leave(outer);
      return value;
    }
    case 'list':
    case 'map':
      throw new ProtobufError(`proto: field ${name} has no form on the wire`);
    default:
      return readSpecial(reader, type, depth);
  }
}

/** A small message that JSON writes as something else. */
function readSpecial(reader: ProtobufReader, type: ScalarType, depth: number): unknown {
  const outer = reader.enter();
  const parts = readParts(reader, type, depth);
  reader.leave(outer);
  switch (type.kind) {
    case 'Quantity': {
      const text = (parts[1] ?? '') as string;
      const canonical = canonicalQuantity(text);
      if (canonical === undefined) throw new ProtobufError(quantityProblem(text));
      return canonical;
    }
    case 'IntOrString':
      return parts[1] === 1 ? (parts[3] ?? '') : (parts[2] ?? 0);
    case 'Time':
    case 'MicroTime':
      return timeText(parts, type.kind);
    case 'Duration':
      return formatDuration(((parts[1] ?? 0) as number) / 1e6);
    default:
      return rawValue(parts, type);
  }
}

/** Values by field number. Which numbers are texts, and which numbers, follows from how they come. */
function readParts(reader: ProtobufReader, type: ScalarType, depth: number): unknown[] {
  const parts: unknown[] = [];
  while (!reader.isAtEnd) {
    const tag = reader.uint32();
    const number = tag >>> 3;
    if ((tag & 7) === VARINT && number <= 3) parts[number] = reader.int64();
    else if ((tag & 7) === BYTES && number <= 3) parts[number] = readPart(reader, type, number, parts[number], depth);
    else reader.skip(tag & 7);
  }
  return parts;
}

function readPart(reader: ProtobufReader, { kind, name, of }: ScalarType, number: number, before: unknown, depth: number): unknown {
  if (kind === 'Quantity' || kind === 'IntOrString') return reader.string();
  if (of) {
    if (number === 2 && name === 'JSONSchemaPropsOrStringArray') return [...((before ?? []) as string[]), reader.string()];
    const outer = reader.enter();
    const schema = readStruct(reader, of, depth + 1);
    reader.leave(outer);
    return number === 2 && name === 'JSONSchemaPropsOrArray' ? [...((before ?? []) as object[]), schema] : schema;
  }
  return reader.bytes();
}

function timeText(parts: readonly unknown[], kind: 'Time' | 'MicroTime'): string | null {
  if (parts[1] === undefined && parts[2] === undefined) return null;
  const seconds = (parts[1] ?? 0) as number;
  if (isZeroTime(seconds * 1000)) return null;
  if (!(seconds >= -62135596800 && seconds < 253402300800)) throw new ProtobufError('proto: time is out of range');
  if (kind === 'Time') return formatTime(seconds * 1000);
  const micros = Math.floor(((parts[2] ?? 0) as number) / 1000);
  return formatMicroTime(seconds * 1000, micros);
}

function rawValue(parts: readonly unknown[], { name }: ScalarType): unknown {
  switch (name) {
    case 'JSONSchemaPropsOrArray':
    case 'JSONSchemaPropsOrStringArray':
      return parts[2] ?? parts[1] ?? null;
    case 'JSONSchemaPropsOrBool':
      return parts[2] ?? parts[1] === 1;
    default: {
      const raw = parts[1] as Uint8Array | undefined;
      if (!raw?.length) return null;
      try {
        return JSON.parse(fromUtf8(raw)) as unknown;
      } catch {
        throw new ProtobufError('raw JSON in a protobuf message cannot be read');
      }
    }
  }
}
