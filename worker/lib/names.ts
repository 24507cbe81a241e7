// How names, labels and their like must look, and what is said when they do not. Each check answers a list of messages, empty if all is well.
// Mirrors apimachinery pkg/util/validation (names) and pkg/api/validate/content (label keys and values) of 1.36.

import { byteLength } from './text.ts';

const LABEL = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const SUBDOMAIN = `${LABEL}(\\.${LABEL})*`;
const WILDCARD = `\\*\\.${SUBDOMAIN}`;
const LABEL_1035 = '[a-z]([-a-z0-9]*[a-z0-9])?';
const QUALIFIED_NAME = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]';
const LABEL_VALUE = `(${QUALIFIED_NAME})?`;

const whole = (pattern: string): RegExp => new RegExp(`^${pattern}$`);
const [LABEL_RE, SUBDOMAIN_RE, WILDCARD_RE, LABEL_1035_RE, QUALIFIED_NAME_RE, LABEL_VALUE_RE] = [
  LABEL,
  SUBDOMAIN,
  WILDCARD,
  LABEL_1035,
  QUALIFIED_NAME,
  LABEL_VALUE,
].map(whole) as [RegExp, RegExp, RegExp, RegExp, RegExp, RegExp];

export const tooLongMessage = (max: number): string => `must be no more than ${max} characters`;
const tooManyBytesMessage = (max: number): string => `must be no more than ${max} bytes`;
export const rangeMessage = (low: number, high: number): string => `must be between ${low} and ${high}, inclusive`;
export const emptyMessage = 'must be non-empty';

/** `… (e.g. 'my-name',  or '123-abc', regex used for validation is '…')`, with upstream's punctuation. */
export function regexMessage(message: string, pattern: string, ...examples: string[]): string {
  if (!examples.length) return `${message} (regex used for validation is '${pattern}')`;
  return `${message} (e.g. ${examples.map((one) => `'${one}', `).join(' or ')}regex used for validation is '${pattern}')`;
}

/** Names count characters, labels count bytes; both mean bytes. */
export const lengthProblems = (text: string, max: number, message = tooLongMessage): string[] =>
  byteLength(text) > max ? [message(max)] : [];

export function dnsLabelProblems(value: string): string[] {
  const errors = lengthProblems(value, 63);
  if (LABEL_RE.test(value)) return errors;
  if (SUBDOMAIN_RE.test(value)) return [...errors, 'must not contain dots'];
  const message =
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character";
  return [...errors, regexMessage(message, LABEL, 'my-name', '123-abc')];
}

export function dnsSubdomainProblems(value: string, lengthMessage = tooLongMessage): string[] {
  const errors = lengthProblems(value, 253, lengthMessage);
  if (SUBDOMAIN_RE.test(value)) return errors;
  const message =
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character";
  return [...errors, regexMessage(message, SUBDOMAIN, 'example.com')];
}

export function dns1035LabelProblems(value: string): string[] {
  const errors = lengthProblems(value, 63);
  if (LABEL_1035_RE.test(value)) return errors;
  const message =
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character";
  return [...errors, regexMessage(message, LABEL_1035, 'my-name', 'abc-123')];
}

export function wildcardSubdomainProblems(value: string): string[] {
  const errors = lengthProblems(value, 253);
  if (WILDCARD_RE.test(value)) return errors;
  const message =
    "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character";
  return [...errors, regexMessage(message, WILDCARD, '*.example.com')];
}

const NAME_MESSAGE = "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";

/** A label's or annotation's key: `name` or `prefix/name`. */
export function qualifiedNameProblems(value: string): string[] {
  if (wellFormed.has(value)) return [];
  const errors = problemsOfQualifiedName(value);
  if (!errors.length) {
    if (wellFormed.size >= MOST_KNOWN) wellFormed.clear();
    wellFormed.add(value);
  }
  return errors;
}

/** Every label, annotation, finalizer and condition comes by here again and again, and there are few different ones. */
const wellFormed = new Set<string>();
const MOST_KNOWN = 1000;

