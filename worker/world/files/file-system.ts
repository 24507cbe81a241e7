// What a process sees of files: trees mounted over each other, walked with its permissions. Mirrors path_resolution(7) and the calls of section 2.

import type { ErrorCode } from './error.ts';
import { FileError } from './error.ts';
import { sizeOf } from './inode.ts';
import type { Inode, Layer } from './inode.ts';
import { nameOf, parentOf, subTree } from './tree.ts';
import type { Tree } from './tree.ts';

export interface MountPoint {
  /** `''` for the root, else absolute. */
  readonly path: string;
  readonly tree: Tree;
  readonly readOnly: boolean;
  /** What `mount` prints: `overlay`, `tmpfs`, `proc`. */
  readonly kind: string;
  /** The volume, if it has a size. */
  readonly volume?: string;
}

export interface Credentials {
  readonly uid: number;
  readonly gid: number;
  readonly groups: readonly number[];
}

/** How many of so many holds, where what holds for many holds for fewer. */
function deepest(count: number, holds: (count: number) => boolean): number {
  let [low, high] = [0, count];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (holds(middle)) low = middle;
    else high = middle - 1;
  }
  return low;
}

const MAX_LINKS = 40;
/** Differs: Linux takes paths of 4,095 bytes; walking down a tree that deep, again and again, would hold everybody up. */
const [PATH_MAX, NAME_MAX] = [1023, 255];
/** Bytes of a file that are kept as they are. */
export const MAX_CONTENT = 16_000_000;

export class FileSystem {
  readonly #given: () => readonly MountPoint[];
  readonly #image: () => Layer | undefined;
  #mounts: readonly MountPoint[] | undefined;
  /** Where it begins in `whole`; '' for all of it. */
  readonly root: string;
  /** All of it, for files that were opened before a root was changed. */
  readonly whole: FileSystem;
  readonly #user: Credentials;
  readonly #now: () => number;

  /** `mounts` are asked for when somebody looks: at those of most services nobody does. */
  constructor(
    mounts: () => readonly MountPoint[],
    user: Credentials,
    now: () => number,
    { above, image = () => undefined }: { above?: { root: string; whole: FileSystem } | undefined; image?: () => Layer | undefined } = {},
  ) {
    this.#given = mounts;
    this.#image = image;
    this.#user = user;
    this.#now = now;
    this.root = above?.root ?? '';
    this.whole = above?.whole ?? this;
  }

