// The scheduler in a cluster: pods get nodes, or a reason why not; who is next; who tries again when.

import { describe, expect, test } from 'vitest';
import type { Pod } from '../../../worker/api/gen/core-v1.ts';
import { events } from '../../../worker/resources/core/event.ts';
import { nodes } from '../../../worker/resources/core/node.ts';
import { pods } from '../../../worker/resources/core/pod.ts';
import { MemoryBackend } from '../../../worker/store/memory.ts';
import { makeTestCluster, statusOf } from '../harness.ts';
import { makeLab, makeSchedulerLab } from './lab.ts';
import type { Lab } from './lab.ts';

const NOT_HELPFUL = (n: number): string =>
  ` no new claims to deallocate, preemption: 0/${n} nodes are available: ${n} Preemption is not helpful for scheduling.`;

/** How often a pod was tried in vain: each time counts in its event. */
const failures = ({ api }: Lab, name: string): number =>
  api
    .list(events)
    .filter(({ involvedObject, reason }) => involvedObject.name === name && reason === 'FailedScheduling')
    .reduce((sum, { series }) => sum + (series?.count ?? 1), 0);

describe('placing a pod', () => {
  test('binds it, and says so', () => {
    const lab = makeSchedulerLab();
    lab.node({ name: 'a' });
    lab.pod({ name: 'web' });
    lab.settle();
    expect(lab.placeOf('web')).toBe('a');
    expect(lab.scheduled('web')).toBe('True');
    const [event] = lab.api.list(events);
    expect(event).toMatchObject({
      type: 'Normal',
      reason: 'Scheduled',
      message: 'Successfully assigned default/web to a',
      action: 'Binding',
      reportingComponent: 'default-scheduler',
      involvedObject: { kind: 'Pod', namespace: 'default', name: 'web' },
      source: {},
    });
    expect(event!.eventTime).toBe('2026-01-01T00:00:00.000000Z');
    expect(lab.errors).toEqual([]);
  });

  test('spreads equal pods by what is left', () => {
    const lab = makeSchedulerLab();
    for (const name of ['a', 'b', 'c']) lab.node({ name });
    for (let i = 0; i < 9; i++) lab.pod({ name: `web-${i}`, requests: { cpu: '1' } });
    lab.settle();
    const counts = new Map<string, number>();
    for (let i = 0; i < 9; i++) counts.set(lab.placeOf(`web-${i}`)!, (counts.get(lab.placeOf(`web-${i}`)!) ?? 0) + 1);
    expect([...counts.values()]).toEqual([3, 3, 3]);
  });

  test('equal nodes are taken by chance, the same for the same seed', () => {
    const places = (seed: string): string => {
      const lab = makeSchedulerLab(undefined, { seed });
      for (const name of ['a', 'b', 'c', 'd', 'e']) lab.node({ name });
      return Array.from({ length: 5 }, (_, i) => {
        const { metadata } = lab.pod({ name: `p${i}` });
        lab.settle();
        const place = lab.placeOf(metadata.name)!;
        lab.removePod(metadata.name);
        return place;
      }).join('');
    };
    expect(places('one')).toBe(places('one'));
    expect(new Set(['one', 'two', 'three', 'four'].map(places)).size).toBeGreaterThan(1);
  });

  test('a pod on its way out is left alone', () => {
    const lab = makeSchedulerLab();
    lab.pod({ name: 'web' });
    lab.settle();
    lab.node({ name: 'a' });
    lab.removePod('web');
    lab.advance(20_000);
    expect(lab.errors).toEqual([]);
    expect(lab.eventsOf('web').every((event) => event.startsWith('Warning FailedScheduling no nodes'))).toBe(true);
  });

  test('pods with a node of their own are counted, not placed', () => {
    const lab = makeSchedulerLab();
    lab.node({ name: 'a', allocatable: { cpu: '2' } });
    lab.pod({ name: 'own', nodeName: 'a', requests: { cpu: '2' } });
    lab.pod({ name: 'web', requests: { cpu: '1' } });
    lab.settle();
    expect(lab.scheduled('web')).toBe(
      `False Unschedulable 0/1 nodes are available: 1 Insufficient cpu. no new claims to deallocate, preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod.`,
    );
    expect(lab.eventsOf('own')).toEqual([]);
  });

  test('pods that have ended do not count', () => {
    const lab = makeSchedulerLab();
    lab.node({ name: 'a', allocatable: { cpu: '2' } });
    lab.pod({ name: 'job', nodeName: 'a', requests: { cpu: '2' }, status: { phase: 'Succeeded' } });
    lab.pod({ name: 'web', requests: { cpu: '2' } });
    lab.settle();
    expect(lab.placeOf('web')).toBe('a');
  });
});

