// HorizontalPodAutoscalers, as they are stored. Mirrors pkg/registry/autoscaling/horizontalpodautoscaler and pkg/apis/autoscaling/v2.

import type { FieldError } from '../../api/field-error.ts';
import type { HorizontalPodAutoscaler, HPAScalingRules, MetricSpec } from '../../api/gen/autoscaling-v2.ts';
import { defineResource } from '../../api/resource.ts';
import { builtinType } from '../schema/index.ts';
import { keepStatus, resetStatus } from '../strategy.ts';
import { nonNegative } from '../validation/values.ts';
import { autoscalerColumns } from './columns.ts';
import { validateAutoscaler } from './validation.ts';

const schema = builtinType('autoscaling.v2.HorizontalPodAutoscaler');
export const DEFAULT_UTILIZATION = 80;

export const horizontalPodAutoscalers = defineResource<HorizontalPodAutoscaler>({
  group: 'autoscaling',
  version: 'v2',
  resource: 'horizontalpodautoscalers',
  kind: 'HorizontalPodAutoscaler',
  namespaced: true,
  shortNames: ['hpa'],
  categories: ['all'],
  schema,
  default: ({ spec }) => {
    spec.minReplicas ??= 1;
    if (!spec.metrics?.length) spec.metrics = [cpuMetric(DEFAULT_UTILIZATION)];
    if (spec.behavior)
      spec.behavior = {
        scaleUp: withDefaults(spec.behavior.scaleUp, SCALE_UP),
        scaleDown: withDefaults(spec.behavior.scaleDown, SCALE_DOWN),
      };
  },
  prepareForCreate: (autoscaler) => resetStatus(autoscaler, schema),
  prepareForUpdate: keepStatus,
  validate: (autoscaler) => validateAutoscaler(autoscaler, undefined),
  validateUpdate: validateAutoscaler,
  subresources: {
    status: {
      type: 'object',
      verbs: ['get', 'patch', 'update'],
      validateUpdate: (autoscaler) => validateStatus((autoscaler as HorizontalPodAutoscaler).status),
    },
  },
  columns: autoscalerColumns,
});

/** What an autoscaler looks at if it is told nothing else, and what v1 can say. */
export const cpuMetric = (averageUtilization: number): MetricSpec => ({
  type: 'Resource',
  resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization } },
});

const PERIOD = 15;
const SCALE_UP: HPAScalingRules = {
  stabilizationWindowSeconds: 0,
  selectPolicy: 'Max',
  policies: [
    { type: 'Pods', value: 4, periodSeconds: PERIOD },
    { type: 'Percent', value: 100, periodSeconds: PERIOD },
  ],
};
/** How long it waits to scale down is the controller's to say. */
const SCALE_DOWN: HPAScalingRules = { selectPolicy: 'Max', policies: [{ type: 'Percent', value: 100, periodSeconds: PERIOD }] };

function withDefaults(rules: HPAScalingRules | undefined, defaults: HPAScalingRules): HPAScalingRules {
  const { stabilizationWindowSeconds, selectPolicy, policies = [], tolerance } = { ...defaults, ...rules };
  return {
    ...(stabilizationWindowSeconds !== undefined && { stabilizationWindowSeconds }),
    ...(selectPolicy !== undefined && { selectPolicy }),
    ...(policies.length && { policies: policies.map((policy) => ({ ...policy })) }),
    ...(tolerance !== undefined && { tolerance }),
  };
}

const validateStatus = ({ currentReplicas, desiredReplicas }: HorizontalPodAutoscaler['status']): FieldError[] => [
  ...nonNegative(currentReplicas, 'status.currentReplicas'),
  ...nonNegative(desiredReplicas, 'status.desiredReplicas'),
];
