// crictl logs. Mirrors its action and ReadLogs of the runtime's client: lines of the container's log, to the stream each was written to.

import { parseDuration, parseTime } from '../../../lib/time.ts';
import type { Next } from '../../process/program.ts';
import { readLog } from '../../runtime/log.ts';
import type { LogEntry } from '../../runtime/log.ts';
import { bool, int, string } from './flags.ts';
import { CrictlError, findOne, interrupted, log, logPath, Stop } from './runtime.ts';
import type { Call, Found, Verb } from './runtime.ts';

/** How often a log that is followed is looked at. */
const FOLLOW_MS = 500;

interface Kept {
  readonly next: number;
  /** Bytes that may still be written. */
  readonly left: number | null;
}

export const logsVerb: Verb = {
  name: 'logs',
  usage: 'Fetch the logs of a container',
  argsUsage: 'CONTAINER-ID',
  flags: [
    bool('follow, f', 'Follow log output'),
    bool('previous, p', 'Print the logs for the previous instance of the container in a pod if it exists'),
    bool('reopen, r', 'Reopen the container logs for the provided container'),
    int('tail', 'Number of lines to show from the end of the logs. Defaults to all', '-1'),
    int('limit-bytes', 'Maximum bytes of logs to return. Defaults to no limit', '-1'),
    string('since', 'Show logs since timestamp (e.g. 2013-01-02T13:23:37) or relative (e.g. 42m for 42 minutes)'),
    bool('timestamps, t', 'Show timestamps'),
    string('stream, s', 'Show specified stream (stdout or stderr). Defaults to both.'),
  ],
  act: showLogs,
  signal: interrupted,
};

function showLogs(call: Call): Next {
  const { system, given, args } = call;
  const [id] = args;
  if (id === undefined) throw new CrictlError('ID cannot be empty');
  if (args.length > 1) throw new Stop();
  const kept = system.process.data as Kept | null;
  const wants = wanted(call);
  const { sandbox, container } = findOne(call, id, 'ContainerStatus', '');
  if (given.has('reopen') && !kept) log(system, 'info', 'Container logs reopened');
  let { id: owner } = container;
  if (given.has('previous')) {
    const previous = sandbox.containers.find(({ name, attempt }) => name === container.name && attempt === container.attempt - 1);
    if (!previous) throw new CrictlError(missing({ sandbox, container }));
    owner = previous.id;
  }
  const page = readLog(system.world, owner, kept?.next ?? 0);
  const tail = Number(given.get('tail') ?? -1);
  const entries = kept || tail < 0 ? page.entries : tail === 0 ? [] : page.entries.slice(-tail);
  let left = kept ? (kept.left ?? Infinity) : bytesOf(given.get('limit-bytes'));
  for (const entry of entries) {
    if (!wants(entry) || left <= 0) continue;
    const line = lineOf(entry, given.has('timestamps')).slice(0, left);
    left -= line.length;
    if (entry.stream === 'stdout') system.out(line);
    else system.err(line);
  }
  if (!given.has('follow') || container.state !== 'running' || owner !== container.id || left <= 0) return { exit: 0 };
  system.process.data = { next: page.next, left: left === Infinity ? null : left } satisfies Kept;
  return { wait: { until: system.now() + FOLLOW_MS } };
}

const bytesOf = (text: string | undefined): number => (text === undefined || Number(text) < 0 ? Infinity : Number(text));

const lineOf = ({ at, text, partial }: LogEntry, timestamps: boolean): string =>
  `${timestamps ? `${new Date(at).toISOString().slice(0, -1)}000000Z ` : ''}${text}${partial ? '' : '\n'}`;

/** What is said of a container before this one that is not there, or no more. */
function missing(found: Found): string {
  const { name, attempt } = found.container;
  if (attempt === 0) return `previous terminated container ${name} not found`;
  const path = logPath(found).replace(/\d+(?=\.log$)/, String(attempt - 1));
  return `failed to try resolving symlinks in path ${JSON.stringify(path)}: lstat ${path}: no such file or directory`;
}

/** Which entries the options ask for. */
function wanted({ system, given }: Call): (entry: LogEntry) => boolean {
  const stream = given.get('stream') ?? '';
  if (!['', 'stdout', 'stderr'].includes(stream))
    throw new CrictlError(`invalid stream ${JSON.stringify(stream)}, must be "stdout" or "stderr"`);
  if (given.has('tail') && given.has('stream')) throw new CrictlError('--tail and --stream are mutually exclusive');
  const since = sinceOf(given.get('since') ?? '', system.now());
  return (entry) => entry.at >= since && (stream === '' || entry.stream === stream);
}

/** `42m`, `2013-01-02T13:23:37`, seconds since 1970. Throws CrictlError. */
function sinceOf(text: string, now: number): number {
  if (text === '') return -Infinity;
  const ago = parseDuration(text);
  if (ago !== undefined) return now - ago;
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text) * 1000;
  const [date = '', clock = ''] = text.split('T');
  const whole = `${date}T${clock ? (/^\d\d$/.test(clock) ? `${clock}:00:00` : /^\d\d:\d\d$/.test(clock) ? `${clock}:00` : clock) : '00:00:00'}`;
  const at = parseTime(/(Z|[-+]\d\d:\d\d)$/.test(whole) ? whole : `${whole}Z`);
  if (at === undefined) throw new CrictlError(`failed to parse value as time or duration: ${JSON.stringify(text)}`);
  return at;
}
