// One metric of an autoscaler: how many replicas it asks for, and what the status says of it. Mirrors computeReplicasForMetric and its kin in
// pkg/controller/podautoscaler/horizontal.go.

import type { ClusterApi } from '../../api/controller.ts';
import type { HorizontalPodAutoscaler, MetricSpec, MetricStatus, MetricTarget, MetricValueStatus } from '../../api/gen/autoscaling-v2.ts';
import type { Pod } from '../../api/gen/core-v1.ts';
import type { LabelSelector } from '../../api/selectors.ts';
import { formatQuantity, quantityMilliValue } from '../../lib/quantity.ts';
import { byUsage, byUtilization, byValue, byValuePerPod, MetricError } from './calculator.ts';
import type { Patience, Tolerances } from './calculator.ts';
import { externalMetric, objectMetric, podMetrics, resourceMetrics, selectorText } from './client.ts';

export interface MetricContext {
  readonly api: ClusterApi;
  readonly now: number;
  readonly namespace: string;
  readonly selector: LabelSelector;
  readonly pods: readonly Pod[];
  /** Of the scale: what is wanted, and what there is. */
  readonly specReplicas: number;
  readonly statusReplicas: number;
  readonly tolerances: Tolerances;
  readonly patience: Patience;
}

export interface MetricResult {
  readonly replicas: number;
  /** As a reason names it. */
  readonly name: string;
  readonly status: MetricStatus;
}

/** Why a metric says nothing: `reason` and the message are of the event and the condition; `summary` is said of the autoscaler as a whole. */
export class MetricFailure extends Error {
  readonly reason: string;
  readonly summary: string;
  constructor(reason: string, message: string, summary: string) {
    super(message);
    this.reason = reason;
    this.summary = summary;
  }
}

export const DEFAULT_TOLERANCE = 0.1;

export const tolerancesOf = ({ spec: { behavior } }: HorizontalPodAutoscaler, fallback: number): Tolerances => {
  const of = (tolerance: string | undefined): number => (tolerance === undefined ? fallback : quantityMilliValue(tolerance) / 1000);
  return { down: of(behavior?.scaleDown?.tolerance), up: of(behavior?.scaleUp?.tolerance) };
};

/** Throws MetricFailure. */
export function askMetric(spec: MetricSpec, context: MetricContext): MetricResult {
  switch (spec.type) {
    case 'Resource': {
      const { name, target } = spec.resource!;
      const told = (message: string): string => `failed to get ${name} resource metric value: ${message}`;
      return attempt('FailedGetResourceMetric', told, () => {
        const { current, ...rest } = ofResource(name, target, '', context);
        return { ...rest, status: { type: spec.type, resource: { name, current } } };
      });
    }
    case 'ContainerResource': {
      const { name, target, container } = spec.containerResource!;
      const told = (message: string): string => `failed to get ${container} container metric value: ${message}`;
      return attempt('FailedGetContainerResourceMetric', told, () => {
        const { current, ...rest } = ofResource(name, target, container, context);
        return { ...rest, status: { type: spec.type, containerResource: { name, current, container } } };
      });
    }
    case 'Pods':
      return attempt(
        'FailedGetPodsMetric',
        (message) => `failed to get pods metric value: ${message}`,
        () => ofPods(spec, context),
      );
    case 'Object':
      return attempt(
        'FailedGetObjectMetric',
        (message) => `failed to get object metric value: ${message}`,
        () => ofObject(spec, context),
      );
    case 'External': {
      const told = (message: string): string => `failed to get ${spec.external!.metric.name} external metric value: ${message}`;
      return attempt('FailedGetExternalMetric', told, () => ofExternal(spec, context));
    }
    default: {
      const message = `unknown metric source type ${JSON.stringify(spec.type)}`;
      throw new MetricFailure('InvalidMetricSourceType', message, message);
    }
  }
}

function attempt(reason: string, told: (message: string) => string, ask: () => MetricResult): MetricResult {
  try {
    return ask();
  } catch (error) {
    if (!(error instanceof MetricError)) throw error;
    // What was found out is told of the metric; a few sources say more in the summary alone.
    const { message } = error;
    throw new MetricFailure(reason, error instanceof Detailed ? error.bare : message, told(message));
  }
}

/** Its event leaves out what its summary adds. */
class Detailed extends MetricError {
  readonly bare: string;
  constructor(bare: string, message: string) {
    super(message);
    this.bare = bare;
  }
}

const said = <T>(prefix: string, ask: () => T): T => {
  try {
    return ask();
  } catch (error) {
    throw error instanceof MetricError ? new MetricError(`${prefix}${error.message}`) : error;
  }
};

const added = <T>(prefix: string, ask: () => T): T => {
  try {
    return ask();
  } catch (error) {
    throw error instanceof MetricError ? new Detailed(error.message, `${prefix}${error.message}`) : error;
  }
};

interface OfResource {
  readonly replicas: number;
  readonly name: string;
  readonly current: MetricValueStatus;
}

