// What the runtime says of a pod: its sandboxes and containers, the newest of each name. Mirrors kubecontainer.PodStatus.

import type { Container as ContainerSpec, Pod } from '../../api/gen/core-v1.ts';
import { flat } from '../../lib/text.ts';
import type { Container, Sandbox } from '../../world/runtime/sandbox.ts';
import type { World } from '../../world/world.ts';

export interface RuntimeView {
  /** The newest first. */
  readonly sandboxes: readonly Sandbox[];
  /** The newest first; those of older sandboxes too. */
  readonly containers: readonly Container[];
  /** Of the newest sandbox. */
  readonly active: readonly Container[];
}

export function viewOf(world: World, pod: Pod): RuntimeView {
  const sandboxes = world.sandboxes.find('pod', pod.metadata.uid);
  if (sandboxes.length > 1) sandboxes.sort((a, b) => b.attempt - a.attempt);
  const active = sandboxes[0]?.containers.toReversed() ?? [];
  const containers = sandboxes.length > 1 ? sandboxes.flatMap((one) => one.containers.toReversed()) : active;
  return { sandboxes, containers, active };
}

export const findByName = (view: RuntimeView, name: string): Container | undefined => view.containers.find((one) => one.name === name);

/** Whether a sandbox must be made, and which attempt it is. */
export function sandboxChanged(view: RuntimeView, pod: Pod): { changed: boolean; attempt: number; old: Sandbox | undefined } {
  const newest = view.sandboxes[0];
  if (!newest) return { changed: true, attempt: 0, old: undefined };
  const isGood =
    newest.state === 'ready' && newest.hostNetwork === Boolean(pod.spec.hostNetwork) && (newest.hostNetwork || newest.ip !== '');
  return { changed: !isGood, attempt: isGood ? newest.attempt : newest.attempt + 1, old: newest };
}

/** An init container that goes on running beside the others. */
export const isSidecar = (container: ContainerSpec): boolean => container.restartPolicy === 'Always';

export const containerId = ({ id }: Container): string => flat(`containerd://${id}`);

/** Every container of a pod, whatever its kind. */
export function specOf(pod: Pod, name: string): ContainerSpec | undefined {
  const { containers, initContainers, ephemeralContainers } = pod.spec;
  return (
    containers.find((one) => one.name === name) ??
    initContainers?.find((one) => one.name === name) ??
    (ephemeralContainers?.find((one) => one.name === name) as ContainerSpec | undefined)
  );
}

/** What events about a container point at. */
export function fieldPathOf(pod: Pod, name: string): string {
  const { initContainers, ephemeralContainers } = pod.spec;
  const list = initContainers?.some((one) => one.name === name)
    ? 'initContainers'
    : ephemeralContainers?.some((one) => one.name === name)
      ? 'ephemeralContainers'
      : 'containers';
  return flat(`spec.${list}{${name}}`);
}

/** `web_default(uid)`: how the kubelet names a pod in its messages. */
export const podText = ({ metadata: { name, namespace, uid } }: Pod): string => `${name}_${namespace}(${uid})`;

/** Whether a container that ended with this code is started again (api/v1/pod ContainerShouldRestart). */
export function shouldRestart(container: ContainerSpec, pod: Pod, exitCode: number): boolean {
  if (container.restartPolicy !== undefined) {
    const rule = matchingRule(container, exitCode);
    if (rule === 'Restart' || rule === 'RestartAllContainers') return true;
    if (container.restartPolicy === 'Always') return true;
    if (container.restartPolicy === 'OnFailure') return exitCode !== 0;
    if (container.restartPolicy === 'Never') return false;
  }
  if (pod.spec.restartPolicy === 'OnFailure') return exitCode !== 0;
  return pod.spec.restartPolicy !== 'Never';
}

function matchingRule(container: ContainerSpec, exitCode: number): string | undefined {
  return container.restartPolicyRules?.find(({ exitCodes }) => {
    if (!exitCodes) return false;
    const isListed = exitCodes.values?.includes(exitCode) ?? false;
    return exitCodes.operator === 'NotIn' ? !isListed : isListed;
  })?.action;
}

/** Whether a container is to be started (again) now. */
export function shouldBeRestarted(container: ContainerSpec, pod: Pod, view: RuntimeView): boolean {
  if (pod.metadata.deletionTimestamp !== undefined) return false;
  const status = findByName(view, container.name);
  if (!status) return true;
  if (status.state === 'running') return false;
  if (status.state === 'created') return true;
  return shouldRestart(container, pod, status.exitCode);
}
