// The cluster as the scheduler sees it: nodes with what is on them, kept up to date change by change. A cache of the store, in memory only: it can be made
// anew at any time. Mirrors kube-scheduler's Cache and Snapshot in one: nothing interleaves here, so no snapshot is needed.

import type { Node, Pod } from '../api/gen/core-v1.ts';
import type { ClusterReader } from '../api/resource.ts';
import { nodes } from '../resources/core/node.ts';
import { isTerminal } from '../resources/core/pod-state.ts';
import { pods } from '../resources/core/pod.ts';
import { ClassIndex } from './class-index.ts';
import { KeptCounts } from './kept-counts.ts';
import { NodeInfo } from './node-info.ts';
import { orderNodes, zoneOf } from './node-order.ts';
import { changedInfoOf, podInfoOf } from './pod-info.ts';
import type { PodInfo } from './pod-info.ts';

interface Placed {
  readonly info: PodInfo;
  readonly node: NodeInfo;
  /** Decided, but not bound yet. */
  readonly isAssumed: boolean;
}

export class SchedulerCache {
  readonly classes = new ClassIndex();
  readonly counts = new KeptCounts();
  /** Goes up when a node has other images. */
  imagesVersion = 0;
  readonly #nodes = new Map<string, NodeInfo>();
  readonly #pods = new Map<string, Placed>();
  /** On how many nodes an image is, by its name. */
  readonly #imageNodes = new Map<string, number>();
  /** How many pods use a claim, by `namespace/name`. */
  readonly #claims = new Map<string, number>();
  /** The images of each node, as its object lists them. */
  readonly #listed = new WeakMap<NodeInfo, Node['status']['images']>();
  #order: NodeInfo[] | undefined;
  #isLoaded = false;

  /** Until it is loaded it is empty, and takes nothing in: a cluster that nothing is scheduled in, after an eviction, need not read all its pods. */
  get isLoaded(): boolean {
    return this.#isLoaded;
  }

  load(reader: ClusterReader): void {
    this.#isLoaded = true;
    for (const node of reader.list(nodes)) this.setNode(node);
    for (const pod of reader.list(pods)) if (pod.spec.nodeName && !isTerminal(pod)) this.setPod(pod);
  }

