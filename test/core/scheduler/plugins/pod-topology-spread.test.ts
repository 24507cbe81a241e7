// PodTopologySpread: which nodes a constraint refuses, and how nodes score. Each cluster is drawn as text: `zone1: a=2 b=1` is a zone with nodes a and b,
// that have two pods and one of the kind that is spread.

import { describe, expect, test } from 'vitest';
import type { TopologySpreadConstraint } from '../../../../worker/api/gen/core-v1.ts';
import { replicaSets } from '../../../../worker/resources/apps/replicaset.ts';
import { services } from '../../../../worker/resources/core/service.ts';
import { podInfoOf } from '../../../../worker/scheduler/pod-info.ts';
import { made, makeBench } from '../lab.ts';
import type { Given, Made, NodeDraft, PodDraft } from '../lab.ts';

const SKEWED = "node(s) didn't match pod topology spread constraints";
const NO_LABEL = `${SKEWED} (missing required label)`;
const FOO = { foo: '' };

function draw(text: string): Given {
  const nodes: NodeDraft[] = [];
  const pods: PodDraft[] = [];
  for (const part of text.split('|')) {
    const [zone, list] = part.split(':').map((one) => one.trim()) as [string, string];
    for (const word of list.split(/\s+/)) {
      const [name, count = '0'] = word.split('=') as [string, string?];
      nodes.push({ name, labels: zone ? { zone, node: name } : { node: name } });
      for (let i = 0; i < Number(count); i++) pods.push({ nodeName: name, labels: FOO });
    }
  }
  return { nodes, pods };
}

const hard = (topologyKey: string, maxSkew = 1, more: Partial<TopologySpreadConstraint> = {}): TopologySpreadConstraint => ({
  topologyKey,
  maxSkew,
  whenUnsatisfiable: 'DoNotSchedule',
  labelSelector: { matchExpressions: [{ key: 'foo', operator: 'Exists' }] },
  ...more,
});
const soft = (topologyKey: string, maxSkew = 1, more: Partial<TopologySpreadConstraint> = {}): TopologySpreadConstraint =>
  hard(topologyKey, maxSkew, { ...more, whenUnsatisfiable: 'ScheduleAnyway' });

interface Row {
  readonly name: string;
  readonly cluster: string;
  readonly also?: Partial<Given>;
  readonly constraints: readonly TopologySpreadConstraint[];
  readonly pod?: PodDraft;
  readonly args?: object;
  /** Nodes that may be taken, `'skip'`, or all verdicts. */
  readonly want: string | Record<string, string>;
}

const givenOf = ({ cluster, also }: Row): Given => {
  const drawn = draw(cluster);
  return {
    nodes: [...drawn.nodes, ...(also?.nodes ?? [])],
    pods: [...drawn.pods!, ...(also?.pods ?? [])],
    objects: also?.objects ?? [],
  };
};

function check(row: Row): void {
  const { constraints, pod, args, want } = row;
  const found = makeBench('PodTopologySpread', givenOf(row), args).filter({
    labels: FOO,
    ...(constraints.length && { topologySpreadConstraints: [...constraints] }),
    ...pod,
  });
  if (want === 'skip' || typeof want === 'object') expect(found).toEqual(want);
  else
    expect(
      Object.entries(found)
        .filter(([, reason]) => reason === '')
        .map(([name]) => name)
        .sort()
        .join(' '),
    ).toBe(want);
}

