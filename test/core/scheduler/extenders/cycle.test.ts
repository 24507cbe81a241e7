// Servers that a configuration gives a say: they filter, score, preempt and bind.

import { describe, expect, test } from 'vitest';
import { pods } from '../../../../worker/resources/core/pod.ts';
import type { NodeDraft, PodDraft } from '../lab.ts';
import { HOST, makeFakeLab } from './fake.ts';
import type { Args, Verbs } from './fake.ts';

const extender = (more: string, host = HOST): string => `- {urlPrefix: '${host}/', ${more}}\n`;
const FILTER = extender('filterVerb: filter');
const BY_NAME = extender('filterVerb: filter, nodeCacheCapable: true');

const only =
  (...names: string[]) =>
  (args: Args): object =>
    args.NodeNames
      ? { NodeNames: args.NodeNames.filter((name) => names.includes(name)) }
      : { Nodes: { items: args.Nodes!.items.filter(({ metadata }) => names.includes(metadata.name)) } };

const NODES: readonly NodeDraft[] = [{ name: 'a' }, { name: 'b' }, { name: 'c' }];

interface Row {
  readonly name: string;
  readonly extenders: string;
  readonly verbs: Verbs;
  readonly nodes?: readonly NodeDraft[];
  readonly pod?: PodDraft;
  readonly asked: readonly string[];
  /** The node, or the event. What was refused is asked about again, because telling the pod so is a change. */
  readonly want: string;
}

const refused = (why: string): string => `Warning FailedScheduling ${why}`;
const unfit = (why: string, victims: string): string =>
  refused(`0/3 nodes are available:${why} no new claims to deallocate, preemption: 0/3 nodes are available: ${victims}.`);

