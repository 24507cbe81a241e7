// crictl logs. Mirrors ReadLogs of the runtime's client: lines of the container's log, to the stream each was written to.

import type { Next } from '../../process/program.ts';
import { readLog } from '../../runtime/log.ts';
import { CrictlError, findOne } from './runtime.ts';
import type { Call } from './runtime.ts';

/** How often a log that is followed is looked at. */
const FOLLOW_MS = 500;

export function showLogs(call: Call): Next {
  const { system, given, args } = call;
  const [id] = args;
  if (id === undefined) throw new CrictlError('ID cannot be empty');
  const kept = system.process.data as { next: number } | null;
  const { sandbox, container } = findOne(call, id, 'ContainerStatus', '');
  let { id: owner } = container;
  if (given.has('p', 'previous')) {
    const previous = sandbox.containers.find(({ name, attempt }) => name === container.name && attempt === container.attempt - 1);
    if (!previous) throw new CrictlError(`previous terminated container ${container.name} not found`);
    owner = previous.id;
  }
  const page = readLog(system.world, owner, kept?.next ?? 0);
  const tail = Number(given.get('tail') ?? -1);
  const entries = kept || tail < 0 ? page.entries : tail === 0 ? [] : page.entries.slice(-tail);
  for (const { at, stream, text, partial } of entries) {
    const line = `${given.has('t') ? `${new Date(at).toISOString().slice(0, -1)}000000Z ` : ''}${text}${partial ? '' : '\n'}`;
    if (stream === 'stdout') system.out(line);
    else system.err(line);
  }
  if (!given.has('f') || container.state !== 'running') return { exit: 0 };
  system.process.data = { next: page.next };
  return { wait: { until: system.now() + FOLLOW_MS } };
}