describe('why not', () => {
  test.each([
    { name: 'no nodes at all', make: () => {}, want: 'no nodes available to schedule pods' },
    {
      name: 'reasons are counted and sorted',
      make: (lab: Lab) => {
        lab.node({ name: 'small', allocatable: { cpu: '1' } });
        lab.node({ name: 'tiny', allocatable: { cpu: '1', memory: '1Ki' } });
        lab.node({ name: 'tainted', taints: [{ key: 'k', value: 'v', effect: 'NoSchedule' }] });
        lab.node({ name: 'cordoned', unschedulable: true });
      },
      want: `0/4 nodes are available: 1 Insufficient memory, 1 node(s) had untolerated taint(s), 1 node(s) were unschedulable, 2 Insufficient cpu.${NOT_HELPFUL(4)}`,
    },
  ])('$name', ({ make, want }) => {
    const lab = makeSchedulerLab();
    make(lab);
    lab.pod({ name: 'web', requests: { cpu: '2', memory: '1Gi' } });
    lab.settle();
    expect(lab.scheduled('web')).toBe(`False Unschedulable ${want}`);
    expect(lab.eventsOf('web')).toEqual([`Warning FailedScheduling ${want}`]);
  });

  test('a volume claim that is not there is said before devices are looked at', () => {
    const lab = makeSchedulerLab();
    lab.node({ name: 'a' });
    lab.pod({ name: 'web', volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'nope' } }] });
    lab.settle();
    expect(lab.scheduled('web')).toBe('False Unschedulable 0/1 nodes are available: persistentvolumeclaim "nope" not found. not found');
  });

  test('nodes that were not even looked at count as such', () => {
    const lab = makeSchedulerLab();
    for (const name of ['a', 'b', 'c']) lab.node({ name, allocatable: { cpu: '1' } });
    const term = { matchFields: [{ key: 'metadata.name', operator: 'In', values: ['b'] }] };
    const affinity = { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [term] } } };
    lab.pod({ name: 'web', requests: { cpu: '2' }, affinity });
    lab.settle();
    expect(lab.scheduled('web')).toBe(
      `False Unschedulable 0/3 nodes are available: 1 Insufficient cpu, 2 node(s) didn't satisfy plugin(s) [NodeAffinity].${NOT_HELPFUL(3)}`,
    );
  });

  test('the condition keeps its time while only the message changes', () => {
    const lab = makeSchedulerLab();
    lab.pod({ name: 'web', requests: { cpu: '2' } });
    lab.settle();
    const before = lab.api.get(pods, 'default', 'web')!.status.conditions!.find(({ type }) => type === 'PodScheduled');
    lab.node({ name: 'a', allocatable: { cpu: '1' } });
    lab.advance(60_000);
    const after = lab.api.get(pods, 'default', 'web')!.status.conditions!.find(({ type }) => type === 'PodScheduled');
    expect(after!.message).not.toBe(before!.message);
    expect(after!.lastTransitionTime).toBe(before!.lastTransitionTime);
    expect(after!.observedGeneration).toBe(1);
  });
});

describe('who is next', () => {
  test('the most important; of equals, the first', () => {
    const lab = makeSchedulerLab();
    for (const [name, priority] of [
      ['low', 1],
      ['first', 5],
      ['second', 5],
      ['high', 9],
    ] as const)
      lab.pod({ name, priority });
    lab.node({ name: 'a', allocatable: { pods: '3' } });
    lab.settle();
    const order = lab.api
      .list(events)
      .filter(({ reason }) => reason === 'Scheduled')
      .sort((a, b) => Number(a.metadata.resourceVersion) - Number(b.metadata.resourceVersion))
      .map(({ involvedObject }) => involvedObject.name);
    expect(order).toEqual(['high', 'first', 'second']);
    expect(lab.placeOf('low')).toBeUndefined();
  });
});

