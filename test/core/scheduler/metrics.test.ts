// What kube-scheduler counts, as it is told at /metrics.

import { describe, expect, test } from 'vitest';
import { metricsText } from '../../../worker/lib/metrics.ts';
import { resourceQuotas } from '../../../worker/resources/core/resourcequota.ts';
import { resourceClaims } from '../../../worker/resources/resource/resourceclaim.ts';
import { addClaim, addClass, addPod, addSlice, claimOf, DRIVER, gpu as device } from './devices/lab.ts';
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

test('how stable they are', () => {
  const lab = makeSchedulerLab();
  lab.node({ name: 'a' });
  lab.settle();
  const known = lab.scheduler.metrics().map(({ name, stability = 'STABLE' }) => `${name.slice('scheduler_'.length)} ${stability}`);
  expect(known).toEqual([
    'cache_size ALPHA',
    'dra_bindingconditions_allocations_total ALPHA',
    'dra_bindingconditions_wait_duration_seconds ALPHA',
    'pending_pods STABLE',
    'pod_scheduled_after_flush_total ALPHA',
    'pod_scheduling_attempts STABLE',
    'pod_scheduling_sli_duration_seconds BETA',
    'preemption_attempts_total STABLE',
    'preemption_goroutines_execution_total ALPHA',
    'preemption_victims STABLE',
    'queue_incoming_pods_total STABLE',
    'resourceclaim_creates_total ALPHA',
    'schedule_attempts_total STABLE',
    'unschedulable_pods BETA',
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

describe('devices that had to be prepared for pods', () => {
  const prepared = {
    bindingConditions: ['dra.example.com/ready'],
    bindingFailureConditions: ['dra.example.com/broken'],
  };

  function waitingPod(): ReturnType<typeof makeSchedulerLab> {
    const lab = makeSchedulerLab();
    lab.node({ name: 'a' });
    addClass(lab);
    addSlice(lab, { nodeName: 'a', devices: [device(0, prepared)] });
    addClaim(lab);
    addPod(lab, 'p');
    lab.settle();
    return lab;
  }

  /** What the driver says of the device. */
  function say(lab: ReturnType<typeof makeSchedulerLab>, type: string): void {
    const claim = claimOf(lab);
    const [{ pool, device: name }] = claim.status.allocation!.devices.results! as never as [{ pool: string; device: string }];
    const condition = { type, status: 'True', reason: 'Said', message: '', lastTransitionTime: '2026-01-01T00:00:10Z' };
    const devices = [{ driver: DRIVER, pool, device: name, conditions: [condition] }];
    lab.api.updateStatus(resourceClaims, { ...claim, status: { ...claim.status, devices } });
    lab.settle();
  }

  test.each([
    { name: 'nothing, while they are being prepared', said: undefined, after: 3000, want: [undefined, undefined] },
    { name: 'success', said: 'dra.example.com/ready', after: 3000, want: ['success', 3] },
    { name: 'failure', said: 'dra.example.com/broken', after: 1000, want: ['failure', 1] },
    { name: 'timeout', said: undefined, after: 600_000, want: ['timeout', 600] },
  ])('$name', ({ said, after, want: [status, seconds] }) => {
    const lab = waitingPod();
    lab.advance(after);
    if (said) say(lab, said);
    const labels = `{driver="${DRIVER}",profile="default-scheduler",status="${status}"}`;
    expect(linesOf(lab, 'dra_bindingconditions_allocations_total')).toEqual(
      status ? [`dra_bindingconditions_allocations_total${labels} 1`] : [],
    );
    expect(linesOf(lab, 'dra_bindingconditions_wait_duration_seconds_sum')).toEqual(
      status ? [`dra_bindingconditions_wait_duration_seconds_sum${labels} ${seconds}`] : [],
    );
  });

  test('are counted one by one, and waited for by all devices of the pod', () => {
    const lab = makeSchedulerLab();
    lab.node({ name: 'a' });
    addClass(lab);
    addSlice(lab, { nodeName: 'a', devices: [device(0, prepared), device(1, prepared), device(2)] });
    addClaim(lab, { devices: { requests: [{ name: 'all', exactly: { deviceClassName: 'gpu', allocationMode: 'All' } }] } });
    addPod(lab, 'p');
    lab.settle();
    lab.advance(600_000);
    const labels = `{driver="${DRIVER}",profile="default-scheduler",status="timeout"}`;
    expect([
      ...linesOf(lab, 'dra_bindingconditions_allocations_total'),
      ...linesOf(lab, 'dra_bindingconditions_wait_duration_seconds_count'),
    ]).toEqual([`dra_bindingconditions_allocations_total${labels} 2`, `dra_bindingconditions_wait_duration_seconds_count${labels} 3`]);
  });
});
