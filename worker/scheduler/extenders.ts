// Extenders: servers of others that a configuration lets filter and score.
// Differs: nothing inside a sandbox waits for a server, so none can be asked: an extender that has a say is as one that does not answer. Upstream would
// wait for it within every attempt.

import type { ExtenderConfig } from './config/types.ts';
import type { PodInfo } from './pod-info.ts';

/** Why a pod that has feasible nodes cannot be placed. */
export function extendersProblem(extenders: readonly ExtenderConfig[], pod: PodInfo): string | undefined {
  for (const { urlPrefix, filterVerb, ignorable, managedResources } of extenders) {
    if (ignorable || !filterVerb) continue;
    const isInterested = !managedResources.length || managedResources.some(({ name }) => pod.requests.scalars?.has(name));
    if (!isInterested) continue;
    const url = `${urlPrefix.replace(/\/+$/, '')}/${filterVerb}`;
    const [, host = ''] = /^[a-z]+:\/\/([^/]+)/.exec(url) ?? [];
    return `Post "${url}": dial tcp ${host}: connect: connection refused`;
  }
  return undefined;
}
