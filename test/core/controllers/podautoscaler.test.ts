import { describe, expect, test } from 'vitest';
import type { HorizontalPodAutoscaler, MetricSpec } from '../../../worker/api/gen/autoscaling-v2.ts';
import type { PodMetrics } from '../../../worker/api/gen/metrics-v1beta1.ts';
import type { Pod } from '../../../worker/api/gen/core-v1.ts';
import { defineResource } from '../../../worker/api/resource.ts';
import type { Resource } from '../../../worker/api/resource.ts';
import type { ExternalMetricValue, MetricValue } from '../../../worker/controllers/podautoscaler/client.ts';
import { formatTime } from '../../../worker/lib/time.ts';
import type { DynamicCatalog } from '../../../worker/registry/catalog.ts';
import { customResourceDefinitions } from '../../../worker/resources/apiextensions/customresourcedefinition.ts';
import { deployments } from '../../../worker/resources/apps/deployment.ts';
import { horizontalPodAutoscalers } from '../../../worker/resources/autoscaling/horizontalpodautoscaler.ts';
import { pods } from '../../../worker/resources/core/pod.ts';
import { podMetricsFrom } from '../../../worker/resources/metrics/podmetrics.ts';
import { builtinType } from '../../../worker/resources/schema/index.ts';
import { START } from '../harness.ts';
import type { TestCluster } from '../harness.ts';
import { emptyCluster, eventsOf, notCanonical, podSpec, podsWith, runPods } from './workloads.ts';

const APP = { app: 'web' };
const CPU: MetricSpec = { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } } };
const MINUTE = 60_000;

interface Given {
  readonly replicas?: number;
  readonly spec?: Partial<HorizontalPodAutoscaler['spec']>;
  /** Thousandths of a core that each pod uses of the 100 it requests. Undefined: no metrics API. */
  readonly cpu?: (pod: Pod, index: number) => number | undefined;
  readonly custom?: readonly Pick<MetricValue, 'describedObject' | 'metric' | 'value'>[];
  readonly external?: readonly Pick<ExternalMetricValue, 'metricName' | 'metricLabels' | 'value'>[];
}

interface Lab {
  readonly cluster: TestCluster;
  readonly usage: { cpu: Given['cpu'] };
  read(): HorizontalPodAutoscaler;
  replicas(): number;
  /** `AbleToScale True ReadyForNewScale: …` */
  conditions(): string[];
  events(): string[];
  /** So many loops of 15 s, pods running as they come. */
  loops(count: number): void;
  change(spec: Partial<HorizontalPodAutoscaler['spec']>): void;
}

/** Ten minutes after its pods became ready. */
function lab({ replicas = 1, spec = {}, cpu, custom, external }: Given = {}): Lab {
  const cluster = emptyCluster();
  const { api } = cluster;
  const usage = { cpu };
  const catalog = cluster.cluster.registry.catalog as DynamicCatalog;
  catalog.setAggregated([
    ...(cpu ? [metricsOf(cluster, usage)] : []),
    ...(custom ? [valuesFrom('custom.metrics.k8s.io', 'MetricValue', custom)] : []),
    ...(external ? [valuesFrom('external.metrics.k8s.io', 'ExternalMetricValue', external)] : []),
  ]);
  api.create(deployments, {
    metadata: { name: 'web', namespace: 'default' },
    spec: {
      replicas,
      selector: { matchLabels: APP },
      template: {
        metadata: { labels: APP },
        spec: podSpec({ containers: [{ name: 'c', image: 'nginx', resources: { requests: { cpu: '100m', memory: '100Mi' } } }] }),
      } as never,
    },
  });
  const run = (): void => {
    runPods(cluster, APP);
    for (const pod of podsWith(api, APP)) {
      if (!pod.status.startTime)
        api.updateStatus(pods, { ...pod, status: { ...pod.status, startTime: formatTime(START + cluster.elapsed()) } });
    }
  };
  run();
  cluster.advance(10 * MINUTE);
  api.create(horizontalPodAutoscalers, {
    metadata: { name: 'web', namespace: 'default' },
    spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' }, maxReplicas: 10, metrics: [CPU], ...spec },
  });
  cluster.settle();
  const read = (): HorizontalPodAutoscaler => api.get(horizontalPodAutoscalers, 'default', 'web')!;
  return {
    cluster,
    usage,
    read,
    replicas: () => api.get(deployments, 'default', 'web')!.spec.replicas!,
    conditions: () =>
      (read().status.conditions ?? []).map(({ type, status, reason, message }) => `${type} ${status} ${reason}: ${message}`),
    events: () => eventsOf(api, read()),
    loops: (count) => {
      for (let i = 0; i < count; i++) {
        cluster.advance(15_000);
        run();
      }
    },
    change: (more) => {
      const now = read();
      api.update(horizontalPodAutoscalers, { ...now, spec: { ...now.spec, ...more } });
    },
  };
}

