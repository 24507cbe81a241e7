// PodMetrics: what pods use, as an addon measures it. Mirrors metrics-server pkg/api.

import type { PodMetrics } from '../../api/gen/metrics-v1beta1.ts';
import { column, defineResource, NAME_COLUMN } from '../../api/resource.ts';
import type { Resource, ResourceSource } from '../../api/resource.ts';
import { addQuantities } from '../../lib/quantity.ts';
import { builtinType } from '../schema/index.ts';

export const podMetricsFrom = (source: ResourceSource<PodMetrics>): Resource<PodMetrics> =>
  defineResource<PodMetrics>({
    group: 'metrics.k8s.io',
    version: 'v1beta1',
    resource: 'pods',
    kind: 'PodMetrics',
    singular: '',
    namespaced: true,
    schema: builtinType('metrics.v1beta1.PodMetrics'),
    bucket: 'metrics.k8s.io/pods',
    verbs: ['get', 'list'],
    source,
    columns: [
      NAME_COLUMN,
      column('cpu', (pod) => total(pod, 'cpu')),
      column('memory', (pod) => total(pod, 'memory')),
      column('Window', ({ window }) => window),
    ],
  });

const total = ({ containers }: PodMetrics, resource: string): string =>
  containers.reduce((sum, { usage }) => addQuantities(sum, usage[resource]), '0');
