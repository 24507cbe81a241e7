// JSON patch, RFC 6902, with the errors of the library that upstream uses (evanphx/json-patch).

import { clone, isEqual, isRecord, setOwn } from '../../lib/json.ts';

export class JsonPatchError extends Error {}

interface Operation {
  readonly op?: string;
  readonly path?: string;
  readonly from?: string;
  readonly value?: unknown;
}

const MAX_OPERATIONS = 10_000;

/** A new value; the document is not changed. Throws JsonPatchError. */
export function applyJsonPatch(document: unknown, patch: readonly Operation[]): unknown {
  if (patch.length > MAX_OPERATIONS)
    throw new JsonPatchError(`The allowed maximum operations in a JSON patch is ${MAX_OPERATIONS}, got ${patch.length}`);
  const root = { '': clone(document) };
  for (const operation of patch) applyOperation(root, operation);
  return root[''];
}

function applyOperation(root: { '': unknown }, operation: Operation): void {
  const { op, path, from, value } = operation;
  switch (op) {
    case 'add':
      return add(root, need(path, 'path'), clone(value), op);
    case 'remove':
      remove(root, need(path, 'path'), op);
      return;
    case 'replace':
      if (find(root, need(path, 'path'), op) === undefined) throw missing(op, path!);
      return replace(root, path!, clone(value), op);
    case 'move': {
      const moved = remove(root, need(from, 'from'), op);
      return add(root, need(path, 'path'), moved, op);
    }
    case 'copy': {
      const copied = find(root, need(from, 'from'), op);
      if (copied === undefined) throw missing(op, from!);
      return add(root, need(path, 'path'), clone(copied), op);
    }
    case 'test':
      if (!isEqual(find(root, need(path, 'path'), op) ?? null, value ?? null)) throw new JsonPatchError(`testing value ${path} failed`);
      return;
    default:
      throw new JsonPatchError(`Unexpected kind: ${op ?? ''}`);
  }
}

function need(pointer: string | undefined, name: string): string {
  if (typeof pointer !== 'string') throw new JsonPatchError(`operation missing ${name} field: missing value`);
  return pointer;
}

const missing = (op: string, path: string): JsonPatchError =>
  new JsonPatchError(`${op} operation does not apply: doc is missing key: ${path}: missing value`);
const noPath = (op: string, path: string): JsonPatchError =>
  new JsonPatchError(`${op} operation does not apply: doc is missing path: ${JSON.stringify(path)}: missing value`);

interface Spot {
  readonly parent: Record<string, unknown> | unknown[];
  readonly key: string;
}

function locate(root: { '': unknown }, pointer: string, op: string): Spot {
  const parts = pointer === '' ? [''] : pointer.split('/').map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
  let parent: unknown = root;
  for (const part of parts.slice(0, -1)) {
    parent = Array.isArray(parent) ? parent[Number(part)] : isRecord(parent) && Object.hasOwn(parent, part) ? parent[part] : undefined;
  }
  if (!isRecord(parent) && !Array.isArray(parent)) throw noPath(op, pointer);
  return { parent, key: parts.at(-1)! };
}

function find(root: { '': unknown }, pointer: string, op: string): unknown {
  const { parent, key } = locate(root, pointer, op);
  if (Array.isArray(parent)) return parent[indexOf(parent, key, op, pointer, parent.length - 1)];
  return Object.hasOwn(parent, key) ? parent[key] : undefined;
}

function add(root: { '': unknown }, pointer: string, value: unknown, op: string): void {
  const { parent, key } = locate(root, pointer, op);
  if (!Array.isArray(parent)) return setOwn(parent, key, value);
  parent.splice(key === '-' ? parent.length : indexOf(parent, key, op, pointer, parent.length), 0, value);
}

function replace(root: { '': unknown }, pointer: string, value: unknown, op: string): void {
  const { parent, key } = locate(root, pointer, op);
  if (Array.isArray(parent)) parent[indexOf(parent, key, op, pointer, parent.length - 1)] = value;
  else setOwn(parent, key, value);
}

function remove(root: { '': unknown }, pointer: string, op: string): unknown {
  const { parent, key } = locate(root, pointer, op);
  if (Array.isArray(parent)) return parent.splice(indexOf(parent, key, op, pointer, parent.length - 1), 1)[0];
  if (!Object.hasOwn(parent, key))
    throw new JsonPatchError(
      `${op} operation does not apply: error in remove for path: '${pointer}': Unable to remove nonexistent key: ${key}: missing value`,
    );
  const value = parent[key];
  delete parent[key];
  return value;
}

function indexOf(list: unknown[], key: string, op: string, pointer: string, max: number): number {
  if (!/^-?\d+$/.test(key))
    throw new JsonPatchError(
      `${op} operation does not apply: doc is missing key: ${pointer}: strconv.Atoi: parsing ${JSON.stringify(key)}: invalid syntax`,
    );
  const index = Number(key);
  if (index < 0 ? -index > list.length : index > max)
    throw new JsonPatchError(
      `${op} operation does not apply: doc is missing path: ${JSON.stringify(pointer)}: Unable to access invalid index: ${key}: invalid index referenced`,
    );
  return index < 0 ? list.length + index : index;
}
