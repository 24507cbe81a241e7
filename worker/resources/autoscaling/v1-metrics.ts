// Metrics in the form that autoscaling/v1 keeps in annotations, there and back. Mirrors pkg/apis/autoscaling/v1/conversion.go.

import type {
  CrossVersionObjectReference,
  HorizontalPodAutoscalerCondition,
  MetricIdentifier,
  MetricSpec,
  MetricStatus,
  MetricTarget,
} from '../../api/gen/autoscaling-v2.ts';
import { list, number, optional, quantity, record, text } from './read.ts';

/** Fields that are not there are left out. */
function present<T extends object>(fields: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as never;
}

export function specToV1({ type, object, pods, resource, containerResource, external }: MetricSpec): object {
  return present({
    type,
    object:
      object &&
      present({
        target: object.describedObject,
        metricName: object.metric.name,
        targetValue: object.target.value ?? '0',
        selector: object.metric.selector,
        averageValue: object.target.averageValue,
      }),
    pods:
      pods &&
      present({ metricName: pods.metric.name, targetAverageValue: pods.target.averageValue ?? '0', selector: pods.metric.selector }),
    resource:
      resource &&
      present({
        name: resource.name,
        targetAverageUtilization: resource.target.averageUtilization,
        targetAverageValue: resource.target.averageValue,
      }),
    containerResource:
      containerResource &&
      present({
        name: containerResource.name,
        targetAverageUtilization: containerResource.target.averageUtilization,
        targetAverageValue: containerResource.target.averageValue,
        container: containerResource.container,
      }),
    external:
      external &&
      present({
        metricName: external.metric.name,
        metricSelector: external.metric.selector,
        targetValue: external.target.value,
        targetAverageValue: external.target.averageValue,
      }),
  });
}

export function specFromV1(value: unknown): MetricSpec {
  const given = record(value);
  const object = optional(given['object'], record);
  const pods = optional(given['pods'], record);
  const resource = optional(given['resource'], record);
  const containerResource = optional(given['containerResource'], record);
  const external = optional(given['external'], record);
  return present({
    type: text(given['type']),
    object: object && {
      describedObject: reference(object['target']),
      target: objectTarget(quantity(object['targetValue']), optional(object['averageValue'], quantity)),
      metric: identifier(object['metricName'], object['selector']),
    },
    pods: pods && {
      metric: identifier(pods['metricName'], pods['selector']),
      target: { type: 'AverageValue', averageValue: quantity(pods['targetAverageValue']) },
    },
    resource: resource && { name: text(resource['name']), target: resourceTarget(resource) },
    containerResource: containerResource && {
      name: text(containerResource['name']),
      target: resourceTarget(containerResource),
      container: text(containerResource['container']),
    },
    external: external && {
      metric: identifier(external['metricName'], external['metricSelector']),
      target: externalTarget(external),
    },
  }) as MetricSpec;
}

const objectTarget = (value: string, averageValue: string | undefined): MetricTarget =>
  averageValue === undefined ? { type: 'Value', value } : { type: 'AverageValue', ...(value !== '0' && { value }), averageValue };

function resourceTarget(source: Record<string, unknown>): MetricTarget {
  const averageValue = optional(source['targetAverageValue'], quantity);
  const averageUtilization = optional(source['targetAverageUtilization'], number);
  return present({
    type: averageUtilization === undefined ? 'AverageValue' : 'Utilization',
    averageValue,
    averageUtilization,
  }) as MetricTarget;
}

function externalTarget(source: Record<string, unknown>): MetricTarget {
  const value = optional(source['targetValue'], quantity);
  return present({
    type: value === undefined ? 'AverageValue' : 'Value',
    value,
    averageValue: optional(source['targetAverageValue'], quantity),
  }) as MetricTarget;
}

