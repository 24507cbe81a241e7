// Between autoscaling/v1 and v2. What v1 has no field for (other metrics, behaviour, conditions) it shows as JSON in annotations, which are read back.
// Mirrors pkg/apis/autoscaling/v1/conversion.go.

import type { HorizontalPodAutoscaler as V1 } from '../../api/gen/autoscaling-v1.ts';
import type {
  HorizontalPodAutoscaler as V2,
  HorizontalPodAutoscalerBehavior,
  HorizontalPodAutoscalerCondition,
  HPAScalingRules,
  MetricSpec,
  MetricStatus,
} from '../../api/gen/autoscaling-v2.ts';
import { goJson } from '../../lib/go-format.ts';
import { goForm } from '../go-form.ts';
import { cpuMetric, DEFAULT_UTILIZATION } from './horizontalpodautoscaler.ts';
import { list, number, optional, quantity, record, text } from './read.ts';
import { conditionFromV1, specFromV1, specToV1, statusFromV1, statusToV1 } from './v1-metrics.ts';

const PREFIX = 'autoscaling.alpha.kubernetes.io/';
const ANNOTATIONS = {
  metrics: `${PREFIX}metrics`,
  currentMetrics: `${PREFIX}current-metrics`,
  conditions: `${PREFIX}conditions`,
  behavior: `${PREFIX}behavior`,
};
const OWN: ReadonlySet<string> = new Set([...Object.values(ANNOTATIONS), `${PREFIX}scale-down-tolerance`, `${PREFIX}scale-up-tolerance`]);

/** The metric that v1 has a field for. */
const utilizationOf = ({ type, resource }: MetricSpec): number | undefined =>
  type === 'Resource' && resource?.name === 'cpu' ? resource.target.averageUtilization : undefined;

export function fromV2({ metadata, spec, status }: V2): V1 {
  const metrics = spec.metrics ?? [];
  const others = metrics.filter((metric) => utilizationOf(metric) === undefined);
  const utilization = metrics.map(utilizationOf).find((value) => value !== undefined);
  const currentMetrics = status.currentMetrics ?? [];
  const current = currentMetrics
    .filter(({ type, resource }) => type === 'Resource' && resource?.name === 'cpu')
    .map(({ resource }) => resource!.current.averageUtilization)
    .findLast((value) => value !== undefined);
  const annotations = {
    ...withoutOwn(metadata.annotations),
    ...(others.length && { [ANNOTATIONS.metrics]: goJson(others.map(specToV1)) }),
    ...(currentMetrics.length && { [ANNOTATIONS.currentMetrics]: goJson(currentMetrics.map(statusToV1)) }),
    ...(spec.behavior && {
      [ANNOTATIONS.behavior]: goJson(goForm('autoscaling.v2.HorizontalPodAutoscalerBehavior', spec.behavior)),
    }),
    ...(status.conditions?.length && { [ANNOTATIONS.conditions]: goJson(status.conditions) }),
  };
  return {
    kind: 'HorizontalPodAutoscaler',
    apiVersion: 'autoscaling/v1',
    metadata: withAnnotations(metadata, annotations),
    spec: {
      scaleTargetRef: spec.scaleTargetRef,
      ...(spec.minReplicas !== undefined && { minReplicas: spec.minReplicas }),
      maxReplicas: spec.maxReplicas,
      ...(utilization !== undefined && { targetCPUUtilizationPercentage: utilization }),
    },
    status: {
      ...(status.observedGeneration !== undefined && { observedGeneration: status.observedGeneration }),
      ...(status.lastScaleTime !== undefined && { lastScaleTime: status.lastScaleTime }),
      currentReplicas: status.currentReplicas ?? 0,
      desiredReplicas: status.desiredReplicas,
      ...(current !== undefined && { currentCPUUtilizationPercentage: current }),
    },
  };
}

