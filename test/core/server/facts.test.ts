// Discovery and Tables against those of a real API server of 1.32: what each kind can do, what it is called for short, and what kubectl prints of it. Where 1.36 is
// otherwise, the difference is named here.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makeTestCluster } from '../harness.ts';

interface DiscoveryFact {
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly kind: string;
  readonly scope: string;
  readonly singular: string;
  readonly verbs: readonly string[];
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
  readonly subresources?: readonly { readonly name: string }[];
}

interface Discovery {
  readonly items: readonly {
    readonly metadata: { readonly name?: string };
    readonly versions: readonly { readonly version: string; readonly resources: readonly Found[] }[];
  }[];
}

interface Found {
  readonly resource: string;
  readonly responseKind: { readonly kind: string };
  readonly scope: string;
  readonly singularResource: string;
  readonly verbs: readonly string[];
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
  readonly subresources?: readonly { readonly subresource: string }[];
}

const read = (name: string): unknown => JSON.parse(readFileSync(join(import.meta.dirname, '../../golden/facts', name), 'utf8'));
const facts = read('discovery-1.32.json') as readonly DiscoveryFact[];
const columns = read('table-columns-1.32.json') as Readonly<Record<string, readonly (readonly [string, string, string, number])[]>>;

const AGGREGATED = { accept: 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList' };
const cluster = makeTestCluster();
const discovered = new Map<string, Found>();
for (const root of ['/api', '/apis']) {
  const { body } = await cluster.request<Discovery | string>('GET', root, undefined, AGGREGATED);
  const { items } = (typeof body === 'string' ? JSON.parse(body) : body) as Discovery;
  for (const { metadata, versions } of items)
    for (const { version, resources } of versions)
      for (const one of resources) discovered.set(`${metadata.name ?? ''}/${version}/${one.resource}`, one);
}

/** Of subresources, what came after 1.32. */
const NEW_SUBRESOURCES: Readonly<Record<string, readonly string[]>> = { '/v1/pods': ['resize'] };

test.each(facts.map((fact) => ({ name: `${fact.group}/${fact.version}/${fact.resource}`, fact })))(
  'discovery of $name',
  ({ name, fact }) => {
    const found = discovered.get(name);
    const below = (found?.subresources ?? []).map(({ subresource }) => subresource);
    expect({
      kind: found?.responseKind.kind,
      scope: found?.scope,
      singular: found?.singularResource,
      verbs: found?.verbs,
      shortNames: found?.shortNames,
      categories: found?.categories,
      subresources: below.filter((one) => !NEW_SUBRESOURCES[name]?.includes(one)),
    }).toEqual({
      kind: fact.kind,
      scope: fact.scope,
      singular: fact.singular,
      verbs: fact.verbs,
      shortNames: fact.shortNames,
      categories: fact.categories,
      subresources: (fact.subresources ?? []).map(({ name }) => name).filter((one) => !NEW_SUBRESOURCES[name]?.includes(one)),
    });
  },
);

const TABLE = { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' };

test.each(Object.entries(columns).map(([key, want]) => ({ key, want })))('columns of $key', async ({ key, want }) => {
  const [resource = '', version = '', ...group] = key.split('.');
  const root = group.length ? `/apis/${group.join('.')}/${version}` : `/api/${version}`;
  const { body } = await cluster.request<Table>('GET', `${root}/${resource}`, undefined, TABLE);
  expect(body.columnDefinitions.map(({ name, type, format, priority }) => [name, type, format, priority])).toEqual(want);
  for (const { name, description } of body.columnDefinitions) expect(description, name).not.toBe('');
});

interface Table {
  readonly columnDefinitions: readonly { name: string; type: string; format: string; description: string; priority: number }[];
}
