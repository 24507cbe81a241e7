// IP addresses and ranges: reading, writing, comparing. Mirrors what Kubernetes uses of Go's net and net/netip: the lenient reading of older
// releases (leading zeros, IPv4 inside IPv6), and enough to tell that a text needed it.

export interface Ip {
  /** An IPv4 address inside IPv6 (`::ffff:1.2.3.4`) counts as 4. */
  readonly family: 4 | 6;
  readonly value: bigint;
  /** It was written as IPv4 inside IPv6. */
  readonly mapped: boolean;
  /** It was written with leading zeros in a decimal part. */
  readonly leadingZeros: boolean;
}

export interface Cidr {
  /** The address as it was written, and the first of the range. */
  readonly ip: Ip;
  readonly first: bigint;
  readonly family: 4 | 6;
  readonly bits: number;
  readonly leadingZeros: boolean;
}

/** Undefined if the text is no address. */
export function parseIp(text: string): Ip | undefined {
  const known = parsed.get(text);
  if (known) return known;
  const ip = readIp(text);
  if (parsed.size >= MAX_PARSED) parsed.clear();
  if (ip) parsed.set(text, ip);
  return ip;
}

/** An address is looked at again whenever something that has it is written. */
const parsed = new Map<string, Ip>();
const MAX_PARSED = 5000;

function readIp(text: string): Ip | undefined {
  if (text.includes(':')) return parseIpv6(text);
  const four = parseIpv4(text);
  return four && { family: 4, ...four, mapped: false };
}

function parseIpv4(text: string): { value: bigint; leadingZeros: boolean } | undefined {
  let [value, parts, part, digits, leadingZeros] = [0, 1, 0, 0, false];
  for (let i = 0; i < text.length; i++) {
    const digit = text.charCodeAt(i) - ZERO;
    if (digit >= 0 && digit <= 9) {
      if (digits === 1 && part === 0) leadingZeros = true;
      part = part * 10 + digit;
      digits++;
    } else if (text[i] === '.' && digits && parts < 4) {
      value = value * 256 + part;
      [part, digits] = [0, 0];
      parts++;
    } else return undefined;
    if (part > 255) return undefined;
  }
  return parts === 4 && digits ? { value: BigInt(value * 256 + part), leadingZeros } : undefined;
}
const ZERO = 48;

function parseIpv6(text: string): Ip | undefined {
  let leadingZeros = false;
  let hex = text;
  const tail = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text);
  if (tail) {
    const four = parseIpv4(tail[2]!);
    if (!four) return undefined;
    leadingZeros = four.leadingZeros;
    hex = `${tail[1]}${(four.value >> 16n).toString(16)}:${(four.value & 0xffffn).toString(16)}`;
  }
  const halves = hex.split('::');
  if (halves.length > 2) return undefined;
  const [left, right] = halves.map((half) => (half === '' ? [] : half.split(':'))) as [string[], string[] | undefined];
  const given = left.length + (right?.length ?? 0);
  if (right ? given > 7 : given !== 8) return undefined;
  const groups = right ? [...left, ...Array.from({ length: 8 - given }, () => '0'), ...right] : left;
  if (!groups.every((group) => /^[0-9a-fA-F]{1,4}$/.test(group))) return undefined;
  const value = groups.reduce((sum, group) => (sum << 16n) | BigInt(`0x${group}`), 0n);
  const mapped = value >> 32n === 0xffffn;
  return mapped ? { family: 4, value: value & 0xffffffffn, mapped, leadingZeros } : { family: 6, value, mapped, leadingZeros };
}

/** The canonical text; IPv6 as RFC 5952 wants it. */
export function formatIp({ family, value }: { family: 4 | 6; value: bigint }): string {
  if (family === 4) {
    const word = Number(value);
    return `${word >>> 24}.${(word >>> 16) & 255}.${(word >>> 8) & 255}.${word & 255}`;
  }
  const groups = Array.from({ length: 8 }, (_, i) => Number((value >> BigInt(112 - 16 * i)) & 0xffffn));
  let [start, length] = [-1, 1]; // the first of the longest runs of zeros, if longer than one
  for (let i = 0; i < 8; i++) {
    let end = i;
    while (end < 8 && groups[end] === 0) end++;
    if (end - i > length) [start, length] = [i, end - i];
    i = Math.max(i, end - 1);
  }
  const text = groups.map((group) => group.toString(16));
  if (start < 0) return text.join(':');
  return `${text.slice(0, start).join(':')}::${text.slice(start + length).join(':')}`;
}

/** Undefined if the text is no range. Bits beyond the prefix may be set. */
export function parseCidr(text: string): Cidr | undefined {
  const slash = text.indexOf('/');
  const [address, length] = [text.slice(0, slash), text.slice(slash + 1)];
  const ip = slash < 0 ? undefined : parseIp(address);
  if (!ip || !/^\d+$/.test(length)) return undefined;
  const written = Number(length);
  if (written > (address.includes(':') ? 128 : 32)) return undefined;
  // Go keeps a short prefix of a mapped address as one of 128 bits; nobody can mean it.
  const bits = ip.mapped ? Math.max(0, written - 96) : written;
  const width = ip.family === 4 ? 32 : 128;
  const host = BigInt(width - bits);
  return {
    ip,
    first: (ip.value >> host) << host,
    family: ip.family,
    bits,
    leadingZeros: ip.leadingZeros || (length.length > 1 && length.startsWith('0')),
  };
}

export const formatCidr = ({ family, first, bits }: Pick<Cidr, 'family' | 'first' | 'bits'>): string =>
  `${formatIp({ family, value: first })}/${bits}`;

export const widthOf = (family: 4 | 6): number => (family === 4 ? 32 : 128);

/** 4 bytes or 16, the highest first. */
export const bytesOfIp = ({ family, value }: Pick<Ip, 'family' | 'value'>): Uint8Array<ArrayBuffer> =>
  Uint8Array.from({ length: widthOf(family) / 8 }, (_, i) => Number((value >> BigInt(widthOf(family) - 8 * (i + 1))) & 255n));

export function cidrContains(cidr: Cidr, ip: { family: 4 | 6; value: bigint }): boolean {
  const host = BigInt(widthOf(cidr.family) - cidr.bits);
  return cidr.family === ip.family && ip.value >> host === cidr.first >> host;
}

/** Whether all of `inner` lies in `outer`. */
export const cidrCovers = (outer: Cidr, inner: Cidr): boolean =>
  outer.bits <= inner.bits && cidrContains(outer, { family: inner.family, value: inner.first });

export const cidrsOverlap = (a: Cidr, b: Cidr): boolean => cidrCovers(a, b) || cidrCovers(b, a);

/** What an address is for, where rules ask. */
export type IpScope = 'unspecified' | 'loopback' | 'link-local' | 'link-local multicast' | 'other';

export function scopeOf({ family, value }: Ip): IpScope {
  if (value === 0n) return 'unspecified';
  if (family === 4) {
    if (value >> 24n === 127n) return 'loopback';
    if (value >> 16n === 0xa9fen) return 'link-local';
    return value >> 8n === 0xe00000n ? 'link-local multicast' : 'other';
  }
  if (value === 1n) return 'loopback';
  if (value >> 118n === 0xfe80n >> 6n) return 'link-local';
  return ((value >> 112n) & 0xff0fn) === 0xff02n ? 'link-local multicast' : 'other';
}

/** As netip writes it: an IPv4 address inside IPv6 stays one. */
export const formatIpAsWritten = (ip: Ip): string => (ip.mapped ? `::ffff:${formatIp(ip)}` : formatIp(ip));
