// What the scheduler counts of its work, since its process started. Mirrors kube-scheduler metrics/metrics.go.
// Differs: how long its own work takes is left out, since a decision takes no time here; and how often each plugin was asked, since it is not asked anew what it
// has said already.

import type { DeviceRequestAllocationResult } from '../api/gen/resource-v1.ts';
import { Histogram, Sums } from '../lib/metrics.ts';
import type { Metric, Sample } from '../lib/metrics.ts';
import type { QueuedPod } from './queued-pod.ts';

const doubling = (first: number, count: number): number[] => Array.from({ length: count }, (_, i) => first * 2 ** i);

/** Attempts are told apart up to this. */
const MANY_ATTEMPTS = 15;

/** Where pods enter the queue, as it is told. */
export type QueueName = 'active' | 'backoff' | 'unschedulable';

/** How things stand when somebody asks. */
export interface SchedulerGauges {
  readonly cache: Readonly<Record<'nodes' | 'pods' | 'assumed_pods', number>>;
  readonly pending: Readonly<Record<QueueName | 'gated', number>>;
  /** Those that were refused and have not been tried again since. */
  readonly rejected: Iterable<QueuedPod>;
}

export class SchedulerMetrics {
  readonly #attempts = new Sums();
  readonly #incoming = new Sums();
  readonly #preemptions = new Sums();
  readonly #victims = new Histogram(doubling(1, 7));
  readonly #attemptsOfPods = new Histogram(doubling(1, 5));
  readonly #waits = new Histogram(doubling(0.01, 20));
  readonly #afterFlush = new Sums();
  readonly #rooms = new Sums();
  readonly #claims = new Sums();
  readonly #preparations = new Sums();
  readonly #preparationTimes = new Histogram(doubling(0.1, 14));

  attempted(profile: string, result: 'scheduled' | 'unschedulable' | 'error'): void {
    this.#attempts.add({ profile, result });
  }

  entered(queue: QueueName, event: string): void {
    this.#incoming.add({ event, queue });
  }

  preemptionTried(): void {
    this.#preemptions.add({});
  }

  preempted(victims: number): void {
    this.#victims.observe({}, victims);
  }

  /** Room was to be made for a pod. */
  roomMade(result: 'success' | 'error'): void {
    this.#rooms.add({ result });
  }

  /** Makes a claim, and counts whether it could be made. */
  claimCreated<T>(create: () => T): T {
    let status = 'failure';
    try {
      const made = create();
      status = 'success';
      return made;
    } finally {
      this.#claims.add({ status });
    }
  }

  /** Devices had to be prepared for a pod: what came of it after so many ms. `devices`: all that the pod has. */
  devicesPrepared(profile: string, devices: readonly DeviceRequestAllocationResult[], status: string, ms: number): void {
    for (const { driver, bindingConditions } of devices) {
      if (bindingConditions?.length) this.#preparations.add({ driver, profile, status });
      this.#preparationTimes.observe({ driver, profile, status }, ms / 1000);
    }
  }

  bound({ attempts, since, wasFlushed }: QueuedPod, now: number): void {
    this.#attemptsOfPods.observe({}, attempts);
    if (since !== undefined)
      this.#waits.observe({ attempts: attempts < MANY_ATTEMPTS ? String(attempts) : `${MANY_ATTEMPTS}+` }, (now - since) / 1000);
    if (wasFlushed) this.#afterFlush.add({});
  }

  /** `minor` is the release: metrics become more stable with time. */
  list({ cache, pending, rejected: pods }: SchedulerGauges, minor: number): Metric[] {
    const rejected = new Sums();
    for (const { rejectors, profile } of pods) for (const plugin of new Set(rejectors)) rejected.add({ plugin, profile });
    return [
      metric(
        'cache_size',
        'gauge',
        'Number of nodes, pods, and assumed (bound) pods in the scheduler cache.',
        Object.entries(cache).map(([type, count]) => [{ type }, count]),
        'ALPHA',
      ),
      ...(minor >= 36 ? this.#preparationMetrics() : []),
      metric(
        'pending_pods',
        'gauge',
        "Number of pending pods, by the queue type. 'active' means number of pods in activeQ; 'backoff' means number of pods in backoffQ; 'unschedulable' means number of pods in unschedulablePods that the scheduler attempted to schedule and failed; 'gated' is the number of unschedulable pods that the scheduler never attempted to schedule because they are gated.",
        Object.entries(pending).map(([queue, count]) => [{ queue }, count]),
      ),
      metric(
        'pod_scheduled_after_flush_total',
        'counter',
        'Number of pods that were successfully scheduled after being flushed from unschedulablePods due to timeout. This metric helps detect potential queueing hint misconfigurations or event handling issues.',
        this.#afterFlush.samples(),
        'ALPHA',
      ),
      metric('pod_scheduling_attempts', 'histogram', 'Number of attempts to successfully schedule a pod.', this.#attemptsOfPods.samples()),
      metric(
        'pod_scheduling_sli_duration_seconds',
        'histogram',
        'E2e latency for a pod being scheduled, from the time the pod enters the scheduling queue and might involve multiple scheduling attempts.',
        this.#waits.samples(),
        'BETA',
      ),
      metric('preemption_attempts_total', 'counter', 'Total preemption attempts in the cluster till now', this.#preemptions.samples()),
      metric(
        'preemption_goroutines_execution_total',
        'counter',
        'Number of preemption goroutines executed.',
        this.#rooms.samples(),
        'ALPHA',
      ),
      metric('preemption_victims', 'histogram', 'Number of selected preemption victims', this.#victims.samples()),
      metric(
        'queue_incoming_pods_total',
        'counter',
        'Number of pods added to scheduling queues by event and queue type.',
        this.#incoming.samples(),
      ),
      metric(
        'resourceclaim_creates_total',
        'counter',
        'Number of ResourceClaims creation requests within scheduler',
        this.#claims.samples(),
        'ALPHA',
      ),
      metric(
        'schedule_attempts_total',
        'counter',
        "Number of attempts to schedule pods, by the result. 'unschedulable' means a pod could not be scheduled, while 'error' means an internal scheduler problem.",
        this.#attempts.samples(),
      ),
      metric(
        'unschedulable_pods',
        'gauge',
        'The number of unschedulable pods broken down by plugin name. A pod will increment the gauge for all plugins that caused it to not schedule and so this metric have meaning only when broken down by plugin.',
        rejected.samples(),
        minor >= 36 ? 'BETA' : 'ALPHA',
      ),
    ];
  }

  #preparationMetrics(): Metric[] {
    return [
      metric(
        'dra_bindingconditions_allocations_total',
        'counter',
        'Number of allocations using devices with BindingConditions, counted per driver per scheduling attempt',
        this.#preparations.samples(),
        'ALPHA',
      ),
      metric(
        'dra_bindingconditions_wait_duration_seconds',
        'histogram',
        'Time in seconds spent waiting for BindingConditions to be satisfied during PreBind.',
        this.#preparationTimes.samples(),
        'ALPHA',
      ),
    ];
  }
}

const metric = (name: string, type: Metric['type'], help: string, samples: Sample[], stability?: Metric['stability']): Metric => ({
  name: `scheduler_${name}`,
  help,
  type,
  samples,
  ...(stability && { stability }),
});
