// Names, extensions, requests and certificates as openssl makes them of its options and configuration files.

import { sha1 } from '@noble/hashes/legacy.js';
import { bitString, boolean, der, integer, octetString, oid, sequence, setOf, tagged, time, utf8String } from '../../../lib/der.ts';
import { readDer, sequenceOf } from '../../../lib/x509/der.ts';
import { signWith, publicInfoOf } from '../../../lib/x509/secret-key.ts';
import type { SecretKey } from '../../../lib/x509/secret-key.ts';
import { bytesOfChars, hexOf } from '../../../lib/text.ts';
import { Refusal } from '../tool.ts';
import { EXTENDED_USAGES, EXTENSIONS, KEY_USAGES, NAME_PARTS } from './describe.ts';

const [PRINTABLE, IA5] = [0x13, 0x16];

/** `/CN=dev/O=group1`. `warn` is told of attributes that nobody knows. */
export function nameOfText(text: string, command: string, warn: (line: string) => void): Uint8Array {
  const refuse = (): Refusal =>
    new Refusal(
      `${command}: subject name is expected to be in the format /type0=value0/type1=value1/type2=... where characters may be escaped by \\. This name is not in that format: '${text}'`,
    );
  if (!text.startsWith('/')) throw refuse();
  const sets: Uint8Array[][] = [];
  const unescaped = (value: string): string => value.replaceAll(/\\(.)/g, '$1');
  for (const [, separator, pair = ''] of text.matchAll(/([/+])((?:\\.|[^/\\+])*)/g)) {
    if (pair === '') continue;
    const equals = pair.indexOf('=');
    if (equals < 0) throw refuse();
    const part = attributeOf(pair.slice(0, equals), unescaped(pair.slice(equals + 1)));
    if (!part) warn(`${command} warning: Skipping unknown subject name attribute "${pair.slice(0, equals)}"\n`);
    else if (part === 'empty')
      warn(`${command} warning: No value provided for subject name attribute "${pair.slice(0, equals)}", skipped\n`);
    else if (separator === '+' && sets.length) sets.at(-1)!.push(part);
    else sets.push([part]);
  }
  return sequence(...sets.map((one) => setOf(...one.toSorted((a, b) => (hexOf(a) < hexOf(b) ? -1 : 1)))));
}

function attributeOf(name: string, value: string): Uint8Array | 'empty' | undefined {
  const found = NAME_PARTS.find(([short, , long]) => name === short || name === long);
  if (!found) return undefined;
  if (value === '') return 'empty';
  const [short, id] = found;
  const tag = short === 'C' || short === 'serialNumber' ? PRINTABLE : short === 'emailAddress' || short === 'DC' ? IA5 : undefined;
  return sequence(oid(id), tag ? der(tag, bytesOfChars(value)) : utf8String(value));
}

export type Sections = ReadonlyMap<string, readonly (readonly [key: string, value: string])[]>;

