// Whether a machine takes a pod that was bound to it. Mirrors pkg/kubelet/lifecycle/predicate.go, with the scheduler's checks of what a node must have.

import type { Node, Pod, Toleration } from '../../api/gen/core-v1.ts';
import { quantityMilliValue, quantityValue } from '../../lib/quantity.ts';
import { matchesRequired, requiredNodesOf } from '../../resources/core/node-selector.ts';
import { nodes } from '../../resources/core/node.ts';
import { isTerminal } from '../../resources/core/pod-state.ts';
import { qosClass } from '../../resources/core/pod/qos.ts';
import { podTerm } from '../../resources/core/pod-terms.ts';
import { pods } from '../../resources/core/pod.ts';
import type { Machine } from '../../world/machine.ts';
import { allocatedPod } from './allocation.ts';
import { total } from './pod-resources.ts';
import { isCriticalPod, isStaticPod } from './static-pod.ts';
import { sysctls } from './sysctls.ts';
import { loadWorker } from './worker.ts';
import type { PodSync, Reason } from './worker.ts';

export function admit({ context, pod, machine }: PodSync): Reason | undefined {
  const short = pressureRefusal(pod, machine);
  if (short) return short;
  const node = context.api.get(nodes, '', machine.name);
  if (!node) return { reason: 'InvalidNodeInfo', message: 'Kubelet cannot get node info.' };
  if (pod.spec.os && pod.spec.os.name !== 'linux')
    return { reason: 'PodOSNotSupported', message: "Failed to admit pod as the OS field doesn't match node OS" };
  const term = podTerm.node(machine.name);
  // The other pods matter only where something may be short.
  const isRoomy = context.api.countTerm(pods, term) <= quantityValue(node.status.allocatable?.['pods']);
  const asksForNothing = !Object.keys(total(pod, 'requests')).length && !hostPorts(pod).length;
  const others =
    isRoomy && asksForNothing
      ? []
      : context.api
          .lookup(pods, term)
          .filter((one) => !isSamePod(one, pod) && !isTerminal(one) && (one.status.startTime !== undefined || isStaticPod(one)))
          .map((one) => (isResizePending(one) ? allocatedPod(one, loadWorker(context, one.metadata.uid)) : one));
  return sysctls(pod) ?? resources(pod, node, others) ?? affinity(pod, node) ?? ports(pod, others) ?? taints(pod, node);
}

/** It holds something else than it asks for. */
const isResizePending = ({ status }: Pod): boolean => status.conditions?.some(({ type }) => type === 'PodResizePending') ?? false;

/** A node that is short of something takes only who is critical; short of memory alone, also who says what it needs, or does not mind. */
function pressureRefusal(pod: Pod, { shortages = [] }: Machine): Reason | undefined {
  if (!shortages.length || isCriticalPod(pod)) return undefined;
  const isMemoryOnly = shortages.length === 1 && shortages[0] === 'memory';
  const taint = { key: 'node.kubernetes.io/memory-pressure', effect: 'NoSchedule' };
  if (isMemoryOnly && (qosClass(pod.spec) !== 'BestEffort' || pod.spec.tolerations?.some((one) => tolerates(one, taint)))) return undefined;
  const names = shortages.map((one) => ({ memory: 'MemoryPressure', disk: 'DiskPressure', pid: 'PIDPressure' })[one]);
  return { reason: 'Evicted', message: `The node had condition: [${names.join(' ')}]. ` };
}

/** A static pod and its mirror are one. */
const isSamePod = ({ metadata: a }: Pod, { metadata: b }: Pod): boolean =>
  a.uid === b.uid || (a.name === b.name && a.namespace === b.namespace);

function resources(pod: Pod, { status }: Node, others: readonly Pod[]): Reason | undefined {
  const lack = (name: string, requested: number, used: number, capacity: number): Reason | undefined =>
    requested > 0 && requested + used > capacity
      ? {
          reason: `OutOf${name}`,
          message: `Node didn't have enough resource: ${name}, requested: ${requested}, used: ${used}, capacity: ${capacity}`,
        }
      : undefined;
  const allocatable = status.allocatable ?? {};
  const tooMany = lack('pods', 1, others.length, quantityValue(allocatable['pods']));
  if (tooMany) return tooMany;
  const wanted = total(pod, 'requests');
  if (!Object.keys(wanted).length) return undefined;
  const used = others.map((one) => total(one, 'requests'));
  for (const name of ['cpu', 'memory', 'ephemeral-storage', ...Object.keys(wanted).filter((one) => !CORE.has(one))]) {
    const isExtended = !CORE.has(name) && !name.startsWith('hugepages-');
    if (wanted[name] === undefined || (isExtended && allocatable[name] === undefined)) continue;
    const value = name === 'cpu' ? quantityMilliValue : quantityValue;
    const sum = used.reduce((all, one) => all + value(one[name]), 0);
    const reason = lack(name, value(wanted[name]), sum, value(allocatable[name]));
    if (reason) return reason;
  }
  return undefined;
}

const CORE = new Set(['cpu', 'memory', 'ephemeral-storage']);

const failed = (name: string, what: string): Reason => ({ reason: name, message: `Predicate ${name} failed: ${what}` });

function affinity(pod: Pod, { metadata: { name, labels = {} } }: Node): Reason | undefined {
  const required = requiredNodesOf(pod);
  if (!required || matchesRequired(required, { name, labels })) return undefined;
  return failed('NodeAffinity', "node(s) didn't match Pod's node affinity/selector");
}

/** `TCP 80 127.0.0.1`; no address for all of them. */
const hostPorts = ({ spec }: Pod): string[] =>
  [...spec.containers, ...(spec.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === 'Always')].flatMap((container) =>
    (container.ports ?? []).flatMap(({ hostPort, protocol = 'TCP', hostIP = '' }) =>
      hostPort ? [`${protocol} ${hostPort} ${hostIP === '0.0.0.0' ? '' : hostIP}`] : [],
    ),
  );

function ports(pod: Pod, others: readonly Pod[]): Reason | undefined {
  const wanted = hostPorts(pod);
  if (!wanted.length) return undefined;
  const taken = others.flatMap(hostPorts);
  const clashes = (a: string, b: string): boolean => {
    const [[pa, na, ia], [pb, nb, ib]] = [a.split(' '), b.split(' ')];
    return pa === pb && na === nb && (ia === ib || !ia || !ib);
  };
  return wanted.some((one) => taken.some((other) => clashes(one, other)))
    ? failed('NodePorts', "node(s) didn't have free ports for the requested pod ports")
    : undefined;
}

function taints(pod: Pod, { spec }: Node): Reason | undefined {
  if (isStaticPod(pod)) return undefined;
  const isHeld = (spec.taints ?? []).some(
    (taint) => taint.effect === 'NoExecute' && !(pod.spec.tolerations ?? []).some((toleration) => tolerates(toleration, taint)),
  );
  return isHeld ? failed('TaintToleration', "node(s) had taints that the pod didn't tolerate") : undefined;
}

function tolerates(toleration: Toleration, taint: { readonly key: string; readonly value?: string; readonly effect: string }): boolean {
  if (toleration.effect && toleration.effect !== taint.effect) return false;
  if (toleration.key && toleration.key !== taint.key) return false;
  return toleration.operator === 'Exists' || (toleration.value ?? '') === (taint.value ?? '');
}
