// Where a request leads: to a kind's objects, and which of them.

import { parseLabelSelector } from '../../../api/label-selector.ts';
import { EVERYTHING, matchesFields, matchesLabels, parseFieldSelector, SelectorError } from '../../../api/selectors.ts';
import type { HttpAnswer } from '../../network/http-server.ts';
import { GROUP_VERSION, KINDS } from './documents.ts';
import type { SampleKind } from './documents.ts';
import { failure } from './replies.ts';
import type { SampleObject } from './store.ts';

export interface Target {
  readonly resource: string;
  readonly sample: SampleKind;
  /** '' for all. */
  readonly namespace: string;
  /** '' for all. */
  readonly name: string;
}

export function targetOf(path: string): Target | undefined {
  const [, namespace, resource = '', name] =
    new RegExp(`^/apis/${GROUP_VERSION}(?:/namespaces/([^/]+))?/([a-z]+)(?:/([^/]+))?/?$`).exec(path) ?? [];
  const sample = KINDS[resource];
  if (!sample || (namespace !== undefined && !sample.namespaced)) return undefined;
  return { resource, sample, namespace: namespace ?? '', name: name ?? '' };
}

export const keyOf = ({ resource, namespace }: Target, name: string): string => `${resource}/${namespace}/${name}`;

/** Of each name the first value. */
export type Query = ReadonlyMap<string, string>;

/** Whether an object, under its key, is meant. */
export type Selects = (key: string, object: SampleObject) => boolean;

/** By the path, and by the query's selectors; the refusal if these cannot be read. */
export function selectorOf(target: Target, query: Query): Selects | HttpAnswer {
  const start = target.name || target.namespace ? keyOf(target, target.name) : `${target.resource}/`;
  try {
    const labels = query.get('labelSelector') ? parseLabelSelector(query.get('labelSelector')!) : EVERYTHING;
    const fields = parseFieldSelector(query.get('fieldSelector') ?? '');
    return (key, { metadata }) =>
      (target.name ? key === start : key.startsWith(start)) &&
      matchesLabels(labels, (metadata['labels'] ?? {}) as Record<string, string>) &&
      matchesFields(fields, { 'metadata.name': metadata.name, 'metadata.namespace': String(metadata['namespace'] ?? '') });
  } catch (error) {
    if (!(error instanceof SelectorError)) throw error;
    return failure(400, 'BadRequest', error.message);
  }
}
