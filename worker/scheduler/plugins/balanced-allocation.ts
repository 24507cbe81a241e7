// NodeResourcesBalancedAllocation: prefers nodes where the pod brings the shares of CPU and memory (or what is configured) nearer to each other.

import { definePlugin } from '../framework.ts';
import type { Handle, Plugin } from '../framework.ts';
import { requestsSign } from '../pod-info.ts';
import { podRequests } from '../pod-requests.ts';
import { balancedScore, makeUsage, measure } from '../resource-score.ts';
import type { ResourceWeight } from '../resource-score.ts';

export interface BalancedAllocationArgs {
  readonly resources: readonly ResourceWeight[];
}

export function makeBalancedAllocation(_handle: Handle, { resources }: BalancedAllocationArgs): Plugin {
  const usage = makeUsage(resources.length);
  return definePlugin<undefined, readonly number[]>({
    name: 'NodeResourcesBalancedAllocation',
    signPod: ({ pod, info }) => requestsSign(pod, info),
    preScore({ pod }) {
      const requests = podRequests(pod, { useStatus: true });
      const wanted = resources.map(({ name }) => requests.get(name) ?? 0);
      return wanted.some((amount) => amount !== 0) ? { state: wanted } : 'skip';
    },
    score(requests, node) {
      measure(usage, node, resources, requests, false);
      return balancedScore(usage);
    },
  });
}