  /** The longest paths first. */
  get mounts(): readonly MountPoint[] {
    return (this.#mounts ??= this.#given().toSorted((a, b) => b.path.length - a.path.length));
  }

  /**
   * The image that programs and their configuration are from, as long as nothing was written, though it could be, and nothing is mounted but what every container has:
   * what was worked out from one such file system holds for another.
   */
  get image(): Layer | undefined {
    return this.#image();
  }

  /** The same files, as somebody else sees them. */
  as(user: Credentials): FileSystem {
    return new FileSystem(() => this.mounts, user, this.#now, { above: this.root ? this : undefined, image: this.#image });
  }

  /** The same files, as they are seen by whoever has a directory (a canonical path) as its root: nothing above it is there. */
  below(root: string): FileSystem {
    const { mount, tree, inside } = this.#mountOf(root);
    const mounts = this.mounts
      .filter(({ path }) => path.startsWith(`${root}/`))
      .map((one) => ({ ...one, path: one.path.slice(root.length) }));
    const top = { ...mount, path: '', tree: subTree(tree, inside) };
    return new FileSystem(() => [...mounts, top], this.#user, this.#now, {
      above: { root: this.root + root, whole: this.whole },
    });
  }

  /** Where a path leads, with its links followed; `''` is the root. The last part need not exist. Throws FileError. */
  resolve(path: string, followLast = true): string {
    return this.#walk(path, followLast).path;
  }

  stat(path: string): Inode {
    const at = this.#walk(path, true);
    return this.#get(at.path) ?? this.#fail('ENOENT', path);
  }

  /** The same, or why there is nothing; nothing is thrown. */
  look(path: string): Inode | ErrorCode {
    const { at, error } = this.#follow(path, true);
    return error ?? this.#get(at) ?? 'ENOENT';
  }

  lstat(path: string): Inode {
    return this.#get(this.#walk(path, false).path) ?? this.#fail('ENOENT', path);
  }

  find(path: string): Inode | undefined {
    const found = this.look(path);
    return typeof found === 'string' ? undefined : found;
  }

  exists(path: string): boolean {
    return this.find(path) !== undefined;
  }

  /** Names in a directory, sorted by their bytes. */
  list(path: string): string[] {
    const { path: at } = this.#walk(path, true);
    const inode = this.#get(at) ?? this.#fail('ENOENT', path);
    if (inode.type !== 'dir') this.#fail('ENOTDIR', path);
    if (!this.may(inode, 4)) this.#fail('EACCES', path);
    const { tree, inside } = this.#mountOf(at);
    const names = new Set(tree.names(inside));
    for (const mount of this.mounts) if (mount.path !== '' && parentOf(mount.path) === at) names.add(nameOf(mount.path));
    return [...names].sort();
  }

  read(path: string): string {
    const inode = this.stat(path);
    if (inode.type === 'dir') this.#fail('EISDIR', path);
    if (!this.may(inode, 4)) this.#fail('EACCES', path);
    return inode.content ?? '';
  }

  /** Writes a whole file; one that is new gets `mode`. */
  write(path: string, content: string, mode = 0o644): void {
    const { path: at } = this.#walk(path, true);
    const old = this.#get(at);
    if (old) {
      if (old.type === 'dir') this.#fail('EISDIR', path);
      if (!this.may(old, 2)) this.#fail('EACCES', path);
      const { program: _program, size: _size, ...kept } = old;
      this.#put(at, path, { ...kept, content, mtime: this.#now() });
    } else {
      this.#mayChange(at, path);
      this.#put(at, path, { type: 'file', mode, uid: this.#user.uid, gid: this.#user.gid, mtime: this.#now(), content });
    }
  }

  /** Makes a file of so many zeros, or makes one longer or shorter. */
  allocate(path: string, size: number, mode = 0o644): void {
    const old = this.find(path);
    const content = old?.content;
    if (content !== undefined && content !== '' && size <= MAX_CONTENT)
      return this.write(path, content.slice(0, size).padEnd(size, '\0'), mode);
    this.write(path, '', mode);
    const { path: at } = this.#walk(path, true);
    const { content: _empty, ...file } = this.#get(at)!;
    this.#put(at, path, { ...file, size });
  }

  /** How long a file can become where there is only so much room. */
  room(path: string): number {
    const { tree, inside } = this.#mountOf(this.#walk(path, true).path);
    const old = tree.get(inside);
    return tree.left ? tree.left() + (old ? sizeOf(old) : 0) : Infinity;
  }

  append(path: string, content: string): void {
    this.write(path, (this.find(path)?.content ?? '') + content);
  }

  mkdir(path: string, mode = 0o755): void {
    this.#create(path, { type: 'dir', mode });
  }

  /** Makes a directory and those above it that are missing, which get 755; one that is there already is all right. */
  mkdirs(path: string, mode = 0o755): void {
    const parts = partsOf(path);
    const there = deepest(parts.length, (count) => this.exists(`/${parts.slice(0, count).join('/')}`));
    let at = this.resolve(`/${parts.slice(0, there).join('/')}`);
    if (this.#get(at)?.type !== 'dir') this.#fail(there === parts.length ? 'EEXIST' : 'ENOTDIR', path);
    const owner = { uid: this.#user.uid, gid: this.#user.gid, mtime: this.#now() };
    for (const [i, name] of parts.slice(there).entries()) {
      at = name === '..' ? parentOf(at) : `${at === '/' ? '' : at}/${name}`;
      if (this.#get(at)) continue;
      this.#mayChange(at, path);
      this.#put(at, path, { type: 'dir', mode: there + i === parts.length - 1 ? mode : 0o755, ...owner });
    }
  }

  symlink(target: string, path: string): void {
    this.#create(path, { type: 'link', mode: 0o777, content: target });
  }

  /** Puts a copy of an inode at a path that must be free (`cp`, `mv`, `ln`, `mknod`). */
  create(path: string, inode: Omit<Inode, 'uid' | 'gid' | 'mtime'> & Partial<Inode>): void {
    this.#create(path, inode);
  }

  unlink(path: string): void {
    const { path: at } = this.#walk(path, false);
    const inode = this.#get(at) ?? this.#fail('ENOENT', path);
    if (inode.type === 'dir') this.#fail('EISDIR', path);
    this.#remove(at, path);
  }

  rmdir(path: string): void {
    const { path: at } = this.#walk(path, false);
    const inode = this.#get(at) ?? this.#fail('ENOENT', path);
    if (inode.type !== 'dir') this.#fail('ENOTDIR', path);
    if (this.list(at || '/').length) this.#fail('ENOTEMPTY', path);
    this.#remove(at, path);
  }

  rename(from: string, to: string): void {
    const source = this.#walk(from, false).path;
    const target = this.#walk(to, false).path;
    const inode = this.#get(source) ?? this.#fail('ENOENT', from);
    if (target === source) return;
    if (target.startsWith(`${source}/`)) this.#fail('EINVAL', to);
    if (this.#mountOf(source).tree !== this.#mountOf(target).tree) this.#fail('EXDEV', to);
    this.#mayChange(source, from);
    this.#mayChange(target, to);
    const old = this.#get(target);
    if (old?.type === 'dir') {
      if (inode.type !== 'dir') this.#fail('EISDIR', to);
      if (this.list(target).length) this.#fail('ENOTEMPTY', to);
    } else if (old && inode.type === 'dir') this.#fail('ENOTDIR', to);
    this.#move(source, target, from);
  }

  /** Changes what is known about a file: owner, mode, time. */
  change(path: string, facts: Partial<Pick<Inode, 'mode' | 'uid' | 'gid' | 'mtime'>>, follow = true): void {
    const { path: at } = this.#walk(path, follow);
    const inode = this.#get(at) ?? this.#fail('ENOENT', path);
    const isOwner = this.#user.uid === 0 || this.#user.uid === inode.uid;
    if (!isOwner && !(facts.mtime !== undefined && Object.keys(facts).length === 1 && this.may(inode, 2))) this.#fail('EPERM', path);
    if (facts.uid !== undefined && this.#user.uid !== 0 && facts.uid !== inode.uid) this.#fail('EPERM', path);
    this.#put(at, path, { ...inode, ...facts });
  }

  /** Whether the process may read (4), write (2) or execute (1). */
  may(inode: Inode, wanted: 1 | 2 | 4): boolean {
    const { uid, gid, groups } = this.#user;
    if (uid === 0) return wanted !== 1 || inode.type === 'dir' || (inode.mode & 0o111) !== 0;
    const shift = inode.uid === uid ? 6 : inode.gid === gid || groups.includes(inode.gid) ? 3 : 0;
    return ((inode.mode >> shift) & wanted) !== 0;
  }

  mountAt(path: string): MountPoint {
    return this.#mountOf(this.#walk(path, true).path).mount;
  }

  #walk(path: string, followLast: boolean): { path: string } {
    const { at, error } = this.#follow(path, followLast);
    if (error) this.#fail(error, path);
    return { path: at };
  }

  /** The same, without an exception: most who ask whether something is there have many places to look. */
  #follow(path: string, followLast: boolean): { at: string; error?: ErrorCode } {
    let rest = partsOf(path);
    let at = '';
    if (path.length > NAME_MAX && (path.length > PATH_MAX || rest.some(({ length }) => length > NAME_MAX)))
      return { at, error: 'ENAMETOOLONG' };
    let links = 0;
    let dir = this.#get(at);
    for (let i = 0; i < rest.length;) {
      const name = rest[i++]!;
      const isLast = i === rest.length;
      if (name === '..') {
        at = parentOf(at);
        dir = this.#get(at);
        continue;
      }
      if (!dir) return { at, error: 'ENOENT' };
      if (dir.type !== 'dir') return { at, error: 'ENOTDIR' };
      if (!this.may(dir, 1)) return { at, error: 'EACCES' };
      const next = `${at}/${name}`;
      const inode = this.#get(next);
      if (inode?.type === 'link' && (!isLast || followLast)) {
        if (++links > MAX_LINKS) return { at, error: 'ELOOP' };
        const target = inode.content ?? '';
        [rest, i] = [[...partsOf(target), ...rest.slice(i)], 0];
        if (target.startsWith('/')) {
          at = '';
          dir = this.#get(at);
        }
        continue;
      }
      if (isLast && path.endsWith('/') && inode && inode.type !== 'dir') return { at, error: 'ENOTDIR' };
      at = next;
      dir = inode;
    }
    return { at };
  }

  #mountOf(at: string): { mount: MountPoint; tree: Tree; inside: string } {
    const mount = this.#mountAt(at);
    return { mount, tree: mount.tree, inside: at.slice(mount.path.length) };
  }

  /** The last one is the root, where everything is. */
  #mountAt(at: string): MountPoint {
    let i = 0;
    for (; i < this.mounts.length - 1; i++) {
      const { path } = this.mounts[i]!;
      if (path === '' || at === path || isBelow(at, path)) break;
    }
    return this.mounts[i]!;
  }

  #get(at: string): Inode | undefined {
    const mount = this.#mountAt(at);
    const inode = mount.tree.get(mount.path === '' ? at : at.slice(mount.path.length));
    if (inode) return inode;
    // A mount may stand where the tree below has nothing.
    for (const { path } of this.mounts) if (isBelow(path, at)) return { type: 'dir', mode: 0o755, uid: 0, gid: 0, mtime: 0 };
    return undefined;
  }

  #put(at: string, path: string, inode: Inode): void {
    const { mount, tree, inside } = this.#mountOf(at);
    if (mount.readOnly) this.#fail('EROFS', path);
    tree.put(inside, inode);
  }

