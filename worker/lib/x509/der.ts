// Reading DER, the encoding of certificates and requests: enough of it for X.509. Mirrors what Go's encoding/asn1 accepts.

export class DerError extends Error {}

/** One value: its tag, and where its content lies. */
export interface Der {
  readonly tag: number;
  readonly bytes: Uint8Array;
  /** With its header. */
  readonly raw: Uint8Array;
}

export const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  oid: 0x06,
  utf8String: 0x0c,
  sequence: 0x30,
  set: 0x31,
} as const;

/** The one value that the bytes hold. */
export function readDer(bytes: Uint8Array): Der {
  const [value, end] = readAt(bytes, 0);
  if (end !== bytes.length) throw new DerError('asn1: syntax error: trailing data');
  return value;
}

/** The values inside a constructed one. */
export function childrenOf({ bytes }: Der): Der[] {
  const out: Der[] = [];
  for (let at = 0; at < bytes.length;) {
    const [value, end] = readAt(bytes, at);
    out.push(value);
    at = end;
  }
  return out;
}

function readAt(bytes: Uint8Array, start: number): [Der, number] {
  if (start + 2 > bytes.length) throw new DerError('asn1: syntax error: data truncated');
  const tag = bytes[start]!;
  let length = bytes[start + 1]!;
  let at = start + 2;
  if ((tag & 0x1f) === 0x1f) throw new DerError('asn1: structure error: base 128 integer too large');
  if (length & 0x80) {
    const size = length & 0x7f;
    if (size === 0) throw new DerError('asn1: syntax error: indefinite length found (not DER)');
    if (size > 3 || at + size > bytes.length) throw new DerError('asn1: structure error: length too large');
    length = 0;
    for (let i = 0; i < size; i++) length = length * 256 + bytes[at++]!;
    if (length < 0x80) throw new DerError('asn1: structure error: non-minimal length');
  }
  const end = at + length;
  if (end > bytes.length) throw new DerError('asn1: syntax error: data truncated');
  return [{ tag, bytes: bytes.subarray(at, end), raw: bytes.subarray(start, end) }, end];
}

export function expectTag(value: Der | undefined, tag: number): Der {
  if (!value) throw new DerError('asn1: syntax error: sequence truncated');
  if (value.tag !== tag) throw new DerError(`asn1: structure error: tags don't match (${tag & 0x1f} vs ${value.tag & 0x1f})`);
  return value;
}

export const sequenceOf = (value: Der | undefined): Der[] => childrenOf(expectTag(value, TAG.sequence));

/** `1.2.840.113549.1.1.11`. */
export function oidOf(value: Der | undefined): string {
  const { bytes } = expectTag(value, TAG.oid);
  const parts: number[] = [];
  let part = 0;
  for (const byte of bytes) {
    part = part * 128 + (byte & 0x7f);
    if (byte & 0x80) continue;
    if (parts.length) parts.push(part);
    else parts.push(Math.min(2, Math.floor(part / 40)), part - 40 * Math.min(2, Math.floor(part / 40)));
    part = 0;
  }
  return parts.join('.');
}

export const integerBytesOf = (value: Der | undefined): Uint8Array => expectTag(value, TAG.integer).bytes;

export const integerOf = (value: Der | undefined): bigint => bytesToBigInt(integerBytesOf(value));

export const bytesToBigInt = (bytes: Uint8Array): bigint => bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);

/** Of whole bytes. */
export function bitStringOf(value: Der | undefined): Uint8Array {
  const { bytes } = expectTag(value, TAG.bitString);
  if (!bytes.length || bytes[0] !== 0) throw new DerError('asn1: syntax error: zero length BIT STRING');
  return bytes.subarray(1);
}
