// How many replicas a metric asks for: from what pods use and what they are to use. Mirrors pkg/controller/podautoscaler/replica_calculator.go and
// metrics/utilization.go. All amounts are thousandths.

import type { Pod } from '../../api/gen/core-v1.ts';
import { isTerminating } from '../../api/object.ts';
import { quantityMilliValue } from '../../lib/quantity.ts';
import { timeOf } from '../../lib/time.ts';
import { isReady, podCondition } from '../../resources/core/pod-state.ts';

/** Between `1 - down` and `1 + up` of the target, nothing is done. */
export interface Tolerances {
  readonly down: number;
  readonly up: number;
}

export interface PodMetric {
  readonly value: number;
  /** When it was taken (ms), and over how long. */
  readonly timestamp: number;
  readonly windowMs: number;
}

/** How long a young pod's use of CPU is not believed, and how late a pod may first become ready (ms). */
export interface Patience {
  readonly cpuInitialization: number;
  readonly initialReadiness: number;
}

/** By the names of the pods. */
export type PodMetrics = ReadonlyMap<string, PodMetric>;

export interface Proposal {
  readonly replicas: number;
  /** On average. */
  readonly usage: number;
  /** In percent of what is requested, if that was asked for. */
  readonly utilization?: number;
}

/** What keeps a metric from being used. Its message goes into conditions and events. */
export class MetricError extends Error {}

export const CPU_INITIALIZATION_MS = 5 * 60_000;
export const INITIAL_READINESS_DELAY_MS = 30_000;
const MAX_INT32 = 2 ** 31 - 1;

const isWithin = ({ down, up }: Tolerances, ratio: number): boolean => 1 - down <= ratio && ratio <= 1 + up;

export const replicasFor = (count: number): number => Math.min(Math.ceil(count), MAX_INT32);

interface Question {
  readonly pods: readonly Pod[];
  readonly metrics: PodMetrics;
  readonly current: number;
  readonly tolerances: Tolerances;
  readonly patience: Patience;
  readonly now: number;
  /** '' for what is no resource. */
  readonly resource: string;
}

/** By use in percent of what the pods request. */
export function byUtilization(question: Question & { readonly target: number; readonly container: string }): Proposal {
  const { pods, resource, container, target } = question;
  const requests = (): ReadonlyMap<string, number> => new Map(pods.map((pod) => [pod.metadata.name, requestOf(pod, container, resource)]));
  let known: ReadonlyMap<string, number>;
  const measure = (metrics: PodMetrics): Measured => {
    known ??= requests();
    let [used, requested] = [0, 0];
    for (const [name, { value }] of metrics) {
      const request = known.get(name);
      if (request === undefined) continue;
      used += value;
      requested += request;
    }
    if (requested === 0) throw new MetricError('no metrics returned matched known pods');
    const utilization = Math.trunc((used * 100) / requested);
    return { ratio: utilization / target, utilization, usage: Math.trunc(used / metrics.size) };
  };
  const whole = Math.max(100, target);
  return propose(question, measure, (name) => Math.trunc((known.get(name)! * whole) / 100));
}

/** By an amount that each pod is to use on average. */
export function byUsage(question: Question & { readonly target: number }): Proposal {
  const { target } = question;
  const measure = (metrics: PodMetrics): Measured => {
    let used = 0;
    for (const { value } of metrics.values()) used += value;
    const usage = Math.trunc(used / metrics.size);
    return { ratio: usage / target, usage };
  };
  return propose(question, measure, () => target);
}

interface Measured {
  readonly ratio: number;
  readonly usage: number;
  readonly utilization?: number;
}

