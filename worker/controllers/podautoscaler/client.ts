// Where an autoscaler gets its numbers: the APIs for metrics, which addons serve. Mirrors pkg/controller/podautoscaler/metrics/client.go, and what the
// clients of these APIs say when there are none.

import type { ClusterApi } from '../../api/controller.ts';
import type { CrossVersionObjectReference } from '../../api/gen/autoscaling-v2.ts';
import type { PodMetrics as PodMetricsObject } from '../../api/gen/metrics-v1beta1.ts';
import type { KubeObject } from '../../api/object.ts';
import type { Resource } from '../../api/resource.ts';
import { labelSelectorOf, matchesLabels } from '../../api/selectors.ts';
import type { LabelSelector, LabelSelectorFields } from '../../api/selectors.ts';
import { StatusError } from '../../api/status.ts';
import { quantityMilliValue } from '../../lib/quantity.ts';
import { parseDuration, timeOf } from '../../lib/time.ts';
import { MetricError } from './calculator.ts';
import type { PodMetric, PodMetrics } from './calculator.ts';

/** custom.metrics.k8s.io: the value of a metric of an object. */
export interface MetricValue extends KubeObject {
  readonly describedObject: { readonly kind: string; readonly namespace?: string; readonly name: string };
  readonly metric: { readonly name: string; readonly selector?: LabelSelectorFields };
  readonly timestamp: string;
  readonly windowSeconds?: number;
  readonly value: string;
}

/** external.metrics.k8s.io: the value of something that is no object. */
export interface ExternalMetricValue extends KubeObject {
  readonly metricName: string;
  readonly metricLabels: Record<string, string>;
  readonly timestamp: string;
  readonly value: string;
}

const DEFAULT_WINDOW_MS = 60_000;

/** What each pod uses of a resource, or one container of it. */
export function resourceMetrics(
  api: ClusterApi,
  namespace: string,
  selector: LabelSelector,
  resource: string,
  container: string,
): PodMetrics {
  const all = fetch('resource', () => {
    const served = api.resourceOf('metrics.k8s.io', 'PodMetrics') as Resource<PodMetricsObject> | undefined;
    if (!served) throw new MetricError('the server could not find the requested resource (get pods.metrics.k8s.io)');
    return api.list(served, { namespace, selector });
  });
  const out = new Map<string, PodMetric>();
  for (const pod of all) {
    const value = usageOf(pod, resource, container);
    if (value !== undefined)
      out.set(pod.metadata.name, { value, timestamp: timeOf(pod.timestamp), windowMs: parseDuration(pod.window) ?? DEFAULT_WINDOW_MS });
  }
  return out;
}

/** Undefined if it is not known of a container: then nothing is known of the pod. */
function usageOf({ metadata, containers }: PodMetricsObject, resource: string, container: string): number | undefined {
  if (container) {
    const one = containers?.find(({ name }) => name === container);
    if (!one) throw new MetricError(`container ${container} not present in metrics for pod ${metadata.namespace}/${metadata.name}`);
    return one.usage?.[resource] === undefined ? undefined : quantityMilliValue(one.usage[resource]);
  }
  let total = 0;
  for (const { usage } of containers ?? []) {
    if (usage?.[resource] === undefined) return undefined;
    total += quantityMilliValue(usage[resource]);
  }
  return total;
}

/** A metric of each of the pods. */
export function podMetrics(api: ClusterApi, namespace: string, names: ReadonlySet<string>, metric: string): PodMetrics {
  const all = fetch('custom', () => {
    const found = customValues(api, namespace, metric).filter(({ describedObject: of }) => of.kind === 'Pod' && names.has(of.name));
    if (!found.length) throw new MetricError(`the server could not find the metric ${metric} for pods`);
    return found;
  });
  return new Map(
    all.map(({ describedObject, value, timestamp, windowSeconds }) => [
      describedObject.name,
      {
        value: quantityMilliValue(value),
        timestamp: timeOf(timestamp),
        windowMs: windowSeconds === undefined ? DEFAULT_WINDOW_MS : windowSeconds * 1000,
      },
    ]),
  );
}

/** A metric of another object. */
export function objectMetric(
  api: ClusterApi,
  namespace: string,
  { kind, name, apiVersion = '' }: CrossVersionObjectReference,
  metric: string,
): number {
  const [found] = fetch('custom', () => {
    const values = customValues(api, namespace, metric).filter(({ describedObject: of }) => of.kind === kind && of.name === name);
    if (!values.length) {
      const group = apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';
      const resource = api.resourceOf(group, kind)?.resource ?? kind.toLowerCase();
      throw new MetricError(`the server could not find the metric ${metric} for ${resource}${group && `.${group}`} ${name}`);
    }
    return values;
  });
  return quantityMilliValue(found!.value);
}

/** The values of something outside; they count together. */
export function externalMetric(api: ClusterApi, namespace: string, metric: string, selector: LabelSelectorFields | undefined): number {
  const labels = selector ? labelSelectorOf(selector) : undefined;
  const values = fetch('external', () => {
    const served = api.resourceOf('external.metrics.k8s.io', 'ExternalMetricValue') as Resource<ExternalMetricValue> | undefined;
    if (!served) throw new MetricError(`the server could not find the requested resource (get ${metric}.external.metrics.k8s.io)`);
    return api
      .list(served, { namespace })
      .filter(({ metricName, metricLabels }) => metricName === metric && (!labels || matchesLabels(labels, metricLabels)));
  });
  return values.reduce((sum, { value }) => sum + quantityMilliValue(value), 0);
}

function customValues(api: ClusterApi, namespace: string, metric: string): MetricValue[] {
  const served = api.resourceOf('custom.metrics.k8s.io', 'MetricValue') as Resource<MetricValue> | undefined;
  if (!served) throw new MetricError('no custom metrics API (custom.metrics.k8s.io) registered');
  return api.list(served, { namespace }).filter((one) => one.metric.name === metric);
}

function fetch<T>(which: 'resource' | 'custom' | 'external', ask: () => T[]): T[] {
  let items: T[];
  try {
    items = ask();
  } catch (error) {
    if (!(error instanceof MetricError) && !(error instanceof StatusError)) throw error;
    throw new MetricError(`unable to fetch metrics from ${which} metrics API: ${error.message}`);
  }
  if (!items.length) throw new MetricError(`no metrics returned from ${which} metrics API`);
  return items;
}

/** Go's `%+v` of a metric's selector. */
export function selectorText(selector: LabelSelectorFields | undefined): string {
  if (!selector) return 'nil';
  const labels = Object.entries(selector.matchLabels ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  const expressions = (selector.matchExpressions ?? []).map(
    ({ key, operator, values }) => `LabelSelectorRequirement{Key:${key},Operator:${operator},Values:[${(values ?? []).join(' ')}],}`,
  );
  return `&LabelSelector{MatchLabels:map[string]string{${labels.map(([key, value]) => `${key}: ${value},`).join('')}},MatchExpressions:[]LabelSelectorRequirement{${expressions.map((one) => `${one},`).join('')}},}`;
}
