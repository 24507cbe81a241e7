// The rules of what an autoscaler looks at. Mirrors pkg/apis/autoscaling/validation.

import { forbiddenField, invalidField, notSupported, requiredField } from '../../api/field-error.ts';
import type { FieldError } from '../../api/field-error.ts';
import type {
  ContainerResourceMetricSource,
  MetricIdentifier,
  MetricSpec,
  MetricTarget,
  ResourceMetricSource,
} from '../../api/gen/autoscaling-v2.ts';
import { pathSegmentProblems } from '../../lib/names.ts';
import { compareQuantities } from '../../lib/quantity.ts';
import { validateContainerResourceName } from '../core/pod/resources.ts';
import { dnsLabel, problems } from '../validation/values.ts';
import { validateReference } from './reference.ts';
import type { ReferenceRules } from './reference.ts';

const TYPES = ['ContainerResource', 'External', 'Object', 'Pods', 'Resource'];
/** In the order that upstream looks for them: only the first that is there is checked. */
const SOURCES = ['object', 'external', 'pods', 'resource', 'containerResource'] as const;
type Source = (typeof SOURCES)[number];

export function validateMetric(metric: MetricSpec, rules: ReferenceRules, path: string): FieldError[] {
  const errors: FieldError[] = metric.type ? [] : [requiredField(`${path}.type`, 'must specify a metric source type')];
  if (!TYPES.includes(metric.type)) errors.push(notSupported(`${path}.type`, metric.type, TYPES));
  const present = SOURCES.filter((name) => metric[name]);
  if (present[0]) errors.push(...validateSource(metric, present[0], rules, `${path}.${present[0]}`));
  const expected = TYPES.includes(metric.type) ? ((metric.type.charAt(0).toLowerCase() + metric.type.slice(1)) as Source) : undefined;
  if (expected && !metric[expected])
    errors.push(requiredField(`${path}.${expected}`, 'must populate information for the given metric source'));
  if (present.length !== 1)
    for (const name of present)
      if (name !== expected) errors.push(forbiddenField(`${path}.${name}`, 'must populate the given metric source only'));
  return errors;
}

function validateSource(metric: MetricSpec, source: Source, rules: ReferenceRules, path: string): FieldError[] {
  switch (source) {
    case 'object': {
      const { describedObject, metric: identifier, target } = metric.object!;
      return [
        ...validateReference(describedObject, `${path}.describedObject`, rules),
        ...validateIdentifier(identifier, path),
        ...validateTarget(target, path),
        ...(target.value === undefined && target.averageValue === undefined
          ? [requiredField(`${path}.target.averageValue`, 'must set either a target value or averageValue')]
          : []),
      ];
    }
    case 'external': {
      const { metric: identifier, target } = metric.external!;
      return [
        ...validateIdentifier(identifier, path),
        ...validateTarget(target, path),
        ...(target.value === undefined && target.averageValue === undefined
          ? [requiredField(`${path}.target.averageValue`, 'must set either a target value for metric or a per-pod target')]
          : []),
        ...(target.value !== undefined && target.averageValue !== undefined
          ? [forbiddenField(`${path}.target.value`, 'may not set both a target value for metric and a per-pod target')]
          : []),
      ];
    }
    case 'pods': {
      const { metric: identifier, target } = metric.pods!;
      return [
        ...validateIdentifier(identifier, path),
        ...validateTarget(target, path),
        ...(target.averageValue === undefined
          ? [requiredField(`${path}.target.averageValue`, 'must specify a positive target averageValue')]
          : []),
      ];
    }
    case 'resource':
      return [...requireName(metric.resource!, path), ...validateResourceTarget(metric.resource!.target, path)];
    case 'containerResource':
      return validateContainerSource(metric.containerResource!, path);
  }
}

const requireName = ({ name }: ResourceMetricSource, path: string): FieldError[] =>
  name ? [] : [requiredField(`${path}.name`, 'must specify a resource name')];

function validateContainerSource(source: ContainerResourceMetricSource, path: string): FieldError[] {
  const { name, container, target } = source;
  return [
    ...(name ? validateContainerResourceName(name, `${path}.name`) : requireName(source, path)),
    ...(container ? dnsLabel(container, `${path}.container`) : [requiredField(`${path}.container`, 'must specify a container')]),
    ...validateResourceTarget(target, path),
  ];
}

function validateResourceTarget(target: MetricTarget, path: string): FieldError[] {
  const errors = validateTarget(target, path);
  const [value, utilization] = [target.averageValue !== undefined, target.averageUtilization !== undefined];
  if (!value && !utilization)
    errors.push(requiredField(`${path}.target.averageUtilization`, 'must set either a target raw value or a target utilization'));
  if (value && utilization)
    errors.push(forbiddenField(`${path}.target.averageValue`, 'may not set both a target raw value and a target utilization'));
  return errors;
}

function validateTarget({ type, value, averageValue, averageUtilization }: MetricTarget, path: string): FieldError[] {
  const at = `${path}.target`;
  const errors: FieldError[] = type ? [] : [requiredField(`${at}.type`, 'must specify a metric target type')];
  if (type !== 'Utilization' && type !== 'Value' && type !== 'AverageValue')
    errors.push(invalidField(`${at}.type`, type, 'must be either Utilization, Value, or AverageValue'));
  if (value !== undefined && compareQuantities(value, '0') <= 0) errors.push(invalidField(`${at}.value`, value, 'must be positive'));
  if (averageValue !== undefined && compareQuantities(averageValue, '0') <= 0)
    errors.push(invalidField(`${at}.averageValue`, averageValue, 'must be positive'));
  if (averageUtilization !== undefined && averageUtilization < 1)
    errors.push(invalidField(`${at}.averageUtilization`, averageUtilization, 'must be greater than 0'));
  return errors;
}

const validateIdentifier = ({ name }: MetricIdentifier, path: string): FieldError[] =>
  name
    ? problems(name, pathSegmentProblems(name), `${path}.metric.name`)
    : [requiredField(`${path}.metric.name`, 'must specify a metric name')];
