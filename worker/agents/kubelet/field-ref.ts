// What a pod says about itself, to its own containers: the downward API. Mirrors pkg/fieldpath and component-helpers/resource.

import type { Container, ObjectFieldSelector, Pod, ResourceFieldSelector } from '../../api/gen/core-v1.ts';
import { quantityMilliValue, quantityValue } from '../../lib/quantity.ts';
import { quantityProblem } from '../../lib/quantity.ts';
import type { PodSync } from './worker.ts';

export class FieldRefError extends Error {}

export function fieldValue({ machine }: Pick<PodSync, 'machine'>, pod: Pod, { fieldPath }: ObjectFieldSelector, podIP: string): string {
  const { metadata, spec } = pod;
  const keyed = /^metadata\.(labels|annotations)\['(.*)'\]$/.exec(fieldPath);
  if (keyed) return metadata[keyed[1] as 'labels' | 'annotations']?.[keyed[2]!] ?? '';
  switch (fieldPath) {
    case 'metadata.name':
      return metadata.name;
    case 'metadata.namespace':
      return metadata.namespace ?? '';
    case 'metadata.uid':
      return metadata.uid;
    case 'metadata.labels':
      return formatMap(metadata.labels);
    case 'metadata.annotations':
      return formatMap(metadata.annotations);
    case 'spec.nodeName':
      return spec.nodeName ?? '';
    case 'spec.serviceAccountName':
      return spec.serviceAccountName ?? '';
    case 'status.hostIP':
    case 'status.hostIPs':
      return machine.ip;
    case 'status.podIP':
    case 'status.podIPs':
      return podIP;
    default:
      throw new FieldRefError(`unsupported fieldPath: ${fieldPath}`);
  }
}

/** `key="value"`, a line each, sorted. */
const formatMap = (map: Readonly<Record<string, string>> = {}): string =>
  Object.keys(map)
    .sort()
    .map((key) => `${key}=${goQuote(map[key]!)}`)
    .join('\n');

/** Go's %q of texts without odd characters, which JSON writes the same way. */
const goQuote = (text: string): string => JSON.stringify(text);

export function resourceValue({ machine }: Pick<PodSync, 'machine'>, pod: Pod, own: Container, ref: ResourceFieldSelector): string {
  const container = ref.containerName
    ? pod.spec.containers.concat(pod.spec.initContainers ?? []).find(({ name }) => name === ref.containerName)
    : own;
  if (!container) throw new FieldRefError(`container ${ref.containerName} not found`);
  const [kind = '', ...rest] = ref.resource.split('.');
  const name = rest.join('.');
  const given = container.resources[kind as 'limits' | 'requests']?.[name];
  // Without a limit, everything that the node has.
  const defaults: Record<string, string> = {
    cpu: String(machine.cpus),
    memory: String(machine.memory),
    'ephemeral-storage': String(machine.disk),
  };
  const quantity = given ?? (kind === 'limits' ? defaults[name] : undefined) ?? '0';
  const divisor = ref.divisor && ref.divisor !== '0' ? ref.divisor : '1';
  if (!/^(limits|requests)$/.test(kind)) throw new FieldRefError(`unsupported container resource : ${ref.resource}`);
  const amount =
    name === 'cpu' ? quantityMilliValue(quantity) / quantityMilliValue(divisor) : quantityValue(quantity) / quantityValue(divisor);
  if (!Number.isFinite(amount)) throw new FieldRefError(quantityProblem(divisor));
  return String(Math.ceil(amount));
}