function problemsOfQualifiedName(value: string): string[] {
  const parts = value.split('/');
  const errors: string[] = [];
  let name = parts[0]!;
  if (parts.length === 2) {
    const prefix = parts[0]!;
    name = parts[1]!;
    if (prefix === '') errors.push(`prefix part ${emptyMessage}`);
    else errors.push(...dnsSubdomainProblems(prefix, tooManyBytesMessage).map((problem) => `prefix part ${problem}`));
  } else if (parts.length > 2) {
    return [
      `a valid label key ${regexMessage(NAME_MESSAGE, QUALIFIED_NAME, 'MyName', 'my.name', '123-abc')} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
    ];
  }
  if (name === '') errors.push(`name part ${emptyMessage}`);
  else errors.push(...lengthProblems(name, 63, tooManyBytesMessage).map((problem) => `name part ${problem}`));
  if (!QUALIFIED_NAME_RE.test(name)) errors.push(`name part ${regexMessage(NAME_MESSAGE, QUALIFIED_NAME, 'MyName', 'my.name', '123-abc')}`);
  return errors;
}

export function labelValueProblems(value: string): string[] {
  const errors = lengthProblems(value, 63, tooManyBytesMessage);
  if (LABEL_VALUE_RE.test(value)) return errors;
  const message =
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";
  return [...errors, regexMessage(message, LABEL_VALUE, 'MyValue', 'my_value', '12345')];
}

export const portNumberProblems = (port: number): string[] => (port >= 1 && port <= 65535 ? [] : [rangeMessage(1, 65535)]);

/** The name of a container's port, which others may use instead of its number. */
export function portNameProblems(value: string): string[] {
  const errors = lengthProblems(value, 15);
  if (!/^[-a-z0-9]+$/.test(value)) errors.push('must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)');
  if (!/[a-z]/.test(value)) errors.push('must contain at least one letter (a-z)');
  if (value.includes('--')) errors.push('must not contain consecutive hyphens');
  if (value.startsWith('-') || value.endsWith('-')) errors.push('must not begin or end with a hyphen');
  return errors;
}

export function percentProblems(value: string): string[] {
  if (/^[0-9]+%$/.test(value)) return [];
  return [regexMessage("a valid percent string must be a numeric string followed by an ending '%'", '[0-9]+%', '1%', '93%')];
}

const C_IDENTIFIER = '[A-Za-z_][A-Za-z0-9_]*';
const C_IDENTIFIER_RE = whole(C_IDENTIFIER);

export function cIdentifierProblems(value: string): string[] {
  if (C_IDENTIFIER_RE.test(value)) return [];
  const message =
    "a valid C identifier must start with alphabetic character or '_', followed by a string of alphanumeric characters or '_'";
  return [regexMessage(message, C_IDENTIFIER, 'my_name', 'MY_NAME', 'MyName')];
}

/** A name that can be a part of a URL's path. */
export function pathSegmentProblems(name: string, isPrefix = false): string[] {
  if (!isPrefix && (name === '.' || name === '..')) return [`may not be '${name}'`];
  if (!name.includes('/') && !name.includes('%')) return [];
  return ['/', '%'].filter((char) => name.includes(char)).map((char) => `may not contain '${char}'`);
}

/** Checks a generateName as the beginning of a name: what follows may end it. */
export function maskTrailingDash(name: string): string {
  return name.length > 1 && name.endsWith('-') ? `${name.slice(0, -2)}a` : name;
}

/** For kinds whose names must be subdomains (most), labels or DNS-1035 labels; a prefix may end in a dash. */
export const nameIsDnsSubdomain = (name: string, isPrefix: boolean): string[] =>
  dnsSubdomainProblems(isPrefix ? maskTrailingDash(name) : name);
export const nameIsDnsLabel = (name: string, isPrefix: boolean): string[] => dnsLabelProblems(isPrefix ? maskTrailingDash(name) : name);
export const nameIsDns1035Label = (name: string, isPrefix: boolean): string[] =>
  dns1035LabelProblems(isPrefix ? maskTrailingDash(name) : name);
