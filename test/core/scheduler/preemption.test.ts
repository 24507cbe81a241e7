// Preemption: whom a more important pod may push off which node, and what everybody is told.

import { describe, expect, test } from 'vitest';
import { pods } from '../../../worker/resources/core/pod.ts';
import { events } from '../../../worker/resources/core/event.ts';
import { podDisruptionBudgets } from '../../../worker/resources/policy/poddisruptionbudget.ts';
import { makeSchedulerLab, put } from './lab.ts';
import type { Lab, NodeDraft, PodDraft } from './lab.ts';

interface Row {
  readonly name: string;
  readonly nodes: readonly NodeDraft[];
  readonly pods: readonly PodDraft[];
  readonly budgets?: readonly {
    readonly labels: Record<string, string>;
    readonly allowed: number;
    readonly disrupted?: readonly string[];
  }[];
  readonly pod: PodDraft;
  /** Pods that go, and the node that is nominated; or the message. */
  readonly want: { readonly victims: string; readonly node: string } | string;
}

const CPU4 = { cpu: '4' };
const node = (name: string, more: Partial<NodeDraft> = {}): NodeDraft => ({ name, allocatable: CPU4, ...more });
/** `a/low=2` is a pod named low on node a with two CPUs. */
function pod(text: string, priority: number, more: PodDraft = {}): PodDraft {
  const [, nodeName, name, cpu] = /^(\w+)\/([\w-]+)=(\w+)$/.exec(text) as unknown as [string, string, string, string];
  return { name, nodeName, requests: { cpu }, priority, ...more };
}
const started = (minute: number): PodDraft => ({ status: { startTime: `2025-12-31T00:${String(minute).padStart(2, '0')}:00Z` } });

/** Without kubelets, deleted pods stay, terminating. */
function run({ nodes, pods: there, budgets = [], pod: incoming }: Omit<Row, 'name' | 'want'>): Lab {
  const lab = makeSchedulerLab();
  for (const draft of nodes) lab.node(draft);
  for (const draft of there) lab.pod(draft);
  for (const [i, { labels, allowed, disrupted = [] }] of budgets.entries()) {
    put(lab, podDisruptionBudgets as never, {
      metadata: { name: `b${i}`, namespace: 'default' },
      spec: { minAvailable: 1, selector: { matchLabels: labels } },
      status: {
        disruptionsAllowed: allowed,
        currentHealthy: 1,
        desiredHealthy: 1,
        expectedPods: 1,
        ...(disrupted.length && { disruptedPods: Object.fromEntries(disrupted.map((name) => [name, '2026-01-01T00:00:00Z'])) }),
      },
    });
  }
  lab.settle();
  lab.pod({ name: 'in', priority: 100, ...incoming });
  lab.settle();
  return lab;
}

const victimsOf = ({ api }: Lab): string =>
  api
    .list(pods)
    .filter(({ metadata }) => metadata.deletionTimestamp)
    .map(({ metadata }) => metadata.name)
    .join(' ');
const nominationOf = ({ api }: Lab): string => api.get(pods, 'default', 'in')!.status.nominatedNodeName ?? '';

const FULL = { requests: { cpu: '4' } };

