// The quality of service that a pod's requests and limits amount to. Mirrors kubernetes pkg/apis/core/helper/qos.

import type { PodSpec } from '../../../api/gen/core-v1.ts';
import { addQuantities, compareQuantities } from '../../../lib/quantity.ts';
import type { ResourceList } from './resource-list.ts';

export type QosClass = 'BestEffort' | 'Burstable' | 'Guaranteed';

const COMPUTE = ['cpu', 'memory'];

export function qosClass(spec: PodSpec): QosClass {
  const sources = spec.resources
    ? [spec.resources]
    : [...(spec.containers ?? []), ...(spec.initContainers ?? [])].map(({ resources }) => resources);
  const requests: ResourceList = {};
  const limits: ResourceList = {};
  // A pod that limits nothing as a whole may still be guaranteed what it asks for.
  let isGuaranteed = true;
  for (const source of sources) {
    const limited = add(limits, source.limits);
    add(requests, source.requests);
    if (limited < COMPUTE.length && !(spec.resources && !source.limits)) isGuaranteed = false;
  }
  const [asked, limited] = [Object.keys(requests), Object.keys(limits)];
  if (!asked.length && !limited.length) return 'BestEffort';
  const isEqual =
    asked.length === limited.length &&
    asked.every((name) => limits[name] !== undefined && compareQuantities(requests[name], limits[name]) === 0);
  return isGuaranteed && isEqual ? 'Guaranteed' : 'Burstable';
}

/** Adds what counts; answers how much of it there was. */
function add(total: ResourceList, list: ResourceList | undefined): number {
  let count = 0;
  for (const name of COMPUTE) {
    const amount = list?.[name];
    if (amount === undefined || compareQuantities(amount, '0') <= 0) continue;
    total[name] = total[name] === undefined ? amount : addQuantities(total[name], amount);
    count++;
  }
  return count;
}
