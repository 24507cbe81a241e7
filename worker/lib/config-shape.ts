// Reading a configuration as Go's decoder does: which fields are unknown, and whether every value is of its type.

import { durationProblem } from './time.ts';

/** `[x]` is a list of x; a record is a struct, its Go name under `GO_TYPE`. `any` is read by somebody else. */
export type Shape = 'string' | 'bool' | 'int32' | 'int64' | 'float32' | 'duration' | 'any' | 'strings' | readonly [Shape] | StructShape;

export interface StructShape {
  readonly go: string;
  readonly fields: Readonly<Record<string, Shape>>;
}

export const struct = (go: string, fields: Readonly<Record<string, Shape>>): StructShape => ({ go, fields });

/** A value is not of its field's type. */
export class ShapeError extends Error {}

/** Gives the unknown fields (`profiles[0].foo`); throws ShapeError at the first value that does not fit. `version` is the Go package of its types. */
export function checkShape(value: unknown, shape: StructShape, version = 'v1'): string[] {
  const unknown: string[] = [];
  check(value, shape, { path: '', go: shape.go, names: [], version }, unknown);
  return unknown;
}

interface Place {
  /** `profiles[0].plugins`. */
  readonly path: string;
  /** The Go struct a field stands in, and the names of the fields down to it: `KubeSchedulerProfile`, `profiles.plugins`. */
  readonly go: string;
  readonly names: readonly string[];
  readonly version: string;
}

function check(value: unknown, shape: Shape, place: Place, unknown: string[]): void {
  if (value === null || value === undefined || shape === 'any') return;
  if (typeof shape === 'string') return checkScalar(value, shape, place);
  if (isList(shape)) {
    if (!Array.isArray(value)) throw misfit(value, `[]${place.version}.${typeNameOf(shape[0])}`, place);
    for (const [i, item] of value.entries()) check(item, shape[0], { ...place, path: `${place.path}[${i}]` }, unknown);
    return;
  }
  if (typeof value !== 'object' || Array.isArray(value)) throw misfit(value, `${place.version}.${shape.go}`, place);
  for (const [key, field] of Object.entries(value)) {
    const path = place.path ? `${place.path}.${key}` : key;
    const known = Object.hasOwn(shape.fields, key) ? shape.fields[key] : undefined;
    if (!known) unknown.push(path);
    else check(field, known, { ...place, path, go: shape.go, names: [...place.names, key] }, unknown);
  }
}

const isList = (shape: Shape): shape is readonly [Shape] => Array.isArray(shape);

const typeNameOf = (shape: Shape): string => (typeof shape === 'string' ? shape : isList(shape) ? `[]${typeNameOf(shape[0])}` : shape.go);

function checkScalar(value: unknown, type: string, place: Place): void {
  if (type === 'strings') {
    if (!Array.isArray(value)) throw misfit(value, '[]string', place);
    for (const one of value) checkScalar(one, 'string', place);
  } else if (type === 'string' || type === 'duration') {
    if (typeof value !== 'string') throw misfit(value, 'string', place);
    const problem = type === 'duration' ? durationProblem(value) : undefined;
    if (problem !== undefined) throw new ShapeError(problem);
  } else if (type === 'bool') {
    if (typeof value !== 'boolean') throw misfit(value, 'bool', place);
  } else if (typeof value !== 'number') throw misfit(value, type, place);
  else if (type !== 'float32' && !Number.isInteger(value)) throw misfit(value, type, place, `number ${value}`);
  else if (type === 'int32' && (value > 2 ** 31 - 1 || value < -(2 ** 31))) throw misfit(value, type, place, `number ${value}`);
}

function misfit(value: unknown, type: string, { go, names }: Place, given = kindOf(value)): ShapeError {
  return new ShapeError(`json: cannot unmarshal ${given} into Go struct field ${go}.${names.join('.')} of type ${type}`);
}

const kindOf = (value: unknown): string =>
  Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value === 'object' ? 'object' : typeof value;
