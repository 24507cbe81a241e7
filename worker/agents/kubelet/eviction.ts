// The eviction manager of each kubelet: a node that is short of memory, disk or processes says so, and puts pods off until it is not. Mirrors
// pkg/kubelet/eviction/eviction_manager.go. Upstream looks every ten seconds; here it looks after somebody took much, and every ten seconds as long as that matters.
//
// Keys: names of machines.

import type { Controller, ControllerContext, Requeue } from '../../api/controller.ts';
import type { Pod } from '../../api/gen/core-v1.ts';
import { keyOf } from '../../api/object.ts';
import { nodes } from '../../resources/core/node.ts';
import { isTerminal } from '../../resources/core/pod-state.ts';
import { podTerm } from '../../resources/core/pod-terms.ts';
import { pods } from '../../resources/core/pod.ts';
import { isServiceActive } from '../../world/machine.ts';
import type { Machine } from '../../world/machine.ts';
import type { World } from '../../world/world.ts';
import { evictionMessage, localStorageProblem, observe, rank, thresholdOf, usageOf } from './eviction-signals.ts';
import type { PodUsage, Signal } from './eviction-signals.ts';
import { isCutOff } from './kubeconfig.ts';
import { kubeletConfig } from './kubelet-config.ts';
import { nodeRef } from './node.ts';
import { isCriticalPod } from './static-pod.ts';
import { loadWorker, saveWorker } from './worker.ts';

export const EVICTION = 'kubelet-eviction';
const PERIOD_MS = 10_000;
export const EVICTION_DELAY: Requeue = { after: PERIOD_MS };
/** A container is killed at once, nearly. */
const GRACE_MS = 1000;

export interface EvictionParts {
  readonly world: World;
  /** A pod has to be looked at. */
  wakePod(key: string): void;
  /** A node's conditions have to be told. */
  wakeNode(machine: string): void;
}

export const makeEvictionManager = (
  { world, wakePod, wakeNode }: EvictionParts,
  podLoop: () => ControllerContext | undefined,
): Controller => ({
  name: EVICTION,
  component: 'kubelet',
  watches: [],
  reconcile(name, context) {
    const machine = world.machines.get(name);
    const kubelet = podLoop();
    if (!machine || !kubelet || !isServiceActive(machine, 'kubelet') || !context.isApiUp() || isCutOff(world, name)) return undefined;
    const evict = (pod: Pod, message: string, isPressure: boolean): void => {
      context.event(pod, 'Warning', 'Evicted', message, { host: name });
      const worker = loadWorker(kubelet, pod.metadata.uid);
      const disruption = { reason: 'TerminationByKubelet', message };
      worker.override = { reason: 'Evicted', message, graceMs: GRACE_MS, ...(isPressure && { disruption }) };
      saveWorker(kubelet, pod.metadata.uid, worker);
      wakePod(keyOf(pod));
    };
    const active = context.api
      .lookup(pods, podTerm.node(name))
      .filter((pod) => !isTerminal(pod) && loadWorker(kubelet, pod.metadata.uid).override === undefined);
    const used = usageOf(world, active);

    const offenders = used.flatMap((one) => {
      const problem = localStorageProblem(one);
      return problem === undefined || isCriticalPod(one.pod) ? [] : [{ pod: one.pod, problem }];
    });
    for (const { pod, problem } of offenders) evict(pod, problem, false);

    const met = thresholdsMet(world, machine, used);
    const since = noteShortages(world, machine, met, context);
    if (!sameList(since, machine.shortages ?? [])) {
      world.machines.put(name, Object.assign(machine, { shortages: since }));
      wakeNode(name);
    }
    const [first] = met;
    if (first && !offenders.length) reclaim(world, machine, first, used, evict, context);
    if (first || offenders.length) return { after: PERIOD_MS };
    return since.length ? { after: PERIOD_MS, background: true } : undefined;
  },
});

interface Met {
  readonly signal: Signal;
  readonly threshold: string;
}

function thresholdsMet(world: World, machine: Machine, used: readonly PodUsage[]): Met[] {
  const { evictionHard } = kubeletConfig(world, machine.name);
  return [...observe(world, machine, used)].flatMap(([name, signal]) => {
    const threshold = evictionHard[name];
    return threshold !== undefined && signal.available < thresholdOf(threshold, signal.capacity) ? [{ signal, threshold }] : [];
  });
}

/** What the machine is short of, or was until a moment ago: a pressure that comes and goes would make the node flap. */
function noteShortages(world: World, { name }: Machine, met: readonly Met[], { state, now }: ControllerContext): string[] {
  const { pressureTransitionMs } = kubeletConfig(world, name);
  const seen: Record<string, number> = { ...state.get<Record<string, number>>(name) };
  for (const { signal } of met) seen[signal.shortage] = now();
  const kept = Object.entries(seen).filter(([, at]) => at === now() || at + pressureTransitionMs > now());
  if (kept.length) state.set(name, Object.fromEntries(kept));
  else if (state.get(name) !== undefined) state.delete(name);
  return kept.map(([shortage]) => shortage).sort();
}

const sameList = (a: readonly string[], b: readonly string[]): boolean => a.join() === b.join();

function reclaim(
  world: World,
  machine: Machine,
  { signal, threshold }: Met,
  used: readonly PodUsage[],
  evict: (pod: Pod, message: string, isPressure: boolean) => void,
  context: ControllerContext,
): void {
  const node = context.api.get(nodes, '', machine.name);
  if (node)
    context.event(nodeRef(node), 'Warning', 'EvictionThresholdMet', `Attempting to reclaim ${signal.resource}`, { host: machine.name });
  if (signal.resource === 'ephemeral-storage' && dropUnusedImages(world, machine)) {
    const left = thresholdsMet(world, machine, used).filter((one) => one.signal.shortage === 'disk');
    if (!left.length) return;
  }
  const chosen = rank(used, signal.resource).find(({ pod }) => !isCriticalPod(pod));
  if (chosen) evict(chosen.pod, evictionMessage(chosen, signal, threshold), true);
}

/** True if there were any. */
function dropUnusedImages(world: World, machine: Machine): boolean {
  const inUse = new Set(
    world.sandboxes.find('machine', machine.name).flatMap(({ containers }) => containers.map(({ imageName }) => imageName)),
  );
  const kept = Object.entries(machine.images).filter(([name]) => inUse.has(name) || name.includes('/pause:'));
  if (kept.length === Object.keys(machine.images).length) return false;
  world.machines.put(machine.name, Object.assign(machine, { images: Object.fromEntries(kept) }));
  return true;
}
