import { defineResource, STATUS } from '../../api/resource.ts';
import type { HorizontalPodAutoscaler } from '../../api/gen/autoscaling-v2.ts';
import { builtinType } from '../schema/index.ts';

export const horizontalPodAutoscalers = defineResource<HorizontalPodAutoscaler>({
  group: 'autoscaling',
  version: 'v2',
  resource: 'horizontalpodautoscalers',
  kind: 'HorizontalPodAutoscaler',
  namespaced: true,
  shortNames: ['hpa'],
  categories: ['all'],
  schema: builtinType('autoscaling.v2.HorizontalPodAutoscaler'),
  subresources: {
    status: STATUS,
  },
});
