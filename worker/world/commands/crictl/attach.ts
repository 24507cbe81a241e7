// crictl attach: what a container's first process writes from now on, and what is typed to it. Mirrors cmd/crictl/attach.go and the runtime's streaming server.

import { namespaceId } from '../../process/namespace.ts';
import { isService } from '../../process/program.ts';
import type { Next } from '../../process/program.ts';
import { programs } from '../../programs/index.ts';
import { closeInput, sendInput } from '../../runtime/exec.ts';
import { CONSOLE, signalContainer, STDIN } from '../../runtime/lifecycle.ts';
import { readLog } from '../../runtime/log.ts';
import type { Found } from './runtime.ts';
import { needRunning, needTerminal, STREAM_FLAGS } from './exec.ts';
import { bool } from './flags.ts';
import { CrictlError, findOne, Stop } from './runtime.ts';
import type { Call, Verb } from './runtime.ts';

/** How often it is looked at what was written. */
const LOOK_MS = 200;

interface Kept {
  /** Number of the next entry of its log, and how much of that one was shown. */
  next: number;
  shown: number;
  hasInput: boolean;
}

export const attachVerb: Verb = {
  name: 'attach',
  usage: 'Attach to a running container',
  argsUsage: 'CONTAINER-ID',
  flags: [bool('tty, t', 'Allocate a pseudo-TTY'), bool('stdin, i', 'Keep STDIN open'), ...STREAM_FLAGS],
  act: (call) => {
    const { system, given, args } = call;
    const [id] = args;
    if (!id) throw new CrictlError('ID cannot be empty');
    if (args.length !== 1) throw new Stop();
    const doing = 'attaching running container failed: ';
    let kept = system.process.data as Kept | null;
    const found = findOne(call, id, 'Attach container', doing);
    const own = system.tty(0);
    if (!kept) {
      needRunning(found, doing);
      if (given.has('tty')) needTerminal(system, given.has('stdin'), doing);
      const { entries, next } = readLog(system.world, found.container.id, 0, true);
      const last = entries.at(-1);
      kept = { next: last?.partial ? next - 1 : next, shown: last?.partial ? last.text.length : 0, hasInput: given.has('stdin') };
      system.process.data = kept;
      if (given.has('tty') && own) own.raw = true;
    }
    const isOver = !takeInput(call, found, kept);
    show(call, found, kept);
    if (!isOver && found.container.state === 'running') return waitFor(call, kept);
    if (given.has('tty') && own) own.raw = false;
    return { exit: 0 };
  },
};

const waitFor = ({ system }: Call, { hasInput }: Kept): Next => ({
  wait: { until: system.now() + LOOK_MS, ...(hasInput && { read: 0 }) },
});

/** Passes on what was typed. False: whoever types has no more to say, and sees no more of one that goes on listening. */
function takeInput({ system, given }: Call, { sandbox, container }: Found, kept: Kept): boolean {
  const program = programs.get(container.main);
  const [namespace, input] = [namespaceId(sandbox, container), `${container.tty ? CONSOLE : STDIN}/${container.id}`];
  while (kept.hasInput) {
    const data = system.read(0);
    if (data === undefined) return true;
    // ctrl-P ctrl-Q lets go of it.
    if (data !== null && given.has('tty') && data.includes('\x10\x11')) return false;
    if (data !== null && program && isService(program)) {
      if (container.tty && data.includes('\x03')) signalContainer(system.world, sandbox, container, 'INT');
    } else if (data !== null) {
      if (container.stdin) sendInput(system.world, namespace, input, data);
    } else {
      kept.hasInput = false;
      if (!container.stdinOnce || container.tty) return false;
      closeInput(system.world, namespace, input);
    }
  }
  return true;
}

function show({ system }: Call, { container }: Found, kept: Kept): void {
  const { entries, next } = readLog(system.world, container.id, kept.next, true);
  for (const [i, { stream, text, partial }] of entries.entries())
    system.write(stream === 'stdout' ? 1 : 2, `${i === 0 ? text.slice(kept.shown) : text}${partial ? '' : '\n'}`);
  const last = entries.at(-1);
  if (!last) return;
  kept.next = last.partial ? next - 1 : next;
  kept.shown = last.partial ? last.text.length : 0;
}
