// agnhost connect: tries to open a connection, and says by one word why it could not. Mirrors test/images/agnhost/connect.

import { parseDuration } from '../../../lib/time.ts';
import { resolveHost } from '../../network/resolve.ts';
import type { Next, Tool } from '../../process/program.ts';
import type { System } from '../../process/system.ts';
import { flag } from './flags.ts';
import { noSuchHost } from './go-client.ts';

/** Linux gives up then; and what comes back from where there is no host. */
const [CONNECT_MS, NO_ROUTE_MS] = [134_000, 3070];

interface State {
  readonly until: number;
  /** What is said when the time is over. */
  readonly failure?: string;
  /** The connection on which an answer is due. */
  readonly fd?: number;
}

export const connect: Tool = {
  name: 'agnhost connect',
  step: (system): Next => {
    const state = (system.process.data as State | null) ?? begin(system);
    if ('exit' in state) return state;
    system.process.data = state;
    if (state.fd !== undefined && system.read(state.fd)) return { exit: 0 };
    if (system.now() < state.until) return { wait: { until: state.until, ...(state.fd !== undefined && { read: state.fd }) } };
    return fail(system, state.failure ?? 'TIMEOUT');
  },
};

function fail(system: System, line: string): { readonly exit: number } {
  system.err(`${line}\n`);
  return { exit: 1 };
}

function begin(system: System): State | { readonly exit: number } {
  const dest = destination(system.argv);
  if (dest === undefined) return fail(system, 'Error: accepts 1 arg(s), received 0');
  const protocol = (flag(system, 'protocol') ?? 'tcp').toLowerCase() || 'tcp';
  if (protocol !== 'tcp' && protocol !== 'udp' && protocol !== 'sctp') return fail(system, `Unsupported protocol\n${protocol}`);
  const [, host = '', port = ''] = /^(.*):([^:]*)$/.exec(dest) ?? [];
  if (!dest.includes(':')) return fail(system, `${protocol === 'tcp' ? 'UNKNOWN' : 'DNS'}: address ${dest}: missing port in address`);
  const found = resolveHost(system.world, system.caller, system.files, host.replace(/^\[|\]$/g, ''));
  if (!('addresses' in found)) return fail(system, `DNS: ${noSuchHost(system, host)}`);
  const timeout = parseDuration(flag(system, 'timeout') ?? '') || Infinity;
  const [address] = found.addresses as [string];
  const opened = system.connect(address, Number(port), protocol === 'tcp' ? 'TCP' : protocol === 'udp' ? 'UDP' : 'SCTP');
  if (typeof opened === 'number') {
    if (protocol !== 'udp') return { exit: 0 };
    system.write(opened, `${flag(system, 'udp-data') ?? 'hostname'}\n`);
    return { fd: opened, until: system.now() + Math.min(timeout, CONNECT_MS), failure: `TIMEOUT: read udp ${dest}: i/o timeout` };
  }
  if (opened === 'refused') return fail(system, protocol === 'udp' ? `REFUSED: read udp ${dest}: read: connection refused` : 'REFUSED');
  const [ms, failure] =
    opened === 'unreachable'
      ? [NO_ROUTE_MS, `OTHER: dial ${protocol} ${address}:${port}: connect: no route to host`]
      : [CONNECT_MS, 'TIMEOUT'];
  return timeout < ms ? { until: system.now() + timeout, failure: 'TIMEOUT' } : { until: system.now() + ms, failure };
}

/** The argument that is no flag's. */
function destination(argv: readonly string[]): string | undefined {
  for (let i = 2; i < argv.length; i++) {
    const arg = argv[i]!;
    if (!arg.startsWith('-')) return arg;
    if (!arg.includes('=')) i++;
  }
  return undefined;
}
