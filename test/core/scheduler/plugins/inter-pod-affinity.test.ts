// InterPodAffinity: near, far, and wanted by others, as filters and as scores.

import { describe, expect, test } from 'vitest';
import type { Affinity, PodAffinityTerm } from '../../../../worker/api/gen/core-v1.ts';
import { namespaces } from '../../../../worker/resources/core/namespace.ts';
import { podInfoOf } from '../../../../worker/scheduler/pod-info.ts';
import { made, makeBench } from '../lab.ts';
import type { Given, NodeDraft, PodDraft } from '../lab.ts';

const NOT_NEAR = "node(s) didn't match pod affinity rules";
const TOO_NEAR = "node(s) didn't match pod anti-affinity rules";
const NOT_WANTED = "node(s) didn't satisfy existing pods anti-affinity rules";

const nodes: NodeDraft[] = [
  { name: 'a', labels: { zone: '1' } },
  { name: 'b', labels: { zone: '1' } },
  { name: 'x', labels: { zone: '2' } },
];
const HOST = 'kubernetes.io/hostname';

const term = (topologyKey: string, matchLabels: Record<string, string>, more: Partial<PodAffinityTerm> = {}): PodAffinityTerm => ({
  topologyKey,
  labelSelector: { matchLabels },
  ...more,
});
const near = (...terms: PodAffinityTerm[]): Affinity => ({ podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: terms } });
const far = (...terms: PodAffinityTerm[]): Affinity => ({ podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: terms } });
const weighted = (terms: [number, PodAffinityTerm][]): { weight: number; podAffinityTerm: PodAffinityTerm }[] =>
  terms.map(([weight, podAffinityTerm]) => ({ weight, podAffinityTerm }));
const preferNear = (...terms: [number, PodAffinityTerm][]): Affinity => ({
  podAffinity: { preferredDuringSchedulingIgnoredDuringExecution: weighted(terms) },
});
const preferFar = (...terms: [number, PodAffinityTerm][]): Affinity => ({
  podAntiAffinity: { preferredDuringSchedulingIgnoredDuringExecution: weighted(terms) },
});

const WEB = { app: 'web' };
const DB = { app: 'db' };

interface Row {
  readonly name: string;
  readonly pods?: readonly PodDraft[];
  readonly also?: Partial<Given>;
  readonly args?: object;
  readonly pod: PodDraft;
  readonly want: Record<string, string | number> | 'skip';
}

const benchOf = ({ pods = [], also = {}, args }: Row): ReturnType<typeof makeBench> =>
  makeBench('InterPodAffinity', { nodes: [...nodes, ...(also.nodes ?? [])], pods, objects: also.objects ?? [] }, args);

