// The journal of a machine: what systemd and its services wrote, a log for each unit. What was written when the machine was set up is not stored: it follows from when that
// was. Mirrors systemd-journald as journalctl(1) shows it.

import type { Machine, SystemService } from './machine.ts';
import { klogLine } from './programs/control-plane/klog.ts';
import { appendLog, readLog } from './runtime/log.ts';
import { UNITS } from './units.ts';
import type { World } from './world.ts';

export interface JournalEntry {
  readonly at: number;
  /** `systemd[1]: Started …` */
  readonly text: string;
}

const logOf = ({ name }: Machine, unit: string): string => `journal/${name}/${unit}`;

/** A line of a service's own process. */
export function writeJournal(world: World, machine: Machine, unit: string, line: string): void {
  appendLog(world, logOf(machine, unit), 'stderr', `${unit}[${machine.services[unit]?.pid ?? 0}]: ${line.replace(/\n$/, '')}\n`);
}

/** What systemd says of a change, and a service of its start. */
export function journalChange(
  world: World,
  machine: Machine,
  unit: string,
  from: SystemService['state'],
  to: SystemService['state'],
): void {
  const lines = [...systemdLines(unit, from, to), ...(to === 'active' ? startLines(machine, unit, world.now()) : [])];
  appendLog(world, logOf(machine, unit), 'stderr', lines.map((line) => `${line}\n`).join(''));
}

function systemdLines(unit: string, from: SystemService['state'], to: SystemService['state']): string[] {
  const file = `${unit}.service`;
  const named = `${file} - ${UNITS[unit]?.description ?? file}`;
  const said: Record<typeof to, readonly string[]> = {
    failed: [`${file}: Main process exited, code=exited, status=1/FAILURE`, `${file}: Failed with result 'exit-code'.`],
    inactive: [...(from === 'failed' ? [] : [`Stopping ${named}...`, `${file}: Deactivated successfully.`]), `Stopped ${named}.`],
    active: [...(from === 'failed' ? [`${file}: Scheduled restart job, restart counter is at 1.`] : []), `Started ${named}.`],
  };
  return said[to].map((line) => `systemd[1]: ${line}`);
}

/** What a service says first. */
function startLines(machine: Machine, unit: string, at: number): string[] {
  if (unit !== 'kubelet') return [];
  const pid = machine.services[unit]?.pid ?? 0;
  const say = (place: string, message: string): string => `kubelet[${pid}]: ${klogLine(at, 'I', place, message, pid).trimEnd()}`;
  return [
    say('server.go:525', `"Kubelet version" kubeletVersion=${JSON.stringify(machine.kubeletVersion)}`),
    say('server.go:527', '"Golang settings" GOGC="" GOMAXPROCS="" GOTRACEBACK=""'),
  ];
}

/** Of some units, or of all if none is named, by time. */
export function readJournal(world: World, machine: Machine, units: readonly string[]): JournalEntry[] {
  const all = units.length ? units : Object.keys(machine.services);
  return all
    .filter((unit) => machine.services[unit])
    .flatMap((unit): JournalEntry[] => {
      const first = [...systemdLines(unit, 'inactive', 'active'), ...startLines(machine, unit, machine.madeAt)];
      const later = readLog(world, logOf(machine, unit)).entries;
      return [...first.map((text) => ({ at: machine.madeAt, text })), ...later];
    })
    .sort((a, b) => a.at - b.at);
}
