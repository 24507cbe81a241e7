// agnhost dns-suffix, dns-server-list, etc-hosts: what the resolver of the container is told.

import type { Tool } from '../../process/program.ts';
import type { System } from '../../process/system.ts';
import { once } from '../../commands/tool.ts';

const RESOLV_CONF = '/etc/resolv.conf';

export const dnsSuffix = listOf('dns-suffix', 'search');
export const dnsServerList = listOf('dns-server-list', 'nameserver');

export const etcHosts: Tool = once('agnhost etc-hosts', (system) => {
  const hosts = system.files.find('/etc/hosts');
  if (!hosts) return panic(system, 'open /etc/hosts: no such file or directory');
  system.out(`${hosts.content ?? ''}\n`);
  return 0;
});

/** The words of the first line of resolv.conf that begins with one. */
function listOf(subcommand: string, word: string): Tool {
  return once(`agnhost ${subcommand}`, (system) => {
    const line = (system.files.find(RESOLV_CONF)?.content ?? '').split('\n').find((one) => one.startsWith(word));
    if (line === undefined) return panic(system, 'Could not find DNS search list!');
    system.out(`${line.split(' ').slice(1).join(',')}\n`);
    return 0;
  });
}

function panic(system: System, message: string): number {
  system.err(`panic: ${message}\n\ngoroutine 1 [running]:\n`);
  return 2;
}
