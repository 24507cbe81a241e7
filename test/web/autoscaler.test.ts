import { describe, expect, test } from 'vitest';
import type { HorizontalPodAutoscaler } from '../../web/cluster/kinds.ts';
import { measuresOf, scalersOf, targetOf, wantedReplicas } from '../../web/model/autoscaler.ts';

const autoscaler = (spec: object, currentMetrics?: readonly object[], namespace = 'default'): HorizontalPodAutoscaler =>
  ({
    metadata: { name: 'web', namespace },
    spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' }, maxReplicas: 5, ...spec },
    status: { currentMetrics: currentMetrics ?? null },
  }) as unknown as HorizontalPodAutoscaler;

describe('whose replicas it sets', () => {
  const ref = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'default', name: 'web' };
  test.each([
    { name: 'its target', of: ref, want: 1 },
    { name: 'its target, in another version', of: { ...ref, apiVersion: 'apps/v1beta1' }, want: 1 },
    { name: 'of the same name in another group', of: { ...ref, apiVersion: 'example.com/v1' }, want: 0 },
    { name: 'of the same name elsewhere', of: { ...ref, namespace: 'other' }, want: 0 },
    { name: 'of another kind', of: { ...ref, kind: 'StatefulSet' }, want: 0 },
  ])('$name: $want', ({ of, want }) => {
    expect(scalersOf([autoscaler({})], of)).toHaveLength(want);
  });

  test('and back', () => {
    expect(targetOf(autoscaler({}))).toEqual(ref);
  });
});

describe('how many it wants', () => {
  test.each([
    { name: 'more', spec: {}, status: { currentReplicas: 2, desiredReplicas: 4 }, want: 4 },
    { name: 'as many as there are, while it knows nothing', spec: {}, status: { currentReplicas: 2, desiredReplicas: 0 }, want: 2 },
    { name: 'none', spec: { minReplicas: 0 }, status: { currentReplicas: 2, desiredReplicas: 0 }, want: 0 },
    { name: 'none of none', spec: {}, status: { desiredReplicas: 0 }, want: 0 },
  ])('$name', ({ spec, status, want }) => {
    expect(wantedReplicas({ ...autoscaler(spec), status } as unknown as HorizontalPodAutoscaler)).toBe(want);
  });
});

test.each([
  {
    name: 'a resource, in parts of what is requested',
    metric: { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } } },
    status: { type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: 120, averageValue: '120m' } } },
    want: { name: 'cpu', current: '120%', target: '50%' },
  },
  {
    name: 'one that nobody could measure',
    metric: { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } } },
    want: { name: 'cpu', current: '', target: '50%' },
  },
  {
    name: 'a resource, as it is',
    metric: { type: 'Resource', resource: { name: 'memory', target: { type: 'AverageValue', averageValue: '64Mi' } } },
    status: { type: 'Resource', resource: { name: 'memory', current: { averageValue: '70Mi' } } },
    want: { name: 'memory', current: '70Mi', target: '64Mi (avg)' },
  },
  {
    name: 'of a container',
    metric: {
      type: 'ContainerResource',
      containerResource: { name: 'cpu', container: 'app', target: { type: 'Utilization', averageUtilization: 60 } },
    },
    status: { type: 'ContainerResource', containerResource: { name: 'cpu', container: 'app', current: { averageUtilization: 6 } } },
    want: { name: 'app: cpu', current: '6%', target: '60%' },
  },
  {
    name: 'of pods',
    metric: { type: 'Pods', pods: { metric: { name: 'packets' }, target: { type: 'AverageValue', averageValue: '1k' } } },
    status: { type: 'Pods', pods: { metric: { name: 'packets' }, current: { averageValue: '1200' } } },
    want: { name: 'packets', current: '1200', target: '1k (avg)' },
  },
  {
    name: 'of another object',
    metric: {
      type: 'Object',
      object: { metric: { name: 'hits' }, describedObject: { kind: 'Ingress', name: 'main' }, target: { type: 'Value', value: '10k' } },
    },
    status: { type: 'Object', object: { current: { value: '3k' } } },
    want: { name: 'hits (ingress/main)', current: '3k', target: '10k' },
  },
  {
    name: 'from outside, while what is known is of something else',
    metric: { type: 'External', external: { metric: { name: 'queue' }, target: { type: 'AverageValue', averageValue: '30' } } },
    status: { type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: 12 } } },
    want: { name: 'queue', current: '', target: '30 (avg)' },
  },
])('what it measures: $name', ({ metric, status, want }) => {
  expect(measuresOf(autoscaler({ metrics: [metric] }, status && [status]))).toEqual([want]);
});
