// Checks of single values that many kinds share. Mirrors pkg/apis/core/validation (ValidateNonnegativeField and its like).

import { invalidField, requiredField, tooLong } from '../../api/field-error.ts';
import type { FieldError } from '../../api/field-error.ts';
import { dnsLabelProblems, dnsSubdomainProblems, qualifiedNameProblems } from '../../lib/names.ts';
import { compareQuantities } from '../../lib/quantity.ts';

export const NEGATIVE = 'must be greater than or equal to 0';

/** An error for each problem with a value. */
export const problems = (value: unknown, list: readonly string[], path: string): FieldError[] =>
  list.length ? list.map((problem) => invalidField(path, value, problem)) : [];

export const nonNegative = (value: number | null | undefined, path: string): FieldError[] =>
  (value ?? 0) < 0 ? [invalidField(path, value, NEGATIVE)] : [];

export const nonNegativeQuantity = (value: string | undefined, path: string): FieldError[] =>
  compareQuantities(value, '0') < 0 ? [invalidField(path, value, NEGATIVE)] : [];

export const qualifiedName = (value: string, path: string): FieldError[] => problems(value, qualifiedNameProblems(value), path);
export const dnsLabel = (value: string, path: string): FieldError[] => problems(value, dnsLabelProblems(value), path);
export const dnsSubdomain = (value: string, path: string): FieldError[] => problems(value, dnsSubdomainProblems(value), path);

/** The name of a CSI driver. */
export function csiDriverName(name: string, path: string): FieldError[] {
  if (!name) return [requiredField(path)];
  return [...(name.length > 63 ? [tooLong(path, 63)] : []), ...problems(name, dnsSubdomainProblems(name.toLowerCase()), path)];
}

/** `a.b`, with an optional dot at the end. */
export function fullyQualifiedDomainName(name: string, path: string): FieldError[] {
  if (!name) return [requiredField(path)];
  const bare = name.endsWith('.') ? name.slice(0, -1) : name;
  const wrong = dnsSubdomainProblems(bare);
  if (wrong.length) return [invalidField(path, bare, wrong.join(','))];
  const labels = bare.split('.');
  if (labels.length < 2) return [invalidField(path, bare, 'should be a domain with at least two segments separated by dots')];
  for (const label of labels) {
    const problem = dnsLabelProblems(label);
    if (problem.length) return [invalidField(path, label, problem.join(','))];
  }
  return [];
}

/** `a.b.c`. */
export function fullyQualifiedName(name: string, path: string): FieldError[] {
  if (!name) return [requiredField(path)];
  const wrong = dnsSubdomainProblems(name);
  if (wrong.length) return [invalidField(path, name, wrong.join(','))];
  return name.split('.').length < 3 ? [invalidField(path, name, 'should be a domain with at least three segments separated by dots')] : [];
}

/** `example.com/key`. */
export function domainPrefixedKey(text: string, path: string): FieldError[] {
  if (!text) return [requiredField(path)];
  const errors = qualifiedName(text, path);
  if (errors.length || text.includes('/')) return errors;
  return [invalidField(path, text, 'must be a domain-prefixed key (such as "acme.io/foo")')];
}