  /** Nodes that exist, in the order they are looked at. */
  get nodes(): readonly NodeInfo[] {
    if (!this.#order) {
      this.#order = orderNodes([...this.#nodes.values()].filter(({ exists }) => exists));
      for (let i = 0; i < this.#order.length; i++) this.#order[i]!.place = i;
    }
    return this.#order;
  }

  node(name: string): NodeInfo | undefined {
    const node = this.#nodes.get(name);
    return node?.exists ? node : undefined;
  }

  nodesWithImage(name: string): number {
    return this.#imageNodes.get(name) ?? 0;
  }

  isClaimUsed(key: string): boolean {
    return this.#claims.has(key);
  }

  placeOf(uid: string): NodeInfo | undefined {
    return this.#pods.get(uid)?.node;
  }

  isAssumed(uid: string): boolean {
    return this.#pods.get(uid)?.isAssumed === true;
  }

  /** How many of what are kept. */
  get sizes(): Readonly<Record<'nodes' | 'pods' | 'assumed_pods', number>> {
    let assumed = 0;
    for (const { isAssumed } of this.#pods.values()) if (isAssumed) assumed++;
    return { nodes: this.#nodes.size, pods: this.#pods.size, assumed_pods: assumed };
  }

  setNode(object: Node): void {
    if (!this.#isLoaded) return;
    const { name } = object.metadata;
    const node = this.#entry(name);
    const { exists, labels, taints } = node;
    if (!exists || zoneOf(labels) !== zoneOf(object.metadata.labels ?? {})) this.#order = undefined;
    node.setNode(object);
    if (!exists || node.labels !== labels || node.taints !== taints) this.counts.nodesChanged();
    this.#setImages(node, object);
  }

  removeNode(name: string): void {
    const node = this.#nodes.get(name);
    if (!node?.exists) return;
    this.#setImages(node, undefined);
    node.exists = false;
    this.#order = undefined;
    this.counts.nodesChanged();
    if (node.pods.size === 0) this.#nodes.delete(name);
  }

  /** A pod that is bound, as it is now. `before` is what it was, if that is known. */
  setPod(pod: Pod, before?: Pod): void {
    if (!this.#isLoaded) return;
    const placed = this.#pods.get(pod.metadata.uid);
    // Of one that is only assumed to be there, what was known was of an earlier state.
    const old = placed?.isAssumed ? undefined : placed?.info;
    this.#place(before ? changedInfoOf(pod, before, old) : podInfoOf(pod), pod.spec.nodeName!, false);
  }

  /** Counts a pod on a node before it is bound. */
  assumePod(info: PodInfo, nodeName: string): void {
    this.#place(info, nodeName, true);
  }

  removePod(uid: string): void {
    const placed = this.#pods.get(uid);
    if (!placed) return;
    this.#pods.delete(uid);
    placed.node.removePod(placed.info);
    this.classes.remove(placed.info, placed.node);
    this.counts.podWent(placed.info, placed.node);
    this.#countClaims(placed.info, -1);
    if (!placed.node.exists && placed.node.pods.size === 0) this.#nodes.delete(placed.node.name);
  }

  /** Takes a pod out for a moment; what it gives puts it back. */
  takeOut(uid: string): (() => void) | undefined {
    const placed = this.#pods.get(uid);
    if (!placed) return undefined;
    this.removePod(uid);
    return () => this.#place(placed.info, placed.node.name, placed.isAssumed);
  }

  #place(info: PodInfo, nodeName: string, isAssumed: boolean): void {
    if (!this.#isLoaded) return;
    const old = this.#pods.get(info.uid);
    if (old?.info === info && old.node.name === nodeName && old.isAssumed === isAssumed) return;
    if (old?.node.name === nodeName && countAlike(old.info, info)) {
      this.#pods.set(info.uid, { info, node: old.node, isAssumed });
      old.node.replacePod(info);
      return;
    }
    this.removePod(info.uid);
    const node = this.#entry(nodeName);
    this.#pods.set(info.uid, { info, node, isAssumed });
    node.addPod(info);
    this.classes.add(info, node);
    this.counts.podCame(info, node);
    this.#countClaims(info, 1);
  }

  #countClaims({ namespace, volumes }: PodInfo, by: 1 | -1): void {
    for (const { persistentVolumeClaim: claim } of volumes) {
      if (!claim) continue;
      const key = `${namespace}/${claim.claimName}`;
      const uses = (this.#claims.get(key) ?? 0) + by;
      if (uses > 0) this.#claims.set(key, uses);
      else this.#claims.delete(key);
    }
  }

  #entry(name: string): NodeInfo {
    let node = this.#nodes.get(name);
    if (!node) this.#nodes.set(name, (node = new NodeInfo(name)));
    return node;
  }

  #setImages(node: NodeInfo, object: Node | undefined): void {
    const listed = object?.status.images;
    if (listed === this.#listed.get(node)) return;
    this.#listed.set(node, listed);
    this.imagesVersion++;
    for (const name of node.images.keys()) {
      const left = this.nodesWithImage(name) - 1;
      if (left > 0) this.#imageNodes.set(name, left);
      else this.#imageNodes.delete(name);
    }
    const images = new Map<string, number>();
    for (const { names, sizeBytes = 0 } of listed ?? []) for (const name of names ?? []) images.set(name, sizeBytes);
    for (const name of images.keys()) this.#imageNodes.set(name, this.nodesWithImage(name) + 1);
    node.setImages(images);
  }
}

/** Whether all that is summed up of a pod is the same, before and after a change of it. */
const countAlike = (a: PodInfo, b: PodInfo): boolean =>
  a.requests === b.requests &&
  a.scoredCpu === b.scoredCpu &&
  a.scoredMemory === b.scoredMemory &&
  a.class === b.class &&
  a.isTerminating === b.isTerminating &&
  a.hostPorts === b.hostPorts &&
  a.volumes === b.volumes;
