// What the scheduler knows of a node and of the pods on it, summed up as pods come and go. Mirrors kube-scheduler framework.NodeInfo.

import type { Node, Taint } from '../api/gen/core-v1.ts';
import type { HostPort, Labels, PodInfo } from './pod-info.ts';
import { amountsOf, Resources } from './resources.ts';

const NO_LABELS: Labels = {};
const NO_TAINTS: readonly Taint[] = [];
const NO_FEATURES: readonly string[] = [];

export class NodeInfo {
  readonly name: string;
  /** Whether the object is there. Pods may be bound to a node that is gone, or not there yet. */
  exists = false;
  labels: Labels = NO_LABELS;
  annotations: Labels = NO_LABELS;
  taints: readonly Taint[] = NO_TAINTS;
  isUnschedulable = false;
  allocatable = new Resources();
  declaredFeatures: readonly string[] = NO_FEATURES;
  /** Sizes of the images it has, by every name they have. */
  images: ReadonlyMap<string, number> = new Map();

  /** Goes up with every change of what is said here. */
  generation = 1;
  /** Where it stands in the cache's `nodes`. */
  place = -1;

  readonly pods = new Map<string, PodInfo>();
  requested = new Resources();
  /** Requests as scoring counts them. */
  scoredCpu = 0;
  scoredMemory = 0;
  /** What is left: CPU, memory, ephemeral storage, pods. In one place, because every pod asks hundreds of nodes for it. */
  readonly #left = new Float64Array(4);
  #ports: Map<string, number> | undefined;

  constructor(name: string) {
    this.name = name;
  }

  setNode({ metadata, spec, status }: Node): void {
    this.exists = true;
    this.labels = metadata.labels ?? NO_LABELS;
    this.annotations = metadata.annotations ?? NO_LABELS;
    this.taints = spec.taints ?? NO_TAINTS;
    this.isUnschedulable = spec.unschedulable === true;
    this.allocatable = new Resources().add(amountsOf(status.allocatable));
    this.#reckon();
    this.declaredFeatures = status.declaredFeatures ?? NO_FEATURES;
    this.generation++;
  }

  setImages(images: ReadonlyMap<string, number>): void {
    this.images = images;
    this.generation++;
  }

  /** Puts what is known of a pod now in the place of what was, where nothing differs that is counted. */
  replacePod(pod: PodInfo): void {
    this.pods.set(pod.uid, pod);
  }

  addPod(pod: PodInfo): void {
    this.pods.set(pod.uid, pod);
    this.#count(pod, 1);
  }

  removePod(pod: PodInfo): void {
    if (this.pods.delete(pod.uid)) this.#count(pod, -1);
  }

  /** A copy that pods can be taken from and put on, to see what would be. */
  clone(): NodeInfo {
    const copy = new NodeInfo(this.name);
    copy.exists = this.exists;
    copy.labels = this.labels;
    copy.annotations = this.annotations;
    copy.taints = this.taints;
    copy.isUnschedulable = this.isUnschedulable;
    copy.allocatable = this.allocatable;
    copy.declaredFeatures = this.declaredFeatures;
    copy.images = this.images;
    for (const [uid, pod] of this.pods) copy.pods.set(uid, pod);
    copy.requested = new Resources();
    copy.requested.addAll(this.requested, 1);
    copy.scoredCpu = this.scoredCpu;
    copy.scoredMemory = this.scoredMemory;
    copy.#reckon();
    if (this.#ports) copy.#ports = new Map(this.#ports);
    return copy;
  }

  /** Whether there is room for a pod that wants so much, as far as it wants nothing but what every node has. */
  hasRoomFor({ milliCpu, memory, ephemeralStorage }: Resources): boolean {
    const left = this.#left;
    return (
      left[3]! >= 1 &&
      (milliCpu <= 0 || milliCpu <= left[0]!) &&
      (memory <= 0 || memory <= left[1]!) &&
      (ephemeralStorage <= 0 || ephemeralStorage <= left[2]!)
    );
  }

  #reckon(): void {
    const { allocatable, requested } = this;
    this.#left[0] = allocatable.milliCpu - requested.milliCpu;
    this.#left[1] = allocatable.memory - requested.memory;
    this.#left[2] = allocatable.ephemeralStorage - requested.ephemeralStorage;
    this.#left[3] = allocatable.pods - this.pods.size;
  }

  /** Whether a port of the node is taken: on the same address, or where either means all addresses. */
  isPortTaken({ ip, protocol, port }: HostPort): boolean {
    if (!this.#ports?.size) return false;
    if (ip !== ALL_ADDRESSES)
      return this.#ports.has(portKey(ip, protocol, port)) || this.#ports.has(portKey(ALL_ADDRESSES, protocol, port));
    const end = portKey('', protocol, port);
    for (const taken of this.#ports.keys()) if (taken.endsWith(end)) return true;
    return false;
  }

  #count(pod: PodInfo, sign: 1 | -1): void {
    this.requested.addAll(pod.requests, sign);
    this.scoredCpu += sign * pod.scoredCpu;
    this.scoredMemory += sign * pod.scoredMemory;
    this.generation++;
    this.#reckon();
    for (const { ip, protocol, port } of pod.hostPorts) {
      const key = portKey(ip, protocol, port);
      const count = (this.#ports?.get(key) ?? 0) + sign;
      if (count > 0) (this.#ports ??= new Map()).set(key, count);
      else this.#ports?.delete(key);
    }
  }
}

const ALL_ADDRESSES = '0.0.0.0';

const portKey = (ip: string, protocol: string, port: number): string => `${ip} ${protocol}/${port}`;
