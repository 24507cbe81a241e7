// HorizontalPodAutoscalers as autoscaling/v1 sees them: a target of CPU usage; all else is in annotations. Mirrors pkg/apis/autoscaling/v1.

import { defineResource, STATUS } from '../../api/resource.ts';
import type { HorizontalPodAutoscaler } from '../../api/gen/autoscaling-v1.ts';
import type { HorizontalPodAutoscaler as Stored } from '../../api/gen/autoscaling-v2.ts';
import { builtinType } from '../schema/index.ts';
import { autoscalerColumns } from './columns.ts';
import { fromV2, toV2 } from './conversion.ts';

export const horizontalPodAutoscalersV1 = defineResource<HorizontalPodAutoscaler>({
  group: 'autoscaling',
  version: 'v1',
  resource: 'horizontalpodautoscalers',
  kind: 'HorizontalPodAutoscaler',
  namespaced: true,
  shortNames: ['hpa'],
  categories: ['all'],
  schema: builtinType('autoscaling.v1.HorizontalPodAutoscaler'),
  default: ({ spec }) => {
    spec.minReplicas ??= 1;
  },
  conversion: {
    stored: { group: 'autoscaling', version: 'v2', resource: 'horizontalpodautoscalers' },
    toStored: toV2,
    fromStored: (stored) => fromV2(stored as Stored),
  },
  subresources: { status: STATUS },
  columns: autoscalerColumns.map((column) => ({ ...column, value: (object, now) => column.value(toV2(object), now) })),
});
