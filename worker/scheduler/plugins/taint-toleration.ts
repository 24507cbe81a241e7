// TaintToleration: no node with a NoSchedule or NoExecute taint that the pod does not tolerate; the fewer such PreferNoSchedule taints, the better.

import type { Node, Pod, Taint, Toleration } from '../../api/gen/core-v1.ts';
import { Action, on } from '../cluster-event.ts';
import { definePlugin, normalizeByMax } from '../framework.ts';
import type { Plugin } from '../framework.ts';
import { unresolvable } from '../status.ts';
import { isTolerated, untoleratedTaint } from '../../resources/core/taints.ts';

const NAME = 'TaintToleration';
const REFUSED = unresolvable(NAME, 'node(s) had untolerated taint(s)');
const NO_TAINTS: readonly Taint[] = [];

export const makeTaintToleration = (): Plugin =>
  definePlugin<undefined, readonly Toleration[]>({
    name: NAME,
    events: [
      on<Node>('Node', Action.Add | Action.UpdateNodeTaint, (pod, before, after) => {
        const { tolerations } = pod.spec;
        const wasUntolerated = !before || untoleratedTaint(before.spec.taints ?? NO_TAINTS, tolerations) !== undefined;
        return wasUntolerated && !untoleratedTaint(after?.spec.taints ?? NO_TAINTS, tolerations);
      }),
      on<Pod>('UnschedulablePod', Action.UpdatePodToleration, (pod, _before, after) => after?.metadata.uid === pod.metadata.uid),
    ],
    signPod: ({ pod: { spec } }) => (spec.tolerations ? signOf(spec.tolerations) : ''),
    filter(_state, node, { pod }) {
      if (!node.taints.length) return undefined;
      return untoleratedTaint(node.taints, pod.spec.tolerations) ? REFUSED : undefined;
    },
    preScore: ({ pod }) => ({
      state: (pod.spec.tolerations ?? []).filter(({ effect }) => !effect || effect === 'PreferNoSchedule'),
    }),
    score(tolerations, node) {
      let count = 0;
      for (const taint of node.taints) if (taint.effect === 'PreferNoSchedule' && !isTolerated(taint, tolerations)) count++;
      return count;
    },
    normalize: (_state, scores) => normalizeByMax(scores, true),
  });

/** A pod is asked for twice in a row, and its tolerations stay. */
function signOf(tolerations: readonly Toleration[]): string {
  if (last.tolerations !== tolerations) last = { tolerations, sign: JSON.stringify(tolerations) };
  return last.sign;
}
let last: { readonly tolerations: readonly Toleration[]; readonly sign: string } = { tolerations: [], sign: '[]' };
