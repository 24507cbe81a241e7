// Probes: when each is due, what its results add up to. Mirrors pkg/kubelet/prober/worker.go and prober.go.

import type { Container as ContainerSpec, Probe } from '../../api/gen/core-v1.ts';
import { keyOf } from '../../api/object.ts';
import type { Container, Sandbox } from '../../world/runtime/sandbox.ts';
import { containerEvent } from './events.ts';
import { probeKey } from './probe-results.ts';
import type { ProbeKind } from './probe-results.ts';
import { beginProbe, continueProbe } from './probe-run.ts';
import { findByName, isSidecar } from './runtime-view.ts';
import type { RuntimeView } from './runtime-view.ts';
import { wakeAt } from './worker.ts';
import type { PodSync, ProbeState } from './worker.ts';

export interface ProbeOutcome {
  readonly success: boolean;
  /** What the event says, if it is told. */
  readonly message: string;
  /** Nothing was learned: an event, and no result. */
  readonly errored?: boolean;
}

/** A container that is not ready this long after its start is no longer waited for. */
const PATIENCE_MS = 5 * 60_000;

/** Runs the probes that are due, and plans the next ones. True if a result changed. */
export function runProbes(sync: PodSync, view: RuntimeView): boolean {
  const { pod } = sync;
  let hasChanged = false;
  for (const spec of [...(pod.spec.initContainers ?? []).filter(isSidecar), ...pod.spec.containers]) {
    if (!spec.startupProbe && !spec.livenessProbe && !spec.readinessProbe) continue;
    const container = findByName(view, spec.name);
    const sandbox = container && view.sandboxes.find((one) => one.containers.includes(container));
    for (const kind of ['startup', 'liveness', 'readiness'] as const) {
      const probe = spec[`${kind}Probe`];
      if (probe && container && sandbox && step(sync, sandbox, container, spec, kind, probe)) hasChanged = true;
    }
  }
  return hasChanged;
}

function step(sync: PodSync, sandbox: Sandbox, container: Container, spec: ContainerSpec, kind: ProbeKind, probe: Probe): boolean {
  const { worker, context, pod, world } = sync;
  const key = probeKey(kind, spec.name);
  const period = (probe.periodSeconds ?? 10) * 1000;
  let state = worker.probes[key];
  if (state?.containerId !== container.id) {
    if (container.state !== 'running') {
      if (state) delete worker.probes[key];
      return false;
    }
    state = {
      containerId: container.id,
      base: context.now(),
      last: null,
      run: 0,
      onHold: false,
      result: null,
      next: firstTime(sync, kind, container, period),
    };
    worker.probes[key] = state;
  }
  if (container.state !== 'running') {
    const changed = state.result !== false && kind === 'readiness';
    if (changed) state.result = false;
    state.running = undefined;
    return changed;
  }
  if (state.running) {
    const outcome = continueProbe(sync, sandbox, container, spec, probe, state.running);
    if (outcome === 'running') return false;
    state.running = undefined;
    return settle(sync, spec, kind, probe, state, outcome);
  }
  if (state.onHold || (pod.metadata.deletionTimestamp !== undefined && kind !== 'readiness')) return false;
  // Nothing else is asked of it before it has started.
  if (kind !== 'startup' && spec.startupProbe && worker.probes[probeKey('startup', spec.name)]?.result !== true) {
    state.waits = true;
    return false;
  }
  if (state.waits) {
    state.waits = undefined;
    if (state.next <= context.now()) state.next += period * Math.ceil((context.now() - state.next + 1) / period);
  }
  if (state.asleep) {
    if (world.stillness.isStill) return sleep(sync);
    // As if it had been asked all along: the beat goes on.
    state.asleep = undefined;
    if (state.next <= context.now()) state.next += period * Math.ceil((context.now() - state.next + 1) / period);
  }
  if (state.next > context.now()) {
    plan(sync, container, kind, state);
    return false;
  }
  if (state.still && world.stillness.isStill) {
    state.asleep = true;
    return sleep(sync);
  }
  state.next += period * Math.ceil((context.now() - state.next + 1) / period);
  plan(sync, container, kind, state);
  if (Math.floor((context.now() - container.startedAt) / 1000) < (probe.initialDelaySeconds ?? 0)) return false;
  const { changes } = world.stillness;
  const begun = beginProbe(sync, sandbox, container, spec, probe);
  if (!('success' in begun)) {
    state.running = begun;
    state.still = undefined;
    return false;
  }
  const hasChanged = settle(sync, spec, kind, probe, state, begun);
  state.still = (begun.success && !hasChanged && state.result === true && changes === world.stillness.changes) || undefined;
  return hasChanged;
}

/** Nothing to do before the world changes. */
function sleep({ sleepers, worker, pod }: PodSync): false {
  worker.sleeper = keyOf(pod);
  sleepers.add(worker.sleeper);
  return false;
}

/** A container that has just started is looked at for readiness at once; the others keep to a beat that began before it. */
function firstTime({ context, pod }: PodSync, kind: ProbeKind, container: Container, period: number): number {
  if (kind === 'readiness') return context.now();
  const base = container.attempt === 0 ? Date.parse(pod.status.startTime ?? '') || container.createdAt : container.createdAt;
  return base + period * Math.ceil(Math.max(0, context.now() - base) / period);
}

/** Wakes the kubelet for the next time. It is work as long as somebody may be waiting for the container to become ready. */
function plan(sync: PodSync, container: Container, kind: ProbeKind, state: ProbeState): void {
  const isAwaited = kind !== 'liveness' && state.result === null && sync.context.now() - container.startedAt < PATIENCE_MS;
  wakeAt(sync, state.next, !isAwaited);
}

function settle(sync: PodSync, spec: ContainerSpec, kind: ProbeKind, probe: Probe, state: ProbeState, outcome: ProbeOutcome): boolean {
  const name = { startup: 'Startup', liveness: 'Liveness', readiness: 'Readiness' }[kind];
  if (outcome.errored) {
    containerEvent(sync, spec.name, 'Warning', 'Unhealthy', `${name} probe errored and resulted in unknown state: ${outcome.message}`);
    return false;
  }
  if (!outcome.success) containerEvent(sync, spec.name, 'Warning', 'Unhealthy', `${name} probe failed: ${outcome.message}`);
  else if (outcome.message) containerEvent(sync, spec.name, 'Warning', 'ProbeWarning', `${name} probe warning: ${outcome.message}`);
  if (state.last === outcome.success) state.run++;
  else [state.last, state.run] = [outcome.success, 1];
  if (state.run < (outcome.success ? (probe.successThreshold ?? 1) : (probe.failureThreshold ?? 3))) return false;
  const changed = state.result !== outcome.success;
  state.result = outcome.success;
  if ((kind === 'liveness' && !outcome.success) || kind === 'startup') {
    state.onHold = true;
    state.run = 0;
  }
  return changed;
}
