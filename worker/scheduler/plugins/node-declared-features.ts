// NodeDeclaredFeatures: a pod that uses a feature of the kubelet needs a node which declares it. Since 1.36. Mirrors also component-helpers
// nodedeclaredfeatures: the two features there that a pod's spec can ask for.

import type { Node, Pod } from '../../api/gen/core-v1.ts';
import { isEqual } from '../../lib/json.ts';
import { Action, on } from '../cluster-event.ts';
import { definePlugin } from '../framework.ts';
import type { Plugin } from '../framework.ts';
import { unresolvable } from '../status.ts';

const NAME = 'NodeDeclaredFeatures';
const REFUSED = unresolvable(NAME, "node(s) didn't match Pod's required features");

export const makeNodeDeclaredFeatures = (): Plugin =>
  definePlugin<readonly string[], undefined>({
    name: NAME,
    events: [
      on<Node>(
        'Node',
        Action.Add | Action.UpdateNodeDeclaredFeature,
        (_pod, before, after) => !before || !isEqual(before.status.declaredFeatures, after?.status.declaredFeatures),
      ),
      on<Pod>(
        'UnschedulablePod',
        Action.Update,
        (pod, before, after) => after?.metadata.uid === pod.metadata.uid && !isEqual(featuresOf(before!), featuresOf(after)),
      ),
    ],
    signPod: ({ pod }) => featuresOf(pod).join(','),
    preFilter({ pod }) {
      const wanted = featuresOf(pod);
      return wanted.length ? { state: wanted } : 'skip';
    },
    filter: (wanted, node) => (wanted.every((feature) => node.declaredFeatures.includes(feature)) ? undefined : REFUSED),
  });

function featuresOf({ spec }: Pod): string[] {
  const features: string[] = [];
  const rules = [...spec.containers, ...(spec.initContainers ?? [])].flatMap(({ restartPolicyRules }) => restartPolicyRules ?? []);
  if (rules.some(({ action }) => action === 'RestartAllContainers')) features.push('RestartAllContainersOnContainerExits');
  if (spec.hostNetwork && spec.hostUsers === false) features.push('UserNamespacesHostNetworkSupport');
  return features;
}
