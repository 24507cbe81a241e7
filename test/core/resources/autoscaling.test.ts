// The rules, defaults, columns of HorizontalPodAutoscalers, and their two versions.

import { describe, expect, test } from 'vitest';
import { fromV2, toV2 } from '../../../worker/resources/autoscaling/conversion.ts';
import { horizontalPodAutoscalersV1 } from '../../../worker/resources/autoscaling/horizontalpodautoscaler-v1.ts';
import { horizontalPodAutoscalers } from '../../../worker/resources/autoscaling/horizontalpodautoscaler.ts';
import { cells, created, createRules, defaultRules, read, updateRules } from './kind-rules.ts';

type V1 = Parameters<typeof toV2>[0];
type V2 = Parameters<typeof fromV2>[0];

const target = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' };
const hpa = { metadata: { name: 'web' }, spec: { scaleTargetRef: target, minReplicas: 1, maxReplicas: 5 } };
const cpu = (averageUtilization: number) => ({
  type: 'Resource',
  resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization } },
});
const metric = (one: object) => ({ spec: { metrics: [one] } });
const pods = { metric: { name: 'hits' }, target: { type: 'AverageValue', averageValue: '10' } };
const object = { describedObject: { kind: 'Service', name: 'web' }, metric: { name: 'hits' }, target: { type: 'Value', value: '10' } };
const external = { metric: { name: 'queue' }, target: { type: 'Value', value: '10' } };
const container = { name: 'cpu', container: 'app', target: { type: 'Utilization', averageUtilization: 50 } };
const rules = (scaleUp: object) => ({ spec: { behavior: { scaleUp } } });

