// The body of a patch, undone: what it holds, and what strict decoding finds wrong with its text. Mirrors the first steps of apiserver
// pkg/endpoints/handlers/patch.go.

import type { Call, Patch } from '../../api/registry.ts';
import { RequestBody } from '../../api/request-body.ts';
import { badRequest } from '../../api/status.ts';
import { jsonProblem } from '../../lib/go-json.ts';
import { countFields, doubledFields, shapeOf, textOf } from '../../lib/json-source.ts';
import { readYaml, YamlError } from '../../lib/yaml.ts';

export interface OpenPatch {
  readonly value: unknown;
  /** `duplicate field "spec.replicas"`; of YAML `line 3: key "a" already set in map`. */
  readonly duplicates: readonly string[];
}

/** Throws BadRequest for a text that is none. */
export function openPatch({ type, body }: Patch, call: Call): OpenPatch {
  if (!(body instanceof RequestBody)) return { value: body, duplicates: [] };
  return type === 'apply' ? openYaml(body.bytes) : openJson(body.bytes, (problem) => jsonMessage(type, problem, call));
}

function openYaml(bytes: Uint8Array): OpenPatch {
  try {
    return readYaml(textOf(bytes));
  } catch (error) {
    throw error instanceof YamlError ? badRequest(`error decoding YAML: error converting YAML to JSON: ${error.message}`) : error;
  }
}

function jsonMessage(type: Patch['type'], problem: string, { fieldValidation }: Call): string {
  if (type === 'strategic') return problem;
  if (fieldValidation !== 'Ignore') return `error decoding patch: ${problem}`;
  return type === 'merge' ? 'Invalid JSON Patch' : problem;
}

/**
 * Values inside each other.
 * Differs: upstream reads 10,000, but writing JSON recurses here, and the stack is the platform's.
 */
const MAX_DEPTH = 1000;

function openJson(bytes: Uint8Array, message: (problem: string) => string): OpenPatch {
  const text = textOf(bytes);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw badRequest(message(jsonProblem(bytes) ?? (error as Error).message));
  }
  const { depth, fields } = shapeOf(bytes);
  if (depth > MAX_DEPTH) throw badRequest(message('exceeded max depth'));
  return { value, duplicates: fields === countFields(value) ? [] : doubledFields(text) };
}