const metricsOf = (cluster: TestCluster, usage: { cpu: Given['cpu'] }): Resource => {
  const list = (): PodMetrics[] =>
    podsWith(cluster.api, APP).flatMap((pod, index): PodMetrics[] => {
      const cpu = usage.cpu!(pod, index);
      if (cpu === undefined) return [];
      return [
        {
          kind: 'PodMetrics',
          apiVersion: 'metrics.k8s.io/v1beta1',
          metadata: pod.metadata,
          timestamp: formatTime(START + cluster.elapsed()),
          window: '15s',
          containers: [{ name: 'c', usage: { cpu: `${cpu}m`, memory: `${cpu}Mi` } }],
        },
      ];
    });
  return podMetricsFrom({ list, get: () => undefined }) as unknown as Resource;
};

function valuesFrom(group: string, kind: string, values: readonly object[]): Resource {
  const all = values.map((value, i) => ({
    ...value,
    metadata: { name: String(i), namespace: 'default' },
    timestamp: '2026-01-01T00:00:00Z',
  }));
  return defineResource({
    group,
    version: 'v1beta1',
    resource: kind.toLowerCase(),
    kind,
    namespaced: true,
    schema: builtinType('core.v1.ConfigMap'),
    bucket: `${group}/${kind}`,
    verbs: ['list'],
    source: { list: () => all as never, get: () => undefined },
  });
}

const clean = ({ cluster }: Lab): void => {
  expect(cluster.errors).toEqual([]);
  expect(
    notCanonical(
      cluster.api,
      cluster.api.resources().filter(({ source }) => !source),
    ),
  ).toEqual([]);
};

const ABLE = "AbleToScale True SucceededGetScale: the HPA controller was able to get the target's current scale";
const READY = 'AbleToScale True ReadyForNewScale: recommended size matches current size';
const ACTIVE =
  'ScalingActive True ValidMetricFound: the HPA was able to successfully calculate a replica count from cpu resource utilization (percentage of request)';
const WITHIN = 'ScalingLimited False DesiredWithinRange: the desired count is within the acceptable range';