describe('whom and where', () => {
  test.each<Row>([
    { name: 'a less important pod', nodes: [node('a')], pods: [pod('a/low=4', 0)], pod: FULL, want: { victims: 'low', node: 'a' } },
    {
      name: 'not an equally important one',
      nodes: [node('a')],
      pods: [pod('a/same=4', 100)],
      pod: FULL,
      want: '0/1 nodes are available: 1 Insufficient cpu. no new claims to deallocate, preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod.',
    },
    {
      name: 'not where it would not help',
      nodes: [node('a', { labels: { disk: 'hdd' } }), node('b')],
      pods: [pod('a/low=4', 0)],
      pod: { requests: { cpu: '8' } },
      want: '0/2 nodes are available: 2 Insufficient cpu. no new claims to deallocate, preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling.',
    },
    {
      name: 'not where the pod does not want to be',
      nodes: [node('a'), node('b', { labels: { disk: 'ssd' } })],
      pods: [pod('a/low-a=4', 0), pod('b/low-b=4', 0)],
      pod: { ...FULL, nodeSelector: { disk: 'ssd' } },
      want: { victims: 'low-b', node: 'b' },
    },
    {
      name: 'only as many as needed, the less important first',
      nodes: [node('a')],
      pods: [pod('a/p1=1', 1), pod('a/p2=1', 2), pod('a/p3=1', 3), pod('a/p4=1', 4)],
      pod: { requests: { cpu: '2' } },
      want: { victims: 'p1 p2', node: 'a' },
    },
    {
      name: 'of equals, those that run for less long',
      nodes: [node('a')],
      pods: [pod('a/old=2', 0, started(1)), pod('a/young=2', 0, started(2))],
      pod: { requests: { cpu: '2' } },
      want: { victims: 'young', node: 'a' },
    },
    {
      name: 'a small one can stay beside',
      nodes: [node('a')],
      pods: [pod('a/large=3', 0), pod('a/small=1', 0)],
      pod: { requests: { cpu: '3' } },
      want: { victims: 'large', node: 'a' },
    },
    {
      name: 'the node whose most important victim is least important',
      nodes: [node('a'), node('b')],
      pods: [pod('a/five=4', 5), pod('b/three=4', 3)],
      pod: FULL,
      want: { victims: 'three', node: 'b' },
    },
    {
      name: 'then the lowest sum of priorities',
      nodes: [node('a'), node('b')],
      pods: [pod('a/a5=2', 5), pod('a/a4=2', 4), pod('b/b5=2', 5), pod('b/b1=2', 1)],
      pod: FULL,
      want: { victims: 'b1 b5', node: 'b' },
    },
    {
      name: 'then the fewest victims: a sum counts every one',
      nodes: [node('a'), node('b')],
      pods: [pod('a/a1=2', 0), pod('a/a2=2', 0), pod('b/b1=4', 0)],
      pod: FULL,
      want: { victims: 'b1', node: 'b' },
    },
    {
      name: 'then the latest start',
      nodes: [node('a'), node('b')],
      pods: [pod('a/old=4', 0, started(1)), pod('b/young=4', 0, started(9))],
      pod: FULL,
      want: { victims: 'young', node: 'b' },
    },
    {
      name: 'a node without broken budgets before all else',
      nodes: [node('a'), node('b')],
      pods: [pod('a/free=4', 50), pod('b/guarded=4', 0, { labels: { app: 'db' } })],
      budgets: [{ labels: { app: 'db' }, allowed: 0 }],
      pod: FULL,
      want: { victims: 'free', node: 'a' },
    },
    {
      name: 'guarded pods stay if others can go',
      nodes: [node('a')],
      pods: [pod('a/guarded=2', 0, { labels: { app: 'db' } }), pod('a/free=2', 9)],
      budgets: [{ labels: { app: 'db' }, allowed: 0 }],
      pod: { requests: { cpu: '2' } },
      want: { victims: 'free', node: 'a' },
    },
    {
      name: 'but no budget keeps a more important pod out',
      nodes: [node('a')],
      pods: [pod('a/guarded=4', 0, { labels: { app: 'db' } })],
      budgets: [{ labels: { app: 'db' }, allowed: 0 }],
      pod: FULL,
      want: { victims: 'guarded', node: 'a' },
    },
    {
      name: 'a budget with something left guards only the rest',
      nodes: [node('a')],
      pods: [pod('a/db-1=2', 1, { labels: { app: 'db' } }), pod('a/db-2=2', 0, { labels: { app: 'db' } })],
      budgets: [{ labels: { app: 'db' }, allowed: 1 }],
      pod: { requests: { cpu: '2' } },
      want: { victims: 'db-1', node: 'a' },
    },
    {
      name: 'disruptions that are already counted do not count again',
      nodes: [node('a'), node('b')],
      pods: [pod('a/gone=4', 9, { labels: { app: 'db' } }), pod('b/guarded=4', 0, { labels: { app: 'db' } })],
      budgets: [{ labels: { app: 'db' }, allowed: 0, disrupted: ['gone'] }],
      pod: FULL,
      want: { victims: 'gone', node: 'a' },
    },
    {
      name: 'a pod that does not want to',
      nodes: [node('a')],
      pods: [pod('a/low=4', 0)],
      pod: { ...FULL, preemptionPolicy: 'Never' },
      want: '0/1 nodes are available: 1 Insufficient cpu. no new claims to deallocate, preemption: not eligible due to preemptionPolicy=Never.',
    },
    {
      name: 'anti-affinity with a less important pod',
      nodes: [node('a', { labels: { zone: '1' } }), node('b', { labels: { zone: '1' } })],
      pods: [pod('a/foe=1', 0, { labels: { app: 'foe' } })],
      pod: {
        requests: { cpu: '1' },
        affinity: {
          podAntiAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: 'zone', labelSelector: { matchLabels: { app: 'foe' } } }],
          },
        },
      },
      want: { victims: 'foe', node: 'a' },
    },
    {
      name: 'host ports',
      nodes: [node('a')],
      pods: [
        {
          name: 'holder',
          nodeName: 'a',
          priority: 0,
          containers: [{ name: 'c', image: 'i', resources: {}, ports: [{ containerPort: 80, hostPort: 80 }] }] as never,
        },
        pod('a/bystander=1', 0),
      ],
      pod: { containers: [{ name: 'c', image: 'i', resources: {}, ports: [{ containerPort: 80, hostPort: 80 }] }] as never },
      want: { victims: 'holder', node: 'a' },
    },
    {
      name: 'pods over the limit of the node',
      nodes: [node('a', { allocatable: { cpu: '4', pods: '2' } })],
      pods: [pod('a/p1=1', 1), pod('a/p2=1', 2)],
      pod: { requests: { cpu: '1' } },
      want: { victims: 'p1', node: 'a' },
    },
  ])('$name', ({ want, ...row }) => {
    const lab = run(row);
    if (typeof want === 'string') expect(lab.scheduled('in')).toBe(`False Unschedulable ${want}`);
    else expect({ victims: victimsOf(lab), node: nominationOf(lab) }).toEqual(want);
    expect(lab.errors).toEqual([]);
  });
});

