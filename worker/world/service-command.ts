// How a service of a machine was called: what its unit says, with what its files of variables say.

import { machineFiles } from './files/machine-files.ts';
import type { Machine } from './machine.ts';
import { dropInPath, UNITS } from './units.ts';
import type { World } from './world.ts';

export function serviceCommand(world: World, machine: Machine, name: string): string {
  const files = machineFiles(world, machine.name);
  const text = [dropInPath(name) ?? '', '/var/lib/kubelet/kubeadm-flags.env', '/etc/default/kubelet'].map(
    (path) => files.find(path)?.content ?? '',
  );
  const variables = new Map(
    [...text.join('\n').matchAll(/^(?:Environment=")?(\w+)="?([^"\n]*)"?"?$/gm)].map(([, key, value]) => [key!, value!]),
  );
  return (UNITS[name]?.command ?? name)
    .replace(/\$(\w+)/g, (_, key: string) => variables.get(key) ?? '')
    .replace(/ +/g, ' ')
    .trim();
}