describe('filtering', () => {
  test.each<Row>([
    { name: 'whole nodes', extenders: FILTER, verbs: { filter: only('b') }, asked: ['filter a b c'], want: 'b' },
    { name: 'names', extenders: BY_NAME, verbs: { filter: only('b') }, asked: ['filter a b c'], want: 'b' },
    {
      name: 'names in lower case',
      extenders: BY_NAME,
      verbs: { filter: () => ({ nodenames: ['c'], failednodes: { a: 'no' } }) },
      asked: ['filter a b c'],
      want: 'c',
    },
    {
      name: 'only what plugins leave',
      extenders: FILTER,
      verbs: { filter: only('a', 'b') },
      nodes: [{ name: 'a', unschedulable: true }, { name: 'b' }, { name: 'c', unschedulable: true }],
      asked: ['filter b'],
      want: 'b',
    },
    {
      name: 'nobody is asked where nothing is left',
      extenders: FILTER,
      verbs: { filter: only('a') },
      nodes: NODES.map(({ name }) => ({ name, unschedulable: true })),
      asked: [],
      want: unfit(' 3 node(s) were unschedulable.', '3 Preemption is not helpful for scheduling'),
    },
    {
      name: 'one after the other',
      extenders: FILTER + extender('filterVerb: more'),
      verbs: { filter: only('a', 'b'), more: only('b', 'c') },
      asked: ['filter a b c', 'more a b'],
      want: 'b',
    },
    {
      name: 'those that may be left out last',
      extenders: extender('filterVerb: more, ignorable: true') + FILTER,
      verbs: { filter: only('a', 'b'), more: only('b') },
      asked: ['filter a b c', 'more a b'],
      want: 'b',
    },
    {
      name: 'reasons, and whether removing pods might help',
      extenders: BY_NAME,
      verbs: {
        filter: () => ({ NodeNames: [], FailedNodes: { a: 'too loud', b: 'too loud' }, FailedAndUnresolvableNodes: { b: 'broken' } }),
      },
      asked: ['filter a b c'],
      want: unfit(' 1 broken, 1 too loud.', '1 No preemption victims found for incoming pod, 2 Preemption is not helpful for scheduling'),
    },
    {
      name: 'nothing at all passes no node',
      extenders: BY_NAME,
      verbs: { filter: () => ({}) },
      asked: ['filter a b c'],
      want: unfit('', '3 Preemption is not helpful for scheduling'),
    },
    {
      name: 'an error',
      extenders: FILTER,
      verbs: { filter: () => ({ Error: 'no database' }) },
      asked: ['filter a b c'],
      want: refused('no database'),
    },
    {
      name: 'another status',
      extenders: FILTER,
      verbs: { filter: () => ({ status: 404, body: '' }) },
      asked: ['filter a b c'],
      want: refused(`failed filter with extender at URL ${HOST}/filter, code 404`),
    },
    {
      name: 'nobody there',
      extenders: FILTER,
      verbs: {},
      asked: ['filter a b c'],
      want: refused(`Post "${HOST}/filter": no network in tests`),
    },
    {
      name: 'nobody in time',
      extenders: FILTER,
      verbs: { filter: () => ({ status: 0, body: '', error: 'context deadline exceeded' }) },
      asked: ['filter a b c'],
      want: refused(`Post "${HOST}/filter": context deadline exceeded (Client.Timeout exceeded while awaiting headers)`),
    },
    {
      name: 'a node that it was not asked about',
      extenders: BY_NAME,
      verbs: { filter: () => ({ NodeNames: ['z'] }) },
      asked: ['filter a b c'],
      want: refused(`extender "${HOST}/" claims a filtered node "z" which is not found in the input node list`),
    },
    {
      name: 'no JSON',
      extenders: FILTER,
      verbs: { filter: () => 'no' },
      asked: ['filter a b c'],
      want: refused("invalid character 'o' in literal null (expecting 'u')"),
    },
    { name: 'no body', extenders: FILTER, verbs: { filter: () => '' }, asked: ['filter a b c'], want: refused('EOF') },
    {
      name: 'half a body',
      extenders: FILTER,
      verbs: { filter: () => '{"Nodes"' },
      asked: ['filter a b c'],
      want: refused('unexpected EOF'),
    },
    {
      name: 'another type',
      extenders: BY_NAME,
      verbs: { filter: () => ({ NodeNames: 'a' }) },
      asked: ['filter a b c'],
      want: refused('json: cannot unmarshal string into Go struct field ExtenderFilterResult.NodeNames of type []string'),
    },
    {
      name: 'without one that fails and may be left out',
      extenders: extender('filterVerb: more, ignorable: true') + FILTER,
      verbs: { filter: only('c') },
      asked: ['filter a b c', 'more c'],
      want: 'c',
    },
    {
      name: 'not of a pod that is none of its business',
      extenders: extender('filterVerb: filter, managedResources: [{name: example.com/gpu}]'),
      verbs: { filter: only('a') },
      nodes: [{ name: 'a', unschedulable: true }, { name: 'b' }],
      asked: [],
      want: 'b',
    },
    {
      name: 'of a pod that wants what it manages, which the scheduler is not to count',
      extenders: extender('filterVerb: filter, managedResources: [{name: example.com/gpu, ignoredByScheduler: true}]'),
      verbs: { filter: only('a') },
      pod: { containers: [{ name: 'c', image: 'nginx', resources: { limits: { 'example.com/gpu': '1' } } }] },
      asked: ['filter a b c'],
      want: 'a',
    },
  ])('$name', async ({ extenders, verbs, nodes = NODES, pod, asked, want }) => {
    const lab = makeFakeLab(extenders, verbs);
    for (const node of nodes) lab.node(node);
    lab.pod({ name: 'p', ...pod });
    await lab.answered();
    const asks = want.startsWith('Warning FailedScheduling 0/') ? [...asked, ...asked] : asked;
    expect({ asked: lab.asked, got: lab.placeOf('p') ?? lab.eventsOf('p')[0] }).toEqual({ asked: asks, got: want });
    expect(lab.errors).toEqual([]);
  });

  test('its pods try again after any change', async () => {
    let allowed: string[] = [];
    const lab = makeFakeLab(BY_NAME, { filter: (args) => only(...allowed)(args) });
    lab.node({ name: 'a' });
    lab.pod({ name: 'p' });
    await lab.answered();
    lab.advance(20_000);
    await lab.answered();
    expect(lab.asked).toHaveLength(2);
    allowed = ['a'];
    lab.changeNode('a', (node) => ({ ...node, metadata: { ...node.metadata, annotations: { mood: 'better' } } }));
    await lab.answered();
    expect(lab.placeOf('p')).toBe('a');
  });

  test('is asked as caches hold objects', async () => {
    const seen: Args[] = [];
    const lab = makeFakeLab(FILTER, { filter: (args) => (seen.push(args), only('a')(args)) });
    lab.node({ name: 'a' });
    lab.pod({ name: 'p' });
    await lab.answered();
    expect(Object.keys(seen[0]!)).toEqual(['Pod', 'Nodes', 'NodeNames']);
    expect(seen[0]).toMatchObject({ Nodes: { metadata: {} }, NodeNames: null });
    const [node] = seen[0]!.Nodes!.items;
    for (const object of [seen[0]!.Pod, node!]) {
      expect(object).not.toHaveProperty('kind');
      expect(object).toHaveProperty('spec');
      expect(object).not.toHaveProperty('metadata.managedFields');
    }
  });
});

