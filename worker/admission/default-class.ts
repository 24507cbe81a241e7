// Which of several classes that call themselves the default it is: the newest, and of those made at once the first by name.

import type { KubeObject } from '../api/object.ts';

export function newest<T extends KubeObject>(defaults: readonly T[]): T | undefined {
  return [...defaults].sort((a, b) => newestFirst(a.metadata, b.metadata))[0];
}

type Meta = KubeObject['metadata'];

function newestFirst(a: Meta, b: Meta): number {
  if (a.creationTimestamp !== b.creationTimestamp) return a.creationTimestamp > b.creationTimestamp ? -1 : 1;
  return a.name < b.name ? -1 : 1;
}
