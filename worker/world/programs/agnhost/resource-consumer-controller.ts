// agnhost resource-consumer-controller: spreads what it is asked to use over the consumers behind a Service, in requests of a size. Mirrors
// test/images/agnhost/resource-consumer-controller. Differs: its requests are made one after the other.

import { newFetching } from '../../commands/http-client.ts';
import type { Fetching } from '../../commands/http-client.ts';
import type { HttpAnswer, HttpRequest } from '../../network/http-server.ts';
import { resolverOf } from '../../network/resolve.ts';
import type { System } from '../../process/system.ts';
import { eventServer } from '../event-server.ts';
import type { Later, Work } from '../event-server.ts';
import { httpError, integersOf, problemOf } from '../resource-consumer.ts';
import { flag, numberFlag } from './flags.ts';
import { goPostForm } from './go-client.ts';
import { formOf, text } from './server.ts';

const PORT = 8080;

export const resourceConsumerController = eventServer<null>({
  name: 'agnhost resource-consumer-controller',
  begin: (system) => ({ state: null, ports: [{ port: numberFlag(system, 'port', PORT) }] }),
  answer: (system, request, _state, work) => {
    const problem = problemOf(request);
    if (problem) return problem;
    const kind = KINDS[request.path];
    return kind ? spread(system, request, kind, work) : httpError('unknown function', 404);
  },
});

interface Kind {
  /** Of what there is so much, and in which sizes it is asked for. */
  readonly amount: string;
  readonly size: string;
  /** Passed on as it came. */
  readonly metric?: true;
  readonly plan: (count: number, size: number, rest: number) => string;
  readonly done: (amount: number, metric: string) => string;
}

const KINDS: Readonly<Record<string, Kind>> = {
  '/ConsumeCPU': {
    amount: 'millicores',
    size: 'requestSizeMillicores',
    plan: (count, size, rest) => `sending ${count} requests to consume ${size} millicores each and 1 request to consume ${rest} millicores`,
    done: (amount) => `Consumed ${amount} millicores`,
  },
  '/ConsumeMem': {
    amount: 'megabytes',
    size: 'requestSizeMegabytes',
    plan: (count, size, rest) => `sending ${count} requests to consume ${size} MB each and 1 request to consume ${rest} MB`,
    done: (amount) => `Consumed ${amount} megabytes`,
  },
  '/BumpMetric': {
    amount: 'delta',
    size: 'requestSizeMetrics',
    metric: true,
    plan: (count, size, rest) => `sending ${count} requests to bump custom metric by ${size} each and 1 request to bump by ${rest}`,
    done: (amount, metric) => `Bumped metric ${metric} by ${amount}`,
  },
};

interface Kept {
  readonly left: number[];
  body: string;
  fetching?: Fetching;
}

function spread(system: System, request: HttpRequest, kind: Kind, work: Work): HttpAnswer | Later {
  const form = formOf(request);
  const metric = form.get('metric') ?? '';
  if (kind.metric && metric === '') return httpError('not given function argument', 400);
  const given = integersOf(form, kind.amount, kind.size, 'durationSec');
  if ('status' in given) return given;
  const [amount = 0, size = 0, seconds = 0] = given;
  if (size <= 0) return httpError('incorrect function argument', 400);
  const kept = (work.kept ??= plan(kind, amount, size)) as Kept;
  const url = `http://${flag(system, 'consumer-service-name') ?? 'resource-consumer'}.${flag(system, 'consumer-service-namespace') ?? 'default'}.svc.${domainOf(system)}:${numberFlag(system, 'consumer-port', PORT)}${request.path}`;
  for (let [one] = kept.left; one !== undefined; [one] = kept.left) {
    const asked = { [kind.amount]: String(one), durationSec: String(seconds), ...(kind.metric && { metric }) };
    const got = goPostForm(system, (kept.fetching ??= newFetching(system)), url, asked);
    if ('wait' in got) return got;
    delete kept.fetching;
    kept.left.shift();
    kept.body += 'error' in got ? `Failed to connect to consumer: ${got.error}\n` : `${kind.done(one, metric)}\n`;
  }
  return text(kept.body);
}

function plan(kind: Kind, amount: number, size: number): Kept {
  const count = Math.trunc(amount / size);
  const rest = amount - count * size;
  return {
    left: [...Array.from({ length: Math.max(0, count) }, () => size), ...(rest > 0 ? [rest] : [])],
    body: `RC manager: ${kind.plan(count, size, rest)}\n`,
  };
}

/** The cluster's, by the search list. */
const domainOf = (system: System): string =>
  resolverOf(system.files)
    .searches.find((one) => one.startsWith('svc.'))
    ?.slice('svc.'.length) ?? 'cluster.local';
