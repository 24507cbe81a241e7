// The wrapping of every protobuf body: four magic bytes, then a runtime.Unknown that names the type of what it holds. Mirrors apimachinery
// pkg/runtime/serializer/protobuf.

import { BYTES, ProtobufError, ProtobufReader, ProtobufWriter } from '../../lib/protobuf.ts';

const MAGIC = [0x6b, 0x38, 0x73, 0x00] as const; // "k8s" and a zero
const TYPE_META = 1;
const RAW = 2;
const CONTENT_ENCODING = 3;
const CONTENT_TYPE = 4;

export interface Envelope {
  readonly apiVersion: string;
  readonly kind: string;
  readonly raw: Uint8Array;
}

/** Throws ProtobufError, in upstream's words. */
export function parseEnvelope(bytes: Uint8Array): Envelope {
  if (!bytes.length) throw new ProtobufError('empty data');
  if (MAGIC.some((byte, i) => bytes[i] !== byte)) {
    throw new ProtobufError(`provided data does not appear to be a protobuf message, expected prefix [${MAGIC.join(' ')}]`);
  }
  if (bytes.length === MAGIC.length) throw new ProtobufError('empty body');
  const reader = new ProtobufReader(bytes.subarray(MAGIC.length));
  let type = { apiVersion: '', kind: '' };
  let raw: Uint8Array = new Uint8Array();
  while (!reader.isAtEnd) {
    const tag = reader.uint32();
    if (tag === ((TYPE_META << 3) | BYTES)) type = readTypeMeta(reader);
    else if (tag === ((RAW << 3) | BYTES)) raw = reader.bytes();
    else reader.skip(tag & 7);
  }
  return { ...type, raw };
}

function readTypeMeta(reader: ProtobufReader): { apiVersion: string; kind: string } {
  const texts = ['', '', ''];
  const outer = reader.enter();
  while (!reader.isAtEnd) {
    const tag = reader.uint32();
    const number = tag >>> 3;
    if ((tag & 7) === BYTES && (number === 1 || number === 2)) texts[number] = reader.string();
    else reader.skip(tag & 7);
  }
  reader.leave(outer);
  return { apiVersion: texts[1]!, kind: texts[2]! };
}

/** Wraps what `write` writes. Some documents of discovery have a kind and no version. */
export function envelope(
  { apiVersion = '', kind }: { apiVersion?: string; kind: string },
  write: (writer: ProtobufWriter) => void,
): Uint8Array<ArrayBuffer> {
  const writer = new ProtobufWriter();
  writer.raw(new Uint8Array(MAGIC));
  writer.tag(TYPE_META, BYTES);
  const type = writer.begin();
  writer.tag(1, BYTES);
  writer.string(apiVersion);
  writer.tag(2, BYTES);
  writer.string(kind);
  writer.end(type);
  writer.tag(RAW, BYTES);
  const raw = writer.begin();
  write(writer);
  writer.end(raw);
  for (const field of [CONTENT_ENCODING, CONTENT_TYPE]) {
    writer.tag(field, BYTES);
    writer.string('');
  }
  return writer.finish();
}
