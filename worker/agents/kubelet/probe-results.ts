// What the probes of a container have come to.

import type { Container } from '../../world/runtime/sandbox.ts';
import type { Worker } from './worker.ts';

export type ProbeKind = 'startup' | 'liveness' | 'readiness';

export const probeKey = (kind: ProbeKind, container: string): string => `${kind} ${container}`;

/** True, false, or null as long as it is not known. */
export function probeResult(worker: Worker, kind: ProbeKind, { id, name }: Pick<Container, 'id' | 'name'>): boolean | null {
  const state = worker.probes[probeKey(kind, name)];
  return state?.containerId === id ? state.result : null;
}
