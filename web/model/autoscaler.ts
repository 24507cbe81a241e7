// What an autoscaler looks at, and what it makes of it, in the words of `kubectl get hpa`.

import type { MetricSpec, MetricStatus, MetricTarget, MetricValueStatus } from '../../worker/api/gen/autoscaling-v2.ts';
import type { HorizontalPodAutoscaler, ObjectRef } from '../cluster/kinds.ts';

export interface Measure {
  readonly name: string;
  /** '' if it is not known. */
  readonly current: string;
  readonly target: string;
}

const groupOf = (apiVersion: string): string => (apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '');

/** Those that set the replicas of an object. More than one are at odds. */
export const scalersOf = (
  all: readonly HorizontalPodAutoscaler[],
  { apiVersion, kind, namespace, name }: ObjectRef,
): HorizontalPodAutoscaler[] =>
  all.filter(({ metadata, spec: { scaleTargetRef: of } }) => {
    const isSame = of.kind === kind && of.name === name && (metadata.namespace ?? '') === namespace;
    return isSame && groupOf(of.apiVersion ?? '') === groupOf(apiVersion);
  });

export const targetOf = ({ metadata, spec: { scaleTargetRef: of } }: HorizontalPodAutoscaler): ObjectRef => ({
  apiVersion: of.apiVersion ?? 'v1',
  kind: of.kind,
  namespace: metadata.namespace ?? '',
  name: of.name,
});

/** How many it wants: as many as there are, as long as it has not found out anything. Its status says 0 then, which it wants of those only that may go so low. */
export const wantedReplicas = ({ spec: { minReplicas = 1 }, status }: HorizontalPodAutoscaler): number =>
  status.desiredReplicas || (minReplicas === 0 ? 0 : (status.currentReplicas ?? 0));

/** What is known may be of other metrics for a moment after a change. */
export function measuresOf({ spec, status }: HorizontalPodAutoscaler): Measure[] {
  const known = status.currentMetrics ?? [];
  return (spec.metrics ?? []).map((metric, i) => measureOf(metric, known[i]?.type === metric.type ? known[i] : undefined));
}

function measureOf(metric: MetricSpec, status: MetricStatus | undefined): Measure {
  const { resource, containerResource, pods, object, external } = metric;
  if (resource) return { name: resource.name, ...values(resource.target, status?.resource?.current) };
  if (containerResource)
    return {
      name: `${containerResource.container}: ${containerResource.name}`,
      ...values(containerResource.target, status?.containerResource?.current),
    };
  if (pods) return { name: pods.metric.name, ...values(pods.target, status?.pods?.current) };
  if (object) {
    const { kind, name } = object.describedObject;
    return { name: `${object.metric.name} (${kind.toLowerCase()}/${name})`, ...values(object.target, status?.object?.current) };
  }
  if (external) return { name: external.metric.name, ...values(external.target, status?.external?.current) };
  return { name: metric.type, current: '', target: '' };
}

function values(target: MetricTarget, now: MetricValueStatus | undefined): Pick<Measure, 'current' | 'target'> {
  if (target.averageUtilization !== undefined)
    return { current: now?.averageUtilization === undefined ? '' : `${now.averageUtilization}%`, target: `${target.averageUtilization}%` };
  if (target.averageValue !== undefined) return { current: now?.averageValue ?? '', target: `${target.averageValue} (avg)` };
  return { current: now?.value ?? '', target: target.value ?? '' };
}