describe('near others', () => {
  test.each<Row>([
    { name: 'nothing wanted', pod: {}, want: 'skip' },
    {
      name: 'on the same node',
      pods: [{ nodeName: 'a', labels: DB }],
      pod: { affinity: near(term(HOST, DB)) },
      want: { a: '', b: NOT_NEAR, x: NOT_NEAR },
    },
    {
      name: 'in the same zone',
      pods: [{ nodeName: 'a', labels: DB }],
      pod: { affinity: near(term('zone', DB)) },
      want: { a: '', b: '', x: NOT_NEAR },
    },
    { name: 'there is none', pod: { labels: WEB, affinity: near(term('zone', DB)) }, want: { a: NOT_NEAR, b: NOT_NEAR, x: NOT_NEAR } },
    {
      name: 'the first of its own kind may go anywhere',
      pod: { labels: WEB, affinity: near(term('zone', WEB)) },
      want: { a: '', b: '', x: '' },
    },
    {
      name: 'but only where the topology is',
      also: { nodes: [{ name: 'n' }] },
      pod: { labels: WEB, affinity: near(term('zone', WEB)) },
      want: { a: '', b: '', x: '', n: NOT_NEAR },
    },
    {
      name: 'the second has to follow',
      pods: [{ nodeName: 'x', labels: WEB }],
      pod: { labels: WEB, affinity: near(term('zone', WEB)) },
      want: { a: NOT_NEAR, b: NOT_NEAR, x: '' },
    },
    {
      name: 'the first, in another namespace than the term means',
      pod: { labels: WEB, affinity: near(term('zone', WEB, { namespaces: ['kube-system'] })) },
      want: { a: NOT_NEAR, b: NOT_NEAR, x: NOT_NEAR },
    },
    {
      name: 'every term has to hold of the same pod',
      pods: [
        { nodeName: 'a', labels: { app: 'db', tier: 'back' } },
        { nodeName: 'x', labels: DB },
      ],
      pod: { affinity: near(term('zone', DB), term(HOST, { tier: 'back' })) },
      want: { a: '', b: NOT_NEAR, x: NOT_NEAR },
    },
    {
      name: 'pods of other namespaces do not count',
      pods: [{ nodeName: 'a', labels: DB, namespace: 'kube-system' }],
      pod: { affinity: near(term('zone', DB)) },
      want: { a: NOT_NEAR, b: NOT_NEAR, x: NOT_NEAR },
    },
    {
      name: 'unless they are named',
      pods: [{ nodeName: 'a', labels: DB, namespace: 'kube-system' }],
      pod: { affinity: near(term('zone', DB, { namespaces: ['kube-system'] })) },
      want: { a: '', b: '', x: NOT_NEAR },
    },
    {
      name: 'or selected',
      also: { objects: [made(namespaces, { metadata: { name: 'data', labels: { team: 'data' } } })] },
      pods: [{ nodeName: 'x', labels: DB }],
      pod: { affinity: near(term('zone', DB, { namespaceSelector: { matchLabels: { team: 'none' } } })) },
      want: { a: NOT_NEAR, b: NOT_NEAR, x: NOT_NEAR },
    },
    {
      name: 'an empty namespace selector means all',
      pods: [{ nodeName: 'a', labels: DB, namespace: 'kube-system' }],
      pod: { affinity: near(term('zone', DB, { namespaceSelector: {} })) },
      want: { a: '', b: '', x: NOT_NEAR },
    },
    {
      name: 'a term without a selector means no pod',
      pods: [{ nodeName: 'a', labels: DB }],
      pod: { affinity: near({ topologyKey: 'zone' }) },
      want: { a: NOT_NEAR, b: NOT_NEAR, x: NOT_NEAR },
    },
    {
      name: 'expressions',
      pods: [{ nodeName: 'x', labels: DB }],
      pod: {
        affinity: near({
          topologyKey: 'zone',
          labelSelector: {
            matchExpressions: [
              { key: 'app', operator: 'In', values: ['db', 'cache'] },
              { key: 'canary', operator: 'DoesNotExist' },
            ],
          },
        }),
      },
      want: { a: NOT_NEAR, b: NOT_NEAR, x: '' },
    },
  ])('$name', (row) => expect(benchOf(row).filter(row.pod)).toEqual(row.want));

  test('namespaces by their labels', () => {
    const objects = [made(namespaces, { metadata: { name: 'data', labels: { team: 'data' } } })];
    const bench = makeBench('InterPodAffinity', { nodes, objects });
    bench.cache.setPod(bench.lab.pod({ namespace: 'data', nodeName: 'a', labels: DB }));
    const affinity = near(term('zone', DB, { namespaceSelector: { matchLabels: { team: 'data' } } }));
    expect(bench.filter({ affinity })).toEqual({ a: '', b: '', x: NOT_NEAR });
  });
});

describe('far from others', () => {
  test.each<Row>([
    {
      name: 'not on the same node',
      pods: [{ nodeName: 'a', labels: DB }],
      pod: { affinity: far(term(HOST, DB)) },
      want: { a: TOO_NEAR, b: '', x: '' },
    },
    {
      name: 'not in the same zone',
      pods: [{ nodeName: 'a', labels: DB }],
      pod: { affinity: far(term('zone', DB)) },
      want: { a: TOO_NEAR, b: TOO_NEAR, x: '' },
    },
    {
      name: 'any of the terms',
      pods: [
        { nodeName: 'a', labels: DB },
        { nodeName: 'x', labels: WEB },
      ],
      pod: { affinity: far(term(HOST, DB), term(HOST, WEB)) },
      want: { a: TOO_NEAR, b: '', x: TOO_NEAR },
    },
    {
      name: 'a node without the topology is far',
      also: { nodes: [{ name: 'n' }] },
      pods: [{ nodeName: 'a', labels: DB }],
      pod: { affinity: far(term('zone', DB)) },
      want: { a: TOO_NEAR, b: TOO_NEAR, x: '', n: '' },
    },
    {
      name: 'near some and far from others',
      pods: [
        { nodeName: 'a', labels: DB },
        { nodeName: 'b', labels: WEB },
      ],
      pod: { affinity: { ...near(term('zone', DB)), ...far(term(HOST, WEB)) } },
      want: { a: '', b: TOO_NEAR, x: NOT_NEAR },
    },
  ])('$name', (row) => expect(benchOf(row).filter(row.pod)).toEqual(row.want));
});

