// Reading what is in no store: the objects of a group that somebody else serves, made for each request.

import type { KubeObject } from '../api/object.ts';
import type { ListOptions, ListResult, Stored } from '../api/registry.ts';
import type { Resource } from '../api/resource.ts';
import { matchesFields, matchesLabels } from '../api/selectors.ts';
import { notFound } from '../api/status.ts';
import type { Core } from './core.ts';

export function readSource({ store }: Core, resource: Resource, namespace: string, name: string): Stored {
  const value = resource.source!.get(namespace, name);
  if (!value) throw notFound(resource, name);
  return { value, text: JSON.stringify(value), revision: store.revision };
}

/** Without pages: what is asked for a moment later would be another list. */
export function listSource({ store }: Core, resource: Resource, { namespace, labels, fields }: ListOptions): ListResult {
  const fieldsOf = ({ metadata }: KubeObject): Record<string, string> => ({
    'metadata.name': metadata.name,
    'metadata.namespace': metadata.namespace ?? '',
  });
  const { revision } = store;
  const items = resource
    .source!.list(resource.namespaced ? namespace : '', labels)
    .filter((value) => matchesLabels(labels, value.metadata.labels) && matchesFields(fields, fieldsOf(value)))
    .map((value) => ({ value, text: JSON.stringify(value), revision }));
  return { items, revision, continue: '', remaining: undefined };
}
