// The formats that JSON schemas name for strings, as far as Kubernetes knows them. Mirrors kube-openapi pkg/validation/strfmt.

import { parseDuration, parseTime } from './time.ts';
import { dnsLabelProblems, dnsSubdomainProblems } from './names.ts';
import { byteLength, isBase64 } from './text.ts';
import { parseCidr, parseIp } from './ip.ts';

type Check = (text: string) => boolean;

const matches =
  (pattern: RegExp): Check =>
  (text) =>
    pattern.test(text);

const UUID = '[0-9a-f]{8}-?[0-9a-f]{4}-?$[0-9a-f]{3}-?$[0-9a-f]{3}-?[0-9a-f]{12}';
const uuid = (version: string, variant: string): Check => matches(new RegExp(`^${UUID.replace('$', version).replace('$', variant)}$`, 'i'));

const digits = (text: string): string => text.replaceAll(/[\s-]/g, '');

function isIsbn10(text: string): boolean {
  const code = digits(text);
  if (!/^\d{9}[\dX]$/.test(code)) return false;
  let sum = 0;
  for (let i = 0; i < 10; i++) sum += (10 - i) * (code[i] === 'X' ? 10 : Number(code[i]));
  return sum % 11 === 0;
}

function isIsbn13(text: string): boolean {
  const code = digits(text);
  if (!/^\d{13}$/.test(code)) return false;
  let sum = 0;
  for (let i = 0; i < 13; i++) sum += (i % 2 ? 3 : 1) * Number(code[i]);
  return sum % 10 === 0;
}

function isCreditCard(text: string): boolean {
  const code = digits(text);
  if (!/^\d{13,19}$/.test(code)) return false;
  let sum = 0;
  for (let i = 0; i < code.length; i++) {
    const digit = Number(code[code.length - 1 - i]);
    sum += i % 2 ? (digit > 4 ? digit * 2 - 9 : digit * 2) : digit;
  }
  return sum % 10 === 0;
}

function isUri(text: string): boolean {
  if (/[\s\p{Cc}]/u.test(text)) return false;
  if (text.startsWith('/')) return true;
  return /^[a-zA-Z][a-zA-Z0-9+.-]*:.+$/.test(text);
}

/** Upstream's own idea of names: one label with one hyphen at most, after its first letter, or several labels of which the last is letters. */
const LETTER = '[a-zA-Z0-9\\p{S}\\p{L}]';
const HOST_LABEL = `${LETTER}([a-zA-Z0-9\\-\\p{S}\\p{L}]{0,61}${LETTER})?`;
const HOSTNAME = new RegExp(`^(${LETTER}(-?${LETTER}{0,62})?|(${HOST_LABEL}\\.)+[a-zA-Z\\p{L}]{2,63})$`, 'u');

const isHostname = (text: string): boolean =>
  HOSTNAME.test(text) && byteLength(text) <= 255 && text.split('.').every((label) => byteLength(label) <= 63);

function isDate(text: string): boolean {
  return /^\d{4}-\d\d-\d\d$/.test(text) && parseTime(`${text}T00:00:00Z`) !== undefined;
}

function isDateTime(text: string): boolean {
  const [date = '', time = ''] = text.toLowerCase().split('t');
  const parts = /^(\d\d):(\d\d):(\d\d)(.\d+)?(z|[+-]\d\d:\d\d)$/.exec(time);
  return isDate(date) && parts !== null && Number(parts[1]) < 24 && Number(parts[2]) < 60 && Number(parts[3]) < 60;
}

/** The last of a unit's names may go on: `3 days`. */
const UNITS = [
  ['ns', 'nano'],
  ['us', 'µs', 'micro'],
  ['ms', 'milli'],
  ['s', 'sec'],
  ['m', 'min'],
  ['h', 'hr', 'hour'],
  ['d', 'day'],
  ['w', 'wk', 'week'],
];

/** Go's form, or any text in which some number has a unit. */
function isDuration(text: string): boolean {
  if (parseDuration(text) !== undefined) return true;
  return [...text.matchAll(/\d+\s*([A-Za-zµ]+)/g)].some(([, unit]) =>
    UNITS.some((names) => names.includes(unit!.toLowerCase()) || unit!.toLowerCase().startsWith(names.at(-1)!)),
  );
}

const CHECKS: ReadonlyMap<string, Check> = new Map<string, Check>([
  ['bsonobjectid', matches(/^[0-9a-fA-F]{24}$/)],
  ['uri', isUri],
  ['email', matches(/^[^\s@<>()[\]\\,;:"]+@[a-zA-Z0-9-]+(\.[a-zA-Z0-9-]+)*$/)],
  ['hostname', isHostname],
  ['ipv4', (text) => parseIp(text)?.family === 4],
  ['ipv6', (text) => parseIp(text)?.family === 6],
  ['cidr', (text) => parseCidr(text) !== undefined],
  ['mac', matches(/^([0-9a-f]{2}([:-])[0-9a-f]{2}(\2[0-9a-f]{2}){4}((\2[0-9a-f]{2}){2})?|[0-9a-f]{4}(\.[0-9a-f]{4}){2,3})$/i)],
  ['uuid', uuid('[0-9a-f]', '[0-9a-f]')],
  ['uuid3', uuid('3', '[0-9a-f]')],
  ['uuid4', uuid('4', '[89ab]')],
  ['uuid5', uuid('5', '[89ab]')],
  ['isbn', (text) => isIsbn10(text) || isIsbn13(text)],
  ['isbn10', isIsbn10],
  ['isbn13', isIsbn13],
  ['creditcard', isCreditCard],
  ['ssn', matches(/^\d{3}[- ]?\d{2}[- ]?\d{4}$/)],
  ['hexcolor', matches(/^#?([0-9a-fA-F]{3}|[0-9a-fA-F]{6})$/)],
  [
    'rgbcolor',
    matches(
      /^rgb\(\s*(0|[1-9]\d?|1\d\d?|2[0-4]\d|25[0-5])\s*,\s*(0|[1-9]\d?|1\d\d?|2[0-4]\d|25[0-5])\s*,\s*(0|[1-9]\d?|1\d\d?|2[0-4]\d|25[0-5])\s*\)$/,
    ),
  ],
  ['byte', (text) => text !== '' && isBase64(text)],
  ['password', () => true],
  ['date', isDate],
  ['duration', isDuration],
  ['datetime', isDateTime],
  ['k8s-short-name', (text) => !dnsLabelProblems(text).length],
  ['k8s-long-name', (text) => !dnsSubdomainProblems(text).length],
]);

const normalized = (format: string): string => format.replaceAll('-', '');
const SHORT: ReadonlySet<string> = new Set(['k8s-short-name', 'k8s-long-name']);
const keyOf = (format: string): string => (SHORT.has(format) ? format : normalized(format));

/** Others are as if they were not there: those of numbers, too. */
export const isKnownFormat = (format: string): boolean => CHECKS.has(keyOf(format));

/** Whether a text has the format. A format that is not known has every text. */
export const hasFormat = (text: string, format: string): boolean => CHECKS.get(keyOf(format))?.(text) ?? true;
