// Objects as a Table: the columns that kubectl prints. Mirrors apiserver pkg/endpoints/handlers/response.go.

import type { KubeObject } from '../api/object.ts';
import type { Resource } from '../api/resource.ts';

export type IncludeObject = 'None' | 'Metadata' | 'Object';

export interface TableOptions {
  readonly version: string;
  readonly include: IncludeObject;
  readonly now: number;
  /** Watch events repeat the columns only at first. */
  readonly withColumns: boolean;
}

export function toTable(
  resource: Resource,
  objects: readonly KubeObject[],
  metadata: object,
  { version, include, now, withColumns }: TableOptions,
): object {
  return {
    kind: 'Table',
    apiVersion: `meta.k8s.io/${version}`,
    metadata,
    columnDefinitions: withColumns
      ? resource.columns.map(({ name, type, format, description, priority }) => ({ name, type, format, description, priority }))
      : null,
    rows: objects.map((object) => ({
      cells: resource.columns.map((column) => column.value(object, now) ?? null),
      object: include === 'None' ? null : include === 'Object' ? object : partialOf(object, version),
    })),
  };
}

export const partialOf = ({ metadata }: KubeObject, version: string): KubeObject => ({
  kind: 'PartialObjectMetadata',
  apiVersion: `meta.k8s.io/${version}`,
  metadata,
});
