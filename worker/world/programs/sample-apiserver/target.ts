// Where a request leads: to a kind's objects, and which of them.

import { parseLabelSelector } from '../../../api/label-selector.ts';
import { EVERYTHING, matchesFields, matchesLabels, parseFieldSelector } from '../../../api/selectors.ts';
import { GROUP, KINDS, VERSIONS } from './documents.ts';
import type { SampleKind, Version } from './documents.ts';
import type { SampleObject } from './store.ts';

export interface Target {
  readonly version: Version;
  readonly resource: string;
  readonly sample: SampleKind;
  /** '' for all. */
  readonly namespace: string;
  /** '' for all. */
  readonly name: string;
}

const PATH = new RegExp(`^/apis/${GROUP}/(${VERSIONS.join('|')})(?:/namespaces/([^/]+))?/([a-z]+)(?:/([^/]+))?/?$`);

export function targetOf(path: string): Target | undefined {
  const [, version, namespace, resource = '', name] = PATH.exec(path) ?? [];
  const sample = KINDS[resource];
  if (!sample?.versions.includes(version as Version) || (namespace !== undefined && !sample.namespaced)) return undefined;
  return { version: version as Version, resource, sample, namespace: namespace ?? '', name: name ?? '' };
}

export const keyOf = ({ resource, namespace }: Target, name: string): string => `${resource}/${namespace}/${name}`;

/** Of each name the first value. */
export type Query = ReadonlyMap<string, string>;

/** Whether an object, under its key, is meant. */
export type Selects = (key: string, object: SampleObject) => boolean;

/** By the path, and by the query's selectors. Throws SelectorError. */
export function selectorOf(target: Target, query: Query): Selects {
  const start = target.name || target.namespace ? keyOf(target, target.name) : `${target.resource}/`;
  const labels = query.get('labelSelector') ? parseLabelSelector(query.get('labelSelector')!) : EVERYTHING;
  const fields = parseFieldSelector(query.get('fieldSelector') ?? '');
  return (key, { metadata }) =>
    (target.name ? key === start : key.startsWith(start)) &&
    matchesLabels(labels, (metadata['labels'] ?? {}) as Record<string, string>) &&
    matchesFields(fields, { 'metadata.name': metadata.name, 'metadata.namespace': String(metadata['namespace'] ?? '') });
}
