// What a file system holds. Contents are byte strings: one character, 0 to 255, for each byte.

export interface Inode {
  readonly type: 'file' | 'dir' | 'link' | 'device' | 'fifo' | 'socket';
  /** Permission bits, with setuid, setgid and sticky. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Milliseconds. */
  readonly mtime: number;
  /** Of a file, its bytes; of a link, where it points. A file with a `size` and no content is so many zeros, which nobody holds. */
  readonly content?: string;
  /** What an executable does, by the name of its program; `size` is what `ls` shows of it. */
  readonly program?: string;
  readonly size?: number;
  /** `1, 3` of a device. */
  readonly device?: readonly [major: number, minor: number];
  /** Of a device: a disk, not a character device. */
  readonly isBlock?: boolean;
}

/** An unchanging tree: absolute paths without a slash at the end. `''` is the root. Directories are all named. */
export type Layer = ReadonlyMap<string, Inode>;

export const ROOT_DIR: Inode = { type: 'dir', mode: 0o755, uid: 0, gid: 0, mtime: 0 };

export const sizeOf = (inode: Inode): number => inode.size ?? inode.content?.length ?? (inode.type === 'dir' ? 4096 : 0);