createRules(horizontalPodAutoscalers, hpa, [
  ['to nothing', { spec: { minReplicas: 0 } }, ...zeroErrors()],
  ['no maximum', { spec: { maxReplicas: 0 } }, 'spec.maxReplicas: Required value: must be set and greater than 0', lessThanMin(0)],
  [
    'a negative maximum',
    { spec: { maxReplicas: -1 } },
    'spec.maxReplicas: Invalid value: -1: must be greater than or equal to 1',
    lessThanMin(-1),
  ],
  ['below the minimum', { spec: { minReplicas: 9 } }, lessThanMin(5)],
  ['no kind', { spec: { scaleTargetRef: { kind: '' } } }, 'spec.scaleTargetRef.kind: Required value'],
  ['no name', { spec: { scaleTargetRef: { name: '' } } }, 'spec.scaleTargetRef.name: Required value'],
  ['a bad kind', { spec: { scaleTargetRef: { kind: '..' } } }, `spec.scaleTargetRef.kind: Invalid value: "..": may not be '..'`],
  ['a bad name', { spec: { scaleTargetRef: { name: 'a/b' } } }, `spec.scaleTargetRef.name: Invalid value: "a/b": may not contain '/'`],
  [
    'no group',
    { spec: { scaleTargetRef: { apiVersion: 'v1' } } },
    'spec.scaleTargetRef.apiVersion: Invalid value: "v1": apiVersion must specify API group',
  ],
  ['no group, but of a ReplicationController', { spec: { scaleTargetRef: { apiVersion: 'v1', kind: 'ReplicationController' } } }],
  [
    'two slashes',
    { spec: { scaleTargetRef: { apiVersion: 'a/b/c' } } },
    'spec.scaleTargetRef.apiVersion: Invalid value: "a/b/c": unexpected GroupVersion string: a/b/c',
  ],
  [
    'a metric of no type',
    metric({}),
    'spec.metrics[0].type: Required value: must specify a metric source type',
    'spec.metrics[0].type: Unsupported value: "": supported values: "ContainerResource", "External", "Object", "Pods", "Resource"',
  ],
  [
    'a metric of an unknown type',
    metric({ type: 'Moon' }),
    'spec.metrics[0].type: Unsupported value: "Moon": supported values: "ContainerResource", "External", "Object", "Pods", "Resource"',
  ],
  ['no source', metric({ type: 'Pods' }), 'spec.metrics[0].pods: Required value: must populate information for the given metric source'],
  [
    'two sources',
    metric({ type: 'Pods', pods, external }),
    'spec.metrics[0].external: Forbidden: must populate the given metric source only',
  ],
  ['pods', metric({ type: 'Pods', pods })],
  [
    'pods without a value',
    metric({ type: 'Pods', pods: { ...pods, target: { type: 'AverageValue' } } }),
    'spec.metrics[0].pods.target.averageValue: Required value: must specify a positive target averageValue',
  ],
  [
    'no metric name',
    metric({ type: 'Pods', pods: { ...pods, metric: { name: '' } } }),
    'spec.metrics[0].pods.metric.name: Required value: must specify a metric name',
  ],
  [
    'a bad metric name',
    metric({ type: 'Pods', pods: { ...pods, metric: { name: 'a%b' } } }),
    `spec.metrics[0].pods.metric.name: Invalid value: "a%b": may not contain '%'`,
  ],
  ['an object', metric({ type: 'Object', object })],
  [
    'an object without a value',
    metric({ type: 'Object', object: { ...object, target: { type: 'Value' } } }),
    'spec.metrics[0].object.target.averageValue: Required value: must set either a target value or averageValue',
  ],
  [
    'an object without a name',
    metric({ type: 'Object', object: { ...object, describedObject: { kind: 'Service', name: '' } } }),
    'spec.metrics[0].object.describedObject.name: Required value',
  ],
  [
    'an external metric without a value',
    metric({ type: 'External', external: { ...external, target: { type: 'Value' } } }),
    'spec.metrics[0].external.target.averageValue: Required value: must set either a target value for metric or a per-pod target',
  ],
  [
    'an external metric of both values',
    metric({ type: 'External', external: { ...external, target: { type: 'Value', value: '1', averageValue: '1' } } }),
    'spec.metrics[0].external.target.value: Forbidden: may not set both a target value for metric and a per-pod target',
  ],
  [
    'a resource without a name',
    metric({ type: 'Resource', resource: { ...cpu(50).resource, name: '' } }),
    'spec.metrics[0].resource.name: Required value: must specify a resource name',
  ],
  [
    'a resource without a target',
    metric({ type: 'Resource', resource: { name: 'cpu', target: { type: '' } } }),
    'spec.metrics[0].resource.target.type: Required value: must specify a metric target type',
    'spec.metrics[0].resource.target.type: Invalid value: "": must be either Utilization, Value, or AverageValue',
    'spec.metrics[0].resource.target.averageUtilization: Required value: must set either a target raw value or a target utilization',
  ],
  [
    'a resource of both targets',
    metric({ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 0, averageValue: '0' } } }),
    'spec.metrics[0].resource.target.averageValue: Invalid value: "0": must be positive',
    'spec.metrics[0].resource.target.averageUtilization: Invalid value: 0: must be greater than 0',
    'spec.metrics[0].resource.target.averageValue: Forbidden: may not set both a target raw value and a target utilization',
  ],
  ['a container', metric({ type: 'ContainerResource', containerResource: container })],
  [
    'a container without a name',
    metric({ type: 'ContainerResource', containerResource: { ...container, container: '' } }),
    'spec.metrics[0].containerResource.container: Required value: must specify a container',
  ],
  [
    'a container of an unknown resource',
    metric({ type: 'ContainerResource', containerResource: { ...container, name: 'moon' } }),
    'spec.metrics[0].containerResource.name: Invalid value: "moon": must be a standard resource type or fully qualified',
    'spec.metrics[0].containerResource.name: Invalid value: "moon": must be a standard resource for containers',
  ],
  [
    'how it scales',
    rules({
      stabilizationWindowSeconds: 3601,
      selectPolicy: 'Most',
      tolerance: '-1',
      policies: [
        { type: 'Pods', value: 0, periodSeconds: 0 },
        { type: 'All', value: 1, periodSeconds: 1801 },
      ],
    }),
    'spec.behavior.scaleUp.stabilizationWindowSeconds: Invalid value: 3601: must be less than or equal to 3600',
    'spec.behavior.scaleUp.selectPolicy: Unsupported value: "Most": supported values: "Disabled", "Max", "Min"',
    'spec.behavior.scaleUp.policies[0].value: Invalid value: 0: must be greater than zero',
    'spec.behavior.scaleUp.policies[0].periodSeconds: Invalid value: 0: must be greater than zero',
    'spec.behavior.scaleUp.policies[1].type: Unsupported value: "All": supported values: "Percent", "Pods"',
    'spec.behavior.scaleUp.policies[1].periodSeconds: Invalid value: 1801: must be less than or equal to 1800',
    'spec.behavior.scaleUp.tolerance: Invalid value: "-1": must be greater than or equal to 0',
  ],
  [
    'a negative window',
    rules({ stabilizationWindowSeconds: -1 }),
    'spec.behavior.scaleUp.stabilizationWindowSeconds: Invalid value: -1: must be greater than or equal to zero',
  ],
]);