describe('scoring', () => {
  const SCORE = extender('prioritizeVerb: score, weight: 3, nodeCacheCapable: true');
  const scores =
    (given: Record<string, number>) =>
    ({ NodeNames }: Args) =>
      NodeNames!.map((Host) => ({ Host, Score: given[Host] ?? 0 }));

  test.each<Row>([
    { name: 'the highest', extenders: SCORE, verbs: { score: scores({ b: 10 }) }, asked: ['score a b c'], want: 'b' },
    {
      name: 'beside the plugins',
      extenders: SCORE,
      verbs: { score: scores({ b: 1 }) },
      nodes: [{ name: 'a' }, { name: 'b', taints: [{ key: 'k', effect: 'PreferNoSchedule' }] }],
      asked: ['score a b'],
      want: 'a',
    },
    {
      name: 'several, at the same time',
      extenders: SCORE + extender('prioritizeVerb: again, weight: 1'),
      verbs: {
        score: scores({ a: 1, b: 1 }),
        again: () => [
          { Host: 'b', Score: 1 },
          { Host: 'z', Score: 10 },
        ],
      },
      asked: ['score a b c', 'again a b c'],
      want: 'b',
    },
    {
      name: 'less than nothing',
      extenders: SCORE,
      verbs: { score: scores({ a: -100, b: -90, c: -100 }) },
      asked: ['score a b c'],
      want: 'b',
    },
    {
      name: 'who fails gives nothing',
      extenders: SCORE + extender('prioritizeVerb: again, weight: 1'),
      verbs: { score: () => [{ Host: 'a', Score: 1.5 }], again: () => [{ Host: 'c', Score: 1 }] },
      asked: ['score a b c', 'again a b c'],
      want: 'c',
    },
    { name: 'not one node alone', extenders: SCORE, verbs: { score: scores({}) }, nodes: [{ name: 'a' }], asked: [], want: 'a' },
    {
      name: 'after filtering',
      extenders: extender('prioritizeVerb: score, filterVerb: filter, weight: 1'),
      verbs: {
        filter: only('a', 'c'),
        score: () => [
          { Host: 'b', Score: 10 },
          { Host: 'c', Score: 1 },
        ],
      },
      asked: ['filter a b c', 'score a c'],
      want: 'c',
    },
  ])('$name', async ({ extenders, verbs, nodes = NODES, pod, asked, want }) => {
    const lab = makeFakeLab(extenders, verbs);
    for (const node of nodes) lab.node(node);
    lab.pod({ name: 'p', ...pod });
    await lab.answered();
    expect({ asked: lab.asked, got: lab.placeOf('p') ?? lab.eventsOf('p')[0] }).toEqual({ asked, got: want });
    expect(lab.errors).toEqual([]);
  });

  test('is told with the decision', async () => {
    const lab = makeFakeLab(SCORE, { score: scores({ b: 2 }) });
    for (const node of NODES) lab.node(node);
    lab.pod({ name: 'p' });
    await lab.answered();
    const [chosen, other] = lab.scheduler.explain('default/p')!.nodes;
    expect(chosen!.scores![`${HOST}/`]).toBe(60);
    expect(chosen!.total! - other!.total!).toBe(60);
  });
});

