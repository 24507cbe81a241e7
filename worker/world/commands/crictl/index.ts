// crictl: asks the container runtime of a machine, past the kubelet. Mirrors cmd/crictl of cri-tools. Differs: it makes no pods or containers of its own (runp, create,
// start, run), and knows no checkpoint, events, port-forward or update.

import { isServiceActive } from '../../machine.ts';
import type { Machine } from '../../machine.ts';
import type { Next, Tool } from '../../process/program.ts';
import type { System } from '../../process/system.ts';
import type { Options } from '../tool.ts';
import { attachVerb } from './attach.ts';
import { pullVerb, rmImageVerb, rmPodVerb, rmVerb, stopPodVerb, stopVerb } from './changes.ts';
import { configPath, configVerb, readConfig } from './config.ts';
import { execVerb } from './exec.ts';
import { HELP, parseFlags, UsageError } from './flags.ts';
import { DEFAULT_ENDPOINTS, GLOBAL_FLAGS, toolHelp, verbHelp, VERSION } from './help.ts';
import { imageFsInfoVerb, infoVerb, versionVerb } from './info.ts';
import { inspectImageVerb, inspectPodVerb, inspectVerb } from './inspect.ts';
import { imagesVerb, podsVerb, psVerb } from './lists.ts';
import { logsVerb } from './logs.ts';
import { complain, CrictlError, log, Stop } from './runtime.ts';
import type { Verb } from './runtime.ts';
import { podStatsVerb, statsVerb } from './stats.ts';

const VERBS: readonly Verb[] = [
  attachVerb,
  configVerb,
  execVerb,
  imageFsInfoVerb,
  imagesVerb,
  infoVerb,
  inspectImageVerb,
  inspectPodVerb,
  inspectVerb,
  logsVerb,
  podStatsVerb,
  podsVerb,
  psVerb,
  pullVerb,
  rmImageVerb,
  rmPodVerb,
  rmVerb,
  statsVerb,
  stopPodVerb,
  stopVerb,
  versionVerb,
];

const verbOf = (name: string | undefined): Verb | undefined =>
  VERBS.find((verb) => verb.name === name || verb.aliases?.includes(name ?? ''));

export const crictl: Tool = {
  name: 'crictl',
  step: (system): Next => {
    try {
      return run(system);
    } catch (error) {
      if (!(error instanceof CrictlError)) throw error;
      complain(system, error);
      return { exit: 1 };
    }
  },
  signal: (system, signal) => {
    const [name] = globalOf(system)?.rest ?? [];
    return verbOf(name)?.signal?.(system, signal) ?? false;
  },
};

function globalOf(system: System): Options | undefined {
  try {
    return parseFlags([...GLOBAL_FLAGS, HELP], system.argv.slice(1));
  } catch (error) {
    if (error instanceof UsageError) return undefined;
    throw error;
  }
}

function run(system: System): Next {
  if ((system.process.data as { isOver?: boolean } | null)?.isOver) return { exit: 0 };
  let global: Options;
  try {
    global = parseFlags([...GLOBAL_FLAGS, HELP], system.argv.slice(1));
  } catch (error) {
    return misused(system, error, toolHelp(VERBS));
  }
  const [name, ...rest] = global.rest;
  if (global.has('version')) system.out(`crictl version ${VERSION}\n`);
  if (global.has('version')) return { exit: 0 };
  const isHelp = name === undefined || name === 'help' || name === 'h' || global.has('help');
  const verb = verbOf(isHelp ? rest[0] : name);
  if (isHelp && (rest[0] === undefined || verb)) {
    system.out(verb ? verbHelp(verb) : toolHelp(VERBS));
    return { exit: 0 };
  }
  if (!verb) {
    system.err(`No help topic for '${isHelp ? rest[0] : name}'\n`);
    return { exit: 3 };
  }
  return runVerb(system, global, verb, rest);
}

function runVerb(system: System, global: Options, verb: Verb, args: readonly string[]): Next {
  let given: Options;
  try {
    given = parseFlags([...verb.flags, HELP], args);
  } catch (error) {
    return misused(system, error, verbHelp(verb));
  }
  const machine = system.world.machines.get(system.caller.machine)!;
  try {
    if (given.has('help')) throw new Stop();
    if (!verb.isLocal) connect(system, machine, global);
    return verb.act({ system, machine, given, global, args: given.rest, sandboxes: system.world.sandboxes.find('machine', machine.name) });
  } catch (error) {
    if (!(error instanceof Stop)) throw error;
    if (error.message) system.err(`${error.message}\n`);
    else system.out(verbHelp(verb));
    return { exit: error.status };
  }
}

function misused(system: System, error: unknown, help: string): Next {
  if (!(error instanceof UsageError)) throw error;
  system.out(`Incorrect Usage: ${error.message}\n\n${help}`);
  log(system, 'error', error.message);
  return { exit: 1 };
}

const SOCKETS = ['/run/containerd/containerd.sock', '/var/run/containerd/containerd.sock'];

/** Finds the runtime where it is said to be. Throws CrictlError. */
function connect(system: System, machine: Machine, global: Options): void {
  const asked =
    global.get('runtime-endpoint') ??
    system.env['CONTAINER_RUNTIME_ENDPOINT'] ??
    readConfig(system, configPath(system, global))?.['runtime-endpoint'];
  if (!asked && system.process.data === null)
    for (const kind of ['runtime', 'Image'])
      log(
        system,
        'warning',
        `${kind} connect using default endpoints: ${DEFAULT_ENDPOINTS}. As the default settings are now deprecated, you should set the endpoint instead.`,
      );
  const endpoint = asked || `unix://${SOCKETS[0]}`;
  const path = endpoint.replace(/^unix:\/\//, '');
  const isThere = SOCKETS.includes(path);
  if (isThere && isServiceActive(machine, 'containerd')) return;
  const problem = isThere ? 'connection refused' : 'no such file or directory';
  throw new CrictlError(
    `validate service connection: validate CRI v1 runtime API for endpoint ${JSON.stringify(endpoint)}: rpc error: code = Unavailable desc = connection error: desc = "transport: Error while dialing: dial unix ${path}: connect: ${problem}"`,
  );
}
