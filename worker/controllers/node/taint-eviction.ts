// Drives pods from nodes with NoExecute taints: at once, or when the shortest of their tolerations has run out. Mirrors pkg/controller/tainteviction.

import { watch } from '../../api/controller.ts';
import type { Controller, ControllerContext, Requeue } from '../../api/controller.ts';
import type { Node, Pod, Taint, Toleration } from '../../api/gen/core-v1.ts';
import { isTerminating, keyOf, splitKey } from '../../api/object.ts';
import { isNotFound } from '../../api/status.ts';
import { isEqual } from '../../lib/json.ts';
import { nodes } from '../../resources/core/node.ts';
import { observedBy, podCondition, withPodCondition } from '../../resources/core/pod-state.ts';
import { podTerm } from '../../resources/core/pod-terms.ts';
import { pods } from '../../resources/core/pod.ts';
import { tolerates } from '../../resources/core/taints.ts';
import { forgetWithProcess } from '../new-process.ts';
import { TAINT_DELETIONS, TAINT_DELETION_DELAY } from '../meters.ts';

/** A pod that is going to be deleted, ms. */
interface Planned {
  readonly since: number;
  readonly at: number;
}

const executing = (node: Node | undefined): Taint[] => (node?.spec.taints ?? []).filter(({ effect }) => effect === 'NoExecute');

export const taintEviction: Controller = {
  name: 'taint-eviction',
  component: 'kube-controller-manager',
  serviceAccount: 'node-controller',
  reporter: 'taint-eviction-controller',
  watches: [
    watch(nodes, (node, previous, reader, type) => {
      if (type === 'deleted' || isEqual(executing(node), executing(previous))) return [];
      return reader.lookup(pods, podTerm.node(node.metadata.name)).map(keyOf);
    }),
    watch(pods, (pod, previous, reader, type) => {
      const { nodeName, tolerations } = pod.spec;
      if (!nodeName) return [];
      if (type !== 'deleted' && previous?.spec.nodeName === nodeName && isEqual(previous.spec.tolerations, tolerations)) return [];
      return type === 'deleted' || executing(reader.get(nodes, '', nodeName)).length ? [keyOf(pod)] : [];
    }),
  ],
  start(context, resumed) {
    if (!resumed) forgetWithProcess(context);
  },
  reconcile(key, context) {
    const { namespace, name } = splitKey(key);
    const { api, state, now } = context;
    const pod = api.get(pods, namespace, name);
    const planned = state.get<Planned>(key);
    if (!pod) return cancel(context, key);
    if (planned && planned.at <= now()) {
      state.delete(key);
      return evict(context, pod, planned.at);
    }
    const node = pod.spec.nodeName ? api.get(nodes, '', pod.spec.nodeName) : undefined;
    // The end of a node ends nothing that was planned.
    if (!node) return planned && { after: planned.at - now() };
    const taints = executing(node);
    const graceMs = taints.length ? graceOf(taints, pod.spec.tolerations ?? []) : Infinity;
    if (graceMs === Infinity) return cancel(context, key);
    if (graceMs <= 0) {
      cancel(context, key);
      return evict(context, pod, now());
    }
    // Whoever went for a taint that was tolerated for a time, does so once.
    if (!planned && isTerminating(pod) && podCondition(pod, TARGET.type)?.reason === TARGET.reason) return undefined;
    // What was planned before, and would come sooner, stays as it was.
    const since = planned?.since ?? now();
    const keeps = planned !== undefined && since + graceMs < now() + graceMs;
    const next = keeps ? planned : { since, at: since + graceMs };
    state.set(key, next);
    return { after: Math.max(1, next.at - now()) } satisfies Requeue;
  },
};

/** How long a pod tolerates all of the taints: ms; 0 for not at all, Infinity for ever. */
function graceOf(taints: readonly Taint[], tolerations: readonly Toleration[]): number {
  const used: Toleration[] = [];
  for (const taint of taints) {
    const toleration = tolerations.find((one) => tolerates(one, taint));
    if (!toleration) return 0;
    used.push(toleration);
  }
  return Math.min(
    ...used.map(({ tolerationSeconds }) => (tolerationSeconds === undefined ? Infinity : Math.max(0, tolerationSeconds) * 1000)),
  );
}

/** Upstream's events name the pod only. */
const reference = (key: string): Pod => {
  const { namespace, name } = splitKey(key);
  return { kind: 'Pod', apiVersion: 'v1', metadata: { namespace, name, uid: '', resourceVersion: '' } } as Pod;
};

function cancel({ state, event }: ControllerContext, key: string): undefined {
  if (state.get(key) === undefined) return;
  state.delete(key);
  event(reference(key), 'Normal', 'TaintManagerEviction', `Cancelling deletion of Pod ${key}`);
}

const TARGET = {
  type: 'DisruptionTarget',
  status: 'True',
  reason: 'DeletionByTaintManager',
  message: 'Taint manager: deleting due to NoExecute taint',
};

/** `at`: when it was to go. */
function evict(context: ControllerContext, pod: Pod, at: number): undefined {
  const key = keyOf(pod);
  const { namespace = '', name } = pod.metadata;
  context.log('I', `"Deleting pod" controller="taint-eviction-controller" pod="${key}"`);
  context.event(reference(key), 'Normal', 'TaintManagerEviction', `Marking for deletion Pod ${key}`);
  try {
    const conditions = withPodCondition(pod.status.conditions, { ...TARGET, ...observedBy(pod) }, context.now());
    if (!isEqual(conditions, pod.status.conditions)) context.api.updateStatus(pods, { ...pod, status: { ...pod.status, conditions } });
    context.api.delete(pods, namespace, name);
    context.meters.add(TAINT_DELETIONS);
    context.meters.observe(TAINT_DELETION_DELAY, {}, (context.now() - at) / 1000);
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}
