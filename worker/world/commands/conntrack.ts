// conntrack: which connections the kernel of a machine follows, and to whom it really takes them. Mirrors conntrack(8) -L and -C of conntrack-tools 1.4. Differs: datagrams
// are not followed: who answers one does it at once.

import type { Connection } from '../network/connection.ts';
import type { Sandbox } from '../runtime/sandbox.ts';
import type { System } from '../process/system.ts';
import { findContainer } from '../world.ts';
import { once, options } from './tool.ts';

const VERSION = 'conntrack v1.4.8 (conntrack-tools)';
/** Seconds that an established connection is remembered without a packet. */
const ESTABLISHED_SECONDS = 432_000;

export const conntrack = once('conntrack', (system) => {
  const given = options(
    system,
    'LCSp:s:d:n',
    ['dump', 'count', 'proto=', 'src=', 'dst=', 'sport=', 'dport=', 'orig-port-src=', 'orig-port-dst='],
    {
      aliases: { dump: 'L', count: 'C', proto: 'p', src: 's', dst: 'd', 'orig-port-src': 'sport', 'orig-port-dst': 'dport' },
    },
  );
  if (system.process.uid !== 0) {
    system.err(`${VERSION}: Operation failed: sorry, you must be root or get CAP_NET_ADMIN capability to do this\n`);
    return 1;
  }
  const fits = (option: string, value: string | number): boolean => (given.get(option) ?? String(value)) === String(value);
  const flows = flowsOf(system).filter(
    ({ connection: one }) =>
      fits('p', 'tcp') &&
      fits('s', one.clientAddress) &&
      fits('d', one.serverAddress) &&
      fits('sport', one.clientPort) &&
      fits('dport', one.port),
  );
  if (given.has('C')) {
    system.out(`${flows.length}\n`);
    return 0;
  }
  if (!given.has('L')) {
    system.err(`${VERSION}: You need to supply an operation\n`);
    return 2;
  }
  for (const { connection, answersFrom } of flows) {
    const { clientAddress: client, clientPort, serverAddress, port, targetPort } = connection;
    system.out(
      `tcp      6 ${ESTABLISHED_SECONDS - 1} ESTABLISHED src=${client} dst=${serverAddress} sport=${clientPort} dport=${port} src=${answersFrom} dst=${client} sport=${targetPort} dport=${clientPort} [ASSURED] mark=0 use=1\n`,
    );
  }
  system.err(`${VERSION}: ${flows.length} flow entries have been shown.\n`);
  return 0;
});

interface Flow {
  readonly connection: Connection;
  readonly answersFrom: string;
}

/** Those that begin or end on the machine, or in the pod whose network this is. */
function flowsOf(system: System): Flow[] {
  const { world, caller } = system;
  const own = caller.sandbox && !caller.sandbox.hostNetwork ? caller.sandbox : undefined;
  const machine = world.machines.get(caller.machine);
  const addressOf = (sandbox: Sandbox): string => (sandbox.hostNetwork ? (world.machines.get(sandbox.machine)?.ip ?? '') : sandbox.ip);
  return world.connections.values().flatMap((connection): Flow[] => {
    if (connection.protocol && connection.protocol !== 'TCP') return [];
    const { server, clientAddress } = connection;
    const target =
      'container' in server
        ? findContainer(world, server.container)?.sandbox
        : 'namespace' in server
          ? sandboxOf(system, server.namespace)
          : undefined;
    const answersFrom = target ? addressOf(target) : (world.traits.apiServer?.address ?? connection.serverAddress);
    const isHere = own
      ? [clientAddress, answersFrom].includes(own.ip)
      : target?.machine === caller.machine ||
        clientAddress === machine?.ip ||
        world.sandboxes.find('ip', clientAddress).some((one) => one.machine === caller.machine);
    return isHere ? [{ connection, answersFrom }] : [];
  });
}

const sandboxOf = ({ world }: System, namespace: string): Sandbox | undefined => {
  const id = world.namespaces.get(namespace)?.sandbox;
  return id === undefined ? undefined : world.sandboxes.get(id);
};
