// A pod that is well, for tables of what is not.

import type { Pod } from '../../../../worker/api/gen/core-v1.ts';
import type { ResourceContext } from '../../../../worker/api/resource.ts';
import { makeRandom } from '../../../../worker/lib/host.ts';
import { pods } from '../../../../worker/resources/core/pod.ts';
import { read, withChanges } from './given.ts';
import type { Changes } from './given.ts';

const BASE = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'p', namespace: 'ns', labels: { app: 'web' } },
  spec: { containers: [{ name: 'c', image: 'nginx' }] },
};

export const NOW = Date.parse('2026-01-01T00:00:00Z');

/** What rules see of a cluster; its warnings are kept. */
export function ruleContext(): ResourceContext & { readonly warnings: string[] } {
  const warnings: string[] = [];
  const nobody = new Proxy({}, { get: () => () => undefined }) as never;
  return {
    now: () => NOW,
    random: makeRandom('test'),
    config: {
      minor: 36,
      serviceCidr: '10.96.0.0/12',
      podCidr: '10.244.0.0/16',
      nodePortRange: [30000, 32767],
      clusterDomain: 'cluster.local',
    },
    reader: nobody,
    user: { name: 'admin', groups: [] },
    dryRun: false,
    warn: (sentence) => warnings.push(sentence),
    warnings,
  } as ResourceContext & { readonly warnings: string[] };
}

/** As a client sent it, completed. */
export function podOf(changes: Changes = {}): Pod {
  const pod = read<Pod>('core.v1.Pod', withChanges(BASE, changes));
  pods.default!(pod);
  return pod;
}

/** As it is stored. */
export function storedPod(changes: Changes = {}): Pod {
  const pod = podOf(changes);
  pods.prepareForCreate!(pod, ruleContext());
  Object.assign(pod.metadata, { uid: 'u', resourceVersion: '1' });
  return pod;
}
