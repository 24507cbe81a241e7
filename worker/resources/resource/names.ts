// The names of devices, pools and attributes, and lists and maps of what has them. Mirrors pkg/apis/resource/validation (validatePoolName, validateQualifiedName,
// validateSet, validateMap).

import { duplicateField, invalidField, mapKey, requiredField, tooLong, tooMany } from '../../api/field-error.ts';
import type { FieldError } from '../../api/field-error.ts';
import { cIdentifierProblems } from '../../lib/names.ts';
import { csiDriverName, dnsSubdomain, problems } from '../validation/values.ts';

const MAX_POOL = 253;
const MAX_DOMAIN = 63;
const MAX_ID = 32;
const UID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

export const driverName = csiDriverName;

/** Subdomains, separated by slashes. */
export function poolName(name: string, path: string): FieldError[] {
  if (!name) return [requiredField(path)];
  return [...(name.length > MAX_POOL ? [tooLong(path, MAX_POOL)] : []), ...name.split('/').flatMap((part) => dnsSubdomain(part, path))];
}

/** `memory` or `gpu.example.com/memory`. */
export function attributeName(name: string, path: string): FieldError[] {
  const [first = '', second, ...more] = name.split('/');
  if (more.length) return [invalidField(path, name, 'must not contain more than one slash')];
  if (second === undefined) return identifier(first, path);
  return [
    ...(first ? driverName(first, path) : [invalidField(path, '', 'the domain must not be empty')]),
    ...(second ? identifier(second, path) : [invalidField(path, '', 'the name must not be empty')]),
  ];
}

/** With its domain. */
export const fullAttributeName = (name: string, path: string): FieldError[] => [
  ...attributeName(name, path),
  ...(name.includes('/') ? [] : [invalidField(path, name, 'a fully qualified name must be a domain and a name separated by a slash')]),
];

const identifier = (id: string, path: string): FieldError[] => [
  ...(id.length > MAX_ID ? [tooLong(path, MAX_ID)] : []),
  ...problems(id, cIdentifierProblems(id), path),
];

export const uidProblems = (uid: string, path: string): FieldError[] =>
  UID.test(uid)
    ? []
    : [
        invalidField(
          path,
          uid,
          'uid must be in RFC 4122 normalized form, `xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx` with lowercase hexadecimal characters',
        ),
      ];

/** A list that is too long is not looked at further. */
export function eachOf<T>(
  items: readonly T[] | null | undefined,
  max: number,
  path: string,
  check: (item: T, path: string) => FieldError[],
): FieldError[] {
  const list = items ?? [];
  if (list.length > max) return [tooMany(path, list.length, max)];
  return list.flatMap((item, i) => check(item, `${path}[${i}]`));
}

/** As `eachOf`, and no two may have the same key. */
export function eachOfSet<T>(
  items: readonly T[] | null | undefined,
  max: number,
  path: string,
  check: (item: T, path: string) => FieldError[],
  keyOf: (item: T) => string,
  shownKey: (item: T) => unknown = keyOf,
): FieldError[] {
  const errors = eachOf(items, max, path, check);
  if ((items?.length ?? 0) > max) return errors;
  const seen = new Set<string>();
  for (const [i, item] of (items ?? []).entries()) {
    const key = keyOf(item);
    if (seen.has(key)) errors.push(duplicateField(`${path}[${i}]`, shownKey(item)));
    seen.add(key);
  }
  return errors;
}

/** The entries of a map, by their keys. */
export function eachEntry<T>(
  map: Readonly<Record<string, T>> | undefined,
  max: number,
  path: string,
  checkKey: (key: string, path: string) => FieldError[],
  check: (item: T, path: string) => FieldError[] = () => [],
): FieldError[] {
  const keys = Object.keys(map ?? {}).sort();
  if (keys.length > max) return [tooMany(path, keys.length, max)];
  return keys.flatMap((key) => [...checkKey(key, path), ...check(map![key]!, mapKey(path, shortened(key)))]);
}

/** The middle of a key that is too long is left out. */
function shortened(key: string, max = MAX_DOMAIN + 1 + MAX_ID): string {
  if (key.length <= max) return key;
  const left = max - 3;
  return `${key.slice(0, Math.ceil(left / 2))}...${key.slice(key.length - Math.floor(left / 2))}`;
}
