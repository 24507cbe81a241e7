// Reads values of JSON that somebody else may have written, as Go would into a field of a type: what does not fit throws.

import { isRecord } from '../../lib/json.ts';
import { canonicalQuantity } from '../../lib/quantity.ts';

const isAbsent = (value: unknown): boolean => value === undefined || value === null;

function fail(): never {
  throw new TypeError('of another type');
}

export const text = (value: unknown): string => (isAbsent(value) ? '' : typeof value === 'string' ? value : fail());
export const number = (value: unknown): number => (isAbsent(value) ? 0 : Number.isInteger(value) ? (value as number) : fail());
export const record = (value: unknown): Record<string, unknown> => (isAbsent(value) ? {} : isRecord(value) ? value : fail());
export const list = (value: unknown): unknown[] => (isAbsent(value) ? [] : Array.isArray(value) ? value : fail());

export const quantity = (value: unknown): string =>
  isAbsent(value) ? '0' : (canonicalQuantity(typeof value === 'number' ? String(value) : text(value)) ?? fail());

/** Undefined of what is not there. */
export const optional = <T>(value: unknown, read: (value: unknown) => T): T | undefined => (isAbsent(value) ? undefined : read(value));
