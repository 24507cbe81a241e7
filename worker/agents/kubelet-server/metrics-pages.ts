// A kubelet's metrics in the text format of Prometheus. `/metrics/resource` mirrors pkg/kubelet/metrics/collectors/resource_metrics.go; of `/metrics` there is what people
// look for.

import type { Pod } from '../../api/gen/core-v1.ts';
import type { Machine } from '../../world/machine.ts';
import type { World } from '../../world/world.ts';
import { usedByMachine, usedByPods } from './stats.ts';

type Labels = Readonly<Record<string, string>>;
type Sample = readonly [labels: Labels, value: number, at?: number];

function family(name: string, type: 'counter' | 'gauge', help: string, samples: readonly Sample[]): string {
  if (!samples.length) return '';
  const lines = samples.map(([labels, value, at]) => {
    const pairs = Object.entries(labels).map(([key, text]) => `${key}="${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`);
    return `${name}${pairs.length ? `{${pairs.join(',')}}` : ''} ${numberText(value)}${at === undefined ? '' : ` ${at}`}\n`;
  });
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join('')}`;
}

/** As Go prints a float of 64 bits: with an exponent from 1e+21 on, and from a million on where it is whole. */
function numberText(value: number): string {
  if (value !== 0 && (Math.abs(value) >= 1e6 || Math.abs(value) < 1e-4)) {
    const [digits = '', exponent = ''] = value.toExponential().split('e');
    return `${digits}e${exponent[0]}${exponent.slice(1).padStart(2, '0')}`;
  }
  return String(value);
}

export function resourceMetrics({ world }: { world: World }, machine: Machine, all: readonly Pod[]): string {
  const now = world.now();
  const used = usedByPods(world, all);
  const node = usedByMachine(world, machine, used);
  const ofPod = ({ metadata }: Pod): Labels => ({ namespace: metadata.namespace ?? '', pod: metadata.name });
  const containers = used.flatMap(({ pod, containers: list }) =>
    list.map((one) => ({ ...one, labels: { container: one.container.name, ...ofPod(pod) } })),
  );
  const cpu = 'Cumulative cpu time consumed by the';
  const memory = 'Current working set of the';
  return [
    family(
      'container_cpu_usage_seconds_total',
      'counter',
      `[STABLE] ${cpu} container in core-seconds`,
      containers.map((one) => [one.labels, one.seconds, now]),
    ),
    family(
      'container_memory_working_set_bytes',
      'gauge',
      `[STABLE] ${memory} container in bytes`,
      containers.map((one) => [one.labels, one.memory, now]),
    ),
    family(
      'container_start_time_seconds',
      'gauge',
      '[STABLE] Start time of the container since unix epoch in seconds',
      containers.map((one) => [one.labels, one.container.startedAt / 1000]),
    ),
    family('node_cpu_usage_seconds_total', 'counter', `[STABLE] ${cpu} node in core-seconds`, [[{}, node.seconds, now]]),
    family('node_memory_working_set_bytes', 'gauge', `[STABLE] ${memory} node in bytes`, [[{}, node.memory, now]]),
    family(
      'pod_cpu_usage_seconds_total',
      'counter',
      `[STABLE] ${cpu} pod in core-seconds`,
      used.map((one) => [ofPod(one.pod), one.seconds, now]),
    ),
    family(
      'pod_memory_working_set_bytes',
      'gauge',
      `[STABLE] ${memory} pod in bytes`,
      used.map((one) => [ofPod(one.pod), one.memory, now]),
    ),
    family('resource_scrape_error', 'gauge', '[STABLE] 1 if there was an error while getting container metrics, 0 otherwise', [[{}, 0]]),
  ].join('');
}

export function serverMetrics({ world, minor }: { world: World; minor: number }, machine: Machine): string {
  const sandboxes = world.sandboxes.find('machine', machine.name);
  const inState = (state: string): number => sandboxes.flatMap(({ containers }) => containers).filter((one) => one.state === state).length;
  return [
    family('kubelet_node_name', 'gauge', "[ALPHA] The node's name. The count is always 1.", [[{ node: machine.name }, 1]]),
    family('kubelet_running_containers', 'gauge', '[ALPHA] Number of containers currently running', [
      [{ container_state: 'created' }, inState('created')],
      [{ container_state: 'exited' }, inState('exited')],
      [{ container_state: 'running' }, inState('running')],
    ]),
    family('kubelet_running_pods', 'gauge', '[ALPHA] Number of pods that have a running pod sandbox', [
      [{}, sandboxes.filter(({ state }) => state === 'ready').length],
    ]),
    family(
      'kubernetes_build_info',
      'gauge',
      `[${minor >= 36 ? 'BETA' : 'ALPHA'}] A metric with a constant '1' value labeled by major, minor, git version, git commit, git tree state, build date, Go version, and compiler from which Kubernetes was built, and platform on which it is running.`,
      [[{ git_version: machine.kubeletVersion, major: '1', minor: String(minor), platform: 'linux/amd64' }, 1]],
    ),
    family('process_start_time_seconds', 'gauge', '[ALPHA] Start time of the process since unix epoch in seconds.', [
      [{}, (machine.services['kubelet']?.since ?? machine.bootedAt) / 1000],
    ]),
  ].join('');
}
