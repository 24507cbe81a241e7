// The formats that JSON schemas name for strings, as far as Kubernetes knows them. Mirrors kube-openapi pkg/validation/strfmt.

import { parseDuration, parseTime } from './time.ts';
import { dnsLabelProblems, dnsSubdomainProblems } from './names.ts';
import { isBase64 } from './text.ts';
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

const HOST_LABEL = '[a-zA-Z0-9\u00a1-\uffff]([a-zA-Z0-9\u00a1-\uffff_-]*[a-zA-Z0-9\u00a1-\uffff])?';
const HOSTNAME = new RegExp(`^${HOST_LABEL}(\\.${HOST_LABEL})*\\.?$`, 'u');

function isDate(text: string): boolean {
  return /^\d{4}-\d\d-\d\d$/.test(text) && parseTime(`${text}T00:00:00Z`) !== undefined;
}

const DURATION_UNITS = /^\s*(\d+(\.\d+)?)\s*(ns|us|µs|ms|s|m|h|hr|hour|min|minute|sec|second|d|day|w|week)s?\s*$/;

const CHECKS: ReadonlyMap<string, Check> = new Map<string, Check>([
  ['bsonobjectid', matches(/^[0-9a-fA-F]{24}$/)],
  ['uri', isUri],
  ['email', matches(/^[^\s@<>()[\]\\,;:"]+@[a-zA-Z0-9-]+(\.[a-zA-Z0-9-]+)*$/)],
  ['hostname', (text) => text.length <= 255 && HOSTNAME.test(text)],
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
  ['byte', isBase64],
  ['password', () => true],
  ['date', isDate],
  ['duration', (text) => parseDuration(text) !== undefined || DURATION_UNITS.test(text)],
  ['datetime', (text) => parseTime(text) !== undefined || isDate(text)],
  ['k8s-short-name', (text) => !dnsLabelProblems(text).length],
  ['k8s-long-name', (text) => !dnsSubdomainProblems(text).length],
]);

const normalized = (format: string): string => format.replaceAll('-', '');
const SHORT: ReadonlySet<string> = new Set(['k8s-short-name', 'k8s-long-name']);
const keyOf = (format: string): string => (SHORT.has(format) ? format : normalized(format));

/** Of numbers and strings; others are as if they were not there. */
export const isKnownFormat = (format: string): boolean => NUMBERS.has(format) || CHECKS.has(keyOf(format));
const NUMBERS: ReadonlySet<string> = new Set(['int32', 'int64', 'float', 'double']);

/** Whether a text has the format. A format that is not known has every text. */
export const hasFormat = (text: string, format: string): boolean => CHECKS.get(keyOf(format))?.(text) ?? true;
