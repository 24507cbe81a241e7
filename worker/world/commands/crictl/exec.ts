// crictl exec: a command in a container, whose input and output are crictl's own. Mirrors cmd/crictl/exec.go and the runtime's streaming server.

import type { SignalName } from '../../process/process.ts';
import type { Next } from '../../process/program.ts';
import type { System } from '../../process/system.ts';
import { namespaceId } from '../../process/namespace.ts';
import { PIPE_BYTES } from '../../process/session.ts';
import { RuntimeError } from '../../runtime/error.ts';
import { closeInput, execInContainer, hangUp, killExec, resize, sendInput, takeRelayed } from '../../runtime/exec.ts';
import { bool, int, string, strings } from './flags.ts';
import type { Flag } from './flags.ts';
import { selectContainers } from './lists.ts';
import { CrictlError, findOne, log, Stop } from './runtime.ts';
import type { Call, Found, Verb } from './runtime.ts';

/** What it keeps: which of the containers it is at, and what runs there. */
interface Kept {
  at: number;
  readonly problems: string[];
  running: Running | null;
}

interface Running {
  readonly namespace: string;
  readonly session: string;
  /** By when it must have ended (`--sync --timeout`). */
  readonly until: number | null;
  /** Own input goes there. */
  hasInput: boolean;
  /** Own terminal is raw for as long. */
  readonly isTty: boolean;
  /** With `--sync`: shown at the end. */
  out: string;
  err: string;
}

/** What both exec and attach have. */
export const STREAM_FLAGS: readonly Flag[] = [
  string('transport, r', 'Transport protocol to use, one of: spdy|websocket', 'spdy'),
  string('tls-sni, tls-server-name', 'Server name used in the TLS client to check server certificates against', 'localhost'),
  string('tls-ca', 'Path to the streaming TLS CA certificate'),
  string('tls-cert', 'Path to the streaming TLS certificate'),
  string('tls-key', 'Path to the streaming TLS key'),
];

const FILTERS = ['name', 'pod', 'image', 'state', 'label', 'latest', 'last'];

export const execVerb: Verb = {
  name: 'exec',
  usage: 'Run a command in a running container',
  argsUsage: '[CONTAINER-ID] COMMAND [ARG...]',
  description:
    'The CONTAINER-ID is only required if none of the following filter flags are set:\n--image, --label, --last, --latest, --name, --pod, --state',
  flags: [
    bool('sync, s', 'Run the command synchronously'),
    int('timeout', 'Timeout in seconds'),
    bool('tty, t', 'Allocate a pseudo-TTY'),
    bool('interactive, i', 'Keep STDIN open'),
    string('name', 'Exec command for all containers matching this name filter regular expression pattern'),
    string('pod, p', 'Exec command for all containers matching this pod ID filter'),
    string('image', 'Exec command for all containers matching this container image filter'),
    string('state', 'Exec command for all containers matching this container state filter'),
    strings('label', 'Exec command for all containers matching this key=value label filter'),
    bool('latest, l', 'Exec command for the most recently created container'),
    int('last, n', 'Exec command for all last n containers, set to 0 for unlimited'),
    bool('quiet, q', 'Do not print the container ID if multiple containers are selected'),
    bool('ignore-errors, e', 'Ignore errors during command execution'),
    bool('parallel, x', 'Run the command in parallel if multiple containers are selected'),
    ...STREAM_FLAGS,
  ],
  act: (call) => {
    const { system, given, args } = call;
    if (!args.length) throw new Stop();
    const filters = given.has(...FILTERS);
    if (!filters && args.length < 2) throw new Stop();
    const argv = filters ? args : args.slice(1);
    let kept = system.process.data as Kept | null;
    if (!kept && given.has('ignore-errors') && !given.has('quiet'))
      log(system, 'warning', 'The `--ignore-errors` option has been set all errors returned by the command will be ignored.');
    const found = filters ? selectContainers(call).map((one) => one.container.id) : [args[0]!];
    if (!found.length) {
      log(system, 'error', 'No containers found per filter flags');
      throw new Stop();
    }
    kept ??= { at: 0, problems: [], running: null };
    system.process.data = kept;
    for (; kept.at < found.length; kept.at++) {
      const next = execIn(call, found[kept.at]!, argv, kept);
      if (next) return next;
    }
    if (kept.problems.length && !given.has('ignore-errors')) throw new CrictlError(kept.problems.join('\n'));
    return { exit: 0 };
  },
  signal: (system, signal) => tell(system, signal),
};