describe('an autoscaler', () => {
  test('is looked at after 15 s, and scales by what its pods use', () => {
    const { loops, replicas, conditions, events, read, ...rest } = lab({ cpu: () => 100 });
    expect(read().status).toEqual({ currentMetrics: null, desiredReplicas: 0 });
    loops(1);
    expect(replicas()).toBe(2);
    expect(conditions()).toEqual([
      'AbleToScale True SucceededRescale: the HPA controller was able to update the target scale to 2',
      ACTIVE,
      WITHIN,
    ]);
    expect(events()).toEqual(['SuccessfulRescale: New size: 2; reason: cpu resource utilization (percentage of request) above target']);
    expect(read().status).toMatchObject({
      currentReplicas: 1,
      desiredReplicas: 2,
      lastScaleTime: '2026-01-01T00:10:15Z',
      currentMetrics: [{ type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: 100, averageValue: '100m' } } }],
    });
    clean({ loops, replicas, conditions, events, read, ...rest });
  });

  test('scales a custom resource by its subresource', () => {
    const made = lab({ cpu: () => 100 });
    const { api } = made.cluster;
    const any = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } as const;
    api.create(customResourceDefinitions, {
      metadata: { name: 'flocks.example.com' },
      spec: {
        group: 'example.com',
        scope: 'Namespaced',
        names: { plural: 'flocks', kind: 'Flock' },
        versions: [
          {
            name: 'v1',
            served: true,
            storage: true,
            schema: { openAPIV3Schema: { type: 'object', properties: { spec: any, status: any } } },
            subresources: {
              status: {},
              scale: { specReplicasPath: '.spec.replicas', statusReplicasPath: '.status.replicas', labelSelectorPath: '.status.selector' },
            },
          },
        ],
      },
    } as never);
    made.cluster.advance(5000);
    const flocks = api.resourceOf('example.com', 'Flock')!;
    const flock = api.create(flocks, { metadata: { name: 'f', namespace: 'default' }, spec: { replicas: 1 } } as never);
    api.updateStatus(flocks, { ...flock, status: { replicas: 1, selector: 'app=web' } } as never);
    made.change({ scaleTargetRef: { apiVersion: 'example.com/v1', kind: 'Flock', name: 'f' } });
    made.loops(1);
    expect(made.conditions()[0]).toBe('AbleToScale True SucceededRescale: the HPA controller was able to update the target scale to 2');
    expect(api.get(flocks, 'default', 'f')).toMatchObject({ spec: { replicas: 2 } });
  });

  test.each([
    { name: 'within the tolerance stays', given: { replicas: 2, cpu: () => 54 }, want: 2 },
    { name: 'beyond it goes up', given: { replicas: 2, cpu: () => 56 }, want: 3 },
    { name: 'no more than twice as many, or four', given: { replicas: 1, cpu: () => 1000 }, want: 4 },
    { name: 'not above the most', given: { replicas: 6, cpu: () => 1000 }, want: 10 },
    { name: 'not below the least', given: { replicas: 3, cpu: () => 200, spec: { minReplicas: 5 } }, want: 5 },
    { name: 'down to the most at once', given: { replicas: 12, cpu: () => 50 }, want: 10 },
    { name: 'no pods at all, no scaling', given: { replicas: 0, cpu: () => 50 }, want: 0 },
    {
      name: 'pods without a metric count as idle on the way up',
      given: { replicas: 2, cpu: (_: Pod, i: number) => (i ? 120 : undefined) },
      want: 3,
    },
    {
      name: 'and hold it back if idle they would not need more',
      given: { replicas: 2, cpu: (_: Pod, i: number) => (i ? 90 : undefined) },
      want: 2,
    },
    {
      name: 'a tolerance of its own',
      given: { replicas: 2, cpu: () => 56, spec: { behavior: { scaleUp: { tolerance: '0.2' } } } },
      want: 2,
    },
    {
      name: 'an amount for each pod',
      given: {
        replicas: 2,
        cpu: () => 90,
        spec: { metrics: [{ type: 'Resource', resource: { name: 'memory', target: { type: 'AverageValue', averageValue: '60Mi' } } }] },
      },
      want: 3,
    },
    {
      name: 'one container',
      given: {
        replicas: 2,
        cpu: () => 100,
        spec: {
          metrics: [
            {
              type: 'ContainerResource',
              containerResource: { name: 'cpu', container: 'c', target: { type: 'Utilization', averageUtilization: 50 } },
            },
          ],
        },
      },
      want: 4,
    },
  ] as { name: string; given: Given; want: number }[])('$name', ({ given, want }) => {
    const one = lab(given);
    one.loops(1);
    expect(one.replicas()).toBe(want);
    clean(one);
  });

  test.each([
    { name: 'all', behavior: undefined, cpu: 10, want: [4, 1], limited: 'DesiredWithinRange' },
    {
      name: 'a pod a minute',
      behavior: { scaleDown: { policies: [{ type: 'Pods', value: 1, periodSeconds: 60 }] } },
      cpu: 10,
      want: [4, 3],
      limited: 'ScaleDownLimit',
    },
    {
      name: 'half a minute',
      behavior: { scaleDown: { policies: [{ type: 'Percent', value: 50, periodSeconds: 60 }] } },
      cpu: 10,
      want: [4, 2],
      limited: 'ScaleDownLimit',
    },
    { name: 'at once', behavior: { scaleDown: { stabilizationWindowSeconds: 0 } }, cpu: 10, want: [1, 1], limited: 'DesiredWithinRange' },
    {
      name: 'the smaller of two steps',
      behavior: {
        scaleDown: {
          selectPolicy: 'Min',
          policies: [
            { type: 'Percent', value: 75, periodSeconds: 600 },
            { type: 'Pods', value: 1, periodSeconds: 600 },
          ],
        },
      },
      cpu: 10,
      want: [4, 3],
      limited: 'ScaleDownLimit',
    },
    {
      name: 'the larger of two steps',
      behavior: {
        scaleDown: {
          policies: [
            { type: 'Percent', value: 75, periodSeconds: 600 },
            { type: 'Pods', value: 1, periodSeconds: 600 },
          ],
        },
      },
      cpu: 10,
      want: [4, 1],
      limited: 'DesiredWithinRange',
    },
    { name: 'never', behavior: { scaleDown: { selectPolicy: 'Disabled' } }, cpu: 10, want: [4, 4], limited: 'ScaleDownLimit' },
  ])('goes down after five minutes: $name', ({ behavior, cpu, want, limited }) => {
    const one = lab({ replicas: 4, cpu: () => 50, spec: { ...(behavior && { behavior }) } });
    one.loops(2);
    one.usage.cpu = () => cpu;
    one.loops(2);
    expect(one.replicas()).toBe(want[0]);
    if (want[0] === 4)
      expect(one.conditions()[0]).toBe(
        'AbleToScale True ScaleDownStabilized: recent recommendations were higher than current one, applying the highest recent recommendation',
      );
    one.loops(20);
    expect(one.replicas()).toBe(want[1]);
    expect(one.conditions()[2]).toContain(want[0] === 1 ? 'DesiredWithinRange' : limited);
    clean(one);
  });

  test.each([
    { name: 'two pods in half a minute', behavior: { policies: [{ type: 'Pods', value: 2, periodSeconds: 30 }] }, want: [3, 3, 5, 5, 7] },
    { name: 'half as many again', behavior: { policies: [{ type: 'Percent', value: 50, periodSeconds: 15 }] }, want: [2, 3, 5, 8, 10] },
    {
      name: 'the smaller of two',
      behavior: {
        selectPolicy: 'Min',
        policies: [
          { type: 'Percent', value: 100, periodSeconds: 15 },
          { type: 'Pods', value: 1, periodSeconds: 15 },
        ],
      },
      want: [2, 3, 4, 5, 6],
    },
    { name: 'never', behavior: { selectPolicy: 'Disabled' }, want: [1, 1, 1] },
    { name: 'after a minute of asking', behavior: { stabilizationWindowSeconds: 45 }, want: [1, 1, 1, 5, 10] },
  ])('goes up: $name', ({ behavior, want }) => {
    const one = lab({ cpu: () => 2000, spec: { behavior: { scaleUp: behavior } } });
    const got = want.map(() => {
      one.loops(1);
      return one.replicas();
    });
    expect(got).toEqual(want);
    clean(one);
  });

  /** Of four pods that use so much, two are so. */
  test.each([
    { name: 'pods that are not ready count as idle on the way up', cpu: 120, change: { ready: 'False' }, want: 5 },
    { name: 'and do not count on the way down', cpu: 10, change: { ready: 'False' }, want: 1 },
    { name: 'nor do pods that failed', cpu: 100, change: { phase: 'Failed' }, want: 4 },
    { name: 'pods that are still pending count as idle', cpu: 120, change: { phase: 'Pending' }, want: 5 },
  ])('$name', ({ cpu, change: { ready, phase }, want }) => {
    const behavior = { scaleDown: { stabilizationWindowSeconds: 0 } };
    const one = lab({ replicas: 4, cpu: () => cpu, spec: { behavior } });
    const { api } = one.cluster;
    for (const pod of podsWith(api, APP).slice(0, 2)) {
      const conditions = pod.status.conditions!.map((condition) =>
        condition.type === 'Ready' && ready ? { ...condition, status: ready } : condition,
      );
      api.updateStatus(pods, { ...pod, status: { ...pod.status, ...(phase && { phase }), conditions } });
    }
    one.cluster.advance(15_000);
    expect(one.replicas()).toBe(want);
    clean(one);
  });

  test('that learns of some metrics only goes up by them, and counts it as an error', async () => {
    const other: MetricSpec = { type: 'Pods', pods: { metric: { name: 'packets' }, target: { type: 'AverageValue', averageValue: '1' } } };
    const one = lab({ replicas: 2, cpu: () => 100, spec: { metrics: [CPU, other] } });
    one.loops(1);
    expect(one.replicas()).toBe(4);
    const { body } = await one.cluster.request<string>('GET', '/metrics');
    const lines = body.split('\n').filter((line) => /^horizontal.*(total|desired_replicas|autoscalers)[{ ]/.test(line));
    expect(lines).toEqual([
      'horizontal_pod_autoscaler_controller_desired_replicas{hpa_name="web",namespace="default"} 4',
      'horizontal_pod_autoscaler_controller_metric_computation_total{action="none",error="internal",metric_type="Pods"} 1',
      'horizontal_pod_autoscaler_controller_metric_computation_total{action="scale_up",error="none",metric_type="Resource"} 1',
      'horizontal_pod_autoscaler_controller_num_horizontal_pod_autoscalers 1',
      'horizontal_pod_autoscaler_controller_reconciliations_total{action="scale_up",error="internal"} 1',
    ]);
    clean(one);
  });

  const NO_API =
    'unable to get metrics for resource cpu: unable to fetch metrics from resource metrics API: the server could not find the requested resource (get pods.metrics.k8s.io)';
  const custom = (type: string, metric: object): Given => ({ spec: { metrics: [{ type, [type.toLowerCase()]: metric } as never] } });
  const AVERAGE = { type: 'AverageValue', averageValue: '10' };
  test.each([
    {
      name: 'no API for metrics',
      given: {},
      condition: `ScalingActive False FailedGetResourceMetric: the HPA was unable to compute the replica count: failed to get cpu utilization: ${NO_API}`,
      events: [
        `FailedGetResourceMetric: failed to get cpu utilization: ${NO_API}`,
        `FailedComputeMetricsReplicas: invalid metrics (1 invalid out of 1), first error is: failed to get cpu resource metric value: failed to get cpu utilization: ${NO_API}`,
      ],
    },
    {
      name: 'no metrics yet',
      given: { cpu: () => undefined },
      condition:
        'ScalingActive False FailedGetResourceMetric: the HPA was unable to compute the replica count: failed to get cpu utilization: unable to get metrics for resource cpu: no metrics returned from resource metrics API',
    },
    {
      name: 'no custom metrics',
      given: custom('Pods', { metric: { name: 'packets' }, target: AVERAGE }),
      condition:
        'ScalingActive False FailedGetPodsMetric: the HPA was unable to compute the replica count: unable to get metric packets: unable to fetch metrics from custom metrics API: no custom metrics API (custom.metrics.k8s.io) registered',
    },
    {
      name: 'no metric of an object',
      given: {
        custom: [],
        ...custom('Object', {
          metric: { name: 'hits' },
          target: { type: 'Value', value: '10' },
          describedObject: { kind: 'Service', name: 'front' },
        }),
      },
      condition:
        'ScalingActive False FailedGetObjectMetric: the HPA was unable to compute the replica count: unable to get metric hits: Service on default front/unable to fetch metrics from custom metrics API: the server could not find the metric hits for services front',
    },
    {
      name: 'no external metrics',
      given: custom('External', { metric: { name: 'queue', selector: { matchLabels: { a: 'b' } } }, target: AVERAGE }),
      condition:
        'ScalingActive False FailedGetExternalMetric: the HPA was unable to compute the replica count: unable to get external metric default/queue/&LabelSelector{MatchLabels:map[string]string{a: b,},MatchExpressions:[]LabelSelectorRequirement{},}: unable to fetch metrics from external metrics API: the server could not find the requested resource (get queue.external.metrics.k8s.io)',
      events: [
        'FailedGetExternalMetric: unable to get external metric default/queue/&LabelSelector{MatchLabels:map[string]string{a: b,},MatchExpressions:[]LabelSelectorRequirement{},}: unable to fetch metrics from external metrics API: the server could not find the requested resource (get queue.external.metrics.k8s.io)',
        'FailedComputeMetricsReplicas: invalid metrics (1 invalid out of 1), first error is: failed to get queue external metric value: failed to get queue external metric: unable to get external metric default/queue/&LabelSelector{MatchLabels:map[string]string{a: b,},MatchExpressions:[]LabelSelectorRequirement{},}: unable to fetch metrics from external metrics API: the server could not find the requested resource (get queue.external.metrics.k8s.io)',
      ],
    },
    {
      name: 'nothing to scale',
      given: { spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'none' } } },
      condition:
        'AbleToScale False FailedGetScale: the HPA controller was unable to get the target\'s current scale: deployments/scale.apps "none" not found',
      events: ['FailedGetScale: deployments/scale.apps "none" not found'],
    },
    {
      name: 'a kind that nobody knows',
      given: { spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Wagon', name: 'web' } } },
      condition:
        'AbleToScale False FailedGetScale: the HPA controller was unable to get the target\'s current scale: no matches for kind "Wagon" in group "apps"',
    },
    {
      name: 'a kind without a scale',
      given: { spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'DaemonSet', name: 'web' } } },
      condition:
        "AbleToScale False FailedGetScale: the HPA controller was unable to get the target's current scale: the server could not find the requested resource",
      events: ['FailedGetScale: the server could not find the requested resource'],
    },
    {
      name: 'a scale of zero',
      given: { replicas: 0, cpu: () => 1 },
      condition: 'ScalingActive False ScalingDisabled: scaling is disabled since the replica count of the target is zero',
    },
  ] as { name: string; given: Given; condition: string; events?: string[] }[])('says why not: $name', ({ given, condition, events }) => {
    const one = lab(given);
    one.loops(1);
    expect(one.conditions().at(-1)).toBe(condition);
    if (events) expect(one.events()).toEqual(events);
    one.loops(1);
    expect(one.conditions().at(-1)).toBe(condition);
    clean(one);
  });

  test('asks for a request that is not there', () => {
    const one = lab({
      cpu: () => 10,
      spec: { metrics: [{ type: 'ContainerResource', containerResource: { name: 'cpu', container: 'd', target: CPU.resource!.target } }] },
    });
    one.loops(1);
    const [name] = podsWith(one.cluster.api, APP).map(({ metadata }) => metadata.name);
    expect(one.events()[0]).toBe(
      `FailedGetContainerResourceMetric: failed to get cpu utilization: unable to get metrics for resource cpu: container d not present in metrics for pod default/${name}`,
    );
  });

  const pod = (name: string, value: string): NonNullable<Given['custom']>[number] => ({
    describedObject: { kind: 'Pod', name, namespace: 'default' },
    metric: { name: 'packets' },
    value,
  });
  test('scales by a metric of its pods', () => {
    const values: NonNullable<Given['custom']>[number][] = [];
    const one = lab({ replicas: 2, custom: values, ...custom('Pods', { metric: { name: 'packets' }, target: AVERAGE }) });
    const names = podsWith(one.cluster.api, APP).map(({ metadata }) => metadata.name);
    const catalog = one.cluster.cluster.registry.catalog as DynamicCatalog;
    catalog.setAggregated([valuesFrom('custom.metrics.k8s.io', 'MetricValue', [pod(names[0]!, '20'), pod(names[1]!, '30')])]);
    one.loops(1);
    expect(one.replicas()).toBe(4);
    expect(one.events()).toEqual(['SuccessfulRescale: New size: 4; reason: pods metric packets above target']);
    catalog.setAggregated([]);
    expect(one.read().status.currentMetrics).toEqual([
      { type: 'Pods', pods: { metric: { name: 'packets' }, current: { averageValue: '25' } } },
    ]);
    clean(one);
  });

  test.each([
    {
      name: 'an object',
      given: {
        custom: [{ describedObject: { kind: 'Service', name: 'front' }, metric: { name: 'hits' }, value: '30' }],
        ...custom('Object', {
          metric: { name: 'hits' },
          target: { type: 'Value', value: '10' },
          describedObject: { kind: 'Service', name: 'front' },
        }),
      },
      want: 6,
      reason: 'Service metric hits above target',
    },
    {
      name: 'an object, for each pod',
      given: {
        custom: [{ describedObject: { kind: 'Service', name: 'front' }, metric: { name: 'hits' }, value: '30' }],
        ...custom('Object', { metric: { name: 'hits' }, target: AVERAGE, describedObject: { kind: 'Service', name: 'front' } }),
      },
      want: 3,
      reason: 'external metric hits(nil) above target',
    },
    {
      name: 'something outside',
      given: {
        external: [
          { metricName: 'queue', metricLabels: { a: 'b' }, value: '20' },
          { metricName: 'queue', metricLabels: { a: 'c' }, value: '500' },
          { metricName: 'queue', metricLabels: { a: 'b' }, value: '10500m' },
        ],
        ...custom('External', { metric: { name: 'queue', selector: { matchLabels: { a: 'b' } } }, target: { type: 'Value', value: '15' } }),
      },
      want: 5,
      reason:
        'external metric queue(&LabelSelector{MatchLabels:map[string]string{a: b,},MatchExpressions:[]LabelSelectorRequirement{},}) above target',
    },
    {
      name: 'something outside, for each pod',
      given: {
        external: [{ metricName: 'queue', metricLabels: {}, value: '55' }],
        ...custom('External', { metric: { name: 'queue' }, target: AVERAGE }),
      },
      want: 6,
      reason: 'external metric queue(nil) above target',
    },
  ] as { name: string; given: Given; want: number; reason: string }[])('scales by $name', ({ given, want, reason }) => {
    const one = lab({ replicas: 2, ...given });
    one.loops(1);
    expect(one.events()).toEqual([`SuccessfulRescale: New size: ${want > 4 ? 4 : want}; reason: ${reason}`]);
    one.loops(1);
    if (given.external === undefined) return;
    clean(one);
  });

  test('goes up by the metrics it has, and does not go down without the others', () => {
    const both: Partial<HorizontalPodAutoscaler['spec']> = {
      metrics: [{ type: 'Pods', pods: { metric: { name: 'packets' }, target: { type: 'AverageValue', averageValue: '1' } } }, CPU],
    };
    const up = lab({ replicas: 2, cpu: () => 100, spec: both });
    up.loops(1);
    expect(up.replicas()).toBe(4);
    expect(up.conditions()[1]).toBe(ACTIVE);
    expect(up.read().status.currentMetrics![0]).toEqual({ type: '' });
    const down = lab({ replicas: 2, cpu: () => 1, spec: { ...both, behavior: { scaleDown: { stabilizationWindowSeconds: 0 } } } });
    down.loops(2);
    expect(down.replicas()).toBe(2);
    expect(down.conditions()[1]).toMatch(/^ScalingActive False FailedGetPodsMetric/);
  });

  test('does not share its pods', () => {
    const one = lab({ cpu: () => 50 });
    const { api } = one.cluster;
    api.create(horizontalPodAutoscalers, {
      metadata: { name: 'web2', namespace: 'default' },
      spec: one.read().spec,
    });
    one.loops(3);
    expect(one.conditions()).toContain(
      'ScalingActive False AmbiguousSelector: pods by selector app=web are controlled by multiple HPAs: [{web default} {web2 default}]',
    );
  });

  test('remembers through an eviction, and forgets at a restart', () => {
    const one = lab({ replicas: 4, cpu: () => 50 });
    one.loops(1);
    one.usage.cpu = () => 10;
    one.loops(1);
    expect(one.replicas()).toBe(4);
    one.cluster.cluster.loop.resync('kube-controller-manager');
    one.loops(1);
    expect(one.replicas()).toBe(4); // the size it found counts as the first wish
    one.loops(21);
    expect(one.replicas()).toBe(1);
  });

  test('at rest writes nothing', () => {
    const one = lab({ replicas: 2, cpu: () => 50 });
    one.loops(2);
    expect(one.conditions()).toEqual([READY, ACTIVE, WITHIN]);
    expect(one.conditions()).not.toContain(ABLE);
    const before = one.read();
    one.loops(20);
    expect(one.read()).toBe(before);
  });
});
