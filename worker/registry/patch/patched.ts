// A patch laid over an object as it is, and the outcome read as an object again. Mirrors apiserver pkg/endpoints/handlers/patch.go: jsonPatcher and
// smpPatcher, with the errors of each.

import type { KubeObject } from '../../api/object.ts';
import type { Call, Patch } from '../../api/registry.ts';
import { apiVersionOf } from '../../api/resource.ts';
import { badRequest, invalid, requestEntityTooLarge, StatusError, unknownError } from '../../api/status.ts';
import { formatValue, jsonOf } from '../../lib/go-format.ts';
import { clone, isRecord } from '../../lib/json.ts';
import { checkKind, kindOf } from '../body.ts';
import type { Expected } from '../body.ts';
import { decode, DecodeError } from '../decode.ts';
import type { Decoded } from '../decode.ts';
import { keepReset } from '../managed-fields/reset.ts';
import { unstructuredProblem } from '../unstructured.ts';
import { applyJsonPatch, JsonPatchError } from './json-patch.ts';
import type { Operation } from './json-patch.ts';
import { applyMergePatch } from './merge-patch.ts';
import { openPatch } from './open-patch.ts';
import type { OpenPatch } from './open-patch.ts';
import { StrategicPatchError } from './strategic-error.ts';
import { applyStrategicPatch } from './strategic.ts';

type Fields = Record<string, unknown>;

/** The patched object: decoded, without defaults. `old` is not changed. */
export function patched(target: Expected, old: KubeObject, patch: Patch, call: Call): KubeObject {
  const { type } = patch;
  switch (type) {
    case 'json':
    case 'merge':
      return patchedJson(target, old, type, openPatch(patch, call), call);
    case 'strategic':
      return patchedFields(target, old, openPatch(patch, call), call);
    case 'apply':
      throw new Error('an apply is no patch of the text of an object');
  }
}

function patchedJson(target: Expected, old: KubeObject, type: 'json' | 'merge', patch: OpenPatch, call: Call): KubeObject {
  const strict = call.fieldValidation === 'Ignore' ? [] : [...patch.duplicates];
  const opened = new WeakSet<object>();
  const value = type === 'json' ? jsonPatched(old, patch.value, call, strict, opened) : mergePatched(old, patch.value, call, opened);
  const text = (): string => jsonOf(value, (part) => opened.has(part));
  const { object, unknown } = decodeOr(
    () => {
      refuseOtherKind(target, value);
      return decodeAs(target, value);
    },
    (problem) => invalidPatch(text(), problem),
  );
  // Upstream meets them in the order of the text.
  const inOrder = unknown.length ? decodeAs(target, JSON.parse(text())).unknown : unknown;
  report(call, [...strict, ...inOrder], (problem) => invalidPatch(text(), problem));
  return named(target, object, value);
}

const MAX_OPERATIONS = 10_000;

function jsonPatched(old: KubeObject, body: unknown, call: Call, strict: string[], opened: WeakSet<object>): unknown {
  const operations = readOperations(body, call);
  if (call.fieldValidation !== 'Ignore')
    for (const [i, operation] of operations.entries())
      for (const key of Object.keys(operation)) if (!OPERATION_FIELDS.has(key)) strict.push(`unknown field "[${i}].${key}"`);
  for (const [i, problem] of strict.entries()) strict[i] = `json patch ${problem}`;
  if (operations.length > MAX_OPERATIONS)
    throw requestEntityTooLarge(`The allowed maximum operations in a JSON patch is ${MAX_OPERATIONS}, got ${operations.length}`);
  try {
    return applyJsonPatch(old, operations, opened);
  } catch (error) {
    throw error instanceof JsonPatchError ? unprocessable() : error;
  }
}

const OPERATION_FIELDS: ReadonlySet<string> = new Set(['op', 'path', 'from', 'value']);

