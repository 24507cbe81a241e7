// Logs of containers: the page `/containerLogs`. Mirrors GetKubeletContainerLogs of pkg/kubelet/kubelet_pods.go and ReadLogs of the runtime's client. Also tells those who
// attached what a container writes: both see the same output.

import type { ContainerStatus, Pod } from '../../api/gen/core-v1.ts';
import { KubeletRefusal } from '../../api/kubelet.ts';
import type { Log, LogOptions } from '../../api/kubelet.ts';
import { readLog } from '../../world/runtime/log.ts';
import type { LogEntry } from '../../world/runtime/log.ts';
import type { Sandbox } from '../../world/runtime/sandbox.ts';
import { findContainer } from '../../world/world.ts';
import type { World } from '../../world/world.ts';
import { machineOf } from './node.ts';

/** Somebody who wants to know what a container writes. */
export interface Onlooker {
  logged(stream: 'stdout' | 'stderr', text: string): void;
  ended(): void;
}

export class Logs {
  readonly #world: World;
  readonly #onlookers = new Map<string, Set<Onlooker>>();

  constructor(world: World) {
    this.#world = world;
  }

  /** Gives what ends it. */
  watch(container: string, onlooker: Onlooker): () => void {
    let all = this.#onlookers.get(container);
    if (!all) this.#onlookers.set(container, (all = new Set()));
    all.add(onlooker);
    return () => {
      all.delete(onlooker);
      if (!all.size && this.#onlookers.get(container) === all) this.#onlookers.delete(container);
    };
  }

  logged(container: string, stream: 'stdout' | 'stderr', text: string): void {
    for (const onlooker of this.#onlookers.get(container) ?? []) onlooker.logged(stream, text);
  }

  sandboxChanged({ containers }: Sandbox): void {
    if (!this.#onlookers.size) return;
    for (const { id, state } of containers) {
      const all = state === 'exited' ? this.#onlookers.get(id) : undefined;
      if (!all) continue;
      this.#onlookers.delete(id);
      for (const onlooker of all) onlooker.ended();
    }
  }

  read(pod: Pod, name: string, options: LogOptions): Log {
    machineOf(this.#world, pod.spec.nodeName!);
    const id = logOwner(pod, name, options.previous);
    if (!findContainer(this.#world, id)) return { text: `unable to retrieve container logs for containerd://${id}`, follow: undefined };
    const page = readLog(this.#world, id);
    const writer = new Writer(options);
    const { tailLines } = options;
    const wanted = tailLines === undefined ? page.entries : tailLines === 0 ? [] : page.entries.slice(-tailLines);
    const text = writer.write(wanted);
    const isRunning = findContainer(this.#world, id)?.container.state === 'running';
    if (!options.follow || !isRunning || writer.isFull) return { text, follow: undefined };
    let next = page.next;
    return {
      text,
      follow: ({ more, ended }) => ({
        read: () => {
          const later = readLog(this.#world, id, next);
          next = later.next;
          return writer.write(later.entries);
        },
        get isFull() {
          return writer.isFull;
        },
        stop: this.watch(id, { logged: more, ended }),
      }),
    };
  }
}

/** Entries as text, within the options. */
class Writer {
  readonly #options: LogOptions;
  #left: number;

  constructor(options: LogOptions) {
    this.#options = options;
    this.#left = options.limitBytes ?? Infinity;
  }

  get isFull(): boolean {
    return this.#left <= 0;
  }

  write(entries: readonly LogEntry[]): string {
    const { since = -Infinity, stream, timestamps } = this.#options;
    let out = '';
    for (const entry of entries) {
      if (this.isFull) break;
      if (entry.at < since || (stream !== 'All' && stream.toLowerCase() !== entry.stream)) continue;
      const line = `${timestamps ? `${timestampOf(entry.at)} ` : ''}${entry.text}${entry.partial ? '' : '\n'}`;
      out += line.slice(0, this.#left);
      this.#left -= line.length;
    }
    return out;
  }
}

/** Nine digits behind the second, as the runtime writes them. */
const timestampOf = (ms: number): string => `${new Date(ms).toISOString().slice(0, -1)}000000Z`;

/** Which container a log is of, by what the pod's status says. Throws what the kubelet says of a container that has none. */
function logOwner({ metadata, status }: Pod, name: string, previous: boolean): string {
  const refuse = (problem: string): Error => new KubeletRefusal(400, problem);
  const subject = `container ${JSON.stringify(name)} in pod ${JSON.stringify(metadata.name)}`;
  const all: readonly ContainerStatus[] = [
    ...(status.containerStatuses ?? []),
    ...(status.initContainerStatuses ?? []),
    ...(status.ephemeralContainerStatuses ?? []),
  ];
  const found = all.find((one) => one.name === name);
  if (!found) throw refuse(`${subject} is not available`);
  const { state, lastState } = found;
  const idOf = (text: string | undefined): string => (text ?? '').replace(/^[a-z]+:\/\//, '');
  const last = idOf(lastState.terminated?.containerID);
  if (previous) {
    if (!last) throw refuse(`previous terminated ${subject} not found`);
    return last;
  }
  if (state.running) return idOf(found.containerID);
  if (state.terminated) {
    const id = idOf(state.terminated.containerID) || last;
    if (!id) throw refuse(`${subject} is terminated`);
    return id;
  }
  if (lastState.terminated) {
    if (!last) throw refuse(`${subject} is terminated`);
    return last;
  }
  if (!state.waiting) throw refuse(`${subject} is waiting to start - no logs yet`);
  const reason = state.waiting.reason ?? '';
  const why = { ErrImagePull: "image can't be pulled", ImagePullBackOff: 'trying and failing to pull image' }[reason] ?? reason;
  throw refuse(`${subject} is waiting to start: ${why}`);
}
