// What kube-scheduler says at /configz: the configuration it runs with, complete. Mirrors kube-scheduler config v1 and its defaults.

import { EXTENSION_POINTS } from '../../scheduler/config/types.ts';
import type { ProfileConfig, SchedulerConfig } from '../../scheduler/config/types.ts';
import type { Flags } from '../../world/programs/control-plane/flags.ts';

/** Differs: of the file, what concerns its clients and its lease is told as by default: here nothing of it has an effect. */
export function schedulerConfigz(config: SchedulerConfig, flags: Flags): object {
  return {
    kind: 'KubeSchedulerConfiguration',
    apiVersion: 'kubescheduler.config.k8s.io/v1',
    parallelism: 16,
    leaderElection: {
      leaderElect: flags['leader-elect'] !== 'false',
      leaseDuration: flags['leader-elect-lease-duration'] ?? '15s',
      renewDeadline: flags['leader-elect-renew-deadline'] ?? '10s',
      retryPeriod: flags['leader-elect-retry-period'] ?? '2s',
      resourceLock: 'leases',
      resourceName: flags['leader-elect-resource-name'] ?? 'kube-scheduler',
      resourceNamespace: flags['leader-elect-resource-namespace'] ?? 'kube-system',
    },
    clientConnection: {
      kubeconfig: flags['kubeconfig'] ?? '',
      acceptContentTypes: '',
      contentType: flags['kube-api-content-type'] ?? 'application/vnd.kubernetes.protobuf',
      qps: Number(flags['kube-api-qps'] ?? 50),
      burst: Number(flags['kube-api-burst'] ?? 100),
    },
    enableProfiling: flags['profiling'] !== 'false',
    enableContentionProfiling: flags['contention-profiling'] !== 'false',
    percentageOfNodesToScore: config.percentageOfNodesToScore,
    podInitialBackoffSeconds: config.initialBackoffMs / 1000,
    podMaxBackoffSeconds: config.maxBackoffMs / 1000,
    profiles: config.profiles.map(profileOf),
    ...(config.extenders.length && { extenders: config.extenders }),
    delayCacheUntilActive: false,
  };
}

function profileOf({ schedulerName, percentageOfNodesToScore, plugins, args }: ProfileConfig): object {
  const setOf = (point: (typeof EXTENSION_POINTS)[number] | 'multiPoint'): object => {
    const { enabled, disabled } = plugins[point];
    return { ...(enabled.length && { enabled }), ...(disabled.length && { disabled }) };
  };
  return {
    schedulerName,
    ...(percentageOfNodesToScore !== undefined && { percentageOfNodesToScore }),
    plugins: Object.fromEntries([...EXTENSION_POINTS, 'multiPoint' as const].map((point) => [point, setOf(point)])),
    pluginConfig: [...args].map(([name, own]) => ({
      name,
      args: { kind: `${name}Args`, apiVersion: 'kubescheduler.config.k8s.io/v1', ...own },
    })),
  };
}
