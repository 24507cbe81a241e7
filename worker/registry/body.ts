// Reads the body of a write as an object of the resource it was sent to.

import type { KubeObject } from '../api/object.ts';
import type { Call } from '../api/registry.ts';
import { apiVersionOf } from '../api/resource.ts';
import type { Resource } from '../api/resource.ts';
import type { StructType } from '../api/schema.ts';
import { badRequest } from '../api/status.ts';
import { isRecord } from '../lib/json.ts';
import { decode, DecodeError } from './decode.ts';
import { applySchemaDefaults } from './defaults.ts';

/** Kind and place of what a body must be: a resource, or a subresource with a kind of its own. */
export interface Expected {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly schema: StructType;
  decode?(body: unknown): { readonly object: Record<string, unknown>; readonly unknown: readonly string[] };
}

/** A new object in canonical form, without defaults. Throws BadRequest in upstream's words. */
export function readBody(body: unknown, expected: Expected, call: Call, duplicates: readonly string[] = []): KubeObject {
  const apiVersion = apiVersionOf(expected);
  const given = isRecord(body) ? body : {};
  const kind = typeof given['kind'] === 'string' && given['kind'] ? given['kind'] : expected.kind;
  const givenVersion = typeof given['apiVersion'] === 'string' && given['apiVersion'] ? given['apiVersion'] : apiVersion;
  const version = givenVersion.slice(givenVersion.indexOf('/') + 1);
  const refuse = (problem: string): Error =>
    badRequest(`${kind} in version ${JSON.stringify(version)} cannot be handled as a ${expected.kind}: ${problem}`);

  if (givenVersion !== apiVersion && kind === expected.kind)
    throw badRequest(`the API version in the data (${givenVersion}) does not match the expected API version (${apiVersion})`);
  if (kind !== expected.kind) {
    throw refuse(`converting (${version}.${kind}) to (${internalPackage(expected.group)}.${expected.kind}): unknown conversion`);
  }
  const { object, unknown } = decodeOr(refuse, () => (expected.decode ? expected.decode(body) : decode(body, expected.schema)));
  const strict = [...unknown, ...duplicates];
  if (strict.length && call.fieldValidation === 'Strict') throw refuse(`strict decoding error: ${strict.join(', ')}`);
  if (strict.length && call.fieldValidation === 'Warn') for (const problem of strict) call.warn(problem);
  return { ...object, kind: expected.kind, apiVersion, metadata: object['metadata'] ?? {} } as KubeObject;
}

/** The Go package of a group's internal types: `core`, `apps`, `rbac`. */
const internalPackage = (group: string): string => (group ? group.split('.')[0]! : 'core');

function decodeOr<T>(refuse: (problem: string) => Error, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw error instanceof DecodeError ? refuse(error.message) : error;
  }
}

/** Fills in all defaults, in place. */
export function applyDefaults(resource: Resource, object: KubeObject): void {
  if (!resource.decode) applySchemaDefaults(object, resource.schema);
  resource.default?.(object);
}
