// Tools that show who listens and is connected: netstat, ss.

import type { Connection } from '../network/connection.ts';
import { hostSandboxes } from '../network/route.ts';
import { hostPidOf } from '../process/host-pids.ts';
import { isService } from '../process/program.ts';
import { serviceData } from '../process/service-process.ts';
import type { System } from '../process/system.ts';
import { programs } from '../programs/index.ts';
import { route } from './interface-tools.ts';
import { addressOf } from './system-info.ts';
import { once } from './tool.ts';

interface Listening {
  readonly address: string;
  readonly port: number;
  readonly pid: number;
  readonly name: string;
}

/** Where services of a machine listen. */
const OF_SERVICES: readonly (readonly [name: string, port: number, address: string])[] = [
  ['kubelet', 10_248, '127.0.0.1'],
  ['kubelet', 10_250, '0.0.0.0'],
];

/** Who listens in the network that the tool sees. */
function listeningOf(system: System): Listening[] {
  const { world, sandbox } = system;
  const members = sandbox && !sandbox.hostNetwork ? [sandbox] : hostSandboxes(world, system.caller.machine);
  const out: Listening[] = [];
  if (!sandbox || sandbox.hostNetwork) {
    const services = world.machines.get(system.caller.machine)?.services ?? {};
    for (const [name, port, address] of OF_SERVICES) {
      const { state, pid } = services[name] ?? {};
      if (state === 'active') out.push({ port, address, pid: !sandbox || sandbox.hostPid ? (pid ?? 0) : 0, name });
    }
  }
  for (const one of members)
    for (const container of one.containers) {
      const program = container.state === 'running' ? programs.get(container.main) : undefined;
      if (program && isService(program) && container.service !== undefined)
        for (const { port, address } of program.listeners?.(container.service) ?? [])
          out.push({
            port,
            address,
            pid: one.hostNetwork && (!sandbox || sandbox.hostPid) ? hostPidOf(container) : container.id === system.container?.id ? 1 : 0,
            name: container.main,
          });
    }
  for (const process of Object.values(system.namespace.processes)) {
    const data = process.exit ? undefined : serviceData(process);
    const program = programs.get(process.program);
    if (data && program && isService(program))
      for (const { port, address } of program.listeners?.(data.service) ?? [])
        out.push({ port, address, pid: process.pid, name: process.program });
    for (const id of Object.values(process.fds)) {
      const file = system.namespace.files[id];
      if (file?.type === 'listener')
        out.push({ port: file.port, address: '0.0.0.0', pid: process.pid, name: (process.argv[0] ?? '').split('/').at(-1)! });
    }
  }
  return out.sort((a, b) => a.port - b.port);
}

const established = (system: System): Connection[] =>
  system.world.connections
    .values()
    .filter((one) => one.client === system.namespace.id || (system.sandbox !== undefined && one.serverAddress === system.sandbox.ip));

export const netstat = once('netstat', (system, args) => {
  const flags = args.join('');
  if (flags.includes('r')) return (route.step(system), 0);
  const hasPid = flags.includes('p');
  const rows: string[][] = [];
  const own = addressOf(system);
  if (/l|a/.test(flags))
    for (const { address, port, pid, name } of listeningOf(system))
      rows.push(['tcp', '0', '0', `${address}:${port}`, '0.0.0.0:*', 'LISTEN', pid ? `${pid}/${name}` : '-']);
  if (!flags.includes('l'))
    for (const one of established(system))
      rows.push([
        'tcp',
        '0',
        '0',
        one.client === system.namespace.id ? `${own}:${one.clientPort}` : `${own}:${one.targetPort}`,
        one.client === system.namespace.id ? `${one.serverAddress}:${one.port}` : `${one.clientAddress}:${one.clientPort}`,
        'ESTABLISHED',
        '-',
      ]);
  system.out(
    `Active Internet connections (${flags.includes('a') ? 'servers and established' : flags.includes('l') ? 'only servers' : 'w/o servers'})\nProto Recv-Q Send-Q Local Address           Foreign Address         State       ${hasPid ? 'PID/Program name    ' : ''}\n`,
  );
  for (const [proto = '', recv = '', sent = '', local = '', foreign = '', state = '', pid = ''] of rows)
    system.out(
      `${proto.padEnd(5)} ${recv.padStart(6)} ${sent.padStart(6)} ${local.padEnd(23)} ${foreign.padEnd(23)} ${state.padEnd(11)} ${hasPid ? pid : ''}\n`,
    );
  return 0;
});

/** What a filter of ss asks of ports: `sport = :80 or dport = :80`. Everything, if it asks for something else. */
function portFilter(expression: string): (sport: number, dport?: number) => boolean {
  const wanted = [...expression.matchAll(/\b([sd])port\s*(?:==?|eq)\s*:?(\d+)/g)];
  return (sport, dport) => !wanted.length || wanted.some(([, side, port]) => Number(port) === (side === 's' ? sport : dport));
}

export const ss = once('ss', (system, args) => {
  const flags = args.filter((arg) => arg.startsWith('-')).join('');
  const hasPid = flags.includes('p');
  const isWanted = portFilter(args.filter((arg) => !arg.startsWith('-')).join(' '));
  system.out(`${/t/.test(flags) ? '' : 'Netid '}State  Recv-Q Send-Q Local Address:Port  Peer Address:Port${hasPid ? ' Process' : ''}\n`);
  if (/l|a/.test(flags))
    for (const { address, port, pid, name } of listeningOf(system).filter((one) => isWanted(one.port)))
      system.out(
        `${/t/.test(flags) ? '' : 'tcp   '}LISTEN 0      511    ${`${address}:${port}`.padStart(18)} ${'0.0.0.0:*'.padStart(17)}${hasPid && pid ? ` users:(("${name}",pid=${pid},fd=6))` : ''}\n`,
      );
  if (!flags.includes('l'))
    for (const one of established(system).filter(({ clientPort, port }) => isWanted(clientPort, port)))
      system.out(
        `${/t/.test(flags) ? '' : 'tcp   '}ESTAB  0      0      ${`${addressOf(system)}:${one.clientPort}`.padStart(18)} ${`${one.serverAddress}:${one.port}`.padStart(17)}\n`,
      );
  return 0;
});
