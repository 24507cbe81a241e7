// DaemonSets: a pod on each node that fits. Mirrors pkg/controller/daemon.

import { watch } from '../../api/controller.ts';
import type { Controller, ControllerContext, Requeue } from '../../api/controller.ts';
import type { DaemonSet, DaemonSetStatus } from '../../api/gen/apps-v1.ts';
import type { Node, Pod } from '../../api/gen/core-v1.ts';
import { controllerOf, isTerminating, keyOf, splitKey } from '../../api/object.ts';
import { indexTerm } from '../../api/resource.ts';
import type { ClusterReader } from '../../api/resource.ts';
import { labelSelectorOf } from '../../api/selectors.ts';
import { isEqual } from '../../lib/json.ts';
import { omitEmpty } from '../../lib/omit-empty.ts';
import { daemonSets } from '../../resources/apps/daemonset.ts';
import { nodes } from '../../resources/core/node.ts';
import { isAvailable, isReady, isTerminal } from '../../resources/core/pod-state.ts';
import { podTerm } from '../../resources/core/pod-terms.ts';
import { pods } from '../../resources/core/pod.ts';
import { claim } from '../claim.ts';
import { orphansFor } from '../orphans.ts';
import { Pace } from '../pace.ts';
import { isExpected } from '../pod-control.ts';
import { podKeysFor } from '../pod-keys.ts';
import { manage } from './manage.ts';
import { fitOf, targetNode } from './nodes.ts';
import { byAge, isRolling, isUpdated } from './pods.ts';
import type { Look } from './pods.ts';
import { cleanUpHistory, constructHistory } from './revisions.ts';
import { rollOut } from './rolling.ts';

const selectorOf = ({ spec }: DaemonSet) => labelSelectorOf(spec.selector);

export function makeDaemonSetController(): Controller {
  const pace = new Pace();
  return {
    name: 'daemonset',
    component: 'kube-controller-manager',
    serviceAccount: 'daemon-set-controller',
    reporter: 'daemonset-controller',
    watches: [
      watch(daemonSets),
      watch(pods, podKeysFor(daemonSets, selectorOf)),
      watch(nodes, (node, previous, reader, type) => (type === 'deleted' ? [] : keysOfNode(node, previous, reader))),
    ],
    reconcile(key, context) {
      const { namespace, name } = splitKey(key);
      const set = context.api.get(daemonSets, namespace, name);
      if (!set) {
        context.state.delete(key);
        return pace.forget(key);
      }
      const wait = pace.wait(key, context.api.countTerm(pods, indexTerm.controller(set.metadata.uid)), context.now());
      return wait > 0 ? { after: wait } : sync(set, context);
    },
  };
}

/** The sets for which a node's new labels or taints make a difference. */
function* keysOfNode(node: Node, previous: Node | undefined, reader: ClusterReader): Iterable<string> {
  if (previous && isEqual(node.metadata.labels, previous.metadata.labels) && isEqual(node.spec.taints, previous.spec.taints)) return;
  const owners = new Set(reader.lookup(pods, podTerm.node(node.metadata.name)).map((pod) => controllerOf(pod)?.uid));
  for (const set of reader.list(daemonSets)) {
    const { shouldRun, mayStay } = fitOf(set, node);
    const scheduled = owners.has(set.metadata.uid);
    if ((shouldRun && !scheduled) || (!mayStay && scheduled) || (scheduled && set.status.numberMisscheduled > 0)) yield keyOf(set);
  }
}

function sync(set: DaemonSet, context: ControllerContext): Requeue | undefined {
  if (isEqual(set.spec.selector, {})) {
    context.event(set, 'Warning', 'SelectingAll', 'This daemon set is selecting all pods. A non-empty selector is required.');
    return undefined;
  }
  if (isTerminating(set)) return undefined;
  const all = context.api.list(nodes);
  const before = claimPods(set, context);
  const history = constructHistory(set, before, context);
  const look: Look = { context, set, nodes: all, byNode: groupByNode(before), hash: history.hash };
  let after: number | undefined;
  let failure: unknown;
  try {
    const managed = manage(look);
    after = managed.after;
    // What was made or deleted has to be seen first.
    if (!managed.acted && isRolling(set)) rollOut(look);
    cleanUpHistory(set, history, before, context);
  } catch (error) {
    if (!isExpected(error)) throw error;
    failure = error;
  }
  const waiting = writeStatus({ ...look, byNode: groupByNode(claimPods(set, context)) });
  if (failure) throw failure as Error;
  const waits = [after, waiting].filter((one) => one !== undefined);
  return waits.length ? { after: Math.min(...waits) } : undefined;
}

function claimPods(set: DaemonSet, { api }: ControllerContext): Pod[] {
  const mine = api.lookup(pods, indexTerm.controller(set.metadata.uid));
  return claim(api, pods, set, selectorOf(set), [...mine, ...orphansFor(api, set.metadata.namespace ?? '', selectorOf(set))]);
}

function groupByNode(mine: readonly Pod[]): Map<string, Pod[]> {
  const byNode = new Map<string, Pod[]>();
  for (const pod of mine) {
    const node = targetNode(pod);
    if (node === undefined || (isTerminal(pod) && isTerminating(pod))) continue;
    const known = byNode.get(node);
    if (known) known.push(pod);
    else byNode.set(node, [pod]);
  }
  return byNode;
}

/** How long until a ready pod may be available (ms), if one is not. */
function writeStatus(look: Look): number | undefined {
  const { context, set, byNode } = look;
  const { minReadySeconds = 0 } = set.spec;
  let [desired, current, misscheduled, ready, updated, available] = [0, 0, 0, 0, 0, 0];
  for (const node of look.nodes) {
    const [pod] = (byNode.get(node.metadata.name) ?? []).toSorted(byAge);
    if (!fitOf(set, node).shouldRun) {
      if (pod) misscheduled++;
      continue;
    }
    desired++;
    if (!pod) continue;
    current++;
    if (isReady(pod)) ready++;
    if (isAvailable(pod, minReadySeconds, context.now())) available++;
    if (isUpdated(look, pod)) updated++;
  }
  const { collisionCount, conditions } = set.status;
  const status: DaemonSetStatus = {
    currentNumberScheduled: current,
    numberMisscheduled: misscheduled,
    desiredNumberScheduled: desired,
    numberReady: ready,
    ...omitEmpty({
      observedGeneration: set.metadata.generation,
      updatedNumberScheduled: updated,
      numberAvailable: available,
      numberUnavailable: desired - available,
    }),
    ...(collisionCount !== undefined && { collisionCount }),
    ...(conditions && { conditions }),
  };
  if (!isEqual(status, set.status)) context.api.updateStatus(daemonSets, { ...set, status });
  return minReadySeconds > 0 && ready !== available ? minReadySeconds * 1000 : undefined;
}
