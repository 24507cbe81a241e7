// Who tries again when a pod comes to a node, or changes there; and how nodes are looked for where nobody scores.

import { describe, expect, test } from 'vitest';
import { metricsText } from '../../../worker/lib/metrics.ts';
import { makeSchedulerLab } from './lab.ts';
import type { Lab, PodDraft } from './lab.ts';

const linesOf = (lab: ReturnType<typeof makeSchedulerLab>, name: string): string[] =>
  metricsText(lab.scheduler.metrics())
    .split('\n')
    .filter((line) => line.startsWith(`scheduler_${name}`))
    .map((line) => line.slice('scheduler_'.length));

const term = (app: string) => ({ topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels: { app } } });
const near = (app: string): PodDraft => ({
  affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term(app)] } },
});
const far = (app: string): PodDraft => ({
  affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term(app)] } },
});
const come = (lab: Lab): void => void lab.pod({ name: 'other', nodeName: 'a', labels: { app: 'db' } });
const labelAnew = (lab: Lab): void =>
  void lab.changePod('there', (pod) => ({ ...pod, metadata: { ...pod.metadata, labels: { app: 'web' } } }));

describe('a pod that waits tries again', () => {
  test.each([
    { name: 'when one comes that it wants near', pod: near('db'), change: come, places: 'a' },
    { name: 'not when one comes that it does not mean', pod: near('web'), change: come, places: undefined },
    { name: 'when one is labelled so that it wants it near', pod: near('web'), change: labelAnew, places: 'a' },
    // As upstream, which looks among those that want others near only.
    { name: 'not when one is labelled so that it need not be far any more', pod: far('old'), change: labelAnew, places: undefined },
    {
      name: 'when one is labelled so that it counts no more',
      pod: {
        labels: { app: 'old' },
        topologySpreadConstraints: [
          {
            topologyKey: 'kubernetes.io/hostname',
            maxSkew: 1,
            whenUnsatisfiable: 'DoNotSchedule',
            labelSelector: { matchLabels: { app: 'old' } },
          },
        ],
      } satisfies PodDraft,
      change: labelAnew,
      places: 'a',
    },
  ])('$name', ({ pod, change, places }) => {
    const lab = makeSchedulerLab();
    lab.node({ name: 'a' });
    lab.node({ name: 'b', unschedulable: true });
    lab.pod({ name: 'there', nodeName: 'a', labels: { app: 'old' } });
    lab.settle();
    lab.pod({ name: 'p', ...pod });
    lab.settle();
    expect(lab.placeOf('p')).toBeUndefined();
    lab.advance(20_000);
    change(lab);
    lab.settle();
    expect(lab.placeOf('p')).toBe(places);
  });
});

const WITHOUT_SCORES = `apiVersion: kubescheduler.config.k8s.io/v1
kind: KubeSchedulerConfiguration
profiles:
- schedulerName: default-scheduler
  plugins: {score: {disabled: [{name: '*'}]}, preScore: {disabled: [{name: '*'}]}}
`;

test('where nothing scores, the first node will do', () => {
  const lab = makeSchedulerLab(WITHOUT_SCORES);
  for (const name of ['a', 'b', 'c']) lab.node({ name });
  for (const name of ['p', 'q', 'r']) lab.pod({ name });
  lab.settle();
  expect(['p', 'q', 'r'].map((name) => lab.placeOf(name))).toEqual(['a', 'b', 'c']);
  expect(lab.scheduler.explain('default/p')!.nodes).toHaveLength(1);
});

test('what the scheduler counts of waiting', () => {
  const lab = makeSchedulerLab();
  lab.node({ name: 'a', allocatable: { cpu: '1' } });
  lab.pod({ name: 'p', requests: { cpu: '1' } });
  lab.pod({ name: 'q', requests: { cpu: '1' } });
  lab.settle();
  expect(linesOf(lab, 'cache_size')).toEqual([
    'cache_size{type="nodes"} 1',
    'cache_size{type="pods"} 1',
    'cache_size{type="assumed_pods"} 0',
  ]);
  lab.advance(400);
  lab.removePod('p');
  lab.settle();
  expect(lab.placeOf('q')).toBe('a');
  expect(linesOf(lab, 'pod_scheduling_sli_duration_seconds').filter((line) => /_(sum|count)/.test(line))).toEqual([
    'pod_scheduling_sli_duration_seconds_sum{attempts="1"} 0',
    'pod_scheduling_sli_duration_seconds_count{attempts="1"} 1',
    'pod_scheduling_sli_duration_seconds_sum{attempts="2"} 0.4',
    'pod_scheduling_sli_duration_seconds_count{attempts="2"} 1',
  ]);
  expect(linesOf(lab, 'queue_incoming_pods_total{event="PopFromBackoffQ"')).toEqual([
    'queue_incoming_pods_total{event="PopFromBackoffQ",queue="active"} 1',
  ]);
  expect(linesOf(lab, 'pod_scheduled_after_flush_total')).toEqual([]);
});

test('a pod that is scheduled only because it had waited for long is counted', () => {
  const lab = makeSchedulerLab();
  lab.node({ name: 'a' });
  lab.pod({ name: 'there', nodeName: 'a', labels: { app: 'old' } });
  lab.pod({ name: 'p', ...far('old') });
  lab.settle();
  labelAnew(lab);
  lab.advance(340_000);
  expect(lab.placeOf('p')).toBe('a');
  expect(linesOf(lab, 'pod_scheduled_after_flush_total')).toEqual(['pod_scheduled_after_flush_total 1']);
});
