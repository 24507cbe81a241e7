// What validation finds wrong with one field. Mirrors apimachinery pkg/util/validation/field: types, order of parts, wording.

import { goJson, goQuote } from '../lib/go-format.ts';

export type FieldErrorType =
  | 'FieldValueNotFound'
  | 'FieldValueRequired'
  | 'FieldValueDuplicate'
  | 'FieldValueInvalid'
  | 'FieldValueNotSupported'
  | 'FieldValueForbidden'
  | 'FieldValueTooLong'
  | 'FieldValueTooMany'
  | 'FieldValueTooFew'
  | 'FieldValueTooShort'
  | 'InternalError'
  | 'FieldValueTypeInvalid';

export interface FieldError {
  readonly type: FieldErrorType;
  /** `spec.containers[0].image`; '' is none at all. */
  readonly field: string;
  readonly value?: unknown;
  readonly detail: string;
}

/** How Go prints a path that is none. */
export const NO_FIELD = '<nil>';

const TITLES: Record<FieldErrorType, string> = {
  FieldValueNotFound: 'Not found',
  FieldValueRequired: 'Required value',
  FieldValueDuplicate: 'Duplicate value',
  FieldValueInvalid: 'Invalid value',
  FieldValueNotSupported: 'Unsupported value',
  FieldValueForbidden: 'Forbidden',
  FieldValueTooLong: 'Too long',
  FieldValueTooMany: 'Too many',
  FieldValueTooFew: 'Too few',
  FieldValueTooShort: 'Too short',
  InternalError: 'Internal error',
  FieldValueTypeInvalid: 'Invalid value',
};

/** The value is not printed for these. */
const WITHOUT_VALUE: ReadonlySet<FieldErrorType> = new Set([
  'FieldValueRequired',
  'FieldValueForbidden',
  'FieldValueTooLong',
  'FieldValueTooShort',
  'InternalError',
]);

export const requiredField = (field: string, detail = ''): FieldError => ({ type: 'FieldValueRequired', field, detail });
export const invalidField = (field: string, value: unknown, detail: string): FieldError => ({
  type: 'FieldValueInvalid',
  field,
  value,
  detail,
});
/** A value as Go prints its type, where that is not JSON's. */
export class PrintedValue {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}
/** For values too large to be of help in a message. */
export const OMITTED = Symbol('omitted');
export const wrongType = (field: string, value: unknown, detail: string): FieldError => ({
  type: 'FieldValueTypeInvalid',
  field,
  value,
  detail,
});
export const forbiddenField = (field: string, detail: string): FieldError => ({ type: 'FieldValueForbidden', field, detail });
export const duplicateField = (field: string, value: unknown): FieldError => ({ type: 'FieldValueDuplicate', field, value, detail: '' });
export const fieldNotFound = (field: string, value: unknown): FieldError => ({ type: 'FieldValueNotFound', field, value, detail: '' });
export const tooLong = (field: string, max: number): FieldError => ({
  type: 'FieldValueTooLong',
  field,
  detail: max >= 0 ? `may not be more than ${max} bytes` : 'value is too long',
});
export const tooMany = (field: string, actual: number, max: number): FieldError => ({
  type: 'FieldValueTooMany',
  field,
  value: actual,
  detail: max >= 0 ? `must have at most ${max} items` : 'has too many items',
});
export const internalFieldError = (field: string, problem: string): FieldError => ({ type: 'InternalError', field, detail: problem });

/** `values` in the order given; upstream sorts them where it prints a set. */
export const notSupported = (field: string, value: unknown, values: readonly string[]): FieldError => ({
  type: 'FieldValueNotSupported',
  field,
  value,
  detail: values.length ? `supported values: ${values.map((one) => JSON.stringify(one)).join(', ')}` : '',
});

/** `spec.replicas: Invalid value: -1: must be greater than or equal to 0`. */
export function fieldErrorMessage({ type, field, value, detail }: FieldError): string {
  const head = WITHOUT_VALUE.has(type) || value === OMITTED ? TITLES[type] : `${TITLES[type]}: ${valueText(value)}`;
  return `${field || NO_FIELD}: ${head}${detail ? `: ${detail}` : ''}`;
}

function valueText(value: unknown): string {
  if (value === null || value === undefined) return 'null';
  if (typeof value === 'string') return goQuote(value);
  if (value instanceof PrintedValue) return value.text;
  return typeof value === 'object' ? goJson(value) : String(value);
}

export const index = (path: string, position: number): string => `${path}[${position}]`;
export const mapKey = (path: string, key: string): string => `${path}[${key}]`;
/** `child('spec', 'replicas')` is `spec.replicas`. */
export function child(path: string, ...names: string[]): string {
  let out = path;
  for (const name of names) if (name) out = out ? `${out}.${name}` : name;
  return out;
}