describe('kept away by others', () => {
  test.each<Row>([
    {
      name: 'a pod that is there wants none of them near',
      pods: [{ nodeName: 'a', labels: DB, affinity: far(term('zone', WEB)) }],
      pod: { labels: WEB },
      want: { a: NOT_WANTED, b: NOT_WANTED, x: '' },
    },
    {
      name: 'it means others',
      pods: [{ nodeName: 'a', labels: DB, affinity: far(term('zone', WEB)) }],
      pod: { labels: DB },
      want: 'skip',
    },
    {
      name: 'of its own namespace only',
      pods: [{ nodeName: 'a', namespace: 'kube-system', affinity: far(term('zone', WEB)) }],
      pod: { labels: WEB },
      want: 'skip',
    },
    {
      name: 'or of those it names',
      pods: [{ nodeName: 'a', namespace: 'kube-system', affinity: far(term('zone', WEB, { namespaces: ['default'] })) }],
      pod: { labels: WEB },
      want: { a: NOT_WANTED, b: NOT_WANTED, x: '' },
    },
    {
      name: 'or of those it selects',
      also: { objects: [made(namespaces, { metadata: { name: 'data', labels: { team: 'data' } } })] },
      pods: [{ nodeName: 'x', affinity: far(term('zone', WEB, { namespaceSelector: { matchLabels: { team: 'data' } } })) }],
      pod: { labels: WEB, namespace: 'data' },
      want: { a: '', b: '', x: NOT_WANTED },
    },
    {
      name: 'several, in several ways',
      pods: [
        { nodeName: 'a', affinity: far(term(HOST, WEB)) },
        { nodeName: 'x', affinity: far(term('zone', WEB)) },
      ],
      pod: { labels: WEB },
      want: { a: NOT_WANTED, b: '', x: NOT_WANTED },
    },
  ])('$name', (row) => expect(benchOf(row).filter(row.pod)).toEqual(row.want));

  test('each of a group that keep away from each other gets a node', () => {
    const bench = makeBench('InterPodAffinity', { nodes });
    const draft = { labels: WEB, affinity: far(term(HOST, WEB)) };
    for (const nodeName of ['a', 'x']) bench.cache.setPod(bench.lab.pod({ ...draft, nodeName }));
    expect(bench.filter(draft)).toEqual({ a: TOO_NEAR, b: '', x: TOO_NEAR });
  });
});

describe('trials', () => {
  const verdicts = (row: Row, change: { by: 'podAdded' | 'podRemoved'; node: string; pod: PodDraft }): Record<string, string> => {
    const bench = benchOf(row);
    const { plugin, cache } = bench;
    const cycle = bench.cycle(row.pod);
    const { state } = plugin.preFilter!(cycle) as { state: unknown };
    const tried = plugin.cloneState!(state);
    plugin[change.by]!(tried, podInfoOf(bench.lab.pod(change.pod)), cache.node(change.node)!, cycle);
    const ask = (given: unknown): string[] => cache.nodes.map((node) => plugin.filter!(given, node, cycle)?.reasons[0] ?? '');
    const before = ask(state);
    const after = ask(tried);
    expect(ask(state)).toEqual(before);
    return Object.fromEntries(cache.nodes.map(({ name }, i) => [name, after[i]!]));
  };
  test.each([
    {
      name: 'whom it must not be near goes',
      row: { name: '', pods: [{ nodeName: 'a', labels: DB }], pod: { affinity: far(term('zone', DB)) }, want: 'skip' as const },
      change: { by: 'podRemoved' as const, node: 'a', pod: { labels: DB } },
      want: { a: '', b: '', x: '' },
    },
    {
      name: 'who keeps it away goes',
      row: { name: '', pods: [{ nodeName: 'a', affinity: far(term('zone', WEB)) }], pod: { labels: WEB }, want: 'skip' as const },
      change: { by: 'podRemoved' as const, node: 'a', pod: { affinity: far(term('zone', WEB)) } },
      want: { a: '', b: '', x: '' },
    },
    {
      name: 'whom it wants to be near comes',
      row: { name: '', pods: [{ nodeName: 'a', labels: DB }], pod: { affinity: near(term('zone', DB)) }, want: 'skip' as const },
      change: { by: 'podAdded' as const, node: 'x', pod: { labels: DB } },
      want: { a: '', b: '', x: '' },
    },
    {
      name: 'whom it wants to be near goes',
      row: { name: '', pods: [{ nodeName: 'a', labels: DB }], pod: { affinity: near(term('zone', DB)) }, want: 'skip' as const },
      change: { by: 'podRemoved' as const, node: 'a', pod: { labels: DB } },
      want: { a: NOT_NEAR, b: NOT_NEAR, x: NOT_NEAR },
    },
  ])('$name', ({ row, change, want }) => expect(verdicts(row, change)).toEqual(want));
});