describe('preemption', () => {
  const PREEMPT = extender('preemptVerb: preempt, nodeCacheCapable: true');
  const uidsOf = (args: Args, name: string): string[] => args.NodeNameToMetaVictims![name]!.Pods.map(({ UID }) => UID);
  const keep =
    (...names: string[]) =>
    (args: Args): object => ({
      NodeNameToMetaVictims: Object.fromEntries(names.map((name) => [name, { Pods: uidsOf(args, name).map((UID) => ({ UID })) }])),
    });

  test.each([
    {
      name: 'chooses among the candidates',
      extenders: PREEMPT,
      preempt: keep('b'),
      asked: ['preempt a b'],
      nominated: 'b',
      gone: ['low-b'],
    },
    {
      name: 'is told whole pods, if it keeps none',
      extenders: extender('preemptVerb: preempt'),
      preempt: ({ NodeNameToVictims: victims }: Args) => ({
        NodeNameToMetaVictims: { b: { Pods: victims!['b']!.Pods.map(({ metadata: { uid } }) => ({ UID: uid })) } },
      }),
      asked: ['preempt a b'],
      nominated: 'b',
      gone: ['low-b'],
    },
    {
      name: 'wants none of them',
      extenders: PREEMPT,
      preempt: () => ({}),
      asked: ['preempt a b'],
      message: 'no candidate node for preemption',
    },
    {
      name: 'names nobody',
      extenders: PREEMPT,
      preempt: () => ({ NodeNameToMetaVictims: { a: { Pods: [] } } }),
      asked: ['preempt a b'],
      message: 'expected at least one victim pod on node "a"',
    },
    {
      name: 'names nobody, and may be left out',
      extenders: extender('preemptVerb: preempt, nodeCacheCapable: true, ignorable: true'),
      preempt: (args: Args) => ({ NodeNameToMetaVictims: { a: null, b: { Pods: uidsOf(args, 'b').map((UID) => ({ UID })) } } }),
      asked: ['preempt a b'],
      nominated: 'b',
      gone: ['low-b'],
    },
    {
      name: 'names a pod that is not there',
      extenders: PREEMPT,
      preempt: () => ({ NodeNameToMetaVictims: { a: { Pods: [{ UID: 'x' }] } } }),
      asked: ['preempt a b'],
      message: `extender: ${HOST}/ claims to preempt pod (UID: &{x}) on node: a, but the pod is not found on that node`,
    },
    {
      name: 'names a node that is not there',
      extenders: PREEMPT,
      preempt: () => ({ NodeNameToMetaVictims: { z: { Pods: [{ UID: 'x' }] } } }),
      asked: ['preempt a b'],
      message: 'nodeinfo not found for node name "z"',
    },
    {
      name: 'does not answer',
      extenders: PREEMPT,
      preempt: () => undefined,
      asked: ['preempt a b'],
      message: `Post "${HOST}/preempt": no network in tests`,
    },
    {
      name: 'does not answer, and may be left out',
      extenders: extender('preemptVerb: preempt, ignorable: true'),
      preempt: () => undefined,
      asked: ['preempt a b'],
      nominated: 'a',
      gone: ['low-a'],
    },
    {
      name: 'has no say of a pod that is none of its business',
      extenders: extender('preemptVerb: preempt, managedResources: [{name: example.com/gpu}]'),
      preempt: keep('b'),
      asked: [],
      nominated: 'a',
      gone: ['low-a'],
    },
  ])('$name', async ({ extenders, preempt, asked, message, nominated, gone = [] }) => {
    const lab = makeFakeLab(extenders, { preempt });
    for (const [i, name] of ['a', 'b'].entries()) {
      lab.node({ name, allocatable: { cpu: '1' } });
      lab.pod({ name: `low-${name}`, nodeName: name, requests: { cpu: '1' }, priority: i });
    }
    lab.settle();
    lab.pod({ name: 'high', priority: 100, requests: { cpu: '1' } });
    await lab.answered();
    const refusal = '0/2 nodes are available: 2 Insufficient cpu.';
    expect(lab.asked).toEqual(asked);
    const after =
      message && (message.startsWith('no candidate') ? ` no new claims to deallocate, preemption: ${message}` : ` preemption: ${message}`);
    expect(lab.eventsOf('high')[0]).toBe(`Warning FailedScheduling ${refusal}${after ?? ''}`);
    expect(lab.api.get(pods, 'default', 'high')!.status.nominatedNodeName).toBe(nominated);
    expect(['low-a', 'low-b'].filter((name) => lab.api.get(pods, 'default', name)?.metadata.deletionTimestamp)).toEqual(gone);
    expect(lab.errors).toEqual([]);
  });
});

