// Switching machines on and off. What ran on one that goes off is gone; its disk is as it was.

import { setService } from './machine.ts';
import type { Machine } from './machine.ts';
import { stopSandbox } from './runtime/create.ts';
import type { World } from './world.ts';

export const isOn = ({ services }: Machine): boolean => Object.values(services).some(({ state }) => state === 'active');

export function switchOff(world: World, machine: Machine): void {
  for (const service of Object.keys(machine.services)) setService(world, machine, service, 'inactive');
  for (const sandbox of world.sandboxes.find('machine', machine.name)) {
    const running = sandbox.containers.filter(({ state }) => state === 'running');
    stopSandbox(world, sandbox);
    // Nobody saw how they ended.
    for (const container of running) Object.assign(container, { exitCode: 255, reason: 'Unknown' });
    world.sandboxes.put(sandbox.id, sandbox);
  }
}

export function switchOn(world: World, machine: Machine): void {
  if (isOn(machine)) return;
  machine.bootId = world.random.uuid();
  machine.bootedAt = world.now();
  for (const [service, { disabled }] of Object.entries(machine.services)) if (!disabled) setService(world, machine, service, 'active');
}