function readOperations(body: unknown, { fieldValidation }: Call): Operation[] {
  const isStrict = fieldValidation !== 'Ignore';
  const refuse = (value: unknown, type: string): Error =>
    badRequest(`${isStrict ? 'error decoding patch: ' : ''}json: cannot unmarshal ${jsonKind(value)} into Go ${type}`);
  if (body === null || body === undefined) return [];
  if (!Array.isArray(body)) throw refuse(body, `value of type ${isStrict ? '[]handlers.jsonPatchOp' : 'jsonpatch.Patch'}`);
  for (const operation of body as unknown[]) {
    if (operation === null) continue;
    if (!isRecord(operation)) throw refuse(operation, `value of type ${isStrict ? 'handlers.jsonPatchOp' : 'jsonpatch.Operation'}`);
    for (const key of isStrict ? ['op', 'path', 'from'] : []) {
      const value = Object.hasOwn(operation, key) ? operation[key] : undefined;
      if (value !== undefined && value !== null && typeof value !== 'string')
        throw refuse(value, `struct field jsonPatchOp.${key} of type string`);
    }
  }
  return (body as unknown[]).map((operation) => operation ?? {});
}

function mergePatched(old: KubeObject, body: unknown, { fieldValidation }: Call, opened: WeakSet<object>): unknown {
  if (isRecord(body)) return applyMergePatch(old as unknown as Fields, body, opened);
  if (body === null || body === undefined) throw badRequest('Invalid JSON Patch');
  if (fieldValidation !== 'Ignore')
    throw badRequest(`error decoding patch: json: cannot unmarshal ${jsonKind(body)} into Go value of type map[string]interface {}`);
  if (!Array.isArray(body)) throw badRequest('Invalid JSON Patch');
  return body;
}

function patchedFields(target: Expected, old: KubeObject, patch: OpenPatch, call: Call): KubeObject {
  const body = patch.value ?? {};
  if (!isRecord(body)) throw badRequest(`json: cannot unmarshal ${jsonKind(body)} into Go value of type map[string]interface {}`);
  const given = clone(body);
  const value = strategicPatched(target, old, given);
  const refuse = (problem: string): Error => invalidPatch(formatValue(given), problem);
  const problem = unstructuredProblem(value, target.schema);
  if (problem) throw refuse(problem);
  const { object, unknown } = decodeOr(() => decodeAs(target, value), refuse);
  report(call, [...patch.duplicates, ...[...unknown].sort()], refuse);
  return named(target, object, value);
}

function strategicPatched(target: Expected, old: KubeObject, patch: Fields): Fields {
  if (target.decode) throw badRequest('strategic merge patch format is not supported');
  try {
    return applyStrategicPatch(old as unknown as Fields, patch, target.schema);
  } catch (error) {
    if (!(error instanceof StrategicPatchError)) throw error;
    if (error.code === 400) throw badRequest(error.message);
    throw error.code === 422 ? unprocessable() : unknownError(error.message);
  }
}

function decodeAs(target: Expected, value: unknown): Decoded {
  return target.decode ? target.decode(value) : decode(value, target.schema);
}

function decodeOr(read: () => Decoded, refuse: (problem: string) => Error): Decoded {
  try {
    return read();
  } catch (error) {
    throw error instanceof DecodeError ? refuse(error.message) : error;
  }
}

/** Whatever the text says, it is an object of the resource. */
function named({ kind, ...target }: Expected, object: Fields, value: unknown): KubeObject {
  const all = { ...object, kind, apiVersion: apiVersionOf(target), metadata: object['metadata'] ?? {} };
  return keepReset(all, value) as unknown as KubeObject;
}

/** A patch of the text may not make another kind of it. */
function refuseOtherKind(target: Expected, value: unknown): void {
  const text = (name: string): string => (isRecord(value) && typeof value[name] === 'string' ? value[name] : '');
  if (!target.decode) checkKind(kindOf({ kind: text('kind'), apiVersion: text('apiVersion') }, target), target);
}

/** Tells of what strict decoding found, as the caller wants to be told. */
function report({ fieldValidation, warn }: Call, problems: readonly string[], refuse: (problem: string) => Error): void {
  if (!problems.length || fieldValidation === 'Ignore') return;
  if (fieldValidation === 'Strict') throw refuse(`strict decoding error: ${problems.join(', ')}`);
  for (const problem of problems) warn(problem);
}

const invalidPatch = (value: string, detail: string): StatusError =>
  invalid({ group: '', kind: '' }, '', [{ type: 'FieldValueInvalid', field: 'patch', value, detail }]);

const unprocessable = (): StatusError =>
  new StatusError({ code: 422, reason: 'Invalid', details: {}, message: 'the server rejected our request due to an error in our request' });

function jsonKind(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  return typeof value === 'boolean' ? 'bool' : typeof value;
}
