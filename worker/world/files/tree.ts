// Trees of files, one below another, as they are mounted. A tree is addressed by paths of its own: '' is its root, `/a/b` something in it.

import type { WorldState } from '../state.ts';
import { FileError } from './error.ts';
import { ROOT_DIR, sizeOf } from './inode.ts';
import type { Inode, Layer } from './inode.ts';

export interface Tree {
  get(path: string): Inode | undefined;
  /** Names in a directory, in no order. */
  names(path: string): Iterable<string>;
  /** Makes or replaces what is at a path. Its directory is there. */
  put(path: string, inode: Inode): void;
  /** Takes away what is at a path; a directory is empty. */
  remove(path: string): void;
  /** How many bytes more go into it, if there is only so much room. */
  left?(): number;
}

export const parentOf = (path: string): string => path.slice(0, Math.max(path.lastIndexOf('/'), 0));
export const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

const children = new WeakMap<Layer, Map<string, string[]>>();

function childrenOf(files: Layer): Map<string, string[]> {
  let index = children.get(files);
  if (index) return index;
  children.set(files, (index = new Map()));
  for (const path of files.keys()) {
    if (path === '') continue;
    const parent = parentOf(path);
    const names = index.get(parent);
    if (names) names.push(nameOf(path));
    else index.set(parent, [nameOf(path)]);
  }
  return index;
}

/** What cannot be written. */
export const readOnlyTree = (get: (path: string) => Inode | undefined, names: (path: string) => Iterable<string>): Tree => ({
  get,
  names,
  put: (path) => {
    throw new FileError('EROFS', path);
  },
  remove: (path) => {
    throw new FileError('EROFS', path);
  },
});

/** A tree that is made when somebody looks into it. */
export function treeOnDemand(make: () => Tree): Tree {
  let made: Tree | undefined;
  const tree = (): Tree => (made ??= make());
  return {
    get: (path) => tree().get(path),
    names: (path) => tree().names(path),
    put: (path, inode) => tree().put(path, inode),
    remove: (path) => tree().remove(path),
  };
}

export const layerTree = (files: Layer): Tree =>
  readOnlyTree(
    (path) => files.get(path),
    (path) => childrenOf(files).get(path) ?? [],
  );

/** One directory of a tree (or one file) as a tree of its own. */
export const subTree = (tree: Tree, at: string): Tree => ({
  get: (path) => tree.get(at + path),
  names: (path) => tree.names(at + path),
  put: (path, inode) => tree.put(at + path, inode),
  remove: (path) => tree.remove(at + path),
  ...(tree.left && { left: tree.left }),
});

/** Written over what lies below; a tombstone hides it. */
type Written = Inode | { readonly type: 'gone' };

/** Bytes that one tree may hold on top of its image: memory is everybody's. */
const MAX_BYTES = 16_000_000;

/** A tree that can be written: kept in the world's state, on top of an unchanging one. */
export class WritableTree implements Tree {
  readonly #state: WorldState;
  readonly #scope: string;
  readonly #lower: Tree | undefined;
  readonly #children = new Map<string, Set<string>>();
  #bytes = 0;
  #held = 0;

  constructor(state: WorldState, scope: string, lower: Tree | undefined) {
    this.#state = state;
    this.#scope = scope;
    this.#lower = lower;
    for (const [path, inode] of state.entries<Written>(scope)) this.#count(path, inode, 1);
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** What the files that were written take, zeros that nobody holds too. */
  get held(): number {
    return this.#held;
  }

  get(path: string): Inode | undefined {
    const own = this.#bytes ? this.#state.get<Written>(this.#scope, path) : undefined;
    if (own) return own.type === 'gone' ? undefined : own;
    const below = this.#lower?.get(path);
    return below ?? (path === '' ? ROOT_DIR : undefined);
  }

  *names(path: string): Iterable<string> {
    const own = this.#children.get(path);
    for (const name of this.#lower?.names(path) ?? []) if (!own?.has(name)) yield name;
    for (const name of own ?? []) if (this.#state.get<Written>(this.#scope, `${path}/${name}`)?.type !== 'gone') yield name;
  }

  put(path: string, inode: Inode): void {
    const old = this.#state.get<Written>(this.#scope, path);
    const growth = weight(inode) - (old ? weight(old) : 0);
    if (growth > 0 && this.#bytes + growth > MAX_BYTES) throw new FileError('ENOSPC', path);
    if (old) this.#count(path, old, -1);
    this.#count(path, inode, 1);
    this.#state.set(this.#scope, path, inode);
  }

  remove(path: string): void {
    const old = this.#state.get<Written>(this.#scope, path);
    if (old) this.#count(path, old, -1);
    if (this.#lower?.get(path)) {
      const gone = { type: 'gone' } as const;
      this.#state.set(this.#scope, path, gone);
      this.#count(path, gone, 1);
    } else {
      this.#state.delete(this.#scope, path);
    }
  }

  /** Forgets everything that was written. */
  clear(): void {
    for (const [path] of this.#state.entries(this.#scope)) this.#state.delete(this.#scope, path);
    this.#children.clear();
    this.#bytes = 0;
    this.#held = 0;
  }

  #count(path: string, inode: Written, sign: 1 | -1): void {
    this.#bytes += sign * weight(inode);
    this.#held += sign * heldBy(inode);
    if (path === '') return;
    const parent = parentOf(path);
    const names = this.#children.get(parent);
    if (sign > 0) {
      if (names) names.add(nameOf(path));
      else this.#children.set(parent, new Set([nameOf(path)]));
    } else {
      names?.delete(nameOf(path));
      if (names?.size === 0) this.#children.delete(parent);
    }
  }
}

/** The same tree, with room for so many bytes. */
export const boundedTree = (tree: WritableTree, room: () => number): Tree => ({
  get: (path) => tree.get(path),
  names: (path) => tree.names(path),
  put: (path, inode) => {
    const old = tree.get(path);
    const growth = heldBy(inode) - (old ? heldBy(old) : 0);
    if (growth > 0 && tree.held + growth > room()) throw new FileError('ENOSPC', path);
    tree.put(path, inode);
  },
  remove: (path) => tree.remove(path),
  left: () => Math.max(room() - tree.held, 0),
});

const heldBy = (inode: Written): number => (inode.type === 'file' ? sizeOf(inode) : 0);

const weight = (inode: Written): number =>
  100 + (inode.type === 'file' || inode.type === 'link' ? Math.min(sizeOf(inode), inode.content?.length ?? 0) : 0);