describe('gates', () => {
  const gated = (...names: string[]): { schedulingGates: { name: string }[] } => ({ schedulingGates: names.map((name) => ({ name })) });
  const open = (lab: Lab, ...left: string[]): unknown =>
    lab.changePod('web', (pod) => {
      const { schedulingGates: _, ...spec } = pod.spec;
      return { ...pod, spec: { ...spec, ...(left.length && gated(...left)) } } as Pod;
    });

  test('a gated pod is not tried', () => {
    const lab = makeSchedulerLab();
    lab.node({ name: 'a' });
    lab.pod({ name: 'web', ...gated('example.com/one', 'example.com/two') });
    lab.advance(600_000);
    expect([lab.placeOf('web'), lab.eventsOf('web')]).toEqual([undefined, []]);
    expect(lab.scheduled('web')).toContain('False SchedulingGated');
    open(lab, 'example.com/two');
    lab.settle();
    expect(lab.placeOf('web')).toBeUndefined();
    open(lab);
    lab.settle();
    expect(lab.placeOf('web')).toBe('a');
  });
});

describe('who tries again', () => {
  const BIG = { requests: { cpu: '3' } };

  test('a pod without resources: when a node grows, not when one gets a label', () => {
    const lab = makeSchedulerLab();
    lab.node({ name: 'a', allocatable: { cpu: '1' } });
    lab.pod({ name: 'web', ...BIG });
    lab.settle();
    lab.changeNode('a', (node) => ({ ...node, metadata: { ...node.metadata, labels: { ...node.metadata.labels, x: 'y' } } }));
    lab.settle();
    expect(failures(lab, 'web')).toBe(1);
    lab.changeNode('a', (node) => ({ ...node, status: { ...node.status, allocatable: { ...node.status.allocatable, cpu: '2' } } }));
    lab.settle();
    expect(failures(lab, 'web')).toBe(1);
    lab.changeNode('a', (node) => ({ ...node, status: { ...node.status, allocatable: { ...node.status.allocatable, cpu: '4' } } }));
    lab.settle();
    expect(lab.placeOf('web')).toBe('a');
  });

  test('a pod without resources: when a pod goes', () => {
    const lab = makeSchedulerLab();
    lab.node({ name: 'a' });
    lab.pod({ name: 'other', nodeName: 'a', requests: { cpu: '4' } });
    lab.pod({ name: 'web', ...BIG });
    lab.settle();
    expect(lab.placeOf('web')).toBeUndefined();
    lab.removePod('other');
    lab.settle();
    expect(lab.placeOf('web')).toBe('a');
  });

  test('a pod without resources: when a pod ends', () => {
    const lab = makeSchedulerLab();
    lab.node({ name: 'a' });
    const other = lab.pod({ name: 'other', nodeName: 'a', requests: { cpu: '4' } });
    lab.pod({ name: 'web', ...BIG });
    lab.settle();
    lab.api.updateStatus(pods, { ...other, status: { ...other.status, phase: 'Failed' } });
    lab.settle();
    expect(lab.placeOf('web')).toBe('a');
  });

  test('a pod that selects nodes: when a node gets the label', () => {
    const lab = makeSchedulerLab();
    lab.node({ name: 'a' });
    lab.pod({ name: 'web', nodeSelector: { disk: 'ssd' } });
    lab.settle();
    lab.changeNode('a', (node) => ({ ...node, metadata: { ...node.metadata, labels: { ...node.metadata.labels, disk: 'hdd' } } }));
    lab.settle();
    expect(failures(lab, 'web')).toBe(1);
    lab.changeNode('a', (node) => ({ ...node, metadata: { ...node.metadata, labels: { ...node.metadata.labels, disk: 'ssd' } } }));
    lab.settle();
    expect(lab.placeOf('web')).toBe('a');
  });

  test('a pod that does not tolerate: when the taint goes; when it is uncordoned', () => {
    const lab = makeSchedulerLab();
    lab.node({ name: 'a', taints: [{ key: 'k', effect: 'NoSchedule' }] });
    lab.pod({ name: 'web' });
    lab.settle();
    lab.changeNode('a', (node) => ({ ...node, spec: { unschedulable: true } }));
    lab.settle();
    expect(lab.scheduled('web')).toContain('1 node(s) were unschedulable');
    lab.changeNode('a', (node) => ({ ...node, spec: {} }));
    lab.settle();
    expect(lab.placeOf('web')).toBe('a');
  });

  test('a pod that tolerates something new', () => {
    const lab = makeSchedulerLab();
    lab.node({ name: 'a', taints: [{ key: 'k', effect: 'NoSchedule' }] });
    lab.pod({ name: 'web' });
    lab.settle();
    lab.changePod('web', (pod) => ({
      ...pod,
      spec: { ...pod.spec, tolerations: [...(pod.spec.tolerations ?? []), { key: 'k', operator: 'Exists', effect: 'NoSchedule' }] },
    }));
    lab.settle();
    expect(lab.placeOf('web')).toBe('a');
  });

  test('a pod that wants company: when the other is placed', () => {
    const lab = makeSchedulerLab();
    lab.node({ name: 'a' });
    const required = [{ topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels: { app: 'db' } } }];
    lab.pod({ name: 'web', affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: required } } });
    lab.settle();
    lab.pod({ name: 'unrelated' });
    lab.settle();
    expect([lab.placeOf('web'), failures(lab, 'web')]).toEqual([undefined, 1]);
    lab.pod({ name: 'db', labels: { app: 'db' } });
    lab.settle();
    expect(lab.placeOf('web')).toBe('a');
  });

  test('any pod after five minutes', () => {
    const lab = makeSchedulerLab();
    lab.node({ name: 'a', allocatable: { cpu: '1' } });
    lab.pod({ name: 'web', ...BIG });
    lab.advance(5 * 60_000 - 1);
    expect(failures(lab, 'web')).toBe(1);
    lab.advance(31_000);
    expect(failures(lab, 'web')).toBe(2);
    lab.advance(10 * 60_000);
    expect(failures(lab, 'web')).toBe(3);
  });

  test('without nodes: by a back-off of its own, 1 s to 10 s', () => {
    const lab = makeSchedulerLab();
    lab.pod({ name: 'web' });
    lab.settle();
    const seen: number[] = [];
    for (let second = 0; second <= 40; second++) {
      while (seen.length < failures(lab, 'web')) seen.push(second);
      lab.advance(1000);
    }
    expect(seen).toEqual([0, 2, 5, 10, 19, 30]);
  });
});