describe('what is told', () => {
  const lab = run({ nodes: [node('a')], pods: [pod('a/low=4', 0)], pod: FULL });
  const { api } = lab;
  const uid = api.get(pods, 'default', 'in')!.metadata.uid;

  test('the pod: why it does not fit yet', () => {
    expect(lab.eventsOf('in')).toEqual(['Warning FailedScheduling 0/1 nodes are available: 1 Insufficient cpu.']);
    expect(lab.scheduled('in')).toBe('False Unschedulable 0/1 nodes are available: 1 Insufficient cpu.');
  });

  test('the victim: a condition', () => {
    expect(api.get(pods, 'default', 'low')!.status.conditions).toContainEqual({
      type: 'DisruptionTarget',
      observedGeneration: 1,
      status: 'True',
      lastProbeTime: null,
      lastTransitionTime: '2026-01-01T00:00:00Z',
      reason: 'PreemptionByScheduler',
      message: 'default-scheduler: preempting to accommodate a higher priority pod',
    });
  });

  test('and an event, which names the other', () => {
    const event = api.list(events).find(({ reason }) => reason === 'Preempted')!;
    expect(event).toMatchObject({
      type: 'Normal',
      action: 'Preempting',
      reportingComponent: 'default-scheduler',
      message: `Preempted by pod ${uid} on node a`,
      involvedObject: { kind: 'Pod', name: 'low' },
      related: { kind: 'Pod', name: 'in', uid },
    });
  });
});

describe('afterwards', () => {
  test('the pod takes the room that was made', () => {
    const lab = run({ nodes: [node('a')], pods: [pod('a/low=4', 0)], pod: FULL });
    expect(lab.placeOf('in')).toBeUndefined();
    lab.removePod('low');
    lab.settle();
    expect(lab.placeOf('in')).toBe('a');
    expect(nominationOf(lab)).toBe('');
  });

  test('it does not preempt again while its victims go', () => {
    const lab = run({ nodes: [node('a'), node('b')], pods: [pod('a/low-a=4', 0), pod('b/low-b=4', 1)], pod: FULL });
    expect(victimsOf(lab)).toBe('low-a');
    lab.pod({ name: 'tiny', nodeName: 'b', requests: { cpu: '0' }, priority: 0 });
    lab.removePod('tiny');
    lab.settle();
    expect(victimsOf(lab)).toBe('low-a');
    expect(lab.scheduled('in')).toContain('preemption: not eligible due to a terminating pod on the nominated node.');
  });

  test('nobody who is less important takes the room meanwhile', () => {
    const lab = run({ nodes: [node('a')], pods: [pod('a/low=4', 0)], pod: FULL });
    lab.pod({ name: 'sneak', priority: 5, requests: { cpu: '4' } });
    lab.removePod('low');
    lab.settle();
    expect([lab.placeOf('in'), lab.placeOf('sneak')]).toEqual(['a', undefined]);
  });

  test('somebody more important does, and the nomination goes; not before, as long as all victims are going anyway', () => {
    const lab = run({ nodes: [node('a')], pods: [pod('a/low=4', 0)], pod: FULL });
    lab.pod({ name: 'boss', priority: 1000, requests: { cpu: '4' } });
    lab.settle();
    expect(nominationOf(lab)).toBe('a');
    lab.removePod('low');
    lab.settle();
    lab.advance(20_000);
    expect([lab.placeOf('in'), lab.placeOf('boss'), nominationOf(lab)]).toEqual([undefined, 'a', '']);
  });

  test('somebody more important, for whom somebody else has to go too, takes the nomination back', () => {
    const lab = run({ nodes: [node('a')], pods: [pod('a/low=3', 0), pod('a/mid=1', 200)], pod: { requests: { cpu: '3' } } });
    expect([nominationOf(lab), victimsOf(lab)]).toEqual(['a', 'low']);
    lab.pod({ name: 'boss', priority: 1000, requests: { cpu: '4' } });
    lab.settle();
    expect(nominationOf(lab)).toBe('');
  });

  test('room that is kept for a pod that goes is free for others', () => {
    const lab = run({ nodes: [node('a')], pods: [pod('a/low=4', 0)], pod: FULL });
    lab.pod({ name: 'next', priority: 5, requests: { cpu: '4' } });
    lab.settle();
    lab.removePod('low');
    lab.removePod('in');
    lab.settle();
    expect(lab.placeOf('next')).toBe('a');
  });
});
