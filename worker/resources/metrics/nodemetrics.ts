// NodeMetrics: what nodes use, as an addon measures it. Mirrors metrics-server pkg/api.

import type { NodeMetrics } from '../../api/gen/metrics-v1beta1.ts';
import { column, defineResource, NAME_COLUMN } from '../../api/resource.ts';
import type { Resource, ResourceSource } from '../../api/resource.ts';
import { builtinType } from '../schema/index.ts';

export const nodeMetricsFrom = (source: ResourceSource<NodeMetrics>): Resource<NodeMetrics> =>
  defineResource<NodeMetrics>({
    group: 'metrics.k8s.io',
    version: 'v1beta1',
    resource: 'nodes',
    kind: 'NodeMetrics',
    singular: '',
    namespaced: false,
    schema: builtinType('metrics.v1beta1.NodeMetrics'),
    bucket: 'metrics.k8s.io/nodes',
    verbs: ['get', 'list'],
    source,
    columns: [
      NAME_COLUMN,
      column('cpu', ({ usage }) => usage.cpu),
      column('memory', ({ usage }) => usage.memory),
      column('Window', ({ window }) => window),
    ],
  });