describe('schedulers of others', () => {
  test('a pod of an unknown scheduler stays as it is', () => {
    const lab = makeSchedulerLab();
    lab.node({ name: 'a' });
    lab.pod({ name: 'web', schedulerName: 'mine' });
    lab.advance(600_000);
    expect([lab.placeOf('web'), lab.scheduled('web'), lab.eventsOf('web')]).toEqual([undefined, undefined, []]);
  });

  const bind = (lab: Lab, name: string, target: object, metadata: object = {}): ReturnType<Lab['request']> =>
    lab.request('POST', `/api/v1/namespaces/default/pods/${name}/binding`, {
      apiVersion: 'v1',
      kind: 'Binding',
      metadata: { name, ...metadata },
      target,
    });

  test('it binds through the API, and counts', async () => {
    const lab = makeSchedulerLab();
    lab.node({ name: 'a', allocatable: { cpu: '2' } });
    lab.pod({ name: 'web', schedulerName: 'mine', requests: { cpu: '2' } });
    expect(await bind(lab, 'web', { kind: 'Node', name: 'a' })).toMatchObject({ status: 201, body: { kind: 'Status', status: 'Success' } });
    expect([lab.placeOf('web'), lab.scheduled('web')]).toEqual(['a', 'True']);
    lab.pod({ name: 'late', requests: { cpu: '1' } });
    lab.settle();
    expect(lab.scheduled('late')).toContain('1 Insufficient cpu');
  });

  test.each([
    {
      name: 'already placed',
      pod: { nodeName: 'b' },
      target: { kind: 'Node', name: 'a' },
      status: 409,
      message: 'Operation cannot be fulfilled on pods/binding "web": pod web is already assigned to node "b"',
    },
    {
      name: 'gated',
      pod: { schedulingGates: [{ name: 'x.io/y' }] },
      target: { kind: 'Node', name: 'a' },
      status: 409,
      message: 'Operation cannot be fulfilled on pods/binding "web": pod web has non-empty .spec.schedulingGates',
    },
    {
      name: 'of another life',
      pod: {},
      target: { kind: 'Node', name: 'a' },
      metadata: { uid: 'other' },
      status: 409,
      message:
        /^Operation cannot be fulfilled on pods\/binding "web": Precondition failed: UID in precondition: other, UID in object meta: /,
    },
    { name: 'without a node', pod: {}, target: {}, status: 422, message: 'Binding "web" is invalid: target.name: Required value' },
    {
      name: 'to something else',
      pod: {},
      target: { kind: 'Pod', name: 'a' },
      status: 422,
      message: 'Binding "web" is invalid: target.kind: Unsupported value: "Pod": supported values: "Node", "<empty>"',
    },
  ])('a binding is refused: $name', async ({ pod, target, metadata, status, message }) => {
    const lab = makeLab();
    lab.pod({ name: 'web', ...pod });
    const before = lab.store.revision;
    const reply = await bind(lab, 'web', target, metadata);
    expect(reply.status).toBe(status);
    if (typeof message === 'string') expect(statusOf(reply).message).toBe(message);
    else expect(statusOf(reply).message).toMatch(message);
    expect(lab.store.revision).toBe(before);
  });

  test('no pod of that name', async () => {
    const reply = await bind(makeLab(), 'web', { kind: 'Node', name: 'a' });
    expect([reply.status, statusOf(reply).message]).toEqual([404, 'pods "web" not found']);
  });
});