function lessThanMin(max: number): string {
  return `spec.maxReplicas: Invalid value: ${max}: must be greater than or equal to \`minReplicas\``;
}

function zeroErrors(): string[] {
  return [
    'spec.minReplicas: Invalid value: 0: must be greater than or equal to 1',
    'spec.metrics: Forbidden: must specify at least one Object or External metric to support scaling to zero replicas',
  ];
}

updateRules(horizontalPodAutoscalers, hpa, [
  ['the target of the same kind', { spec: { scaleTargetRef: { name: 'other' } } }],
  [
    'a target of another kind',
    { spec: { scaleTargetRef: { apiVersion: 'v1', kind: 'Pod' } } },
    'spec.scaleTargetRef.apiVersion: Invalid value: "v1": apiVersion must specify API group',
  ],
]);
updateRules(
  horizontalPodAutoscalers,
  hpa,
  [
    [
      'negative numbers',
      { status: { currentReplicas: -1, desiredReplicas: -2 } },
      'status.currentReplicas: Invalid value: -1: must be greater than or equal to 0',
      'status.desiredReplicas: Invalid value: -2: must be greater than or equal to 0',
    ],
  ],
  'status',
);

const POLICY = { type: 'Percent', value: 100, periodSeconds: 15 };
defaultRules(horizontalPodAutoscalers, [
  ['a metric', { spec: { scaleTargetRef: target, maxReplicas: 5 } }, { spec: { minReplicas: 1, metrics: [cpu(80)] } }],
  [
    'behaviour',
    { spec: { ...hpa.spec, behavior: { scaleDown: { stabilizationWindowSeconds: 7 } } } },
    {
      spec: {
        behavior: {
          scaleUp: {
            stabilizationWindowSeconds: 0,
            selectPolicy: 'Max',
            policies: [{ type: 'Pods', value: 4, periodSeconds: 15 }, POLICY],
          },
          scaleDown: { stabilizationWindowSeconds: 7, selectPolicy: 'Max', policies: [POLICY] },
        },
      },
    },
  ],
]);

describe('columns of an autoscaler', () => {
  const common = { Name: 'web', Reference: 'Deployment/web', MinPods: '1', MaxPods: 5, Replicas: 0, Age: '60s' };

  test('nothing measured yet', () => expect(cells(horizontalPodAutoscalers, hpa)).toEqual({ ...common, Targets: 'cpu: <unknown>/80%' }));
  test('in v1', () =>
    expect(
      cells(horizontalPodAutoscalersV1, {
        ...hpa,
        spec: { ...hpa.spec, targetCPUUtilizationPercentage: 50 },
        status: { currentReplicas: 2 },
      }),
    ).toEqual({ ...common, Replicas: 2, Targets: 'cpu: <unknown>/50%' }));
  test('more metrics than fit', () => {
    const metrics = [
      { type: 'Pods', pods },
      { type: 'Object', object },
      { type: 'External', external },
    ];
    const status = {
      currentReplicas: 3,
      currentMetrics: [{ type: 'Pods', pods: { metric: pods.metric, current: { averageValue: '7' } } }],
    };
    expect(cells(horizontalPodAutoscalers, { ...hpa, spec: { ...hpa.spec, metrics }, status })).toEqual({
      ...common,
      Replicas: 3,
      Targets: '7/10, <unknown>/10 + 1 more...',
    });
  });
});

