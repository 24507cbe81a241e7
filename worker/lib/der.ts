// ASN.1 in DER (X.690): enough to write certificates.

export type Der = Uint8Array<ArrayBuffer>;

/** Tag, length, content. */
export function der(tag: number, ...contents: readonly Uint8Array[]): Der {
  const length = contents.reduce((sum, one) => sum + one.length, 0);
  const head = length < 0x80 ? [length] : longLength(length);
  const out = new Uint8Array(1 + head.length + length);
  out.set([tag, ...head]);
  let at = 1 + head.length;
  for (const one of contents) {
    out.set(one, at);
    at += one.length;
  }
  return out;
}

function longLength(length: number): number[] {
  const bytes: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256);
  return [0x80 | bytes.length, ...bytes];
}

export const sequence = (...contents: readonly Uint8Array[]): Der => der(0x30, ...contents);
export const setOf = (...contents: readonly Uint8Array[]): Der => der(0x31, ...contents);
export const boolean = (value: boolean): Der => der(0x01, Uint8Array.of(value ? 0xff : 0));
export const octetString = (...contents: readonly Uint8Array[]): Der => der(0x04, ...contents);
export const utf8String = (text: string): Der => der(0x0c, new TextEncoder().encode(text));
/** `[n]`, constructed. */
export const tagged = (n: number, ...contents: readonly Uint8Array[]): Der => der(0xa0 | n, ...contents);

/** Not negative; big-endian bytes. */
export function integer(value: number | Uint8Array): Der {
  const bytes = typeof value === 'number' ? Uint8Array.of(value) : value;
  let from = 0;
  while (from < bytes.length - 1 && bytes[from] === 0) from++;
  const rest = bytes.subarray(from);
  return der(0x02, ...(rest[0]! & 0x80 ? [Uint8Array.of(0)] : []), rest);
}

export const bitString = (bytes: Uint8Array, unusedBits = 0): Der => der(0x03, Uint8Array.of(unusedBits), bytes);

/** `1.2.840.10045.2.1` */
export function oid(text: string): Der {
  const [first = 0, second = 0, ...rest] = text.split('.').map(Number);
  const base128 = (value: number): number[] => {
    const out = [value & 0x7f];
    for (let left = Math.floor(value / 128); left > 0; left = Math.floor(left / 128)) out.unshift((left & 0x7f) | 0x80);
    return out;
  };
  return der(0x06, Uint8Array.from([first * 40 + second, ...rest].flatMap(base128)));
}

/** As RFC 5280 wants it: two digits of the year until 2049, then four. */
export function time(ms: number): Der {
  const digits = new Date(ms).toISOString().replaceAll(/[-:T]|\.\d+/g, '');
  const text = new TextEncoder();
  return Number(digits.slice(0, 4)) < 2050 ? der(0x17, text.encode(digits.slice(2))) : der(0x18, text.encode(digits));
}

/** `-----BEGIN CERTIFICATE-----` and so on. */
export function toPem(label: string, bytes: Uint8Array): string {
  const base64 = btoa(String.fromCharCode(...bytes));
  return `-----BEGIN ${label}-----\n${base64.replaceAll(/.{1,64}/g, '$&\n')}-----END ${label}-----\n`;
}
