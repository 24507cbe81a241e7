// Programs that use what one tells them to: polinux/stress (https://github.com/resurrecting-open-source-projects/stress) and vish/stress
// (github.com/vishh/stress), of the examples on memory and CPU. Who takes more memory than its container may is killed.

import { ended } from '../process/program.ts';
import type { Ended, Service, ServiceContext } from '../process/program.ts';
import { flagOf } from './web-apps.ts';

const MI = 2 ** 20;
/** How long it takes to grow beyond a limit. */
const GROWTH_MS = 400;

interface Keep {
  /** Thousandths of a core. */
  readonly cpu: number;
  /** Bytes. */
  readonly memory: number;
  readonly endsAt?: number;
  readonly title: string;
}

const killed: Ended = { ended: true, code: 137, after: GROWTH_MS, reason: 'OOMKilled' };

/** `150M`, `1g`: bytes. */
function bytesOf(text: string): number {
  const match = /^(\d+)([bkmg]?)/i.exec(text);
  return match ? Number(match[1]) * 1024 ** ' kmg'.indexOf((match[2] || ' ').toLowerCase().replace('b', ' ')) : 0;
}

const fits = ({ memoryLimit }: ServiceContext, memory: number): boolean => !memoryLimit || memory <= memoryLimit;

/** polinux/stress: `stress --vm 1 --vm-bytes 150M --vm-hang 1`. */
export const stress: Service<Keep> = {
  name: 'stress',
  isService: true,
  start(context) {
    const count = (...names: string[]): number => Number(flagOf(context, ...names) ?? 0) || 0;
    const [cpu, io, vm, hdd] = [count('cpu', 'c'), count('io', 'i'), count('vm', 'm'), count('hdd', 'd')];
    if (!cpu && !io && !vm && !hdd) {
      context.log('stdout', "`stress' imposes certain types of compute stress on your system\n\nUsage: stress [OPTION [ARG]] ...\n");
      return ended(0);
    }
    const seconds = /^\d+/.exec(flagOf(context, 'timeout', 't') ?? '')?.[0];
    const memory = vm * bytesOf(flagOf(context, 'vm-bytes') ?? '256M') + MI;
    context.log('stdout', `stress: info: [1] dispatching hogs: ${cpu} cpu, ${io} io, ${vm} vm, ${hdd} hdd\n`);
    if (!fits(context, memory)) return killed;
    const hangs = flagOf(context, 'vm-hang') !== undefined;
    return {
      cpu: (cpu + (hangs ? 0 : vm)) * 1000 + io * 300,
      memory,
      ...(seconds !== undefined && { endsAt: context.now() + Number(seconds) * 1000 }),
      title: context.argv.join(' '),
    };
  },
  ends: ({ endsAt }) => (endsAt === undefined ? undefined : { at: endsAt, code: 0 }),
  signal: (_keep, signal) => (signal === 'TERM' || signal === 'INT' ? ended(143, 10) : 'ignored'),
  processes: ({ title }) => [{ title }],
  usage: within,
};

/** vish/stress: `-cpus 2 -mem-total 950Mi`. */
export const vishStress: Service<Keep> = {
  name: 'vish-stress',
  isService: true,
  start(context) {
    const total = flagOf(context, 'mem-total') ?? '0';
    const chunk = flagOf(context, 'mem-alloc-size') ?? '4Ki';
    const pause = flagOf(context, 'mem-alloc-sleep') ?? '1ms';
    const cpus = Number(flagOf(context, 'cpus') ?? 0);
    const memory = bytesOf(total.replace(/i$/, '')) + 2 * MI;
    const stamp = `I${new Date(context.now()).toISOString().slice(5, 10).replace('-', '')} ${new Date(context.now()).toISOString().slice(11, 23)}000       1`;
    context.log(
      'stderr',
      `${stamp} main.go:26] Allocating "${total}" memory, in "${chunk}" chunks, with a ${pause} sleep between allocations\n`,
    );
    for (let i = 0; i < cpus; i++) context.log('stderr', `${stamp} main.go:39] Spawning a thread to consume CPU\n`);
    return fits(context, memory) ? { cpu: cpus * 1000, memory, title: context.argv.join(' ') } : killed;
  },
  signal: (_keep, signal, { isFirst }) => (signal === 'INT' || (signal === 'TERM' && !isFirst) ? ended(143) : 'ignored'),
  processes: ({ title }) => [{ title }],
  usage: within,
};

/** A limit on CPU slows it down. */
function within({ cpu, memory }: Keep, { world, caller }: ServiceContext): { readonly cpu: number; readonly memory: number } {
  const cores = (world.machines.get(caller.machine)?.cpus ?? 1) * 1000;
  return { cpu: Math.min(cpu, cores), memory };
}
