// systemctl: what systemd runs on a machine. Mirrors `systemctl is-active`, `status`, `start`, `stop` and `restart`, for services.

import { setService } from '../machine.ts';
import type { Machine, SystemService } from '../machine.ts';
import type { System } from '../process/system.ts';
import { formatDate } from './date.ts';
import { once, Refusal } from './tool.ts';

/** How long ago, in systemd's words: `5s`, `2min 3s`, `1h 5min`, `2 days`. */
function ago(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  if (seconds < 60) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return minutes < 20 ? `${minutes}min ${seconds % 60}s` : `${minutes}min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return `${hours}h ${minutes % 60}min`;
  const days = Math.floor(hours / 24);
  return days === 1 ? '1 day' : `${days} days`;
}

const STATES = { active: 'active (running)', inactive: 'inactive (dead)', failed: 'failed (Result: exit-code)' } as const;

export const systemctl = once('systemctl', (system, args) => {
  const [verb = 'list-units', ...names] = args.filter((arg) => !arg.startsWith('-'));
  const machine = system.world.machines.get(system.caller.machine);
  if (!machine) throw new Refusal('');
  const services = names.map((name) => name.replace(/\.service$/, ''));
  switch (verb) {
    case 'is-active':
      for (const name of services) system.out(`${machine.services[name]?.state ?? 'inactive'}\n`);
      return services.some((name) => machine.services[name]?.state === 'active')
        ? 0
        : services.every((name) => machine.services[name])
          ? 3
          : 4;
    case 'status':
      return Math.max(...services.map((name) => printStatus(system, machine, name)));
    case 'start':
    case 'stop':
    case 'restart':
      return change(system, machine, verb, services);
    default:
      system.err(`Unknown command verb '${verb}'.\n`);
      return 1;
  }
});

function printStatus(system: System, machine: Machine, name: string): number {
  const service = machine.services[name];
  if (!service) {
    system.err(`Unit ${name}.service could not be found.\n`);
    return 4;
  }
  const since = formatDate('%a %Y-%m-%d %H:%M:%S UTC', service.since);
  const isActive = service.state === 'active';
  system.out(
    `${isActive ? '\u25cf' : service.state === 'failed' ? '\u00d7' : '\u25cb'} ${name}.service\n` +
      `     Loaded: loaded (/usr/lib/systemd/system/${name}.service; enabled; preset: enabled)\n` +
      `     Active: ${STATES[service.state]} since ${since}; ${ago(system.now() - service.since)} ago\n` +
      (isActive ? `   Main PID: ${service.pid} (${name.slice(0, 15)})\n` : ''),
  );
  return isActive ? 0 : 3;
}

function change(system: System, machine: Machine, verb: 'start' | 'stop' | 'restart', services: readonly string[]): number {
  const unknown = services.find((name) => !machine.services[name]);
  if (unknown !== undefined) {
    system.err(
      verb === 'stop'
        ? `Failed to stop ${unknown}.service: Unit ${unknown}.service not loaded.\n`
        : `Failed to ${verb} ${unknown}.service: Unit ${unknown}.service not found.\n`,
    );
    return 5;
  }
  const set = (name: string, state: SystemService['state']): void => setService(system.world, machine, name, state);
  for (const name of services) {
    if (verb !== 'start') set(name, 'inactive');
    if (verb !== 'stop') set(name, 'active');
  }
  return 0;
}
