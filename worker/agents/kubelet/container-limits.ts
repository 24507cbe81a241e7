// What containers may use: as their specs say, as the runtime has it, and how the one becomes the other. Mirrors computePodResizeAction of
// pkg/kubelet/kuberuntime/kuberuntime_manager.go and convertContainerStatusResources of pkg/kubelet/kubelet_pods.go.

import type { Container as ContainerSpec, ResourceRequirements } from '../../api/gen/core-v1.ts';
import { canonicalQuantity, formatQuantity, quantityMilliValue, quantityValue } from '../../lib/quantity.ts';
import type { Container, Limits } from '../../world/runtime/sandbox.ts';

/** Less than so much (thousandths of a core) is all the same to the kernel: MinShares and MinMilliCPULimit of pkg/kubelet/cm/helpers_linux.go. */
const [MIN_SHARES, MIN_CPU_LIMIT] = [2, 10];

export const limitsOf = ({ resources: { limits, requests } }: ContainerSpec): Required<Limits> => ({
  cpu: quantityMilliValue(limits?.['cpu']),
  memory: quantityValue(limits?.['memory']),
  cpuRequest: quantityMilliValue(requests?.['cpu']),
});

/** What of a running container is not as its spec says. */
interface Change {
  readonly limits: Required<Limits>;
  /** Its author wants it to be started again for that. */
  readonly isRestart: boolean;
}

export function changeOf(spec: ContainerSpec, { state, limits: has }: Container): Change | undefined {
  if (state !== 'running') return undefined;
  const limits = limitsOf(spec);
  const { cpuRequest = limits.cpuRequest } = has;
  const differs = (a: number, b: number, least: number): boolean => a !== b && (a > least || b > least);
  const changed = [
    ...(limits.memory !== has.memory ? ['memory'] : []),
    ...(differs(limits.cpu, has.cpu, MIN_CPU_LIMIT) || differs(limits.cpuRequest, cpuRequest, MIN_SHARES) ? ['cpu'] : []),
  ];
  if (!changed.length) return undefined;
  const isRestart = changed.some(
    (name) => spec.resizePolicy?.find(({ resourceName }) => resourceName === name)?.restartPolicy === 'RestartContainer',
  );
  return { limits, isRestart };
}

/** What a container has, as its status says: what the runtime does not tell is as granted. */
export function actualResources(spec: ContainerSpec, container: Container): ResourceRequirements {
  const { resources } = spec;
  if (!changeOf(spec, container)) return resources;
  const { cpu, memory, cpuRequest } = container.limits;
  const wanted = limitsOf(spec);
  const limits = withAmounts(resources.limits, {
    ...(cpu !== wanted.cpu && { cpu: cores(cpu) }),
    ...(memory !== wanted.memory && { memory: bytes(memory) }),
  });
  const requests = withAmounts(
    resources.requests,
    cpuRequest === undefined || cpuRequest === wanted.cpuRequest ? {} : { cpu: cores(cpuRequest) },
  );
  return { ...resources, ...(limits && { limits }), ...(requests && { requests }) };
}

const cores = (milli: number): string => canonicalQuantity(`${milli}m`)!;
const bytes = (amount: number): string => formatQuantity({ nanos: BigInt(amount) * 1_000_000_000n, format: 'BinarySI' });

/** In the order of Go's maps; what is nothing is not there. */
function withAmounts(
  list: Readonly<Record<string, string>> | undefined,
  others: Record<string, string>,
): Record<string, string> | undefined {
  if (!list) return undefined;
  const entries = Object.entries({ ...list, ...others }).filter(([name, amount]) => others[name] === undefined || amount !== '0');
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}
