// crictl stop, rm, stopp, rmp, rmi and pull: what the kubelet will see was done behind its back.

import type { Next } from '../../process/program.ts';
import { removeContainer, removeSandbox, stopSandbox } from '../../runtime/create.ts';
import { stopContainer } from '../../runtime/lifecycle.ts';
import { imageRef, planPull, storeImage } from '../../runtime/pull.ts';
import type { PullPlan } from '../../runtime/pull.ts';
import { bool, duration, int, string, strings } from './flags.ts';
import { allContainers, CrictlError, each, findImageOf, findOne, findPod, isPinned, log, Stop } from './runtime.ts';
import type { Call, Verb } from './runtime.ts';

/** How often one that stops is looked at. */
const LOOK_MS = 100;
const DONE: Next = { exit: 0 };

interface Stopping {
  /** Those that are to stop, and how many of them have. */
  readonly ids: readonly string[];
  at: number;
  /** The next was asked to. */
  isAsked: boolean;
}

export const stopVerb: Verb = {
  name: 'stop',
  usage: 'Stop one or more running containers',
  argsUsage: 'CONTAINER-ID [CONTAINER-ID...]',
  flags: [
    int('timeout, t', 'Seconds to wait to kill the container after a graceful stop is requested'),
    bool('all, a', 'Stop all running containers'),
  ],
  act: (call) => {
    const { system, given } = call;
    const kept = (system.process.data as Stopping | null) ?? { ids: toStop(call), at: 0, isAsked: false };
    system.process.data = kept;
    for (; kept.at < kept.ids.length; kept.at++, kept.isAsked = false) {
      const id = kept.ids[kept.at]!;
      const { sandbox, container } = findOne(call, id, 'StopContainer', `stopping the container ${JSON.stringify(id)}: `);
      // Its time to stop by itself is 0 if none is given: it is killed.
      if (!kept.isAsked) stopContainer(system.world, sandbox, container, Number(given.get('timeout') ?? 0) * 1000);
      kept.isAsked = true;
      if (container.state === 'running') return { wait: { until: system.now() + LOOK_MS } };
      system.out(`${id}\n`);
    }
    return DONE;
  },
};

function toStop(call: Call): readonly string[] {
  const { system, given, args } = call;
  if (given.has('all') && args.length) throw new Stop('cannot specify CONTAINER-ID(s) when using --all', 1);
  if (!given.has('all') && !args.length) throw new Stop('you must specify at least one CONTAINER-ID or use --all', 1);
  if (!given.has('all')) return args;
  const all = allContainers(call).filter(({ container }) => container.state === 'running');
  if (!all.length) system.out('No running containers found.\n');
  return all.map(({ container }) => container.id);
}

/** Ids that were given, or with `--all` those of all. */
function idsOf({ system, given, args }: Call, all: readonly { readonly id: string }[], kind: string): readonly string[] {
  const ids = given.has('all') ? all.map(({ id }) => id) : args;
  if (!ids.length && !given.has('all')) throw new Stop();
  if (!ids.length) log(system, 'info', `No ${kind} to remove`);
  return ids;
}

export const rmVerb: Verb = {
  name: 'rm',
  usage: 'Remove one or more containers',
  argsUsage: 'CONTAINER-ID [CONTAINER-ID...]',
  flags: [
    bool('force, f', 'Force removal of the container, disregarding if running'),
    bool('keep-logs, k', 'Preserve the container log file and its rotations'),
    bool('all, a', 'Remove all containers'),
  ],
  act: (call) => {
    const { system, given } = call;
    const all = allContainers(call).map(({ container }) => container);
    each(idsOf(call, all, 'containers'), (id) => {
      const { sandbox, container } = findOne(call, id, 'ContainerStatus', `getting container status ${JSON.stringify(id)}: `);
      if (container.state === 'running' && !given.has('force'))
        throw new CrictlError(`container ${JSON.stringify(id)} is running, please stop it first`);
      if (container.state === 'running') system.out(`${id}\n`);
      removeContainer(system.world, container.id);
      system.out(`${id}\n`);
      system.world.hooks.sandboxChanged(sandbox);
    });
    return DONE;
  },
};

export const stopPodVerb: Verb = {
  name: 'stopp',
  usage: 'Stop one or more running pods',
  argsUsage: 'POD-ID [POD-ID...]',
  flags: [],
  act: (call) => {
    if (!call.args.length) throw new Stop();
    for (const id of call.args) {
      const sandbox = findPod(call, id, 'StopPodSandbox', `stopping the pod sandbox ${JSON.stringify(id)}: `);
      stopSandbox(call.system.world, sandbox);
      call.system.world.hooks.sandboxChanged(sandbox);
      call.system.out(`Stopped sandbox ${id}\n`);
    }
    return DONE;
  },
};

