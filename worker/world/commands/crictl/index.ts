// crictl: asks the container runtime of a machine, past the kubelet. Mirrors cmd/crictl of cri-tools. Differs: no exec, attach, stats or templates.

import { isServiceActive } from '../../machine.ts';
import type { Next, Tool } from '../../process/program.ts';
import type { System } from '../../process/system.ts';
import { options, Refusal } from '../tool.ts';
import { pull, removeContainers, removeImages, removePods, stopContainers, stopPods } from './changes.ts';
import { inspectContainers, inspectImages, inspectPods } from './inspect.ts';
import { listContainers, listImages, listPods } from './lists.ts';
import { showLogs } from './logs.ts';
import { complain, CrictlError } from './runtime.ts';
import type { Call, Verb } from './runtime.ts';

const LETTERS = 'aqvlfi:r:t:o:s:n:p:D';
const WORDS =
  'all quiet verbose latest follow no-trunc digests pinned timestamps previous force prune debug name= namespace= pod= state= label= image= id= last= output= tail= limit-bytes= since= timeout= runtime-endpoint= image-endpoint= stream='.split(
    ' ',
  );
const ALIASES = {
  all: 'a',
  quiet: 'q',
  verbose: 'v',
  latest: 'l',
  output: 'o',
  state: 's',
  last: 'n',
  follow: 'f',
  force: 'f',
  timestamps: 't',
};

/** Those whose `-p`, `-r`, `-t` take no value. */
const FLAGS: Readonly<Record<string, string>> = { logs: 'aqvlfrtpi:o:s:n:D', ps: 'aqvlfri:t:o:s:n:p:D' };

const VERBS: Readonly<Record<string, Verb>> = {
  ps: listContainers,
  pods: listPods,
  images: listImages,
  image: listImages,
  img: listImages,
  logs: showLogs,
  inspect: inspectContainers,
  inspectp: inspectPods,
  inspecti: inspectImages,
  stop: stopContainers,
  rm: removeContainers,
  stopp: stopPods,
  rmp: removePods,
  rmi: removeImages,
  pull,
  version: ({ system, machine }) => {
    const [name, version] = machine.runtimeVersion.split('://');
    system.out(`Version:  0.1.0\nRuntimeName:  ${name}\nRuntimeVersion:  v${version}\nRuntimeApiVersion:  v1\n`);
    return { exit: 0 };
  },
};

export const crictl: Tool = {
  name: 'crictl',
  step: (system): Next => {
    try {
      return run(system);
    } catch (error) {
      if (error instanceof Refusal) {
        system.err(`crictl: ${error.message}\n`);
        return { exit: 1 };
      }
      if (!(error instanceof CrictlError)) throw error;
      complain(system, error);
      return { exit: 1 };
    }
  },
};

const SOCKET = '/run/containerd/containerd.sock';

function run(system: System): Next {
  const name = system.argv.slice(1).find((arg) => VERBS[arg]) ?? '';
  const given = options(system, FLAGS[name] ?? LETTERS, WORDS, { aliases: { ...ALIASES, ...(name !== 'logs' && { pod: 'p' }) } });
  const [verb = 'help', ...args] = given.rest;
  const act = VERBS[verb];
  const machine = system.world.machines.get(system.caller.machine);
  if (!act || !machine) {
    system.err(`No help topic for '${verb}'\n`);
    return { exit: 3 };
  }
  if (!isServiceActive(machine, 'containerd'))
    throw new CrictlError(
      `validate service connection: validate CRI v1 runtime API for endpoint "unix://${SOCKET}": rpc error: code = Unavailable desc = connection error: desc = "transport: Error while dialing: dial unix ${SOCKET}: connect: connection refused"`,
    );
  const call: Call = { system, machine, given, args, sandboxes: system.world.sandboxes.find('machine', machine.name) };
  return act(call);
}