describe('scores', () => {
  test.each<Row>([
    { name: 'nobody prefers anything', pods: [{ nodeName: 'a', labels: DB }], pod: {}, want: 'skip' },
    {
      name: 'what the pod prefers to be near',
      pods: [{ nodeName: 'a', labels: DB }],
      pod: { affinity: preferNear([5, term('zone', DB)]) },
      want: { a: 100, b: 100, x: 0 },
    },
    {
      name: 'weights and numbers add up',
      pods: [
        { nodeName: 'a', labels: DB },
        { nodeName: 'x', labels: DB },
        { nodeName: 'x', labels: DB },
      ],
      pod: { affinity: preferNear([1, term('zone', DB)], [1, term(HOST, DB)]) },
      want: { a: 33, b: 0, x: 100 },
    },
    {
      name: 'what it prefers to be far from',
      pods: [{ nodeName: 'a', labels: DB }],
      pod: { affinity: preferFar([5, term(HOST, DB)]) },
      want: { a: 0, b: 100, x: 100 },
    },
    {
      name: 'both',
      pods: [
        { nodeName: 'a', labels: DB },
        { nodeName: 'b', labels: WEB },
      ],
      pod: { affinity: { ...preferNear([8, term('zone', DB)]), ...preferFar([4, term(HOST, WEB)]) } },
      want: { a: 100, b: 50, x: 0 },
    },
    {
      name: 'what pods that are there prefer of it',
      pods: [
        { nodeName: 'a', affinity: preferNear([5, term('zone', WEB)]) },
        { nodeName: 'x', affinity: preferFar([5, term('zone', WEB)]) },
      ],
      pod: { labels: WEB },
      want: { a: 100, b: 100, x: 0 },
    },
    {
      name: 'what pods that are there require counts a little',
      pods: [{ nodeName: 'a', affinity: near(term(HOST, WEB)), labels: WEB }],
      pod: { labels: WEB },
      want: { a: 100, b: 0, x: 0 },
    },
    {
      name: 'unless it is to weigh nothing',
      pods: [{ nodeName: 'a', affinity: near(term(HOST, WEB)), labels: WEB }],
      args: { hardPodAffinityWeight: 0 },
      pod: { labels: WEB },
      want: 'skip',
    },
    {
      name: 'or more than a preference',
      pods: [
        { nodeName: 'a', affinity: near(term(HOST, WEB)), labels: WEB },
        { nodeName: 'x', affinity: preferNear([5, term(HOST, WEB)]) },
      ],
      args: { hardPodAffinityWeight: 10 },
      pod: { labels: WEB },
      want: { a: 100, b: 0, x: 50 },
    },
    {
      name: 'preferences of others can be ignored',
      pods: [{ nodeName: 'a', affinity: preferNear([5, term('zone', WEB)]) }],
      args: { ignorePreferredTermsOfExistingPods: true },
      pod: { labels: WEB },
      want: 'skip',
    },
    {
      name: 'nodes without the topology are in the middle',
      also: { nodes: [{ name: 'n' }] },
      pods: [
        { nodeName: 'a', labels: DB },
        { nodeName: 'x', labels: WEB },
      ],
      pod: { affinity: { ...preferNear([5, term('zone', DB)]), ...preferFar([5, term('zone', WEB)]) } },
      want: { a: 100, b: 100, x: 0, n: 50 },
    },
  ])('$name', (row) => expect(benchOf(row).score(row.pod)).toEqual(row.want));
});