describe('hard constraints', () => {
  test.each<Row>([
    { name: 'none', cluster: 'zone1: a | zone2: b', constraints: [], want: 'skip' },
    { name: 'only soft ones', cluster: 'zone1: a=3 | zone2: b', constraints: [soft('zone')], want: 'skip' },
    { name: 'no pods yet', cluster: 'zone1: a b | zone2: x y', constraints: [hard('zone')], want: 'a b x y' },
    { name: 'zones, skew 1', cluster: 'zone1: a=2 b=1 | zone2: x=2 y', constraints: [hard('zone')], want: 'x y' },
    { name: 'zones, skew 2', cluster: 'zone1: a=2 b=1 | zone2: x=2 y', constraints: [hard('zone', 2)], want: 'a b x y' },
    { name: 'an empty zone', cluster: 'zone1: a=1 | zone2: x', constraints: [hard('zone')], want: 'x' },
    { name: 'nodes', cluster: 'zone1: a=2 b=1 | zone2: x y=3', constraints: [hard('node')], want: 'x' },
    {
      name: 'a pod that does not count itself',
      cluster: 'zone1: a=1 | zone2: x',
      constraints: [hard('zone')],
      pod: { labels: { bar: '' } },
      want: 'a x',
    },
    {
      name: 'nodes without the label are refused, and do not count',
      cluster: 'zone1: a=1 | zone2: x=1 | : n=0',
      constraints: [hard('zone')],
      want: { a: '', x: '', n: NO_LABEL },
    },
    {
      name: 'both constraints have to hold',
      cluster: 'zone1: a=2 b=1 | zone2: x y=3',
      constraints: [hard('zone'), hard('node')],
      want: 'x',
    },
    {
      name: 'they may exclude each other',
      cluster: 'zone1: a=2 b=1 | zone2: x=1 y',
      constraints: [hard('zone'), hard('node')],
      want: 'y',
    },
    {
      name: 'they may leave nothing',
      cluster: 'zone1: a=1 b | zone2: x=1 y=2',
      constraints: [hard('zone'), hard('node')],
      want: 'b',
    },
    {
      name: 'constraints with selectors of their own',
      cluster: 'zone1: a=2 b=1 | zone2: x y=2',
      also: { pods: [{ nodeName: 'y', labels: { bar: '' } }] },
      constraints: [hard('zone'), hard('node', 1, { labelSelector: { matchExpressions: [{ key: 'bar', operator: 'Exists' }] } })],
      pod: { labels: { foo: '', bar: '' } },
      want: 'x',
    },
    {
      name: 'pods of another namespace do not count',
      cluster: 'zone1: a | zone2: x',
      also: { pods: [{ nodeName: 'a', labels: FOO, namespace: 'kube-system' }] },
      constraints: [hard('zone')],
      want: 'a x',
    },
    {
      name: 'nor do nodes that the pod does not want',
      cluster: 'zone1: a=2 b=1 | zone2: x y=4',
      constraints: [hard('zone')],
      pod: { nodeSelector: { zone: 'zone1' } },
      want: 'a b x y',
    },
    {
      name: 'unless they are to count',
      cluster: 'zone1: a=2 b=1 | zone2: x y',
      constraints: [hard('zone', 1, { nodeAffinityPolicy: 'Ignore' })],
      pod: { nodeSelector: { zone: 'zone1' } },
      want: 'x y',
    },
    {
      name: 'tainted nodes count',
      cluster: 'zone1: a=1 | zone2: x=1',
      also: { nodes: [{ name: 't', labels: { zone: 'zone3', node: 't' }, taints: [{ key: 'k', effect: 'NoSchedule' }] }] },
      constraints: [hard('zone')],
      want: 't',
    },
    {
      name: 'unless they are not to',
      cluster: 'zone1: a=1 | zone2: x=1',
      also: { nodes: [{ name: 't', labels: { zone: 'zone3', node: 't' }, taints: [{ key: 'k', effect: 'NoSchedule' }] }] },
      constraints: [hard('zone', 1, { nodeTaintsPolicy: 'Honor' })],
      want: 'a t x',
    },
    {
      name: 'too few places: as if one were empty',
      cluster: 'zone1: a=2 | zone2: x=2',
      constraints: [hard('zone', 2, { minDomains: 3 })],
      want: '',
    },
    {
      name: 'enough places',
      cluster: 'zone1: a=2 | zone2: x=2',
      constraints: [hard('zone', 2, { minDomains: 2 })],
      want: 'a x',
    },
    {
      name: 'matchLabelKeys: only pods of the same revision',
      cluster: 'zone1: a | zone2: x',
      also: {
        pods: [
          { nodeName: 'a', labels: { foo: '', rev: '1' } },
          { nodeName: 'x', labels: { foo: '', rev: '2' } },
        ],
      },
      constraints: [hard('zone', 1, { matchLabelKeys: ['rev'] })],
      pod: { labels: { foo: '', rev: '2' } },
      want: 'a',
    },
    {
      name: 'a key that the pod does not have is left out',
      cluster: 'zone1: a=1 | zone2: x',
      constraints: [hard('zone', 1, { matchLabelKeys: ['rev'] })],
      want: 'x',
    },
    {
      name: 'a selector of everything counts nothing',
      cluster: 'zone1: a=3 | zone2: x',
      constraints: [hard('zone', 1, { labelSelector: {} })],
      want: 'a x',
    },
    {
      name: 'no selector at all counts nothing, the pod neither',
      cluster: 'zone1: a=3 | zone2: x',
      constraints: [{ topologyKey: 'zone', maxSkew: 1, whenUnsatisfiable: 'DoNotSchedule' }],
      want: 'a x',
    },
  ])('$name', check);

  test('pods that are being deleted do not count', () => {
    const bench = makeBench('PodTopologySpread', draw('zone1: a | zone2: x'));
    const pod = bench.lab.pod({ nodeName: 'a', labels: FOO });
    bench.cache.setPod(pod);
    const draft = { labels: FOO, topologySpreadConstraints: [hard('zone')] };
    expect(bench.filter(draft)).toMatchObject({ a: SKEWED, x: '' });
    bench.cache.setPod({ ...pod, metadata: { ...pod.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } });
    expect(bench.filter(draft)).toMatchObject({ a: '', x: '' });
  });

  test('a skew is no reason to give up, a missing label is', () => {
    const found = makeBench('PodTopologySpread', draw('zone1: a=1 | zone2: x | : n')).statuses({
      labels: FOO,
      topologySpreadConstraints: [hard('zone')],
    });
    expect([found.get('a')?.code, found.get('n')?.code]).toEqual(['Unschedulable', 'Unresolvable']);
  });

  test.each([
    { name: 'a pod comes to the emptiest place', change: 'x', by: 'podAdded', want: 'a x' },
    { name: 'a pod leaves the fullest', change: 'a', by: 'podRemoved', want: 'a x' },
    { name: 'a pod comes to the fullest', change: 'a', by: 'podAdded', want: 'x' },
  ] as const)('trials: $name', ({ change, by, want }) => {
    const bench = makeBench('PodTopologySpread', draw('zone1: a=1 | zone2: x=0'));
    const { plugin, cache } = bench;
    const cycle = bench.cycle({ labels: FOO, topologySpreadConstraints: [hard('zone')] });
    const outcome = plugin.preFilter!(cycle) as { state: unknown };
    const tried = plugin.cloneState!(outcome.state);
    const other = podInfoOf(bench.lab.pod({ labels: FOO }));
    plugin[by]!(tried, other, cache.node(change)!, cycle);
    const fits = (state: unknown): string =>
      cache.nodes
        .filter((node) => !plugin.filter!(state, node, cycle))
        .map(({ name }) => name)
        .join(' ');
    expect([fits(tried), fits(outcome.state)]).toEqual([want, 'x']);
  });
});

