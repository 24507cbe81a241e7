// Scoring a node by how full it would be: for NodeResourcesFit (three strategies) and NodeResourcesBalancedAllocation. Mirrors kube-scheduler
// plugins/noderesources.

import { MAX_NODE_SCORE } from './framework.ts';
import type { NodeInfo } from './node-info.ts';
import { isScalarResource } from './resources.ts';

export interface ResourceWeight {
  readonly name: string;
  readonly weight: number;
}

/** Whole percent of utilization → score of 0..10, as configured. */
export interface ShapePoint {
  readonly utilization: number;
  readonly score: number;
}

export interface ScoringStrategy {
  readonly type: 'LeastAllocated' | 'MostAllocated' | 'RequestedToCapacityRatio';
  readonly resources: readonly ResourceWeight[];
  readonly shape: readonly ShapePoint[];
}

/** Parallel to the resources that are scored. Reused from node to node. */
export interface Usage {
  readonly requested: number[];
  readonly allocated: number[];
  readonly allocatable: number[];
}

export const makeUsage = (size: number): Usage => ({
  requested: Array.from({ length: size }, () => 0),
  allocated: Array.from({ length: size }, () => 0),
  allocatable: Array.from({ length: size }, () => 0),
});

/** Capacity and use of a resource that devices stand behind; undefined if none do. */
export type DeviceUsage = (node: NodeInfo, resource: string) => { readonly allocatable: number; readonly allocated: number } | undefined;

/** Fills in a node's numbers with the pod on it. `isScored`: containers without requests count with the defaults. */
export function measure(
  usage: Usage,
  node: NodeInfo,
  resources: readonly ResourceWeight[],
  podRequests: readonly number[],
  isScored: boolean,
  devices?: DeviceUsage,
): void {
  for (let i = 0; i < resources.length; i++) {
    const { name } = resources[i]!;
    const request = podRequests[i]!;
    let allocatable = 0;
    let allocated = 0;
    if (name === 'cpu') {
      allocatable = node.allocatable.milliCpu;
      allocated = isScored ? node.scoredCpu : node.requested.milliCpu;
    } else if (name === 'memory') {
      allocatable = node.allocatable.memory;
      allocated = isScored ? node.scoredMemory : node.requested.memory;
    } else if (name === 'ephemeral-storage') {
      allocatable = node.allocatable.ephemeralStorage;
      allocated = node.requested.ephemeralStorage;
    } else if (request !== 0 || !isScalarResource(name)) {
      allocatable = node.allocatable.scalars?.get(name) ?? 0;
      allocated = node.requested.scalars?.get(name) ?? 0;
      const found = allocatable === 0 ? devices?.(node, name) : undefined;
      if (found) ({ allocatable, allocated } = found);
    }
    usage.allocatable[i] = allocatable;
    usage.allocated[i] = allocatable === 0 ? 0 : allocated;
    usage.requested[i] = allocatable === 0 ? 0 : allocated + request;
  }
}

export type Scorer = (usage: Usage) => number;

export function makeScorer({ type, resources, shape }: ScoringStrategy): Scorer {
  if (type === 'LeastAllocated')
    return weightedMean(resources, (requested, capacity) =>
      requested > capacity ? 0 : Math.trunc(((capacity - requested) * MAX_NODE_SCORE) / capacity),
    );
  if (type === 'MostAllocated')
    return weightedMean(resources, (requested, capacity) => Math.trunc((Math.min(requested, capacity) * MAX_NODE_SCORE) / capacity));
  return byRatio(resources, shape);
}

function weightedMean(resources: readonly ResourceWeight[], score: (requested: number, capacity: number) => number): Scorer {
  return ({ requested, allocatable }) => {
    let sum = 0;
    let weights = 0;
    for (let i = 0; i < resources.length; i++) {
      const capacity = allocatable[i]!;
      if (capacity === 0) continue;
      const { weight } = resources[i]!;
      sum += score(requested[i]!, capacity) * weight;
      weights += weight;
    }
    return weights === 0 ? 0 : Math.trunc(sum / weights);
  };
}

const MAX_SHAPE_SCORE = 10;

function byRatio(resources: readonly ResourceWeight[], given: readonly ShapePoint[]): Scorer {
  const shape = given.map(({ utilization, score }) => ({ utilization, score: score * (MAX_NODE_SCORE / MAX_SHAPE_SCORE) }));
  return ({ requested, allocatable }) => {
    let sum = 0;
    let weights = 0;
    for (let i = 0; i < resources.length; i++) {
      const capacity = allocatable[i]!;
      if (capacity === 0) continue;
      const isFull = requested[i]! > capacity;
      const score = brokenLinear(shape, isFull ? 100 : Math.trunc((requested[i]! * 100) / capacity));
      if (score <= 0) continue;
      const { weight } = resources[i]!;
      sum += score * weight;
      weights += weight;
    }
    return weights === 0 ? 0 : Math.round(sum / weights);
  };
}

/** The value at a point of the line through the shape's points, level outside of them. */
export function brokenLinear(shape: readonly ShapePoint[], at: number): number {
  for (let i = 0; i < shape.length; i++) {
    const point = shape[i]!;
    if (at > point.utilization) continue;
    const before = shape[i - 1];
    if (!before) return point.score;
    return before.score + Math.trunc(((point.score - before.score) * (at - before.utilization)) / (point.utilization - before.utilization));
  }
  return shape.at(-1)?.score ?? 0;
}

/** The better the pod evens out the shares of the resources that are used, the higher. */
export function balancedScore({ requested, allocated, allocatable }: Usage): number {
  const withPod = evenness(requested, allocatable);
  const without = evenness(allocated, allocatable);
  const half = MAX_NODE_SCORE / 2;
  return half + Math.trunc((half + withPod - without) / 2);
}

/** 100 minus the standard deviation of the shares, in percent. */
function evenness(used: readonly number[], allocatable: readonly number[]): number {
  let count = 0;
  let sum = 0;
  let first = 0;
  let last = 0;
  for (let i = 0; i < used.length; i++) {
    if (allocatable[i] === 0) continue;
    last = Math.min(used[i]! / allocatable[i]!, 1);
    if (count === 0) first = last;
    sum += last;
    count++;
  }
  if (count < 2) return MAX_NODE_SCORE;
  if (count === 2) return Math.trunc((1 - Math.abs((first - last) / 2)) * MAX_NODE_SCORE);
  const mean = sum / count;
  let squares = 0;
  for (let i = 0; i < used.length; i++) {
    if (allocatable[i] === 0) continue;
    const share = Math.min(used[i]! / allocatable[i]!, 1);
    squares += (share - mean) * (share - mean);
  }
  return Math.trunc((1 - Math.sqrt(squares / count)) * MAX_NODE_SCORE);
}