/** What stands before the first section is in `default`. */
export function readSections(text: string): Sections {
  const sections = new Map<string, [string, string][]>();
  let current = 'default';
  for (const raw of text.replaceAll(/\\\r?\n/g, '').split('\n')) {
    const line = raw.replace(/(^|\s)#.*/, '').trim();
    const header = /^\[\s*(.*?)\s*\]$/.exec(line);
    const pair = /^([^=]+?)\s*=\s*(.*)$/.exec(line);
    if (header) current = header[1]!;
    if (!sections.has(current)) sections.set(current, []);
    if (!header && pair) sections.get(current)!.push([pair[1]!, pair[2]!.replace(/^"(.*)"$/, '$1')]);
  }
  return sections;
}

/** A name out of a section of a file that asks nothing. */
export function nameOfSection(pairs: Sections extends ReadonlyMap<string, infer Pairs> ? Pairs : never): Uint8Array {
  return sequence(
    ...pairs.flatMap(([key, value]) => {
      const part = attributeOf(key.replace(/^\d+\./, ''), value);
      return part instanceof Uint8Array ? [setOf(part)] : [];
    }),
  );
}

export interface Keys {
  /** SubjectPublicKeyInfo. */
  readonly own: Uint8Array;
  readonly issuer: Uint8Array;
}

/** The hash of the key itself. */
const keyId = (info: Uint8Array): Uint8Array => sha1(sequenceOf(readDer(info))[1]!.bytes.subarray(1));

export const identifiersOf = ({ own, issuer }: Keys): Uint8Array[] => [
  extension('subjectKeyIdentifier', false, octetString(keyId(own))),
  extension('authorityKeyIdentifier', false, sequence(der(0x80, keyId(issuer)))),
];

export function extension(name: string, isCritical: boolean, value: Uint8Array): Uint8Array {
  const id = EXTENSIONS.find(([, short]) => short === name)![0];
  return sequence(oid(id), ...(isCritical ? [boolean(true)] : []), octetString(value));
}

/** The extensions that lines of a configuration ask for: `subjectAltName`, `DNS:a,IP:10.0.0.1`. */
export const extensionsOf = (lines: readonly (readonly [string, string])[], sections: Sections, keys: Keys | undefined): Uint8Array[] =>
  lines.flatMap(([name, text]) => {
    const all = text.split(',').map((word) => word.trim());
    const isCritical = all[0] === 'critical';
    const words = isCritical ? all.slice(1) : all;
    const value = valueOf(name, words, sections, keys);
    return value ? [extension(name, isCritical, value)] : [];
  });

function valueOf(name: string, words: readonly string[], sections: Sections, keys: Keys | undefined): Uint8Array | undefined {
  switch (name) {
    case 'subjectAltName':
      return sequence(
        ...words.flatMap((word) =>
          word.startsWith('@')
            ? (sections.get(word.slice(1)) ?? []).map(([key, value]) => alternativeName(key.replace(/\.\d+$/, ''), value))
            : [alternativeName(word.slice(0, word.indexOf(':')), word.slice(word.indexOf(':') + 1))],
        ),
      );
    case 'keyUsage': {
      const bits = KEY_USAGES.flatMap(([short], i) =>
        words.includes(short) || (short === 'nonRepudiation' && words.includes('contentCommitment')) ? [i] : [],
      );
      if (!bits.length) throw badValue(name, words);
      const last = bits.at(-1)!;
      const bytes = new Uint8Array((last >> 3) + 1);
      for (const bit of bits) bytes[bit >> 3]! |= 0x80 >> (bit & 7);
      return bitString(bytes, 7 - (last & 7));
    }
    case 'extendedKeyUsage':
      return sequence(...words.map((word) => oid(EXTENDED_USAGES.find(([id, short]) => word === short || word === id)?.[0] ?? word)));
    case 'basicConstraints': {
      const length = words.find((word) => word.startsWith('pathlen:'));
      return sequence(
        ...(words.some((word) => /^CA:true$/i.test(word)) ? [boolean(true)] : []),
        ...(length ? [integer(Number(length.slice(8)))] : []),
      );
    }
    case 'subjectKeyIdentifier':
      return keys && octetString(keyId(keys.own));
    case 'authorityKeyIdentifier':
      return keys && sequence(der(0x80, keyId(keys.issuer)));
    default:
      return undefined;
  }
}

const badValue = (name: string, words: readonly string[]): Refusal =>
  new Refusal(`Error adding extensions in section default: ${name}=${words.join(',')}`);

function alternativeName(kind: string, value: string): Uint8Array {
  switch (kind) {
    case 'DNS':
      return der(0x82, bytesOfChars(value));
    case 'email':
      return der(0x81, bytesOfChars(value));
    case 'URI':
      return der(0x86, bytesOfChars(value));
    case 'IP':
      return der(0x87, addressBytes(value));
    default:
      throw badValue('subjectAltName', [`${kind}:${value}`]);
  }
}

function addressBytes(text: string): Uint8Array {
  if (/^\d+(\.\d+){3}$/.test(text)) return Uint8Array.from(text.split('.'), Number);
  const [head = '', tail] = text.split('::');
  const groups = (part: string): number[] => (part ? part.split(':').map((group) => Number.parseInt(group, 16)) : []);
  const [before, after] = [groups(head), groups(tail ?? '')];
  const all = tail === undefined ? before : [...before, ...Array<number>(Math.max(0, 8 - before.length - after.length)).fill(0), ...after];
  if (all.length !== 8 || all.some((group) => !(group <= 0xffff))) throw badValue('subjectAltName', [`IP:${text}`]);
  return Uint8Array.from(all.flatMap((group) => [group >> 8, group & 255]));
}

/** In DER. */
export function makeRequest(subject: Uint8Array, key: SecretKey, extensions: readonly Uint8Array[]): Uint8Array {
  const asked = extensions.length ? [sequence(oid('1.2.840.113549.1.9.14'), setOf(sequence(...extensions)))] : [];
  const info = sequence(integer(0), subject, publicInfoOf(key), tagged(0, ...asked));
  const { algorithm, signature } = signWith(key, info);
  return sequence(info, algorithm, bitString(signature));
}

export interface NewCertificate {
  readonly serial: Uint8Array;
  readonly issuer: Uint8Array;
  readonly subject: Uint8Array;
  readonly publicKeyInfo: Uint8Array;
  readonly notBefore: number;
  readonly notAfter: number;
  readonly extensions: readonly Uint8Array[];
}

/** In DER. */
export function makeSigned(spec: NewCertificate, issuerKey: SecretKey): Uint8Array {
  const { algorithm } = signWith(issuerKey, new Uint8Array(0));
  const body = sequence(
    ...(spec.extensions.length ? [tagged(0, integer(2))] : []),
    integer(spec.serial),
    algorithm,
    spec.issuer,
    sequence(time(spec.notBefore), time(spec.notAfter)),
    spec.subject,
    spec.publicKeyInfo,
    ...(spec.extensions.length ? [tagged(3, sequence(...spec.extensions))] : []),
  );
  return sequence(body, algorithm, bitString(signWith(issuerKey, body).signature));
}
