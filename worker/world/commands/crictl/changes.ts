// crictl stop, rm, stopp, rmp, rmi and pull: what the kubelet will see was done behind its back.

import type { Next } from '../../process/program.ts';
import { removeContainer, removeSandbox, stopSandbox } from '../../runtime/create.ts';
import { stopContainer } from '../../runtime/lifecycle.ts';
import { imageRef, planPull, storeImage } from '../../runtime/pull.ts';
import type { PullPlan } from '../../runtime/pull.ts';
import { allContainers, CrictlError, findImageOf, findOne, findPod } from './runtime.ts';
import type { Call, Found } from './runtime.ts';

/** How often one that stops is looked at. */
const LOOK_MS = 100;
const DONE: Next = { exit: 0 };

/** Its time to stop by itself is 0 if none is given: it is killed. */
export function stopContainers(call: Call): Next {
  const { system, given, args } = call;
  const kept = system.process.data as { said: readonly string[] } | null;
  const said = new Set(kept?.said);
  if (!args.length && !given.has('a')) return refuse(call, 'you must specify at least one CONTAINER-ID or use --all');
  const wanted = given.has('a')
    ? allContainers(call).filter(({ container }) => container.state === 'running' || said.has(container.id))
    : args.map((id) => findOne(call, id, 'StopContainer', `stopping the container ${JSON.stringify(id)}: `));
  if (!kept)
    for (const { sandbox, container } of wanted) stopContainer(system.world, sandbox, container, Number(given.get('t') ?? 0) * 1000);
  for (const { container } of wanted) {
    if (said.has(container.id)) continue;
    if (container.state === 'running') {
      system.process.data = { said: [...said] };
      return { wait: { until: system.now() + LOOK_MS } };
    }
    said.add(container.id);
    system.out(`${container.id}\n`);
  }
  return DONE;
}

function refuse({ system }: Call, message: string): Next {
  system.err(`${message}\n`);
  return { exit: 1 };
}

export function removeContainers(call: Call): Next {
  const wanted = call.given.has('a')
    ? allContainers(call)
    : call.args.map((id) => findOne(call, id, 'ContainerStatus', `getting container status ${JSON.stringify(id)}: `));
  for (const { container } of wanted) {
    const { id } = container;
    if (container.state === 'running' && !call.given.has('f'))
      throw new CrictlError(`container ${JSON.stringify(id)} is running, please stop it first`);
    removeContainer(call.system.world, id);
    call.system.out(`${id}\n`);
  }
  for (const sandbox of new Set(wanted.map((one: Found) => one.sandbox))) call.system.world.hooks.sandboxChanged(sandbox);
  return DONE;
}

export function stopPods(call: Call): Next {
  for (const id of call.args) {
    const sandbox = findPod(call, id, 'StopPodSandbox', `stopping the pod sandbox ${JSON.stringify(id)}: `);
    stopSandbox(call.system.world, sandbox);
    call.system.world.hooks.sandboxChanged(sandbox);
    call.system.out(`Stopped sandbox ${sandbox.id}\n`);
  }
  return DONE;
}

export function removePods(call: Call): Next {
  const { system, given, args, sandboxes } = call;
  const wanted = given.has('a')
    ? sandboxes
    : args.map((id) => findPod(call, id, 'PodSandboxStatus', `getting sandbox status of pod ${JSON.stringify(id)}: `));
  for (const sandbox of wanted) {
    if (sandbox.state === 'ready') {
      if (!given.has('f')) throw new CrictlError(`pod sandbox ${JSON.stringify(sandbox.id)} is running, please stop it first`);
      stopSandbox(system.world, sandbox);
      system.out(`Stopped sandbox ${sandbox.id}\n`);
    }
    removeSandbox(system.world, sandbox);
    system.world.hooks.sandboxChanged(sandbox);
    system.out(`Removed sandbox ${sandbox.id}\n`);
  }
  return DONE;
}

/** `--prune`: those that no container is of. */
export function removeImages(call: Call): Next {
  const { system, given, args, machine } = call;
  const used = new Set(allContainers(call).map(({ container }) => container.imageName));
  const names = Object.keys(machine.images);
  const wanted = given.has('prune', 'q')
    ? names.filter((name) => !used.has(name))
    : given.has('a')
      ? names
      : args.map((text) => {
          const found = findImageOf(call, text);
          if (!found) throw new CrictlError(`no such image ${text}`);
          return found[0];
        });
  for (const name of wanted) {
    delete machine.images[name];
    system.out(`Deleted: ${name}\n`);
  }
  system.world.machines.put(machine.name, machine);
  return DONE;
}

export function pull({ system, machine, args }: Call): Next {
  const [name] = args;
  if (!name) throw new CrictlError('image name cannot be empty');
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
}
