// The rules of HorizontalPodAutoscalers. Mirrors pkg/apis/autoscaling/validation.

import { forbiddenField, invalidField, notSupported, requiredField } from '../../api/field-error.ts';
import type { FieldError } from '../../api/field-error.ts';
import type { CrossVersionObjectReference, HorizontalPodAutoscaler, HPAScalingRules } from '../../api/gen/autoscaling-v2.ts';
import { nonNegativeQuantity } from '../validation/values.ts';
import { validateMetric } from './metric-validation.ts';
import { apiVersionProblem, validateReference } from './reference.ts';
import type { ReferenceRules } from './reference.ts';

const MAX_PERIOD = 1800;
const MAX_STABILIZATION = 3600;

export function validateAutoscaler({ spec }: HorizontalPodAutoscaler, old: HorizontalPodAutoscaler | undefined): FieldError[] {
  const { minReplicas: min, maxReplicas: max, scaleTargetRef: target, metrics = [], behavior } = spec;
  // Scaling to nothing is off (gate HPAScaleToZero): only what does so already may go on.
  const lowest = old?.spec.minReplicas === 0 ? 0 : 1;
  const errors: FieldError[] = [];
  if (min !== undefined && min < lowest) errors.push(invalidField('spec.minReplicas', min, `must be greater than or equal to ${lowest}`));
  if (max === 0) errors.push(requiredField('spec.maxReplicas', 'must be set and greater than 0'));
  else if (max < 0) errors.push(invalidField('spec.maxReplicas', max, 'must be greater than or equal to 1'));
  if (min !== undefined && max < min) errors.push(invalidField('spec.maxReplicas', max, 'must be greater than or equal to `minReplicas`'));
  errors.push(...validateReference(target, 'spec.scaleTargetRef', targetRules(target, old?.spec.scaleTargetRef)));
  const rules = { any: hasBadMetricReference(old), emptyGroup: true };
  for (const [i, metric] of metrics.entries()) errors.push(...validateMetric(metric, rules, `spec.metrics[${i}]`));
  if (min === 0 && !metrics.some(({ type }) => type === 'Object' || type === 'External'))
    errors.push(forbiddenField('spec.metrics', 'must specify at least one Object or External metric to support scaling to zero replicas'));
  return [
    ...errors,
    ...validateScaling(behavior?.scaleUp, 'spec.behavior.scaleUp'),
    ...validateScaling(behavior?.scaleDown, 'spec.behavior.scaleDown'),
  ];
}

function targetRules(target: CrossVersionObjectReference, old: CrossVersionObjectReference | undefined): ReferenceRules {
  const any = old !== undefined && old.apiVersion === target.apiVersion && old.kind === target.kind;
  return { any, emptyGroup: target.kind === 'ReplicationController' };
}

const hasBadMetricReference = (old: HorizontalPodAutoscaler | undefined): boolean =>
  (old?.spec.metrics ?? []).some(
    ({ type, object }) =>
      type === 'Object' && object && apiVersionProblem(object.describedObject.apiVersion, { any: false, emptyGroup: true }) !== undefined,
  );

function validateScaling(rules: HPAScalingRules | undefined, path: string): FieldError[] {
  if (!rules) return [];
  const { stabilizationWindowSeconds: window, selectPolicy, policies = [], tolerance } = rules;
  const errors: FieldError[] = [];
  const at = `${path}.stabilizationWindowSeconds`;
  if (window !== undefined && window < 0) errors.push(invalidField(at, window, 'must be greater than or equal to zero'));
  if (window !== undefined && window > MAX_STABILIZATION)
    errors.push(invalidField(at, window, `must be less than or equal to ${MAX_STABILIZATION}`));
  const words = ['Disabled', 'Max', 'Min'];
  if (selectPolicy !== undefined && !words.includes(selectPolicy)) errors.push(notSupported(`${path}.selectPolicy`, selectPolicy, words));
  if (!policies.length) errors.push(requiredField(`${path}.policies`, 'must specify at least one Policy'));
  for (const [i, policy] of policies.entries()) errors.push(...validatePolicy(policy, `${path}.policies[${i}]`));
  if (tolerance !== undefined) errors.push(...nonNegativeQuantity(tolerance, `${path}.tolerance`));
  return errors;
}

function validatePolicy(
  { type, value, periodSeconds: period }: NonNullable<HPAScalingRules['policies']>[number],
  path: string,
): FieldError[] {
  const errors: FieldError[] = [];
  if (type !== 'Pods' && type !== 'Percent') errors.push(notSupported(`${path}.type`, type, ['Percent', 'Pods']));
  if (value <= 0) errors.push(invalidField(`${path}.value`, value, 'must be greater than zero'));
  if (period <= 0) errors.push(invalidField(`${path}.periodSeconds`, period, 'must be greater than zero'));
  if (period > MAX_PERIOD) errors.push(invalidField(`${path}.periodSeconds`, period, `must be less than or equal to ${MAX_PERIOD}`));
  return errors;
}
