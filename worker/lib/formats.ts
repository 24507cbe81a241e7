// How variables, config keys, headers and their like must look. Each check answers a list of messages, empty if all is well.
// Mirrors apimachinery pkg/util/validation of 1.36; names are in names.ts.

import { emptyMessage, lengthProblems, portNameProblems, portNumberProblems, rangeMessage, regexMessage } from './names.ts';

const whole = (pattern: string): RegExp => new RegExp(`^${pattern}$`);

const rangeProblems = (value: number, low: number, high: number): string[] =>
  value >= low && value <= high ? [] : [rangeMessage(low, high)];

const MAX_INT32 = 2 ** 31 - 1;
/** Of users and groups. */
export const idProblems = (id: number): string[] => rangeProblems(id, 0, MAX_INT32);

/** A port's number, or the name it has somewhere else. */
export const portProblems = (port: number | string): string[] =>
  typeof port === 'number' ? portNumberProblems(port) : portNameProblems(port);

const HTTP_HEADER = '[-A-Za-z0-9]+';
const HTTP_HEADER_RE = whole(HTTP_HEADER);

export function httpHeaderNameProblems(name: string): string[] {
  if (HTTP_HEADER_RE.test(name)) return [];
  return [regexMessage("a valid HTTP header must consist of alphanumeric characters or '-'", HTTP_HEADER, 'X-Header-Name')];
}

/** The rule since 1.34: any printable ASCII but `=`. */
export function envVarNameProblems(name: string): string[] {
  const errors = name === '' ? [`environment variable name ${emptyMessage}`] : [];
  if (!/^[ -<>-~]*$/.test(name))
    errors.push("a valid environment variable name must consist only of printable ASCII characters other than '='");
  return errors;
}

const CONFIG_KEY = '[-._a-zA-Z0-9]+';
const CONFIG_KEY_RE = whole(CONFIG_KEY);

/** A key of a ConfigMap or Secret. */
export function configKeyProblems(key: string): string[] {
  const errors = lengthProblems(key, 253);
  if (!CONFIG_KEY_RE.test(key)) {
    const message = "a valid config key must consist of alphanumeric characters, '-', '_' or '.'";
    errors.push(regexMessage(message, CONFIG_KEY, 'key.name', 'KEY_NAME', 'key-name'));
  }
  if (key === '.' || key === '..') errors.push(`must not be '${key}'`);
  else if (key.startsWith('..')) errors.push("must not start with '..'");
  return errors;
}

const UNDERSCORE_LABEL = '_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?';
const UNDERSCORE_SUBDOMAIN = `${UNDERSCORE_LABEL}(\\.${UNDERSCORE_LABEL})*`;
const UNDERSCORE_SUBDOMAIN_RE = whole(UNDERSCORE_SUBDOMAIN);

/** A search domain of resolv.conf. */
export function searchDomainProblems(value: string): string[] {
  const errors = lengthProblems(value, 253);
  if (UNDERSCORE_SUBDOMAIN_RE.test(value)) return errors;
  const message =
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or '.', and must start and end with an alphanumeric character";
  return [...errors, regexMessage(message, UNDERSCORE_SUBDOMAIN, 'example.com')];
}

/** Go's strconv.ParseInt in base 10: undefined, or what it says of a text it cannot read. */
export function integerProblem(text: string, bits: 32 | 64 = 64): string | undefined {
  const refuse = (problem: string): string => `strconv.ParseInt: parsing ${JSON.stringify(text)}: ${problem}`;
  if (!/^[+-]?\d+$/.test(text)) return refuse('invalid syntax');
  const value = BigInt(text.startsWith('+') ? text.slice(1) : text);
  const limit = 1n << BigInt(bits - 1);
  return value < -limit || value >= limit ? refuse('value out of range') : undefined;
}
