// Which resources a cluster serves: the built-in ones of its version, and those of its CRDs.

import type { Resource } from './resource.ts';

export interface Catalog {
  /** Grows by one whenever a resource comes, goes or changes; for caches of what is derived from the catalog. */
  readonly generation: number;
  find(group: string, version: string, resource: string): Resource | undefined;
  /** Of a kind; the preferred version if none is named. */
  findKind(group: string, kind: string, version?: string): Resource | undefined;
  /** In the order of discovery: groups as upstream ranks them, preferred versions first. */
  groups(): readonly ApiGroup[];
  all(): readonly Resource[];
}

export interface ApiGroup {
  readonly name: string;
  readonly versions: readonly ApiVersion[];
}

export interface ApiVersion {
  readonly version: string;
  readonly resources: readonly Resource[];
}
