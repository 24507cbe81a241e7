// What metrics-server measures and answers: metrics.k8s.io. It scrapes every kubelet in its rhythm; since what containers use is a function of time, what a
// scrape would have found is worked out when somebody asks, and nothing runs in between. Mirrors metrics-server pkg/scraper, pkg/storage and pkg/api.
//
// It answers while a pod of it is behind the Service that its APIService names.

import type { APIService } from '../../api/gen/apiregistration-v1.ts';
import type { Node, Pod } from '../../api/gen/core-v1.ts';
import type { ContainerMetrics, NodeMetrics, PodMetrics } from '../../api/gen/metrics-v1beta1.ts';
import type { ClusterReader, Resource, ResourceSource } from '../../api/resource.ts';
import { serviceUnavailable } from '../../api/status.ts';
import { formatQuantity } from '../../lib/quantity.ts';
import { formatDuration, formatTime } from '../../lib/time.ts';
import { apiServices } from '../../resources/apiregistration/apiservice.ts';
import { nodes } from '../../resources/core/node.ts';
import { pods } from '../../resources/core/pod.ts';
import { endpointSlices } from '../../resources/discovery/endpointslice.ts';
import { nodeMetricsFrom } from '../../resources/metrics/nodemetrics.ts';
import { podMetricsFrom } from '../../resources/metrics/podmetrics.ts';
import { isServiceActive } from '../../world/machine.ts';
import type { MetricsServerState } from '../../world/programs/metrics-server.ts';
import { cpuUsedUntil, memoryOf } from '../../world/runtime/usage.ts';
import type { Container, Sandbox } from '../../world/runtime/sandbox.ts';
import type { World } from '../../world/world.ts';
import { indexTerm } from '../../api/resource.ts';
import { runtimeUid } from '../kubelet/static-pod.ts';

export const METRICS_API = 'v1beta1.metrics.k8s.io';
const MI = 2 ** 20;
/** A container this young has not been measured twice. */
const MIN_WINDOW_MS = 10_000;
/** What a machine uses beside its pods: thousandths of a core, and bytes. */
export const [SYSTEM_CPU, SYSTEM_MEMORY] = [60, 420 * MI];

export function metricsResources(world: World, reader: ClusterReader): Resource[] {
  return [nodeMetricsFrom(nodeSource(world, reader)), podMetricsFrom(podSource(world, reader))] as unknown as Resource[];
}

/** When it scraped last, and before (ms). */
interface Scrapes {
  readonly last: number;
  readonly before: number | undefined;
}

function scrapes(world: World, reader: ClusterReader, resource: string): Scrapes {
  const server = findServer(world, reader);
  if (!server) throw serviceUnavailable(`the server is currently unable to handle the request (get ${resource}.metrics.k8s.io)`);
  const { resolutionMs } = server.service as MetricsServerState;
  const count = Math.floor((world.now() - server.startedAt) / resolutionMs);
  const last = server.startedAt + count * resolutionMs;
  return { last, before: count > 0 ? last - resolutionMs : undefined };
}

/** The process that answers. */
function findServer(world: World, reader: ClusterReader): Container | undefined {
  const { service } = (reader.get(apiServices, '', METRICS_API) as APIService | undefined)?.spec ?? {};
  if (!service?.name) return undefined;
  const slices = reader.lookup(endpointSlices, indexTerm.labelIn(service.namespace ?? '', 'kubernetes.io/service-name', service.name));
  const addresses = slices.flatMap(({ endpoints }) =>
    (endpoints ?? []).filter(({ conditions }) => conditions?.ready ?? true).flatMap((one) => one.addresses ?? []),
  );
  for (const address of addresses) {
    const found = world.sandboxes
      .find('ip', address)[0]
      ?.containers.find(({ main, state, service: kept }) => main === 'metrics-server' && state === 'running' && kept !== undefined);
    if (found) return found;
  }
  return undefined;
}

function podSource(world: World, reader: ClusterReader): ResourceSource<PodMetrics> {
  const measure = (pod: Pod, times: Scrapes): PodMetrics | undefined => measurePod(world, pod, times);
  return {
    get(namespace, name) {
      const times = scrapes(world, reader, 'pods');
      const pod = reader.get(pods, namespace, name);
      return pod && measure(pod, times);
    },
    list(namespace, selector) {
      const times = scrapes(world, reader, 'pods');
      const all = reader.list(pods, { namespace, ...(selector && { selector }) });
      return all.map((pod) => measure(pod, times)).filter((one) => one !== undefined);
    },
  };
}