/** `full` is what a pod without a metric is taken to use when that would hold a scaling down back. */
function propose(
  { pods, metrics: given, current, tolerances, patience, now, resource }: Question,
  measure: (metrics: PodMetrics) => Measured,
  full: (name: string) => number,
): Proposal {
  if (!pods.length) throw new MetricError('no pods returned by selector while calculating replica count');
  const { ready, unready, missing, ignored } = groupPods(pods, given, resource, now, patience);
  const metrics = new Map(given);
  for (const name of [...ignored, ...unready]) metrics.delete(name);
  if (!metrics.size) throw new MetricError('did not receive metrics for targeted pods (pods might be unready)');

  const { ratio, ...measured } = measure(metrics);
  const stay = { replicas: current, ...measured };
  const upWithUnready = unready.length > 0 && ratio > 1;
  if (!upWithUnready && !missing.length) return isWithin(tolerances, ratio) ? stay : { replicas: replicasFor(ratio * ready), ...measured };

  const add = (name: string, value: number): unknown => metrics.set(name, { value, timestamp: now, windowMs: 0 });
  if (ratio < 1) for (const name of missing) add(name, full(name));
  else if (ratio > 1) for (const name of missing) add(name, 0);
  if (upWithUnready) for (const name of unready) add(name, 0);

  const { ratio: again } = measure(metrics);
  if (isWithin(tolerances, again) || (ratio < 1 && again > 1) || (ratio > 1 && again < 1)) return stay;
  const replicas = replicasFor(again * metrics.size);
  if ((again < 1 && replicas > current) || (again > 1 && replicas < current)) return stay;
  return { replicas, ...measured };
}

/** By a value of something else, which is to come to `target`: more ready pods are taken to bring it down. */
export function byValue(
  value: number,
  target: number,
  { pods, current, tolerances }: Pick<Question, 'pods' | 'current' | 'tolerances'>,
): Proposal {
  const ratio = value / target;
  if (current === 0) return { replicas: replicasFor(ratio), usage: value };
  if (isWithin(tolerances, ratio)) return { replicas: current, usage: value };
  if (!pods.length) throw new MetricError('unable to calculate ready pods: no pods returned by selector while calculating replica count');
  const ready = pods.filter((pod) => pod.status.phase === 'Running' && isReady(pod)).length;
  return { replicas: replicasFor(ratio * ready), usage: value };
}

/** By a value of something else, of which each pod is to have `target`. */
export function byValuePerPod(value: number, target: number, statusReplicas: number, tolerances: Tolerances): Proposal {
  const isNear = isWithin(tolerances, value / (target * statusReplicas));
  return {
    replicas: isNear ? statusReplicas : replicasFor(value / target),
    usage: statusReplicas ? Math.ceil(value / statusReplicas) : value,
  };
}

interface Groups {
  readonly ready: number;
  readonly unready: readonly string[];
  readonly missing: readonly string[];
  readonly ignored: readonly string[];
}

export function groupPods(pods: readonly Pod[], metrics: PodMetrics, resource: string, now: number, patience: Patience): Groups {
  let ready = 0;
  const [unready, missing, ignored]: [string[], string[], string[]] = [[], [], []];
  for (const pod of pods) {
    const { name } = pod.metadata;
    const metric = metrics.get(name);
    if (isTerminating(pod) || pod.status.phase === 'Failed') ignored.push(name);
    else if (pod.status.phase === 'Pending') unready.push(name);
    else if (!metric) missing.push(name);
    else if (resource === 'cpu' && isStarting(pod, metric, now, patience)) unready.push(name);
    else ready++;
  }
  return { ready, unready, missing, ignored };
}

/** What a pod uses while it starts says nothing of what it will need. */
function isStarting(pod: Pod, metric: PodMetric, now: number, patience: Patience): boolean {
  const condition = podCondition(pod, 'Ready');
  if (!condition || !pod.status.startTime) return true;
  const [start, changed] = [timeOf(pod.status.startTime), timeOf(condition.lastTransitionTime)];
  const isUnready = condition.status === 'False';
  if (start + patience.cpuInitialization > now) return isUnready || metric.timestamp < changed + metric.windowMs;
  return isUnready && start + patience.initialReadiness > changed;
}

/** Of a container, of the pod as a whole if it says so, or of all its containers together. */
function requestOf({ metadata, spec }: Pod, container: string, resource: string): number {
  const ofPod = container ? undefined : spec.resources?.requests;
  if (ofPod && Object.keys(ofPod).length) {
    if (ofPod[resource] === undefined) throw new MetricError(`missing pod-level request for ${resource} in Pod ${metadata.name}`);
    return quantityMilliValue(ofPod[resource]);
  }
  const sidecars = (spec.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === 'Always');
  let total = 0;
  for (const { name, resources } of [...spec.containers, ...sidecars]) {
    if (container && container !== name) continue;
    const request = resources?.requests?.[resource];
    if (request === undefined) throw new MetricError(`missing request for ${resource} in container ${name} of Pod ${metadata.name}`);
    total += quantityMilliValue(request);
    if (container) return total;
  }
  if (container) throw new MetricError(`container ${container} not found in Pod ${metadata.name}`);
  return total;
}