describe('default constraints', () => {
  const service: Made = made(services, {
    metadata: { name: 's', namespace: 'default' },
    spec: { selector: FOO, ports: [{ port: 80 }] },
  });
  const listed = { defaultingType: 'List', defaultConstraints: [{ topologyKey: 'zone', maxSkew: 1, whenUnsatisfiable: 'DoNotSchedule' }] };
  test.each<Row>([
    { name: 'nobody selects the pod', cluster: 'zone1: a=1 | zone2: x', args: listed, constraints: [], want: 'skip' },
    {
      name: 'a Service does',
      cluster: 'zone1: a=1 | zone2: x',
      also: { objects: [service] },
      args: listed,
      constraints: [],
      want: 'x',
    },
    {
      name: 'constraints of its own stand above them',
      cluster: 'zone1: a=1 | zone2: x',
      also: { objects: [service] },
      args: listed,
      constraints: [soft('zone')],
      want: 'skip',
    },
    {
      name: 'the system defaults are soft',
      cluster: 'zone1: a=1 | zone2: x',
      also: { objects: [service] },
      constraints: [],
      want: 'skip',
    },
  ])('$name', check);

  test('the owner counts too', () => {
    const bench = makeBench('PodTopologySpread', draw('zone1: a=1 | zone2: x'), listed);
    const owner = bench.lab.api.create(replicaSets, {
      metadata: { name: 'rs', namespace: 'default' },
      spec: {
        selector: { matchLabels: FOO },
        template: { metadata: { labels: FOO }, spec: { containers: [{ name: 'c', image: 'i' }] } },
      },
    } as never);
    const plain = bench.cycle({ labels: FOO });
    const ownerReferences = [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'rs', uid: owner.metadata.uid, controller: true }];
    const pod = { ...plain.pod, metadata: { ...plain.pod.metadata, ownerReferences } };
    expect(bench.plugin.preFilter!(plain)).toBe('skip');
    expect(bench.plugin.preFilter!({ ...plain, pod })).not.toBe('skip');
  });
});