  #create(path: string, given: Omit<Inode, 'uid' | 'gid' | 'mtime'> & Partial<Inode>): void {
    const { path: at } = this.#walk(path.replace(/(.)\/+$/, '$1'), false);
    if (this.#get(at)) this.#fail('EEXIST', path);
    this.#mayChange(at, path);
    this.#put(at, path, { uid: this.#user.uid, gid: this.#user.gid, mtime: this.#now(), ...given });
  }

  #remove(at: string, path: string): void {
    if (this.mounts.some((mount) => mount.path === at || isBelow(mount.path, at))) this.#fail('EBUSY', path);
    this.#mayChange(at, path);
    const { mount, tree, inside } = this.#mountOf(at);
    if (mount.readOnly) this.#fail('EROFS', path);
    tree.remove(inside);
  }

  #move(source: string, target: string, path: string): void {
    const { tree, inside } = this.#mountOf(source);
    const inode = tree.get(inside)!;
    this.#put(target, path, inode);
    if (inode.type === 'dir') for (const name of [...tree.names(inside)]) this.#move(`${source}/${name}`, `${target}/${name}`, path);
    this.#remove(source, path);
  }

  /** Making and removing needs the right to write in the directory. */
  #mayChange(at: string, path: string): void {
    const parent = this.#get(parentOf(at)) ?? this.#fail('ENOENT', path);
    if (parent.type !== 'dir') this.#fail('ENOTDIR', path);
    if (this.#mountOf(at).mount.readOnly) this.#fail('EROFS', path);
    if (!this.may(parent, 2) || !this.may(parent, 1)) this.#fail('EACCES', path);
    const inode = this.#get(at);
    const isSticky = (parent.mode & 0o1000) !== 0;
    if (inode && isSticky && ![0, inode.uid, parent.uid].includes(this.#user.uid)) this.#fail('EPERM', path);
  }

  #fail(code: ErrorCode, path: string): never {
    throw new FileError(code, path);
  }
}

/** Every look at a file asks this of every mount: no text is made for it. */
const isBelow = (path: string, directory: string): boolean =>
  path.length > directory.length && path.charCodeAt(directory.length) === SLASH && path.startsWith(directory);
const SLASH = 47;

function partsOf(path: string): string[] {
  const parts: string[] = [];
  for (let from = 0; from < path.length;) {
    const slash = path.indexOf('/', from);
    const to = slash < 0 ? path.length : slash;
    if (to > from + 1 || (to > from && path[from] !== '.')) parts.push(path.slice(from, to));
    from = to + 1;
  }
  return parts;
}
