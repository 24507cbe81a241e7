// What kube-scheduler counts, as it is told at /metrics.

import { expect, test } from 'vitest';
import { metricsText } from '../../../worker/lib/metrics.ts';
import { resourceQuotas } from '../../../worker/resources/core/resourcequota.ts';
import { addClass, addSlice, gpu as device } from './devices/lab.ts';
import { makeSchedulerLab, put } from './lab.ts';

const linesOf = (lab: ReturnType<typeof makeSchedulerLab>, name: string): string[] =>
  metricsText(lab.scheduler.metrics())
    .split('\n')
    .filter((line) => line.startsWith(`scheduler_${name}`))
    .map((line) => line.slice('scheduler_'.length));

test('attempts, by what came of them; pods that wait, and for whom', () => {
  const lab = makeSchedulerLab();
  lab.node({ name: 'a', allocatable: { cpu: '2' } });
  lab.pod({ requests: { cpu: '1' } });
  lab.pod({ name: 'big', requests: { cpu: '2' } });
  lab.pod({ name: 'gated', schedulingGates: [{ name: 'x.io/y' }] });
  lab.settle();
  expect(linesOf(lab, 'schedule_attempts_total')).toEqual([
    'schedule_attempts_total{profile="default-scheduler",result="scheduled"} 1',
    'schedule_attempts_total{profile="default-scheduler",result="unschedulable"} 1',
  ]);
  expect(linesOf(lab, 'pending_pods')).toEqual([
    'pending_pods{queue="active"} 0',
    'pending_pods{queue="backoff"} 0',
    'pending_pods{queue="gated"} 1',
    'pending_pods{queue="unschedulable"} 1',
  ]);
  expect(linesOf(lab, 'unschedulable_pods')).toEqual([
    'unschedulable_pods{plugin="NodeResourcesFit",profile="default-scheduler"} 1',
    'unschedulable_pods{plugin="SchedulingGates",profile="default-scheduler"} 1',
  ]);
  lab.removePod('pod-1');
  lab.advance(2000);
  expect(lab.placeOf('big')).toBe('a');
  expect(linesOf(lab, 'queue_incoming_pods_total')).toEqual([
    'queue_incoming_pods_total{event="AssignedPodDelete",queue="backoff"} 1',
    'queue_incoming_pods_total{event="PopFromBackoffQ",queue="active"} 1',
    'queue_incoming_pods_total{event="ScheduleAttemptFailure",queue="unschedulable"} 1',
    'queue_incoming_pods_total{event="UnschedulablePodAdd",queue="active"} 2',
    'queue_incoming_pods_total{event="UnschedulablePodAdd",queue="unschedulable"} 1',
  ]);
  expect(linesOf(lab, 'pod_scheduling_attempts_bucket').slice(0, 2)).toEqual([
    'pod_scheduling_attempts_bucket{le="1"} 1',
    'pod_scheduling_attempts_bucket{le="2"} 2',
  ]);
});

test('preemptions, and how many pods had to go', () => {
  const lab = makeSchedulerLab();
  lab.node({ name: 'a', allocatable: { cpu: '2' } });
  for (const name of ['x', 'y']) lab.pod({ name, requests: { cpu: '1' } });
  lab.settle();
  lab.pod({ name: 'boss', priority: 10, requests: { cpu: '2' } });
  lab.settle();
  expect(linesOf(lab, 'preemption_attempts_total')).toEqual(['preemption_attempts_total 1']);
  expect(linesOf(lab, 'preemption_victims_sum')).toEqual(['preemption_victims_sum 2']);
  expect(linesOf(lab, 'preemption_goroutines_execution_total')).toEqual(['preemption_goroutines_execution_total{result="success"} 1']);
});

test('claims that it made for extended resources, and those that it could not make', () => {
  const lab = makeSchedulerLab();
  const gpu = 'example.com/gpu';
  lab.node({ name: 'a' });
  addClass(lab, { extendedResourceName: gpu });
  addSlice(lab, { nodeName: 'a', devices: [device(0), device(1)] });
  const ask = (name: string): void =>
    void lab.pod({ name, containers: [{ name: 'c', image: 'i', resources: { requests: { [gpu]: '1' }, limits: { [gpu]: '1' } } }] });
  ask('one');
  lab.settle();
  expect(linesOf(lab, 'resourceclaim_creates_total')).toEqual(['resourceclaim_creates_total{status="success"} 1']);
  put(lab, resourceQuotas as never, {
    metadata: { name: 'q', namespace: 'default' },
    spec: { hard: { 'count/resourceclaims.resource.k8s.io': '1' } },
    status: { hard: { 'count/resourceclaims.resource.k8s.io': '1' }, used: { 'count/resourceclaims.resource.k8s.io': '1' } },
  });
  ask('two');
  lab.settle();
  expect(linesOf(lab, 'resourceclaim_creates_total')).toEqual([
    'resourceclaim_creates_total{status="failure"} 1',
    'resourceclaim_creates_total{status="success"} 1',
  ]);
});
