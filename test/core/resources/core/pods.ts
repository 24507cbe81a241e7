// A pod that is well, for tables of what is not.

import type { Pod } from '../../../../worker/api/gen/core-v1.ts';
import { pods } from '../../../../worker/resources/core/pod.ts';
import { read, ruleContext, withChanges } from './given.ts';
import type { Changes } from './given.ts';

const BASE = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'p', namespace: 'ns', labels: { app: 'web' } },
  spec: { containers: [{ name: 'c', image: 'nginx' }] },
};

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
