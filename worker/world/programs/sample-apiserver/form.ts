// In which form objects are given: in a version, or as the rows of a Table. Mirrors the default table convertor of apiserver pkg/registry/rest/table.go.

import type { HttpRequest } from '../../network/http-server.ts';
import { groupVersionOf } from './documents.ts';
import { specIn } from './spec.ts';
import type { Query, Target } from './target.ts';
import type { SampleObject } from './store.ts';

export interface Form {
  one(object: SampleObject): object;
  list(objects: readonly SampleObject[], revision: number): object;
}

export function formOfAnswer(target: Target, { headers }: HttpRequest, query: Query): Form {
  const first = (headers.get('accept') ?? '').split(',')[0]!;
  const version = /;\s*as=Table/.test(first) ? /;\s*v=(v1(?:beta1)?)\b/.exec(first)?.[1] : undefined;
  return version ? tables(target, version, query.get('includeObject') || 'Metadata') : objects(target);
}

export const objects = (target: Target): Form => ({
  one: (object) => ({ ...typeOf(target), ...fieldsIn(target, object) }),
  list: (all, revision) => ({
    ...typeOf(target, 'List'),
    metadata: { resourceVersion: String(revision) },
    items: all.map((object) => fieldsIn(target, object)),
  }),
});

export const typeOf = ({ sample, version }: Target, suffix = ''): object => ({
  kind: `${sample.kind}${suffix}`,
  apiVersion: groupVersionOf(version),
});

function fieldsIn({ version }: Target, { metadata, spec, disallowedFlunders }: SampleObject): object {
  if (spec) return { metadata, spec: specIn(version, spec), status: {} };
  return { metadata, ...(disallowedFlunders && { disallowedFlunders }) };
}

const NAME =
  'Name must be unique within a namespace. Is required when creating resources, although some resources may allow a client to request the generation of an appropriate name automatically. Name is primarily intended for creation idempotence and configuration definition. Cannot be updated. More info: http://kubernetes.io/docs/user-guide/identifiers#names';
const CREATED =
  'CreationTimestamp is a timestamp representing the server time when this object was created. It is not guaranteed to be set in happens-before order across separate operations. Clients may not set this value. It is represented in RFC3339 form and is in UTC.\n\nPopulated by the system. Read-only. Null for lists. More info: https://git.k8s.io/community/contributors/devel/api-conventions.md#metadata';
const COLUMNS = [
  { name: 'Name', type: 'string', format: 'name', description: NAME, priority: 0 },
  { name: 'Created At', type: 'date', format: '', description: CREATED, priority: 0 },
];

function tables(target: Target, version: string, include: string): Form {
  const apiVersion = `meta.k8s.io/${version}`;
  const rowOf = (object: SampleObject): object => ({
    cells: [object.metadata.name, object.metadata['creationTimestamp']],
    object:
      include === 'None'
        ? null
        : include === 'Object'
          ? objects(target).one(object)
          : { kind: 'PartialObjectMetadata', apiVersion, metadata: object.metadata },
  });
  const table = (all: readonly SampleObject[], resourceVersion: string): object => ({
    kind: 'Table',
    apiVersion,
    metadata: { resourceVersion },
    columnDefinitions: COLUMNS,
    rows: all.map(rowOf),
  });
  return {
    one: (object) => table([object], object.metadata.resourceVersion),
    list: (all, revision) => table(all, String(revision)),
  };
}