describe('autoscaling/v1 and v2', () => {
  const metrics = [cpu(50), { type: 'Pods', pods }, { type: 'Object', object }, { type: 'External', external }];
  const status = {
    currentReplicas: 2,
    desiredReplicas: 3,
    currentMetrics: [
      { type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: 40, averageValue: '20m' } } },
      { type: 'Pods', pods: { metric: { name: 'hits' }, current: { averageValue: '7' } } },
    ],
    conditions: [{ type: 'AbleToScale', status: 'True', lastTransitionTime: '2026-01-01T00:00:00Z', reason: 'Ready', message: 'fine' }],
  };
  const rich = created(horizontalPodAutoscalers, {
    metadata: { name: 'web', annotations: { mine: 'yes' } },
    spec: { ...hpa.spec, metrics, behavior: { scaleDown: { stabilizationWindowSeconds: 7 } } },
  }) as V2;
  const whole: V2 = { ...rich, status: status as V2['status'] };

  test('what v1 has no field for is in annotations, with names of its own', () => {
    const { metadata, spec, status: seen } = fromV2(whole);
    expect(spec).toEqual({ ...hpa.spec, targetCPUUtilizationPercentage: 50 });
    expect(seen).toEqual({ currentReplicas: 2, desiredReplicas: 3, currentCPUUtilizationPercentage: 40 });
    const { mine, ...annotations } = metadata.annotations!;
    expect(mine).toBe('yes');
    const P = 'autoscaling.alpha.kubernetes.io/';
    expect(Object.fromEntries(Object.entries(annotations).map(([key, value]) => [key.replace(P, ''), JSON.parse(value)]))).toEqual({
      metrics: [
        { type: 'Pods', pods: { metricName: 'hits', targetAverageValue: '10' } },
        { type: 'Object', object: { target: { kind: 'Service', name: 'web' }, metricName: 'hits', targetValue: '10' } },
        { type: 'External', external: { metricName: 'queue', targetValue: '10' } },
      ],
      'current-metrics': [
        { type: 'Resource', resource: { name: 'cpu', currentAverageUtilization: 40, currentAverageValue: '20m' } },
        { type: 'Pods', pods: { metricName: 'hits', currentAverageValue: '7' } },
      ],
      behavior: {
        ScaleUp: {
          StabilizationWindowSeconds: 0,
          SelectPolicy: 'Max',
          Policies: [
            { Type: 'Pods', Value: 4, PeriodSeconds: 15 },
            { Type: 'Percent', Value: 100, PeriodSeconds: 15 },
          ],
          Tolerance: null,
        },
        ScaleDown: {
          StabilizationWindowSeconds: 7,
          SelectPolicy: 'Max',
          Policies: [{ Type: 'Percent', Value: 100, PeriodSeconds: 15 }],
          Tolerance: null,
        },
      },
      conditions: status.conditions,
    });
  });

  test('nothing is lost on the way there and back; the CPU comes last', () => {
    const back = toV2(fromV2(whole));
    expect(back.metadata.annotations).toEqual({ mine: 'yes' });
    expect(back.spec).toEqual({ ...whole.spec, metrics: [...metrics.slice(1), metrics[0]] });
    expect(back.status).toEqual(status);
  });

  test('annotations that cannot be read count for nothing', () => {
    const annotations = { 'autoscaling.alpha.kubernetes.io/metrics': '{', 'autoscaling.alpha.kubernetes.io/behavior': '[1]' };
    const v1 = read(horizontalPodAutoscalersV1, { ...hpa, metadata: { name: 'web', annotations } }) as V1;
    const { metadata, spec } = toV2(v1);
    expect(metadata.annotations).toBeUndefined();
    expect(spec).toEqual({ ...hpa.spec, metrics: [cpu(80)] });
  });
});
