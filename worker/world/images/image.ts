// What an image is: a value that says what a container of it starts with. One file an image, or a family of them, listed in `catalog.ts`.

import type { Layer } from '../files/inode.ts';
import type { Reference } from './reference.ts';

export interface Image {
  readonly entrypoint?: readonly string[];
  readonly cmd?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly workdir?: string;
  /** As the Dockerfile says it: a name, `uid` or `uid:gid`. Root if left out. */
  readonly user?: string;
  readonly exposedPorts?: readonly number[];
  readonly stopSignal?: string;
  /** Bytes that are pulled. */
  readonly size: number;
  /** Its files. Made once, when first needed. */
  readonly files: () => Layer;
}

/** The images of some repositories. */
export interface ImageFamily {
  /** `docker.io/library/nginx` */
  readonly repositories: readonly string[];
  /** The image of a tag, undefined if there is none. */
  find(tag: string, reference: Reference): Image | undefined;
}

/** A file tree that is made when first asked for. */
export function lazily<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => (made ??= make());
}
