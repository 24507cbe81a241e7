// What pods ask for, and may have at most, by pod. Mirrors pkg/scheduler/metrics/resources.

import type { Pod } from '../../api/gen/core-v1.ts';
import type { ClusterReader } from '../../api/resource.ts';
import { quantityMilliValue } from '../../lib/quantity.ts';
import type { Metric, Sample } from '../../lib/metrics.ts';
import { podLimits, podRequests } from '../../resources/core/pod/aggregate.ts';
import { isTerminal } from '../../resources/core/pod-state.ts';
import { pods } from '../../resources/core/pod.ts';

const WHOSE =
  'by workloads on the cluster, broken down by pod. This shows the resource usage the scheduler and kubelet expect per pod for resources along with the unit for the resource if any.';

export function podResourceMetrics(reader: ClusterReader): Metric[] {
  const all = reader.list(pods).filter((pod) => !isTerminal(pod));
  const of = (read: (pod: Pod) => Readonly<Record<string, string>>): Sample[] =>
    all.flatMap((pod) => Object.entries(read(pod)).map(([resource, amount]) => sampleOf(pod, resource, amount)));
  return [
    { name: 'kube_pod_resource_limit', help: `Resources limit ${WHOSE}`, type: 'gauge', samples: of(({ spec }) => podLimits(spec)) },
    {
      name: 'kube_pod_resource_request',
      help: `Resources requested ${WHOSE}`,
      type: 'gauge',
      samples: of(({ spec }) => podRequests(spec)),
    },
  ];
}

function sampleOf({ metadata, spec }: Pod, resource: string, amount: string): Sample {
  const labels = {
    namespace: metadata.namespace ?? '',
    pod: metadata.name,
    node: spec.nodeName ?? '',
    scheduler: spec.schedulerName ?? '',
    priority: String(spec.priority ?? ''),
    resource,
    unit: unitOf(resource),
  };
  return [labels, quantityMilliValue(amount) / 1000];
}

function unitOf(resource: string): string {
  if (resource === 'cpu') return 'cores';
  if (/^(memory|storage|ephemeral-storage|hugepages-.*)$/.test(resource)) return 'bytes';
  return resource.startsWith('attachable-volumes-') || resource.includes('/') ? 'integer' : '';
}
