// netexec's `/dial`: asks another server, so many times, and tells what it answered.

import { goJson } from '../../../lib/go-format.ts';
import { connect } from '../../network/connect.ts';
import type { ConnectProblem } from '../../network/connect.ts';
import { closeSide, writeSocket } from '../../network/connection.ts';
import type { Connection } from '../../network/connection.ts';
import type { Handled, HttpRequest } from '../../network/http-server.ts';
import { formatMessage, parseMessage } from '../../network/http.ts';
import { resolveHost } from '../../network/resolve.ts';
import type { ServiceContext } from '../../process/program.ts';
import { formOf, logTo, text } from './server.ts';

/** What it has asked so far; kept with the connection of whoever wants to know. */
interface Dialling {
  /** The connection on which an answer is due. */
  readonly open: string;
  readonly responses: readonly string[];
  readonly errors: readonly string[];
}

interface Target {
  readonly address: string;
  readonly port: number;
  readonly protocol: 'http' | 'udp' | 'sctp';
  readonly request: string;
}

export function dial(request: HttpRequest, context: ServiceContext, connection: Connection): Handled {
  const form = formOf(request);
  const [host, port, asked, protocol, tries] = ['host', 'port', 'request', 'protocol', 'tries'].map((name) => form.get(name) ?? '') as [
    string,
    string,
    string,
    string,
    string,
  ];
  let state = connection.state as Dialling | undefined;
  if (!state) logTo(context, `GET /dial?host=${host}&protocol=${protocol}&port=${port}&request=${asked}&tries=${tries}`);
  if (tries !== '' && !/^[+-]?\d+$/.test(tries))
    return text(`tries parameter is invalid. strconv.Atoi: parsing ${JSON.stringify(tries)}: invalid syntax\n`, 400);
  if (asked === '') return text('request parameter not specified. <nil>\n', 400);
  const kind = protocol.toLowerCase() || 'http';
  if (kind !== 'http' && kind !== 'udp' && kind !== 'sctp') return text(`unsupported protocol. ${protocol}\n`, 400);
  const found = resolveHost(context.world, context.caller, context.files, host);
  if (!('addresses' in found)) return text(`host and/or port param are invalid. lookup ${host}: no such host\n`, 400);
  const target: Target = { address: found.addresses[0]!, port: Number(port), protocol: kind, request: asked };

  const wanted = tries === '' ? 1 : Number(tries);
  state ??= { open: '', responses: [], errors: [] };
  while (state.responses.length + state.errors.length < wanted) {
    const got: Answered | { readonly open: string } = ask(context, connection, target, state.open);
    if ('open' in got) {
      connection.state = { ...state, open: got.open } satisfies Dialling;
      return 'waiting';
    }
    state = {
      open: '',
      responses: 'response' in got ? [...state.responses, got.response] : state.responses,
      errors: 'error' in got ? [...state.errors, got.error] : state.errors,
    };
  }
  connection.state = undefined;
  return text(
    goJson({
      ...(state.errors.length && { errors: state.errors }),
      ...(state.responses.some((one) => one !== '') && { responses: state.responses }),
    }),
  );
}

type Answered = { readonly response: string } | { readonly error: string };

/** Opens the connection, or looks what came on the one that is open. */
function ask(
  { world, caller }: ServiceContext,
  connection: Connection,
  target: Target,
  before: string,
): Answered | { readonly open: string } {
  const { address, port, protocol, request } = target;
  let open = before;
  if (open === '') {
    const opened = connect(
      world,
      { ...caller, namespace: `connection/${connection.id}` },
      address,
      port,
      protocol === 'udp' ? 'UDP' : protocol === 'sctp' ? 'SCTP' : 'TCP',
    );
    if ('error' in opened) return { error: problemOf(target, opened.error) };
    open = opened.connection.id;
    const host = `${address}:${port}`;
    const message = formatMessage(`GET /${request} HTTP/1.1`, [
      ['Host', host],
      ['User-Agent', 'Go-http-client/1.1'],
      ['Accept-Encoding', 'gzip'],
    ]);
    writeSocket(world, open, 'client', protocol === 'http' ? message : request);
  }
  const upstream = world.connections.get(open);
  if (!upstream) return { error: problemOf(target, 'refused') };
  if (protocol !== 'http') {
    closeSide(world, open, 'client');
    // Nothing is on its way: who answers a datagram does it at once.
    return upstream.toClient === '' ? { error: problemOf(target, 'dropped') } : { response: upstream.toClient };
  }
  const parsed = parseMessage(upstream.toClient, { closed: upstream.serverClosed });
  if (parsed === undefined && !upstream.serverClosed) return { open };
  closeSide(world, open, 'client');
  return parsed === undefined || parsed instanceof Error
    ? { error: `Get "http://${address}:${port}/${request}": EOF` }
    : { response: parsed.message.body };
}

function problemOf({ address, port, protocol, request }: Target, problem: ConnectProblem): string {
  const at = `${address}:${port}`;
  if (protocol !== 'http')
    return problem === 'refused'
      ? `reading from ${protocol} connection failed. err:'read ${protocol} ${at}: read: connection refused'`
      : `reading from ${protocol} connection failed. err:'read ${protocol} ${at}: i/o timeout'`;
  const why =
    problem === 'refused'
      ? `dial tcp ${at}: connect: connection refused`
      : problem === 'unreachable'
        ? `dial tcp ${at}: connect: no route to host`
        : 'context deadline exceeded (Client.Timeout exceeded while awaiting headers)';
  return `Get "http://${at}/${request}": ${why}`;
}
