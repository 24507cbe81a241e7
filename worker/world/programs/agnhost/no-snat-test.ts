// agnhost no-snat-test: says from which address it was asked, and asks others what they say of it. Mirrors test/images/agnhost/no-snat-test.

import { newFetching } from '../../commands/http-client.ts';
import type { Fetching } from '../../commands/http-client.ts';
import type { HttpAnswer } from '../../network/http-server.ts';
import type { System } from '../../process/system.ts';
import { eventServer } from '../event-server.ts';
import type { Later, Work } from '../event-server.ts';
import { numberFlag } from './flags.ts';
import { goGet } from './go-client.ts';
import { formOf, notFound, text } from './server.ts';

const PORT = 8080;

interface State {
  readonly podIp: string;
  readonly nodeIp: string;
}

export const noSnatTest = eventServer<State>({
  name: 'agnhost no-snat-test',
  begin: (system) => {
    const { POD_IP: podIp, NODE_IP: nodeIp } = system.env;
    for (const [name, value] of Object.entries({ POD_IP: podIp, NODE_IP: nodeIp })) {
      if (value !== undefined && /^[\d.]+$|:/.test(value)) continue;
      system.err(
        value === undefined
          ? `${name} env var was not present in the environment\n`
          : `${name} env var contained ${JSON.stringify(value)}, which is not an IP address\n`,
      );
      return { exit: 1 };
    }
    return { state: { podIp: podIp!, nodeIp: nodeIp! }, ports: [{ port: numberFlag(system, 'port', PORT) }] };
  },
  answer: (system, request, state, work) => {
    if (request.path === '/whoami') return text(`${request.client}:${request.clientPort}`);
    return request.path === '/checknosnat' ? check(system, (formOf(request).get('ips') ?? '').split(','), state, work) : notFound();
  },
});

/** Each is asked in its turn. */
function check(system: System, ips: readonly string[], { podIp, nodeIp }: State, work: Work): HttpAnswer | Later {
  const kept = (work.kept ??= { errors: [], asked: 0 }) as { errors: string[]; asked: number; fetching?: Fetching };
  for (; kept.asked < ips.length; kept.asked++) {
    const got = goGet(system, (kept.fetching ??= newFetching(system)), `http://${ips[kept.asked]}/whoami`);
    if ('wait' in got) return got;
    delete kept.fetching;
    const seen = 'error' in got ? podIp : got.message.body.split(':')[0]!;
    if ('error' in got) kept.errors.push(got.error);
    else if (seen === nodeIp && seen !== podIp)
      kept.errors.push(
        `Returned ip ${JSON.stringify(seen)} != my Pod ip ${JSON.stringify(podIp)}, == my Node ip ${JSON.stringify(nodeIp)} - SNAT`,
      );
    else if (seen !== podIp)
      kept.errors.push(
        `Returned ip ${JSON.stringify(seen)} != my Pod ip ${JSON.stringify(podIp)} or my Node ip ${JSON.stringify(nodeIp)} - SNAT to unexpected ip (possible SNAT through unexpected interface on the way into another node)`,
      );
  }
  return kept.errors.length ? text(kept.errors.join(', '), 500) : text('');
}