function ofResource(name: string, target: MetricTarget, container: string, context: MetricContext): OfResource {
  const { api, namespace, selector, pods, specReplicas: current, tolerances, patience, now } = context;
  const metrics = (): ReturnType<typeof resourceMetrics> =>
    said(`unable to get metrics for resource ${name}: `, () => resourceMetrics(api, namespace, selector, name, container));
  const question = { pods, current, tolerances, patience, now, resource: name };
  const { averageValue, averageUtilization } = target;
  if (averageValue !== undefined) {
    const { replicas, usage } = said(`failed to get ${name} usage: `, () =>
      byUsage({ ...question, metrics: metrics(), target: quantityMilliValue(averageValue) }),
    );
    return { replicas, name: `${name} resource`, current: { averageValue: milli(usage) } };
  }
  if (averageUtilization === undefined)
    throw new MetricError(
      'invalid resource metric source: neither an average utilization target nor an average value (usage) target was set',
    );
  const { replicas, usage, utilization } = said(`failed to get ${name} utilization: `, () =>
    byUtilization({ ...question, metrics: metrics(), target: averageUtilization, container }),
  );
  return {
    replicas,
    name: `${name} ${container && 'container '}resource utilization (percentage of request)`,
    current: { averageValue: milli(usage), ...(utilization !== undefined && { averageUtilization: utilization }) },
  };
}

function ofPods({ type, pods: source }: MetricSpec, context: MetricContext): MetricResult {
  const { metric, target } = source!;
  const { api, namespace, pods, specReplicas: current, tolerances, patience, now } = context;
  const names = new Set(pods.map(({ metadata }) => metadata.name));
  const metrics = said(`unable to get metric ${metric.name}: `, () => podMetrics(api, namespace, names, metric.name));
  const question = { pods, current, tolerances, patience, now, resource: '', metrics, target: quantityMilliValue(target.averageValue) };
  const { replicas, usage } = byUsage(question);
  return {
    replicas,
    name: `pods metric ${metric.name}`,
    status: { type, pods: { metric: identifierOf(metric), current: { averageValue: milli(usage) } } },
  };
}

function ofObject({ type, object: source }: MetricSpec, context: MetricContext): MetricResult {
  const { metric, target, describedObject } = source!;
  const { api, namespace, statusReplicas, specReplicas: current, tolerances } = context;
  const value = (): number =>
    said(`unable to get metric ${metric.name}: ${describedObject.kind} on ${namespace} ${describedObject.name}/`, () =>
      objectMetric(api, namespace, describedObject, metric.name),
    );
  const status = (now: MetricValueStatus, described: typeof describedObject): MetricStatus => ({
    type,
    object: { metric: identifierOf(metric), current: now, describedObject: described },
  });
  if (target.type === 'Value' && target.value !== undefined) {
    const { replicas, usage } = byValue(value(), quantityMilliValue(target.value), { ...context, current });
    return { replicas, name: `${describedObject.kind} metric ${metric.name}`, status: status({ value: milli(usage) }, describedObject) };
  }
  if (target.type === 'AverageValue' && target.averageValue !== undefined) {
    const wanted = quantityMilliValue(target.averageValue);
    const found = added(`failed to get ${metric.name} object metric: `, value);
    const { replicas, usage } = byValuePerPod(found, wanted, statusReplicas, tolerances);
    const nobody = { kind: '', name: '' };
    return {
      replicas,
      name: `external metric ${metric.name}(${selectorText(metric.selector)})`,
      status: status({ averageValue: milli(usage) }, nobody),
    };
  }
  throw new MetricError('invalid object metric source: neither a value target nor an average value target was set');
}

function ofExternal({ type, external: source }: MetricSpec, context: MetricContext): MetricResult {
  const { metric, target } = source!;
  const { api, namespace, statusReplicas, specReplicas: current, tolerances } = context;
  const text = selectorText(metric.selector);
  const value = (): number =>
    said(`unable to get external metric ${namespace}/${metric.name}/${text}: `, () =>
      externalMetric(api, namespace, metric.name, metric.selector),
    );
  const result = (replicas: number, now: MetricValueStatus): MetricResult => ({
    replicas,
    name: `external metric ${metric.name}(${text})`,
    status: { type, external: { metric: identifierOf(metric), current: now } },
  });
  if (target.averageValue !== undefined) {
    const found = added(`failed to get ${metric.name} external metric: `, value);
    const { replicas, usage } = byValuePerPod(found, quantityMilliValue(target.averageValue), statusReplicas, tolerances);
    return result(replicas, { averageValue: milli(usage) });
  }
  if (target.value !== undefined) {
    const { value: wanted } = target;
    const { replicas, usage } = added(`failed to get external metric ${metric.name}: `, () =>
      byValue(value(), quantityMilliValue(wanted), { ...context, current }),
    );
    return result(replicas, { value: milli(usage) });
  }
  throw new MetricError('invalid external metric source: neither a value target nor an average value target was set');
}

const identifierOf = ({
  name,
  selector,
}: {
  name: string;
  selector?: MetricStatusSelector;
}): { name: string; selector?: MetricStatusSelector } => ({
  name,
  ...(selector && { selector }),
});
type MetricStatusSelector = NonNullable<NonNullable<MetricStatus['pods']>['metric']['selector']>;

/** Thousandths as a quantity. */
const milli = (value: number): string => formatQuantity({ nanos: BigInt(Math.trunc(value)) * 1_000_000n, format: 'DecimalSI' });
