// JSON patch, RFC 6902, as the library that upstream uses takes it (evanphx/json-patch v4): negative places count from the end, `replace` adds what is
// missing to an object, `copy` of what is missing gives null. Upstream shows nobody why a patch does not apply.

import { clone, isEqual, isRecord, setOwn } from '../../lib/json.ts';

export class JsonPatchError extends Error {}

export interface Operation {
  readonly op?: unknown;
  readonly path?: unknown;
  readonly from?: unknown;
  readonly value?: unknown;
}

type Container = Record<string, unknown> | unknown[];

interface Document {
  root: Container;
  readonly opened: WeakSet<object>;
}

/** A new value; the document is not changed. `opened` gets the objects that the patch went through. Throws JsonPatchError. */
export function applyJsonPatch(document: object, patch: readonly Operation[], opened: WeakSet<object>): unknown {
  const state: Document = { root: clone(document) as Container, opened };
  opened.add(state.root);
  for (const operation of patch) applyOperation(state, operation);
  return state.root;
}

function applyOperation(document: Document, operation: Operation): void {
  const { op, value = null } = operation;
  const path = (): string => text(operation.path);
  switch (op) {
    case 'add':
      return add(find(document, path()), clone(value));
    case 'remove':
      return remove(find(document, path()));
    case 'replace':
      if (path() === '') return replaceAll(document, clone(value));
      return set(find(document, path()), clone(value));
    case 'move': {
      const from = find(document, text(operation.from));
      const moved = get(from);
      remove(from);
      return add(find(document, path()), moved);
    }
    case 'copy': {
      const copied = get(find(document, text(operation.from)));
      return add(find(document, path()), clone(copied ?? null));
    }
    case 'test':
      if (!isEqual((path() === '' ? document.root : get(find(document, path()))) ?? null, value))
        throw new JsonPatchError(`testing value ${path()} failed`);
      return;
    default:
      throw new JsonPatchError(`Unexpected kind: ${typeof op === 'string' ? op : 'unknown'}`);
  }
}

function text(pointer: unknown): string {
  if (typeof pointer !== 'string') throw new JsonPatchError('missing value');
  return pointer;
}

function replaceAll(document: Document, value: unknown): void {
  if (typeof value !== 'object' || value === null) throw new JsonPatchError('replace operation value must be object or array');
  document.root = value as Container;
  document.opened.add(value);
}

interface Spot {
  readonly parent: Container;
  readonly key: string;
}

/** What stands before the first slash counts for nothing. */
function find({ root, opened }: Document, pointer: string): Spot {
  const parts = pointer.split('/').map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
  if (parts.length < 2) throw new JsonPatchError(`doc is missing path: ${pointer}`);
  let parent: unknown = root;
  for (const part of parts.slice(1, -1)) {
    parent = Array.isArray(parent) ? parent[indexOf(parent, part, 0)] : ownOf(parent as Record<string, unknown>, part);
    if (typeof parent !== 'object' || parent === null) throw new JsonPatchError(`doc is missing path: ${pointer}`);
    opened.add(parent);
  }
  return { parent: parent as Container, key: parts.at(-1)! };
}

const ownOf = (object: Record<string, unknown>, key: string): unknown => (Object.hasOwn(object, key) ? object[key] : undefined);

const get = ({ parent, key }: Spot): unknown => (Array.isArray(parent) ? parent[indexOf(parent, key, 0)] : ownOf(parent, key));

function add({ parent, key }: Spot, value: unknown): void {
  if (isRecord(parent)) setOwn(parent, key, value);
  else parent.splice(key === '-' ? parent.length : indexOf(parent, key, 1), 0, value);
}

function set({ parent, key }: Spot, value: unknown): void {
  if (isRecord(parent)) setOwn(parent, key, value);
  else parent[indexOf(parent, key, 0)] = value;
}

function remove({ parent, key }: Spot): void {
  if (!isRecord(parent)) {
    parent.splice(indexOf(parent, key, 0), 1);
    return;
  }
  if (!Object.hasOwn(parent, key)) throw new JsonPatchError(`Unable to remove nonexistent key: ${key}`);
  delete parent[key];
}

/** A place in a list, or `more` places behind its end. */
function indexOf(list: readonly unknown[], key: string, more: number): number {
  if (!/^[+-]?\d+$/.test(key)) throw new JsonPatchError(`strconv.Atoi: parsing ${JSON.stringify(key)}: invalid syntax`);
  const size = list.length + more;
  const index = Number(key);
  if (index >= size || index < -size) throw new JsonPatchError(`Unable to access invalid index: ${key}`);
  return index < 0 ? size + index : index;
}