export function toV2({ metadata, spec, status }: V1): V2 {
  const annotations = metadata.annotations ?? {};
  const { targetCPUUtilizationPercentage: utilization } = spec;
  const cpu = utilization === undefined ? [] : [cpuMetric(utilization)];
  const others = readAnnotation(annotations[ANNOTATIONS.metrics], (value) => list(value).map(specFromV1));
  const metrics = [...(others ?? []), ...cpu];
  const behavior = readAnnotation(annotations[ANNOTATIONS.behavior], readBehavior);
  const { currentCPUUtilizationPercentage: current } = status;
  const currentMetrics =
    readAnnotation(annotations[ANNOTATIONS.currentMetrics], (value) => list(value).map(statusFromV1)) ??
    (current === undefined ? [] : [cpuStatus(current)]);
  const conditions: HorizontalPodAutoscalerCondition[] | undefined = readAnnotation(annotations[ANNOTATIONS.conditions], (value) =>
    list(value).map(conditionFromV1),
  );
  return {
    kind: 'HorizontalPodAutoscaler',
    apiVersion: 'autoscaling/v2',
    metadata: withAnnotations(metadata, withoutOwn(annotations)),
    spec: {
      scaleTargetRef: spec.scaleTargetRef,
      ...(spec.minReplicas !== undefined && { minReplicas: spec.minReplicas }),
      maxReplicas: spec.maxReplicas,
      metrics: metrics.length ? metrics : [cpuMetric(DEFAULT_UTILIZATION)],
      ...(behavior && { behavior }),
    },
    status: {
      ...(status.observedGeneration !== undefined && { observedGeneration: status.observedGeneration }),
      ...(status.lastScaleTime !== undefined && { lastScaleTime: status.lastScaleTime }),
      ...(status.currentReplicas && { currentReplicas: status.currentReplicas }),
      desiredReplicas: status.desiredReplicas,
      currentMetrics: currentMetrics.length ? currentMetrics : null,
      ...(conditions?.length && { conditions }),
    },
  };
}

const cpuStatus = (averageUtilization: number): MetricStatus => ({
  type: 'Resource',
  resource: { name: 'cpu', current: { averageUtilization } },
});

const withoutOwn = (annotations: Record<string, string> = {}): Record<string, string> =>
  Object.fromEntries(Object.entries(annotations).filter(([key]) => !OWN.has(key)));

/** Metadata in its order, with other annotations; the one given stays as it is. */
function withAnnotations<T extends { annotations?: Record<string, string> }>(metadata: T, annotations: Record<string, string>): T {
  const next = { ...metadata };
  if (Object.keys(annotations).length) next.annotations = annotations;
  else delete next.annotations;
  return next;
}

/** What cannot be read is passed over, as upstream does. */
function readAnnotation<T>(annotation: string | undefined, read: (value: unknown) => T): T | undefined {
  if (annotation === undefined) return undefined;
  try {
    return read(JSON.parse(annotation));
  } catch {
    return undefined;
  }
}

/** Behaviour is written with Go's field names; Go reads them in any case. */
function readBehavior(value: unknown): HorizontalPodAutoscalerBehavior | undefined {
  const { scaleup, scaledown } = lowerKeys(value);
  const [scaleUp, scaleDown] = [optional(scaleup, readRules), optional(scaledown, readRules)];
  return scaleUp || scaleDown ? { ...(scaleUp && { scaleUp }), ...(scaleDown && { scaleDown }) } : undefined;
}

function readRules(value: unknown): HPAScalingRules {
  const given = lowerKeys(value);
  const window = optional(given['stabilizationwindowseconds'], number);
  const select = optional(given['selectpolicy'], text);
  const policies = (optional(given['policies'], list) ?? []).map((one) => {
    const policy = lowerKeys(one);
    return { type: text(policy['type']), value: number(policy['value']), periodSeconds: number(policy['periodseconds']) };
  });
  const tolerance = optional(given['tolerance'], quantity);
  return {
    ...(window !== undefined && { stabilizationWindowSeconds: window }),
    ...(select !== undefined && { selectPolicy: select }),
    ...(policies.length && { policies }),
    ...(tolerance !== undefined && { tolerance }),
  };
}

const lowerKeys = (value: unknown): Record<string, unknown> =>
  Object.fromEntries(Object.entries(record(value)).map(([key, one]) => [key.toLowerCase(), one]));
