// Signals: sent now, delivered when the process is next looked at.

import type { PidNamespace, Process, SignalName } from './process.ts';

const NO_EFFECT: ReadonlySet<SignalName> = new Set(['CHLD', 'URG', 'WINCH']);
const STOPS: ReadonlySet<SignalName> = new Set(['STOP', 'TSTP', 'TTIN', 'TTOU']);

export function sendSignal(namespace: PidNamespace, process: Process, signal: SignalName): void {
  if (process.exit) return;
  // The first process of a namespace cannot be killed from within.
  if (process.pid === 1 && (signal === 'KILL' || signal === 'STOP') && !namespace.id.includes('@')) return;
  if (!process.signals.includes(signal)) process.signals.push(signal);
}

export type Effect = 'none' | 'stop' | 'continue' | 'end';

/** What a signal does to a process that has no handler for it. */
export function defaultEffect(process: Process, signal: SignalName, isFirst: boolean): Effect {
  if (signal === 'KILL') return 'end';
  if (signal === 'CONT') return 'continue';
  if (process.ignored.includes(signal) || NO_EFFECT.has(signal)) return 'none';
  // Nor do signals that it has no handler for reach the first process.
  if (isFirst) return 'none';
  return STOPS.has(signal) ? 'stop' : 'end';
}
