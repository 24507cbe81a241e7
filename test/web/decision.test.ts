import { describe, expect, test } from 'vitest';
import type { Event, Pod } from '../../web/cluster/kinds.ts';
import type { Decision } from '../../web/front/types.ts';
import { decisionKey, tableOf, victimsOf } from '../../web/model/decision.ts';

const FILTERS = ['NodeUnschedulable', 'TaintToleration', 'NodeResourcesFit'];

const decision = (given: Partial<Decision>): Decision => ({
  profile: 'default-scheduler',
  time: '2026-01-01T00:00:00.000Z',
  isRemembered: true,
  outcome: given.chosen === undefined ? 'unschedulable' : 'scheduled',
  message: '',
  filters: FILTERS,
  nodes: [],
  skipped: 0,
  ...given,
});
const refused = (node: string, plugin: string, ...reasons: string[]) => ({ node, refused: { plugin, reasons, isHopeless: false } });
const scored = (node: string, scores: Record<string, number>) => ({
  node,
  scores,
  total: Object.values(scores).reduce((sum, one) => sum + one, 0),
});
const many = (count: number, plugin: string, reason: string, from = 0) =>
  Array.from({ length: count }, (_, i) => refused(`n${from + i}`, plugin, reason));

describe('rows', () => {
  test('nodes that were scored: what each plugin gave, and what made the difference', () => {
    const { rows, plugins, most, fitting } = tableOf(
      decision({
        chosen: 'a',
        nodes: [scored('a', { Taint: 300, Fit: 90, Image: 0, Spread: 200 }), scored('b', { Taint: 300, Fit: 92, Image: 0, Spread: 100 })],
      }),
    );
    expect([plugins, most, fitting]).toEqual([['Taint', 'Fit', 'Spread'], 590, 2]);
    expect(rows.map(({ nodes, isChosen }) => [nodes, isChosen])).toEqual([
      [['a'], true],
      [['b'], false],
    ]);
    expect(rows.map(({ score }) => score)).toEqual([
      {
        total: 590,
        parts: [
          { plugin: 'Taint', score: 300 },
          { plugin: 'Fit', score: 90 },
          { plugin: 'Spread', score: 200 },
        ],
        differences: [],
      },
      {
        total: 492,
        parts: [
          { plugin: 'Taint', score: 300 },
          { plugin: 'Fit', score: 92 },
          { plugin: 'Spread', score: 100 },
        ],
        differences: [
          { plugin: 'Spread', by: -100 },
          { plugin: 'Fit', by: 2 },
        ],
      },
    ]);
  });

  test.each([
    { name: 'the only one that fits has no score', given: { chosen: 'a', nodes: [{ node: 'a' }] }, want: [['a', 'passed passed passed']] },
    {
      name: 'a refusal ends the asking',
      given: {
        nodes: [refused('a', 'NodeUnschedulable', 'x'), refused('b', 'TaintToleration', 'x'), refused('c', 'NodeResourcesFit', 'x')],
      },
      want: [
        ['a', 'refused unasked unasked'],
        ['b', 'passed refused unasked'],
        ['c', 'passed passed refused'],
      ],
    },
    {
      name: 'who refuses before any filter leaves all unasked',
      given: { nodes: [refused('a', 'VolumeBinding', 'x')] },
      want: [['a', 'unasked unasked unasked']],
    },
    {
      name: 'few that were refused alike have a row each',
      given: { nodes: many(6, 'TaintToleration', 'x') },
      want: Array.from({ length: 6 }, (_, i) => [`n${i}`, 'passed refused unasked']),
    },
    {
      name: 'many that were refused alike are one row',
      given: { nodes: [...many(4, 'TaintToleration', 'x'), ...many(3, 'TaintToleration', 'y', 4)] },
      want: [
        ['n0 n1 n2 n3', 'passed refused unasked'],
        ['n4 n5 n6', 'passed refused unasked'],
      ],
    },
    {
      name: 'the one it is on nevertheless is on its own',
      given: { chosen: 'n1', nodes: many(7, 'TaintToleration', 'x') },
      want: [
        ['n0 n2 n3 n4 n5 n6', 'passed refused unasked'],
        ['n1', 'passed refused unasked'],
      ],
    },
  ])('$name', ({ given, want }) => {
    const { rows } = tableOf(decision(given));
    expect(rows.map(({ nodes, steps }) => [nodes.join(' '), steps.join(' ')])).toEqual(want);
  });

  test('many that scored alike are one row, the chosen one apart', () => {
    const nodes = Array.from({ length: 8 }, (_, i) => scored(`n${i}`, { Fit: i < 6 ? 90 : 80 }));
    const { rows, fitting } = tableOf(decision({ chosen: 'n0', nodes }));
    expect([rows.map((row) => row.nodes.join(' ')), fitting]).toEqual([['n0', 'n1 n2 n3 n4 n5', 'n6 n7'], 8]);
  });

  test('reasons are joined, and counted by node', () => {
    const { rows, refused: count } = tableOf(
      decision({ nodes: [refused('a', 'NodeResourcesFit', 'Insufficient cpu', 'Insufficient memory')] }),
    );
    expect([rows[0]!.refused, count]).toEqual([{ plugin: 'NodeResourcesFit', text: 'Insufficient cpu, Insufficient memory' }, 1]);
  });
});

const pod = (rest: object = {}): Pod =>
  ({ metadata: { name: 'vip', namespace: 'default', uid: 'u1' }, spec: {}, status: {}, ...rest }) as unknown as Pod;

test('who was preempted for a pod is told by events about them', () => {
  const preempted = (name: string, message: string, reason = 'Preempted') =>
    ({ reason, message, involvedObject: { kind: 'Pod', namespace: 'default', name } }) as unknown as Event;
  const events = [
    preempted('low-1', 'Preempted by pod u1 on node node-3'),
    preempted('low-2', 'Preempted by pod u1 on node node-3 (in kube-scheduler memory).'),
    preempted('low-3', 'Preempted by pod u2 on node node-3'),
    preempted('low-4', 'Preempted by pod u1 on node node-3', 'Killing'),
  ];
  expect(victimsOf(pod(), events)).toEqual(['low-1', 'low-2'].map((name) => ({ namespace: 'default', name, node: 'node-3' })));
});

describe('another decision may have been made', () => {
  const condition = (status: string, message: string) => ({ conditions: [{ type: 'PodScheduled', status, message }] });
  test.each([
    { name: 'when it got a node', after: pod({ spec: { nodeName: 'a' } }), isOther: true },
    { name: 'when it was nominated', after: pod({ status: { nominatedNodeName: 'a' } }), isOther: true },
    {
      name: 'when the scheduler says something else',
      after: pod({ status: condition('False', '0/1 nodes are available') }),
      isOther: true,
    },
    {
      name: 'when it is another pod of that name',
      after: pod({ metadata: { name: 'vip', namespace: 'default', uid: 'u2' } }),
      isOther: true,
    },
    { name: 'not when it becomes ready', after: pod({ status: { conditions: [{ type: 'Ready', status: 'True' }] } }), isOther: false },
  ])('$name', ({ after, isOther }) => expect(decisionKey(after) !== decisionKey(pod())).toBe(isOther));
});