describe('every decision is kept, with its reasons', () => {
  test('who refused which node, and how the others were rated', () => {
    const lab = makeSchedulerLab();
    lab.node({ name: 'full', allocatable: { cpu: '1' } });
    lab.node({ name: 'tainted', taints: [{ key: 'k', value: 'v', effect: 'NoSchedule' }] });
    lab.node({ name: 'a' });
    lab.node({ name: 'b', labels: { disk: 'ssd' } });
    const preference = { matchExpressions: [{ key: 'disk', operator: 'In', values: ['ssd'] }] };
    lab.pod({
      name: 'web',
      requests: { cpu: '2' },
      affinity: { nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 1, preference }] } },
    });
    lab.settle();
    const { nodes: verdicts, ...decision } = lab.scheduler.explain('default/web')!;
    expect(decision).toMatchObject({ isRemembered: true, outcome: 'scheduled', chosen: 'b', message: '', skipped: 0 });
    expect(verdicts.map(({ node }) => node)).toEqual(['b', 'a', 'full', 'tainted']);
    expect(verdicts.map(({ scores }) => scores?.['NodeAffinity'])).toEqual([200, 0, undefined, undefined]);
    expect(verdicts[0]!.total! - verdicts[1]!.total!).toBe(200);
    expect(decision.filters).toEqual(['NodeUnschedulable', 'NodeName', 'TaintToleration', 'NodeResourcesFit']);
    expect(verdicts.slice(2).map(({ refused }) => refused)).toEqual([
      { plugin: 'NodeResourcesFit', reasons: ['Insufficient cpu'], isHopeless: true },
      { plugin: 'TaintToleration', reasons: ['node(s) had untolerated taint(s)'], isHopeless: true },
    ]);
  });

  test('of a pod that has no node, too, with the words of its event', () => {
    const lab = makeSchedulerLab();
    lab.node({ name: 'a', unschedulable: true });
    lab.pod({ name: 'web' });
    lab.settle();
    const decision = lab.scheduler.explain('default/web')!;
    expect(decision).toMatchObject({ outcome: 'unschedulable', chosen: undefined });
    expect(lab.eventsOf('web')).toEqual([`Warning FailedScheduling ${decision.message}`]);
    expect(decision.nodes).toEqual([
      { node: 'a', refused: { plugin: 'NodeUnschedulable', reasons: ['node(s) were unschedulable'], isHopeless: true } },
    ]);
  });

  test('of a pod that was placed in an earlier life is worked out again, as if it were not there', () => {
    const backend = new MemoryBackend();
    const first = makeTestCluster({ backend, nodes: 1 });
    first.settle();
    const spec = { containers: [{ name: 'c', image: 'nginx', resources: { requests: { cpu: '1' } } }] };
    first.api.create(pods, { metadata: { name: 'web', namespace: 'default' }, spec } as never);
    first.settle();
    expect(first.cluster.scheduler.explain('default/web')).toMatchObject({ isRemembered: true });
    first.save();
    const second = makeTestCluster({ backend });
    expect(second.cluster.scheduler.explain('default/web')).toMatchObject({
      isRemembered: false,
      outcome: 'scheduled',
      chosen: 'node-1',
      nodes: [{ node: 'node-1' }],
    });
  });

  test('a pod whose turn has not come waits, if a node would take it', () => {
    const lab = makeSchedulerLab();
    lab.node({ name: 'a' });
    lab.settle();
    lab.pod({ name: 'web' });
    expect(lab.scheduler.explain('default/web')).toMatchObject({ isRemembered: false, outcome: 'waiting', nodes: [{ node: 'a' }] });
    lab.settle();
    expect(lab.scheduler.explain('default/web')).toMatchObject({ isRemembered: true, outcome: 'scheduled', chosen: 'a' });
  });

  test('a pod that is held back by a gate is on none, whichever nodes would take it', () => {
    const lab = makeSchedulerLab();
    lab.node({ name: 'a' });
    lab.pod({ name: 'web', schedulingGates: [{ name: 'not-yet' }] });
    lab.settle();
    expect(lab.scheduler.explain('default/web')).toMatchObject({
      isRemembered: false,
      outcome: 'unschedulable',
      chosen: undefined,
      message: 'waiting for scheduling gates: [not-yet]',
      nodes: [{ node: 'a' }],
    });
  });

  test('decisions on pods alike share what they can, others have a list of their own', () => {
    const lab = makeSchedulerLab();
    lab.node({ name: 'a' });
    for (const name of ['one', 'two']) lab.pod({ name });
    lab.pod({
      name: 'three',
      containers: [{ name: 'c', image: 'i', resources: {}, ports: [{ containerPort: 80, hostPort: 80 }] }] as never,
    });
    lab.settle();
    const filters = (name: string) => lab.scheduler.explain(`default/${name}`)!.filters;
    expect(filters('two')).toBe(filters('one'));
    expect(filters('three').filter((one) => !filters('one').includes(one))).toEqual(['NodePorts']);
  });

  test('nobody knows of a pod that is not there, or is another scheduler’s', () => {
    const lab = makeSchedulerLab();
    lab.pod({ name: 'other', schedulerName: 'mine' });
    expect([lab.scheduler.explain('default/none'), lab.scheduler.explain('default/other')]).toEqual([undefined, undefined]);
  });
});

