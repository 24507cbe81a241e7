// NodeUnschedulable: a cordoned node takes only pods that tolerate it.

import type { Node, Pod } from '../../api/gen/core-v1.ts';
import { Action, on } from '../cluster-event.ts';
import { definePlugin } from '../framework.ts';
import type { Plugin } from '../framework.ts';
import { unresolvable } from '../status.ts';
import { isTolerated, UNSCHEDULABLE_TAINT } from '../../resources/core/taints.ts';

const NAME = 'NodeUnschedulable';
const REFUSED = unresolvable(NAME, 'node(s) were unschedulable');

export const makeNodeUnschedulable = (): Plugin =>
  definePlugin({
    name: NAME,
    events: [
      on<Node>('Node', Action.Add | Action.UpdateNodeTaint, (_pod, before, after) =>
        before ? before.spec.unschedulable === true && !after?.spec.unschedulable : !after?.spec.unschedulable,
      ),
      on<Pod>(
        'UnschedulablePod',
        Action.UpdatePodToleration,
        (pod, _before, after) => after?.metadata.uid === pod.metadata.uid && isTolerated(UNSCHEDULABLE_TAINT, after.spec.tolerations),
      ),
    ],
    signPod: ({ pod }) => String(isTolerated(UNSCHEDULABLE_TAINT, pod.spec.tolerations)),
    filter: (_state, node, { pod }) =>
      !node.isUnschedulable || isTolerated(UNSCHEDULABLE_TAINT, pod.spec.tolerations) ? undefined : REFUSED,
  });