interface Measured {
  readonly container: Container;
  /** Thousandths of a core, on average over the window. */
  readonly cpu: number;
  readonly memory: number;
  readonly windowMs: number;
}

function measurePod(world: World, pod: Pod, times: Scrapes): PodMetrics | undefined {
  const { name, namespace = '', labels } = pod.metadata;
  const sandbox = world.sandboxes.find('pod', runtimeUid(pod)).find(({ state }) => state === 'ready');
  if (!sandbox || !isServiceActive(world.machines.get(sandbox.machine), 'kubelet')) return undefined;
  const running = sandbox.containers.filter(({ state }) => state === 'running');
  const all = running.map((container) => measure(world, sandbox, container, times));
  const measured = all.filter((one) => one !== undefined);
  // As upstream: a pod counts when all that runs in it has been measured.
  if (!measured.length || measured.length < all.length) return undefined;
  return {
    kind: 'PodMetrics',
    apiVersion: 'metrics.k8s.io/v1beta1',
    metadata: { name, namespace, creationTimestamp: formatTime(world.now()), ...(labels && { labels }) } as PodMetrics['metadata'],
    timestamp: formatTime(times.last),
    window: windowText(Math.max(...measured.map(({ windowMs }) => windowMs))),
    containers: measured.map(({ container, cpu, memory }): ContainerMetrics => ({ name: container.name, usage: usageOf(cpu, memory) })),
  };
}

/** Between the last two scrapes, or since it started if that was later. */
function measure(world: World, sandbox: Sandbox, container: Container, { last, before }: Scrapes): Measured | undefined {
  const from = before === undefined ? container.startedAt : Math.max(before, container.startedAt);
  const windowMs = last - from;
  // A server that has scraped once knows only what began a moment before.
  if (windowMs < MIN_WINDOW_MS || (before === undefined && windowMs > 60_000)) return undefined;
  const used = cpuUsedUntil(world, sandbox, container, last) - cpuUsedUntil(world, sandbox, container, from);
  return { container, cpu: (used * 1000) / windowMs, memory: memoryOf(world, sandbox, container), windowMs };
}

function nodeSource(world: World, reader: ClusterReader): ResourceSource<NodeMetrics> {
  const measureNode = (node: Node, { last, before }: Scrapes): NodeMetrics | undefined => {
    const { name, labels } = node.metadata;
    const machine = world.machines.get(name);
    if (!machine || !isServiceActive(machine, 'kubelet') || before === undefined) return undefined;
    let [cpu, memory] = [SYSTEM_CPU, SYSTEM_MEMORY];
    for (const sandbox of world.sandboxes.find('machine', name)) {
      for (const container of sandbox.containers) {
        cpu += ((cpuUsedUntil(world, sandbox, container, last) - cpuUsedUntil(world, sandbox, container, before)) * 1000) / (last - before);
        memory += memoryOf(world, sandbox, container);
      }
    }
    return {
      kind: 'NodeMetrics',
      apiVersion: 'metrics.k8s.io/v1beta1',
      metadata: { name, creationTimestamp: formatTime(world.now()), ...(labels && { labels }) } as NodeMetrics['metadata'],
      timestamp: formatTime(last),
      window: windowText(last - before),
      usage: usageOf(Math.min(cpu, machine.cpus * 1000), Math.min(memory, machine.memory)),
    };
  };
  return {
    get(_namespace, name) {
      const times = scrapes(world, reader, 'nodes');
      const node = reader.get(nodes, '', name);
      return node && measureNode(node, times);
    },
    list() {
      const times = scrapes(world, reader, 'nodes');
      return reader
        .list(nodes)
        .map((node) => measureNode(node, times))
        .filter((one) => one !== undefined);
    },
  };
}

/** `15.004s`: a scrape takes a moment, as long as there is something to read. */
const windowText = (ms: number): string => formatDuration(ms);

const usageOf = (cpu: number, memory: number): Record<string, string> => ({
  cpu: formatQuantity({ nanos: BigInt(Math.round(cpu * 1_000_000)), format: 'DecimalSI' }),
  memory: formatQuantity({ nanos: BigInt(Math.floor(memory / 4096) * 4096) * 1_000_000_000n, format: 'BinarySI' }),
});
