import type { KubeObject } from '../api/object.ts';

/** Makes one object's content that of another: plugins change what they are given in place. */
export function replaceContent(target: KubeObject, source: KubeObject): void {
  const record = target as unknown as Record<string, unknown>;
  for (const key of Object.keys(record)) delete record[key];
  Object.assign(record, source);
}
