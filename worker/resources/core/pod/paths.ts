// Paths inside volumes and images. Mirrors validatePathNoBacksteps and its like in kubernetes pkg/apis/core/validation.

import { invalidField } from '../../../api/field-error.ts';
import type { FieldError } from '../../../api/field-error.ts';

export function noBacksteps(path: string, at: string): FieldError[] {
  return path.includes('..') && path.split('/').includes('..') ? [invalidField(at, path, "must not contain '..'")] : [];
}

/** Relative, and not out of where it starts. */
export function descendingPath(path: string, at: string): FieldError[] {
  const errors = path.startsWith('/') ? [invalidField(at, path, 'must be a relative path')] : [];
  return [...errors, ...noBacksteps(path, at)];
}

/** A descending path that is none of the names volumes use themselves (`..data`). */
export function localPath(path: string, at: string): FieldError[] {
  const errors = descendingPath(path, at);
  if (path.startsWith('..') && !path.startsWith('../')) errors.push(invalidField(at, path, "must not start with '..'"));
  return errors;
}

const MODE_MESSAGE = 'must be a number between 0 and 0777 (octal), both inclusive';

export const fileMode = (mode: number | undefined, at: string): FieldError[] =>
  mode !== undefined && (mode > 0o777 || mode < 0) ? [invalidField(at, mode, MODE_MESSAGE)] : [];
