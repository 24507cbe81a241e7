// agnhost nettest: counts whoever writes to it. It contacts nobody itself.

import { goJson } from '../../../lib/go-format.ts';
import { isRecord } from '../../../lib/json.ts';
import type { HttpAnswer, HttpRequest } from '../../network/http-server.ts';
import type { ServiceContext } from '../../process/program.ts';
import { numberFlag } from './flags.ts';
import { httpAt, notFound, server, text } from './server.ts';

/** What it has seen. */
interface Seen {
  readonly received: Readonly<Record<string, number>>;
  readonly errors: readonly string[];
}

export const nettest = server({
  subcommand: 'nettest',
  listeners: (keep) => [
    httpAt(numberFlag(keep, 'port', 8080), (request, context) => answer(request, context, numberFlag(keep, 'peers', 8))),
  ],
});

function answer(request: HttpRequest, context: ServiceContext, peers: number): HttpAnswer {
  const seen = context.memory.get<Seen>() ?? { received: {}, errors: [] };
  switch (request.path) {
    case '/read':
      return text(goJson(stateOf(seen, context), '\t'));
    case '/write':
      context.memory.set(withWriter(seen, request.body, context));
      return text(`${goJson({ Hostname: context.hostname })}\n`);
    case '/status':
      return text(peers <= 0 ? 'pass' : 'running');
    case '/quit':
      context.exit?.(0);
      return text('');
    default:
      return notFound();
  }
}

const stateOf = ({ received, errors }: Seen, { hostname }: ServiceContext) => ({
  Hostname: hostname,
  Sent: null,
  Received: Object.keys(received).length ? received : null,
  Errors: errors.length ? errors : null,
  Log: null,
  StillContactingPeers: true,
});

function withWriter({ received, errors }: Seen, body: string, { hostname }: ServiceContext): Seen {
  const source = sourceOf(body);
  if (!source) return { received, errors: [...errors, `${hostname}: Got request with no source`] };
  return { received: { ...received, [source]: (received[source] ?? 0) + 1 }, errors };
}

/** Who writes; '' for what is no JSON, or does not say. */
function sourceOf(body: string): string {
  try {
    const value: unknown = JSON.parse(body);
    return isRecord(value) && typeof value['Source'] === 'string' ? value['Source'] : '';
  } catch {
    return '';
  }
}
