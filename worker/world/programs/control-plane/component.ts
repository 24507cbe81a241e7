// What the components of a control plane have in common: they read their command line, look for the files it names, say so if something is wrong and end, and else
// run: they answer on their health port, and their work is done by the loops of the cluster (which look here whether they may).

import { ConfigFatal, ConfigFault } from '../../../lib/config-file.ts';
import { goQuote } from '../../../lib/go-format.ts';
import { formatMessage, httpDate, parseMessage, parseRequestLine, reasonOf } from '../../network/http.ts';
import { PAGE_ASKED } from '../../network/connection.ts';
import type { Connection } from '../../network/connection.ts';
import { ended } from '../../process/program.ts';
import type { Ended, Listener, Service, ServiceContext, Usage } from '../../process/program.ts';
import { parseFlags } from './flags.ts';
import type { Flags, FlagTable } from './flags.ts';
import { klogLine } from './klog.ts';
import type { Level } from './klog.ts';

/** What a running component keeps. */
export interface ComponentState {
  readonly flags: Flags;
  /** How it elects its leader, in the words of flags, where its configuration has something to say of that too. */
  readonly election?: Flags;
  /** What it read of its configuration. */
  readonly loaded?: unknown;
}

/** A line of the log at its start: milliseconds after it, level, place, message. */
export type StartLine = readonly [after: number, level: Level, place: string, message: string];

export interface ComponentSpec {
  readonly name: string;
  readonly flags: FlagTable;
  /** Flags that name files that must be there, in the order in which they are read. */
  readonly files: readonly string[];
  /** What is wrong with values that can be read, as the process says it at its end. Before any file is looked for. */
  validate?(flags: Flags): string | undefined;
  /** What else may be wrong, likewise. */
  problem?(flags: Flags, context: ServiceContext): string | undefined;
  /** Reads its configuration: plain data. Throws ConfigFault, with which it ends. */
  load?(flags: Flags, context: ServiceContext): unknown;
  /** How it elects its leader, in the words of flags, if its configuration has something to say of that; else its flags say it. */
  election?(flags: Flags, context: ServiceContext): Flags | undefined;
  startLines(flags: Flags, context: ServiceContext, election: Flags): readonly StartLine[];
  /** What ends it when it has started: what it says then, as it is, and its exit code. */
  endsAfterStart?(flags: Flags, context: ServiceContext, election: Flags): { readonly said: string; readonly code: number } | undefined;
  /** Where it answers. */
  port(flags: Flags): { readonly port: number; readonly address: string };
  /** Path → whether all is well there. Undefined for a path that it does not know, or that is answered by who knows the cluster. */
  health(path: string, context: ServiceContext): boolean | undefined;
  /** Other paths have pages that tell of the cluster, for who may see them. */
  readonly hasPages?: boolean;
  readonly usage: Usage;
}

export const component = (spec: ComponentSpec): Service<ComponentState> => ({
  name: spec.name,
  isService: true,
  start: (context) => start(spec, context),
  listeners: ({ flags }): Listener[] => {
    const { port, address } = spec.port(flags);
    const serve: Listener['serve'] = (connection, context) => answerHealth(connection, context, spec.health, spec.hasPages);
    return [{ port, address, ...(spec.hasPages && { isTls: true }), serve }];
  },
  signal: (_keep, signal) => (signal === 'TERM' || signal === 'INT' ? ended(0, 200) : 'ignored'),
  processes: () => [{ title: spec.name }],
  usage: () => spec.usage,
});

function start(spec: ComponentSpec, context: ServiceContext): ComponentState | Ended {
  const flags = parseFlags(context.argv.slice(1), spec.flags);
  if (typeof flags === 'string') {
    context.log('stderr', `Error: ${flags}\n`);
    return ended(1, 30);
  }
  const wrong = spec.validate?.(flags);
  if (wrong !== undefined) return fail(context, wrong);
  const missing = spec.files.map((name) => flags[name]).find((path) => path && !context.files.find(path));
  const problem = missing !== undefined ? `open ${missing}: no such file or directory` : spec.problem?.(flags, context);
  if (problem !== undefined) return fail(context, problem);
  try {
    const loaded = spec.load?.(flags, context);
    const election = spec.election?.(flags, context);
    for (const [, level, place, message] of spec.startLines(flags, context, election ?? flags))
      context.log('stderr', klogLine(context.now(), level, place, message));
    const end = spec.endsAfterStart?.(flags, context, election ?? flags);
    if (!end) return { flags, ...(election && { election }), ...(loaded !== undefined && { loaded }) };
    context.log('stderr', end.said);
    return ended(end.code, 500);
  } catch (error) {
    if (!(error instanceof ConfigFault)) throw error;
    if (!(error instanceof ConfigFatal)) return fail(context, error.message);
    context.log('stderr', klogLine(context.now(), 'F', error.place, error.message));
    return ended(255, 60);
  }
}

function fail(context: ServiceContext, problem: string): Ended {
  context.log('stderr', klogLine(context.now(), 'E', 'run.go:72', `"command failed" err=${goQuote(problem)}`));
  return ended(1, 60);
}

/** Answers GETs of health pages, and closes. */
export function answerHealth(connection: Connection, context: ServiceContext, health: ComponentSpec['health'], hasPages = false): void {
  const parsed = parseMessage(connection.toServer);
  if (!parsed) return;
  const line = parsed instanceof Error ? undefined : parseRequestLine(parsed.message.start);
  // Whoever wants to hear more than whether all is well asks with a query.
  const verdict = line && health(hasPages ? line.target : line.target.replace(/\?.*$/, ''), context);
  if (line && verdict === undefined && hasPages) return askPage(connection, context);
  connection.toServer = '';
  const [status, body] =
    line === undefined
      ? [400, '']
      : verdict === undefined
        ? [404, '404 page not found\n']
        : verdict
          ? [200, 'ok']
          : [500, 'check failed\n'];
  connection.toClient += formatMessage(
    `HTTP/1.1 ${status} ${reasonOf(status)}`,
    [
      ['Content-Type', 'text/plain; charset=utf-8'],
      ['Date', httpDate(context.now())],
      ['Content-Length', String(body.length)],
    ],
    body,
  );
  connection.serverClosed = true;
}

/** Leaves the request to who knows the cluster. */
export function askPage(connection: Connection, { world }: ServiceContext): void {
  connection.state = PAGE_ASKED;
  world.hooks.pageAsked(connection);
}