export const rmPodVerb: Verb = {
  name: 'rmp',
  usage: 'Remove one or more pods',
  argsUsage: 'POD-ID [POD-ID...]',
  flags: [bool('force, f', 'Force removal of the pod sandbox, disregarding if running'), bool('all, a', 'Remove all pods')],
  act: (call) => {
    const { system, given } = call;
    each(idsOf(call, call.sandboxes, 'pods'), (id) => {
      const sandbox = findPod(call, id, 'PodSandboxStatus', `getting sandbox status of pod ${JSON.stringify(id)}: `);
      if (sandbox.state === 'ready' && !given.has('force'))
        throw new CrictlError(`pod sandbox ${JSON.stringify(id)} is running, please stop it first`);
      if (sandbox.state === 'ready') {
        stopSandbox(system.world, sandbox);
        system.out(`Stopped sandbox ${id}\n`);
      }
      removeSandbox(system.world, sandbox);
      system.world.hooks.sandboxChanged(sandbox);
      system.out(`Removed sandbox ${id}\n`);
    });
    return DONE;
  },
};

export const rmImageVerb: Verb = {
  name: 'rmi',
  usage: 'Remove one or more images',
  argsUsage: 'IMAGE-ID [IMAGE-ID...]',
  description: `Remove one or more images by ID or reference.
NOTE: Due to CRI API limitations, when you specify an image by tag (e.g., 'localhost/test:latest'),
the entire image will be removed along with ALL of its tags, not just the specified tag.
This behavior differs from 'docker rmi', 'nerdctl rmi', and 'ctr image rm', which only remove
the specified tag. To remove only a specific tag, use the container runtime's native CLI tool
(e.g., 'nerdctl', 'ctr', or 'podman').`,
  flags: [bool('all, a', 'Remove all images'), bool('prune, q', 'Remove all unused images')],
  act: (call) => {
    const { system, given, args, machine } = call;
    const names = Object.keys(machine.images);
    const used = new Set(allContainers(call).map(({ container }) => container.imageName));
    const wanted = given.has('prune')
      ? [...new Set([...args, ...names.filter((name) => !isPinned(name) && !used.has(name))])]
      : given.has('all')
        ? names
        : args;
    if (!wanted.length && !given.has('all', 'prune')) throw new Stop();
    if (!wanted.length) log(system, 'info', 'No images to remove');
    each(wanted, (text) => {
      const found = findImageOf(call, text);
      if (!found) throw new CrictlError(`no such image ${text}`);
      delete machine.images[found[0]];
      system.out(`Deleted: ${found[0]}\n`);
    });
    system.world.machines.put(machine.name, machine);
    return DONE;
  },
};

export const pullVerb: Verb = {
  name: 'pull',
  usage: 'Pull an image from a registry',
  argsUsage: 'NAME[:TAG|@DIGEST]',
  flags: [
    string('creds', 'Use `USERNAME[:PASSWORD]` for accessing the registry', undefined, 'CRICTL_CREDS'),
    string(
      'auth',
      "Use `AUTH_STRING` for accessing the registry. AUTH_STRING is a base64 encoded 'USERNAME[:PASSWORD]'",
      undefined,
      'CRICTL_AUTH',
    ),
    string('username, u', 'Use `USERNAME` for accessing the registry. The password will be requested on the command line'),
    string('pod-config', 'Use `pod-config.[json|yaml]` to override the pull c'),
    strings('annotation, a', 'Annotation to be set on the pulled image'),
    duration('pull-timeout, pt', 'Maximum time to be used for pulling the image, disabled if set to 0s', '0s', 'CRICTL_PULL_TIMEOUT'),
  ],
  act: ({ system, machine, args, given }) => {
    const [name] = args;
    if (!name) throw new CrictlError('image name cannot be empty');
    if (args.length > 1) throw new Stop();
    if (given.has('creds') && given.has('auth')) throw new CrictlError('both `--creds` and `--auth` are specified');
    const known = system.process.data as PullPlan | null;
    const plan = known ?? planPull(system.world, name);
    if (!known) {
      system.process.data = plan;
      return { wait: { until: system.now() + plan.durationMs } };
    }
    if ('error' in plan)
      throw new CrictlError(
        `pulling image: ${plan.error}`,
        `"PullImage from image service failed" err=${JSON.stringify(plan.error)} image=${JSON.stringify(name)}`,
      );
    const image = storeImage(system.world, machine, name);
    system.out(`Image is up to date for ${imageRef(name, image).replace(/^.*@/, '')}\n`);
    return DONE;
  },
};