interface ScoreRow extends Omit<Row, 'want'> {
  readonly want: Record<string, number> | 'skip';
}

/** The sum over constraints of count × ln(places + 2) + maxSkew - 1, rounded; then turned round between the lowest and the highest. */
describe('soft constraints', () => {
  test.each<ScoreRow>([
    { name: 'none', cluster: 'zone1: a=2 | zone2: x', constraints: [hard('zone')], want: 'skip' },
    { name: 'no pods: equal', cluster: 'zone1: a b | zone2: x y', constraints: [soft('zone')], want: { a: 100, b: 100, x: 100, y: 100 } },
    { name: 'zones', cluster: 'zone1: a=2 b=1 | zone2: x y=1', constraints: [soft('zone')], want: { a: 25, b: 25, x: 100, y: 100 } },
    {
      name: 'nodes',
      cluster: 'zone1: a=2 b=1 | zone2: x y=3',
      constraints: [soft('kubernetes.io/hostname')],
      want: { a: 20, b: 60, x: 100, y: 0 },
    },
    {
      name: 'zones and nodes',
      cluster: 'zone1: a=2 b=1 | zone2: x y=1',
      constraints: [soft('zone'), soft('kubernetes.io/hostname')],
      want: { a: 12, b: 37, x: 100, y: 75 },
    },
    {
      name: 'a node without the label scores nothing',
      cluster: 'zone1: a=1 | zone2: x | : n',
      constraints: [soft('zone')],
      want: { a: 0, x: 100, n: 0 },
    },
    {
      name: 'a larger skew weighs less',
      cluster: 'zone1: a=2 | zone2: x',
      constraints: [soft('zone', 3)],
      want: { a: 40, x: 100 },
    },
  ])('$name', (row) => {
    const { constraints, pod, args, want } = row;
    const bench = makeBench('PodTopologySpread', givenOf(row as never), args);
    expect(bench.score({ labels: FOO, topologySpreadConstraints: [...constraints], ...pod })).toEqual(want);
  });

  test('the system defaults spread what a Service selects over host names and zones', () => {
    const objects = [made(services, { metadata: { name: 's', namespace: 'default' }, spec: { selector: FOO, ports: [{ port: 80 }] } })];
    const nodes: NodeDraft[] = [
      { name: 'a', labels: { 'topology.kubernetes.io/zone': '1' } },
      { name: 'b', labels: { 'topology.kubernetes.io/zone': '1' } },
      { name: 'x', labels: { 'topology.kubernetes.io/zone': '2' } },
      { name: 'n' },
    ];
    const pods = [
      { nodeName: 'a', labels: FOO },
      { nodeName: 'a', labels: FOO },
    ];
    const found = makeBench('PodTopologySpread', { nodes, pods, objects }).score({ labels: FOO }) as Record<string, number>;
    // `n` has no zone and is not held to one; `b` shares its zone with the pods; `x` has neither pods nor neighbours.
    expect(found['n']! > found['x']! && found['x']! > found['b']! && found['b']! > found['a']!).toBe(true);
  });
});