describe('the nodes that are looked at', () => {
  test('enough is enough: of 300 nodes, 144 feasible ones, each time from where the last search ended', () => {
    const lab = makeSchedulerLab();
    for (let i = 0; i < 300; i++) lab.node({ name: `n${String(i).padStart(3, '0')}` });
    const looked = (name: string): string[] => {
      lab.pod({ name });
      lab.settle();
      return lab.scheduler
        .explain(`default/${name}`)!
        .nodes.map(({ node }) => node)
        .sort();
    };
    const [first, second, third] = [looked('a'), looked('b'), looked('c')];
    expect([first!.length, first![0], first!.at(-1)]).toEqual([144, 'n000', 'n143']);
    expect([second![0], second!.at(-1)]).toEqual(['n144', 'n287']);
    expect([third!.includes('n288'), third!.includes('n131'), third!.includes('n132')]).toEqual([true, true, false]);
  });

  test('a node that comes and goes', () => {
    const lab = makeSchedulerLab();
    lab.node({ name: 'a' });
    lab.pod({ name: 'one' });
    lab.settle();
    lab.api.delete(nodes, '', 'a');
    lab.pod({ name: 'two' });
    lab.settle();
    expect(lab.scheduled('two')).toBe('False Unschedulable no nodes available to schedule pods');
    lab.node({ name: 'b' });
    lab.advance(20_000);
    expect(lab.placeOf('two')).toBe('b');
  });
});
