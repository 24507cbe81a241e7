// A service that a shell or another program started: a process like any other, which listens and answers as the first process of a container would.

import { serviceContextOf } from '../runtime/service.ts';
import type { World } from '../world.ts';
import type { PidNamespace, Process } from './process.ts';
import { isEnded } from './program.ts';
import type { Ended, Service } from './program.ts';

export interface ServiceData {
  readonly service: unknown;
  readonly ends?: { readonly at: number; readonly code: number };
}

/** What a service process keeps; undefined for one that stands for the container's own service, and before its start. */
export const serviceData = ({ data }: Process): ServiceData | undefined =>
  typeof data === 'object' && data !== null && 'service' in data ? (data as ServiceData) : undefined;

/** Starts it, tells it of signals, ends it in time. Gives its exit code when it is over. */
export function runServiceProcess(world: World, namespace: PidNamespace, process: Process, program: Service): number | undefined {
  const context = serviceContextOf(world, namespace, process);
  const settle = (next: unknown): number | undefined => {
    if (!isEnded(next)) {
      process.data = { ...serviceData(process), service: next } satisfies ServiceData;
      return undefined;
    }
    const { code, after = 0 }: Ended = next;
    if (after <= 0) return code;
    process.data = { service: serviceData(process)?.service ?? null, ends: { at: world.now() + after, code } } satisfies ServiceData;
    return undefined;
  };
  if (!serviceData(process)) {
    const kept = program.start(context);
    const code = settle(kept);
    if (code !== undefined) return code;
    if (!isEnded(kept)) {
      for (const { stream, text } of program.startLines?.(kept, context) ?? []) context.log(stream, `${text}\n`);
      const ends = program.ends?.(kept);
      if (ends) process.data = { service: kept, ends } satisfies ServiceData;
    }
  }
  for (const signal of process.signals.splice(0)) {
    if (signal === 'KILL') return 137;
    if (process.ignored.includes(signal)) continue;
    const next = program.signal(serviceData(process)!.service, signal, context);
    if (next === 'ignored') continue;
    const code = settle(next);
    if (code !== undefined) return code;
  }
  const ends = serviceData(process)!.ends;
  if (ends && ends.at <= world.now()) return ends.code;
  process.wait = ends ? { until: ends.at } : {};
  return undefined;
}