/** One command in one container: undefined once it is over. */
function execIn(call: Call, id: string, argv: readonly string[], kept: Kept): Next | undefined {
  const { system, given } = call;
  const isSync = given.has('sync');
  const doing = `execing command in container ${id}${isSync ? ' synchronously' : ''}: `;
  if (!kept.running) {
    if (given.has(...FILTERS) && !given.has('quiet', 'parallel')) system.out(`${id}:\n`);
    try {
      kept.running = start(call, id, argv, doing);
    } catch (error) {
      if (!(error instanceof RuntimeError)) throw error;
      const cause = isSync
        ? `rpc error: code = Unknown desc = ${error.message}`
        : `Internal error occurred: error executing command in container: ${error.message}`;
      kept.problems.push(`${doing}${cause}`);
      return undefined;
    }
  }
  const { running } = kept;
  const exit = pump(system, running, isSync);
  const timeout = Number(given.get('timeout') ?? 0);
  if (!exit && running.until !== null && system.now() >= running.until) {
    const { sandbox, container } = findOne(call, id, 'ExecSync cmd', doing);
    killExec(system.world, sandbox, container, running.session);
    kept.problems.push(
      `${doing}rpc error: code = DeadlineExceeded desc = failed to exec in container: timeout ${timeout}s exceeded: context deadline exceeded`,
    );
  } else if (!exit) return waitFor(running);
  finish(system, running);
  kept.running = null;
  if (!exit) return undefined;
  if (isSync && exit.code === 0) system.out(`${running.out}\n${running.err}\n`);
  else if (isSync) kept.problems.push(`${doing}command '${argv.join(' ')}' exited with ${exit.code}: ${running.err}`);
  else if (exit.code !== 0) kept.problems.push(`${doing}command terminated with exit code ${exit.code}`);
  return undefined;
}

/** Throws CrictlError, and RuntimeError when there is nothing to run. */
function start(call: Call, id: string, argv: readonly string[], doing: string): Running {
  const { system, given } = call;
  const [isTty, isInteractive] = [given.has('tty') && !given.has('sync'), given.has('interactive')];
  const { sandbox, container } = needRunning(findOne(call, id, given.has('sync') ? 'ExecSync cmd' : 'Exec cmd', doing), doing, argv);
  if (isTty) needTerminal(system, isInteractive, doing);
  const { process } = system;
  const timeout = Number(given.get('timeout') ?? 0);
  const own = system.tty(0);
  const session = execInContainer(system.world, sandbox, container, {
    argv,
    stdin: isInteractive,
    relay: { namespace: system.namespace.id, pid: process.pid },
    ...(isTty && own && { tty: { rows: own.rows, columns: own.columns } }),
  });
  if (isTty && own) own.raw = true;
  return {
    namespace: namespaceId(sandbox, container),
    session,
    until: given.has('sync') && timeout > 0 ? system.now() + timeout * 1000 : null,
    hasInput: isInteractive && !given.has('sync'),
    isTty,
    out: '',
    err: '',
  };
}

/** Throws CrictlError for a container that does not run. */
export function needRunning(found: Found, doing: string, argv?: readonly string[]): Found {
  const { id, state } = found.container;
  if (state === 'running') return found;
  const problem = `rpc error: code = Unknown desc = container is in CONTAINER_${state.toUpperCase()} state`;
  const command = argv ? ` cmd=[${argv.map((word) => JSON.stringify(word)).join(',')}]` : '';
  throw new CrictlError(
    `${doing}${problem}`,
    `"${argv ? 'Exec cmd' : 'Attach container'} from runtime service failed" err=${JSON.stringify(problem)} containerID=${JSON.stringify(id)}${command}`,
  );
}

/** Throws CrictlError where a terminal is wanted, and there is none. */
export function needTerminal(system: System, isInteractive: boolean, doing: string): void {
  if (!isInteractive) throw new CrictlError(`${doing}tty=true must be specified with interactive=true`);
  if (!system.tty(0)) throw new CrictlError(`${doing}input is not a terminal`);
}

/** Passes on what came in and what came out. Gives how it ended, once it has. */
function pump(system: System, running: Running, isSync: boolean): { readonly code: number } | null {
  const { world } = system;
  while (running.hasInput) {
    const pipe = world.namespaces.get(running.namespace)?.pipes[running.session];
    if (pipe && pipe.readers > 0 && pipe.data.length >= PIPE_BYTES) break;
    const data = system.read(0);
    if (data === undefined) break;
    if (data === null) {
      running.hasInput = false;
      closeInput(world, running.namespace, running.session);
    } else sendInput(world, running.namespace, running.session, data);
  }
  const { pieces, exit } = takeRelayed(world, running.namespace, running.session);
  for (const [stream, text] of pieces) {
    if (isSync) running[stream === 'stdout' ? 'out' : 'err'] += text;
    else system.write(stream === 'stdout' ? 1 : 2, text);
  }
  return exit;
}

const waitFor = ({ namespace, session, hasInput, until }: Running): Next => ({
  wait: { session: { namespace, id: session }, ...(hasInput && { read: 0 }), ...(until !== null && { until }) },
});

function finish(system: System, { isTty }: Running): void {
  const own = system.tty(0);
  if (isTty && own) own.raw = false;
}

/** A terminal that changed its size, or is gone. */
function tell(system: System, signal: SignalName): boolean {
  const running = (system.process.data as Kept | null)?.running;
  const own = system.tty(0);
  if (!running) return false;
  if (signal === 'WINCH') {
    if (running.isTty && own) resize(system.world, running.namespace, running.session, own.rows, own.columns);
    return true;
  }
  if (signal === 'HUP' || signal === 'TERM' || signal === 'INT') {
    finish(system, running);
    hangUp(system.world, running.namespace, running.session);
  }
  return false;
}