function reference(value: unknown): CrossVersionObjectReference {
  const given = record(value);
  const apiVersion = text(given['apiVersion']);
  return { kind: text(given['kind']), name: text(given['name']), ...(apiVersion && { apiVersion }) };
}

function identifier(name: unknown, selector: unknown): MetricIdentifier {
  const given = optional(selector, readSelector);
  return { name: text(name), ...(given && { selector: given }) };
}

function readSelector(value: unknown): NonNullable<MetricIdentifier['selector']> {
  const given = record(value);
  const matchLabels = Object.entries(record(given['matchLabels'])).map(([key, one]) => [key, text(one)] as const);
  const matchExpressions = list(given['matchExpressions']).map((one) => {
    const { key, operator, values } = record(one);
    const all = list(values).map(text);
    return { key: text(key), operator: text(operator), ...(all.length && { values: all }) };
  });
  return {
    ...(matchLabels.length && { matchLabels: Object.fromEntries(matchLabels) }),
    ...(matchExpressions.length && { matchExpressions }),
  };
}

export function statusToV1({ type, object, pods, resource, containerResource, external }: MetricStatus): object {
  return present({
    type,
    object:
      object &&
      present({
        target: object.describedObject,
        metricName: object.metric.name,
        currentValue: object.current.value ?? '0',
        selector: object.metric.selector,
        averageValue: object.current.averageValue,
      }),
    pods:
      pods &&
      present({ metricName: pods.metric.name, currentAverageValue: pods.current.averageValue ?? '0', selector: pods.metric.selector }),
    resource:
      resource &&
      present({
        name: resource.name,
        currentAverageUtilization: resource.current.averageUtilization,
        currentAverageValue: resource.current.averageValue ?? '0',
      }),
    containerResource:
      containerResource &&
      present({
        name: containerResource.name,
        currentAverageUtilization: containerResource.current.averageUtilization,
        currentAverageValue: containerResource.current.averageValue ?? '0',
        container: containerResource.container,
      }),
    external:
      external &&
      present({
        metricName: external.metric.name,
        metricSelector: external.metric.selector,
        currentValue: external.current.value ?? '0',
        currentAverageValue: external.current.averageValue,
      }),
  });
}

export function statusFromV1(value: unknown): MetricStatus {
  const given = record(value);
  const object = optional(given['object'], record);
  const pods = optional(given['pods'], record);
  const resource = optional(given['resource'], record);
  const containerResource = optional(given['containerResource'], record);
  const external = optional(given['external'], record);
  return present({
    type: text(given['type']),
    object: object && {
      metric: identifier(object['metricName'], object['selector']),
      current: present({ value: quantity(object['currentValue']), averageValue: optional(object['averageValue'], quantity) }),
      describedObject: reference(object['target']),
    },
    pods: pods && {
      metric: identifier(pods['metricName'], pods['selector']),
      current: { averageValue: quantity(pods['currentAverageValue']) },
    },
    resource: resource && { name: text(resource['name']), current: resourceStatus(resource) },
    containerResource: containerResource && {
      name: text(containerResource['name']),
      current: resourceStatus(containerResource),
      container: text(containerResource['container']),
    },
    external: external && {
      metric: identifier(external['metricName'], external['metricSelector']),
      current: present({
        value: quantity(external['currentValue']),
        averageValue: optional(external['currentAverageValue'], quantity),
      }),
    },
  }) as MetricStatus;
}

const resourceStatus = (source: Record<string, unknown>): object =>
  present({
    averageValue: quantity(source['currentAverageValue']),
    averageUtilization: optional(source['currentAverageUtilization'], number),
  });

export function conditionFromV1(value: unknown): HorizontalPodAutoscalerCondition {
  const { type, status, lastTransitionTime, reason, message } = record(value);
  return {
    type: text(type),
    status: text(status),
    lastTransitionTime: optional(lastTransitionTime, text) ?? null,
    ...(text(reason) && { reason: text(reason) }),
    ...(text(message) && { message: text(message) }),
  };
}
