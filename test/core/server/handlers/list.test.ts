// Lists: pages, lists of the past, and options that do not go together.

import { beforeEach, describe, expect, test } from 'vitest';
import { makeTestCluster, statusOf } from '../../harness.ts';
import type { TestCluster } from '../../harness.ts';

const PATH = '/api/v1/namespaces/default/configmaps';

interface List {
  readonly metadata: { readonly resourceVersion: string; readonly continue?: string; readonly remainingItemCount?: number };
  readonly items: readonly { readonly metadata: { readonly name: string } }[];
}

let cluster: TestCluster;
/** The revision at which `c` had come, and not yet `d`. */
let middle: string;

const list = async (query: string): Promise<List> => {
  const reply = await cluster.request<List>('GET', `${PATH}?${query}`);
  expect(reply.status).toBe(200);
  return reply.body;
};
const namesOf = ({ items }: List): string => items.map(({ metadata }) => metadata.name).join(' ');
const make = (name: string) => cluster.request<List['items'][0] & List>('POST', PATH, { metadata: { name } });

beforeEach(async () => {
  cluster = makeTestCluster({ alone: true, nodes: 0 });
  for (const name of ['a', 'b']) await make(name);
  middle = (await make('c')).body.metadata.resourceVersion;
  await make('d');
});

describe('pages', () => {
  test('show the same revision, whatever comes meanwhile', async () => {
    const first = await list('limit=2');
    expect([namesOf(first), first.metadata.remainingItemCount]).toEqual(['a b', 2]);
    await make('bb');
    const second = await list(`limit=2&continue=${first.metadata.continue}`);
    expect([namesOf(second), second.metadata.continue]).toEqual(['c d', undefined]);
    expect(second.metadata.resourceVersion).toBe(first.metadata.resourceVersion);
  });

  test('do not say how many are left where a selector might not want them', async () => {
    const { metadata } = await list('limit=1&labelSelector=!x');
    expect([typeof metadata.continue, metadata.remainingItemCount]).toEqual(['string', undefined]);
  });

  test('of a revision that is compacted cannot go on, but begin anew there', async () => {
    const { metadata } = await list('limit=2');
    await make('bb');
    cluster.store.compact(cluster.store.revision);
    const reply = await cluster.request<{ metadata: { continue: string } }>('GET', `${PATH}?limit=2&continue=${metadata.continue}`);
    expect([reply.status, statusOf(reply).reason]).toEqual([410, 'Expired']);
    expect(statusOf(reply).message).toMatch(/^The provided continue parameter is too old to display a consistent list result\./);
    expect(namesOf(await list(`limit=2&continue=${reply.body.metadata.continue}`))).toBe('bb c');
  });
});

describe('a revision', () => {
  test.each([
    ['as it was', () => `resourceVersion=${middle}&resourceVersionMatch=Exact`, 'a b c'],
    ['as it was, in pages', () => `resourceVersion=${middle}&limit=9`, 'a b c'],
    ['or newer', () => `resourceVersion=${middle}`, 'a b c d'],
    ['or newer, in pages', () => `resourceVersion=${middle}&resourceVersionMatch=NotOlderThan&limit=9`, 'a b c d'],
    ['whichever, and then all of it', () => 'resourceVersion=0&limit=1', 'a b c d'],
  ])('%s', async (_name, query, want) => expect(namesOf(await list(query()))).toBe(want));
});

describe('refused', () => {
  const tokenOf = async (): Promise<string> => (await list('limit=1')).metadata.continue!;
  test.each<[string, () => string | Promise<string>, number, string]>([
    [
      'a revision that is no number',
      () => 'resourceVersion=x',
      400,
      'invalid resource version: resourceVersion: Invalid value: "x": strconv.ParseUint: parsing "x": invalid syntax',
    ],
    ['a revision that is to come', () => 'resourceVersion=99999', 504, 'Timeout: Too large resource version: 99999, current: '],
    ['a token that is none', () => 'continue=abc', 400, 'invalid continue token: continue key is not valid: '],
    [
      'a token with a revision',
      async () => `continue=${await tokenOf()}&resourceVersion=1`,
      400,
      'specifying resource version is not allowed when using continue',
    ],
    [
      'exactly any revision',
      () => 'resourceVersion=0&resourceVersionMatch=Exact',
      422,
      'ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Forbidden: resourceVersionMatch "exact" is forbidden for resourceVersion "0"',
    ],
    [
      'a match of nothing',
      () => 'resourceVersionMatch=Exact',
      422,
      'ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided',
    ],
  ])('%s', async (_name, query, status, message) => {
    const reply = await cluster.request('GET', `${PATH}?${await query()}`);
    expect(reply.status).toBe(status);
    expect(statusOf(reply).message).toContain(message);
  });
});
