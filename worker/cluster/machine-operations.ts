// What somebody who stands before the machines of a sandbox can do, with or without an API server: switch them and their services off and on, read and write their files.

import { FileError } from '../world/files/error.ts';
import { machineFiles } from '../world/files/machine-files.ts';
import { setService } from '../world/machine.ts';
import type { Machine } from '../world/machine.ts';
import { isOn, switchOff, switchOn } from '../world/power.ts';
import type { World } from '../world/world.ts';

export interface MachineView {
  readonly name: string;
  readonly role: string;
  readonly address: string;
  readonly power: 'on' | 'off';
  readonly kubeletVersion: string;
  /** Name → what systemd says of it. */
  readonly services: Readonly<Record<string, string>>;
}

export type MachineOperation =
  | { readonly do: 'on' | 'off' | 'reboot' }
  | { readonly do: 'start' | 'stop' | 'restart'; readonly service: string }
  | { readonly do: 'read'; readonly path: string }
  | { readonly do: 'write'; readonly path: string; readonly content: string }
  | { readonly do: 'remove'; readonly path: string };

/** The content of a file, or the names in a directory, if that was asked for; `problem` says why it could not be done, `missing` what is not there. */
export interface MachineAnswer {
  readonly machine?: MachineView;
  readonly content?: string;
  readonly names?: readonly string[];
  readonly problem?: string;
  readonly missing?: 'machine' | 'file';
}

export const machineViews = (world: World): MachineView[] => world.machines.values().map(viewOf);

const viewOf = (machine: Machine): MachineView => ({
  name: machine.name,
  role: machine.role,
  address: machine.ip,
  power: isOn(machine) ? 'on' : 'off',
  kubeletVersion: machine.kubeletVersion,
  services: Object.fromEntries(Object.entries(machine.services).map(([name, { state }]) => [name, state])),
});

const MAX_FILE = 1_000_000;

export function operateMachine(world: World, name: string, operation: MachineOperation): MachineAnswer {
  const machine = world.machines.get(name);
  if (!machine) return { missing: 'machine' };
  if ('path' in operation) return withFiles(world, name, operation);
  if ('service' in operation) {
    const { service } = operation;
    if (!machine.services[service]) return { problem: `Unit ${service}.service could not be found.` };
    if (!isOn(machine)) return { problem: 'the machine is off' };
    if (operation.do !== 'start') setService(world, machine, service, 'inactive');
    if (operation.do !== 'stop') setService(world, machine, service, 'active');
  } else {
    if (operation.do !== 'on') switchOff(world, machine);
    if (operation.do !== 'off') switchOn(world, machine);
  }
  return { machine: viewOf(machine) };
}

function withFiles(world: World, name: string, operation: Extract<MachineOperation, { path: string }>): MachineAnswer {
  const files = machineFiles(world, name);
  const { path } = operation;
  if (!path.startsWith('/')) return { problem: 'a path begins with a slash' };
  try {
    if (operation.do === 'write') {
      if (operation.content.length > MAX_FILE) return { problem: `a file may have ${MAX_FILE} bytes at most` };
      files.write(path, operation.content, 0o600);
      return {};
    }
    if (operation.do === 'remove') {
      if (files.stat(path).type === 'dir') files.rmdir(path);
      else files.unlink(path);
      return {};
    }
    return files.stat(path).type === 'dir' ? { names: files.list(path) } : { content: files.read(path) };
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    return error.code === 'ENOENT' ? { missing: 'file' } : { problem: `${path}: ${error.code}` };
  }
}