describe('binding', () => {
  const BIND = extender('bindVerb: bind');

  test.each([
    { name: 'its error', bind: () => ({ Error: 'the node is taken' }), want: 'the node is taken' },
    { name: 'its status', bind: () => ({ status: 500, body: '' }), want: `failed bind with extender at URL ${HOST}/bind, code 500` },
  ])('tells $name', async ({ bind, want }) => {
    const lab = makeFakeLab(BIND, { bind });
    lab.node({ name: 'a' });
    lab.pod({ name: 'p' });
    await lab.answered();
    expect(lab.asked).toEqual(['bind a']);
    expect(lab.scheduled('p')).toBe(`False SchedulerError ${want}`);
    expect(lab.eventsOf('p')).toEqual([`Warning FailedScheduling ${want}`]);
    lab.advance(2000);
    await lab.answered();
    expect(lab.asked).toEqual(['bind a', 'bind a']);
  });

  test('is done by the extender; others are tried meanwhile', async () => {
    const lab = makeFakeLab(extender('bindVerb: bind, managedResources: [{name: example.com/gpu, ignoredByScheduler: true}]'), {
      bind: ({ PodName, Node }) => {
        const target = { kind: 'Node', name: Node };
        lab.api.act(pods, 'binding', 'default', PodName!, { kind: 'Binding', apiVersion: 'v1', metadata: { name: PodName! }, target });
        return {};
      },
    });
    lab.node({ name: 'a', allocatable: { pods: '2' } });
    const containers = [{ name: 'c', image: 'nginx', resources: { limits: { 'example.com/gpu': '1' } } }];
    lab.pod({ name: 'p', containers });
    lab.pod({ name: 'q' });
    lab.pod({ name: 'r' });
    lab.settle();
    expect([lab.eventsOf('p'), lab.placeOf('q')]).toEqual([[], 'a']);
    await lab.answered();
    expect(lab.placeOf('p')).toBe('a');
    expect(lab.eventsOf('p')).toEqual(['Normal Scheduled Successfully assigned default/p to a']);
    expect(lab.eventsOf('r')[0]).toContain('Too many pods');
    expect(lab.asked).toEqual(['bind a']);
    expect(lab.errors).toEqual([]);
  });

  test('is left to the plugins by one that fails and may be left out', async () => {
    const lab = makeFakeLab(extender('bindVerb: bind, ignorable: true'), {});
    lab.node({ name: 'a' });
    lab.pod({ name: 'p' });
    await lab.answered();
    expect(lab.placeOf('p')).toBe('a');
    expect(lab.asked).toEqual(['bind a']);
  });

  test('a pod that was bound, though its extender says not, stays where it is', async () => {
    const lab = makeFakeLab(BIND, {
      bind: ({ PodName, Node }) => {
        const target = { kind: 'Node', name: Node };
        lab.api.act(pods, 'binding', 'default', PodName!, { kind: 'Binding', apiVersion: 'v1', metadata: { name: PodName! }, target });
        return { Error: 'too late' };
      },
    });
    lab.node({ name: 'a', allocatable: { pods: '1' } });
    lab.pod({ name: 'p' });
    await lab.answered();
    lab.pod({ name: 'q' });
    await lab.answered();
    expect(lab.placeOf('p')).toBe('a');
    expect(lab.eventsOf('p')).toEqual(['Warning FailedScheduling too late']);
    expect(lab.eventsOf('q')[0]).toContain('Too many pods');
  });

  test('ends with a pod that is deleted meanwhile', async () => {
    const lab = makeFakeLab(BIND, { bind: () => ({}) });
    lab.node({ name: 'a', allocatable: { pods: '1' } });
    lab.pod({ name: 'p' });
    lab.settle();
    lab.removePod('p');
    await lab.answered();
    expect(lab.eventsOf('p')).toEqual([]);
    lab.pod({ name: 'q' });
    await lab.answered();
    expect(lab.asked).toEqual(['bind a', 'bind a']);
    expect(lab.errors).toEqual([]);
  });
});
