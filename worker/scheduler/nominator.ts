// Pods that wait for room on a node which was, or is being, made for them. They are counted there when other pods are tried, if they are not less important.
// Mirrors kube-scheduler backend/queue/nominator.go.

import type { PodInfo } from './pod-info.ts';

export class Nominator {
  readonly #byNode = new Map<string, Map<string, PodInfo>>();
  readonly #nodes = new Map<string, string>();

  get isEmpty(): boolean {
    return this.#nodes.size === 0;
  }

  /** In the order of nomination by key, so that it does not matter who came first. */
  podsFor(node: string): readonly PodInfo[] {
    const pods = this.#byNode.get(node);
    return pods ? [...pods.values()].sort((a, b) => (a.key < b.key ? -1 : 1)) : NONE;
  }

  has(node: string): boolean {
    return this.#byNode.has(node);
  }

  /** '' takes the nomination back. */
  set(pod: PodInfo, node: string): void {
    this.delete(pod.uid);
    if (!node) return;
    this.#nodes.set(pod.uid, node);
    const pods = this.#byNode.get(node);
    if (pods) pods.set(pod.uid, pod);
    else this.#byNode.set(node, new Map([[pod.uid, pod]]));
  }

  delete(uid: string): void {
    const node = this.#nodes.get(uid);
    if (node === undefined) return;
    this.#nodes.delete(uid);
    const pods = this.#byNode.get(node)!;
    pods.delete(uid);
    if (!pods.size) this.#byNode.delete(node);
  }
}

const NONE: readonly PodInfo[] = [];
