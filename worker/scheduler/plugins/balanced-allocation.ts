// NodeResourcesBalancedAllocation: prefers nodes where the pod brings the shares of CPU and memory (or what is configured) nearer to each other.

import { areOfDevices, deviceUsageOf } from '../devices/usage.ts';
import { definePlugin } from '../framework.ts';
import type { Handle, Plugin } from '../framework.ts';
import { requestsSign } from '../pod-info.ts';
import { podRequests } from '../pod-requests.ts';
import { balancedScore, makeUsage, measure } from '../resource-score.ts';
import type { DeviceUsage, ResourceWeight } from '../resource-score.ts';

export interface BalancedAllocationArgs {
  readonly resources: readonly ResourceWeight[];
}

interface Wanted {
  readonly requests: readonly number[];
  readonly devices: DeviceUsage | undefined;
}

export function makeBalancedAllocation({ api, config }: Handle, { resources }: BalancedAllocationArgs): Plugin {
  const usage = makeUsage(resources.length);
  const hasDevices = config.minor >= 36;
  return definePlugin<undefined, Wanted>({
    name: 'NodeResourcesBalancedAllocation',
    signPod: ({ pod, info }) => (hasDevices && info.requests.scalars && areOfDevices(api, resources) ? undefined : requestsSign(pod, info)),
    preScore({ pod }) {
      const requests = podRequests(pod, { useStatus: true });
      const wanted = resources.map(({ name }) => requests.get(name) ?? 0);
      if (wanted.every((amount) => amount === 0)) return 'skip';
      return { state: { requests: wanted, devices: hasDevices ? deviceUsageOf(api, resources) : undefined } };
    },
    score({ requests, devices }, node) {
      measure(usage, node, resources, requests, false, devices);
      return balancedScore(usage);
    },
  });
}
