import { defineResource, STATUS } from '../../api/resource.ts';
import type { HorizontalPodAutoscaler } from '../../api/gen/autoscaling-v1.ts';
import { builtinType } from '../schema/index.ts';

export const horizontalPodAutoscalersV1 = defineResource<HorizontalPodAutoscaler>({
  group: 'autoscaling',
  version: 'v1',
  resource: 'horizontalpodautoscalers',
  kind: 'HorizontalPodAutoscaler',
  namespaced: true,
  shortNames: ['hpa'],
  categories: ['all'],
  schema: builtinType('autoscaling.v1.HorizontalPodAutoscaler'),
  subresources: {
    status: STATUS,
  },
});
