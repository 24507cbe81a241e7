// Deletes pods that nobody else would: on nodes that are gone, on nodes out of service, terminating without ever having had a node, and the oldest of too many
// that have ended. Mirrors pkg/controller/podgc, which looks at all pods every 20 s; here each is looked at when it would be found.
//
// Keys: `node <name>`, `pod <namespace>/<name>`, `ended`.

import { delayed, watch } from '../api/controller.ts';
import type { Controller, ControllerContext } from '../api/controller.ts';
import type { Node, Pod } from '../api/gen/core-v1.ts';
import { isTerminating, keyOf, splitKey } from '../api/object.ts';
import type { ClusterReader } from '../api/resource.ts';
import { isNotFound } from '../api/status.ts';
import { timeOf } from '../lib/time.ts';
import { nodes } from '../resources/core/node.ts';
import { isTerminal, observedBy, withPodCondition } from '../resources/core/pod-state.ts';
import { podTerm } from '../resources/core/pod-terms.ts';
import { pods } from '../resources/core/pod.ts';
import { numberFlag } from './flags.ts';
import { isExpected } from './pod-control.ts';
import { FORCE_DELETE_ERRORS, FORCE_DELETED_PODS } from './meters.ts';

const CHECK_MS = 20_000;
/** How long a node may be missing before its pods are given up. */
const QUARANTINE_MS = 40_000;
const ENDED_LIMIT = 12_500;
const OUT_OF_SERVICE = 'node.kubernetes.io/out-of-service';

export function makePodGarbageCollector(): Controller {
  /** How many pods that have ended may stay. None is counted if it is not positive. */
  let limit = ENDED_LIMIT;
  return {
    name: 'orphaned_pods_nodes',
    component: 'kube-controller-manager',
    serviceAccount: 'pod-garbage-collector',
    start: (context) => void (limit = numberFlag(context, 'terminated-pod-gc-threshold', ENDED_LIMIT)),
    watches: [
      delayed(
        QUARANTINE_MS,
        watch(nodes, ({ metadata }, _previous, reader, type) =>
          type === 'deleted' && reader.countTerm(pods, podTerm.node(metadata.name)) ? [`node ${metadata.name}`] : [],
        ),
      ),
      delayed(
        QUARANTINE_MS,
        watch(pods, ({ spec: { nodeName } }, previous, reader, type) =>
          nodeName && type !== 'deleted' && !previous?.spec.nodeName && !reader.get(nodes, '', nodeName) ? [`node ${nodeName}`] : [],
        ),
      ),
      delayed(
        CHECK_MS,
        watch(pods, (pod, _previous, reader, type) => (type === 'deleted' ? [] : keysOfPod(pod, reader, limit))),
      ),
      delayed(
        CHECK_MS,
        watch(nodes, (node, _previous, reader, type) =>
          type !== 'deleted' && isOutOfService(node)
            ? reader
                .lookup(pods, podTerm.node(node.metadata.name))
                .filter(isTerminating)
                .map((pod) => `pod ${keyOf(pod)}`)
            : [],
        ),
      ),
    ],
    reconcile(key, context) {
      const [what, name = ''] = key.split(' ') as [string, string?];
      if (what === 'node') deleteOrphans(name, context);
      else if (what === 'ended') deleteEnded(context, limit);
      else deleteIfLost(name, context);
    },
  };
}

function keysOfPod(pod: Pod, reader: ClusterReader, limit: number): readonly string[] {
  const keys = limit > 0 && isTerminal(pod) && reader.countTerm(pods, podTerm.ended) > limit ? ['ended'] : [];
  if (!isTerminating(pod)) return keys;
  const { nodeName } = pod.spec;
  const node = nodeName ? reader.get(nodes, '', nodeName) : undefined;
  if (!nodeName || (node && isOutOfService(node))) keys.push(`pod ${keyOf(pod)}`);
  return keys;
}

const isOutOfService = ({ spec, status }: Node): boolean =>
  Boolean(spec.taints?.some(({ key }) => key === OUT_OF_SERVICE)) &&
  status.conditions?.find(({ type }) => type === 'Ready')?.status !== 'True';

function deleteOrphans(nodeName: string, context: ControllerContext): void {
  if (context.api.get(nodes, '', nodeName)) return;
  for (const pod of context.api.lookup(pods, podTerm.node(nodeName))) {
    failAndDelete(pod, 'orphaned', context, {
      type: 'DisruptionTarget',
      ...observedBy(pod),
      status: 'True',
      reason: 'DeletionByPodGC',
      message: 'PodGC: node no longer exists',
    });
  }
}

function deleteIfLost(key: string, context: ControllerContext): void {
  const { namespace, name } = splitKey(key);
  const pod = context.api.get(pods, namespace, name);
  if (!pod || !isTerminating(pod)) return;
  const node = pod.spec.nodeName ? context.api.get(nodes, '', pod.spec.nodeName) : undefined;
  if (!pod.spec.nodeName) {
    context.log('E', '"Failed to get node" err="node \\"\\" not found" node=""');
    failAndDelete(pod, 'unscheduled', context);
  } else if (node && isOutOfService(node)) failAndDelete(pod, 'out-of-service', context);
}

/** The oldest go; evicted ones before all. */
function deleteEnded(context: ControllerContext, limit: number): void {
  const ended = context.api.lookup(pods, podTerm.ended);
  const isEvicted = ({ status }: Pod): number => (status.reason === 'Evicted' ? 0 : 1);
  if (ended.length > limit) context.log('I', `"Garbage collecting pods" numPods=${ended.length - limit}`);
  const sorted = ended.sort(
    (a, b) =>
      isEvicted(a) - isEvicted(b) ||
      timeOf(a.metadata.creationTimestamp) - timeOf(b.metadata.creationTimestamp) ||
      (a.metadata.name < b.metadata.name ? -1 : 1),
  );
  for (const pod of sorted.slice(0, Math.max(0, ended.length - limit))) failAndDelete(pod, 'terminated', context);
}

const DELETED: Readonly<Record<string, string>> = { orphaned: 'orphaned Pod', unscheduled: 'unscheduled terminating Pod' };

/** Whoever waits for the pod is to see that it failed. */
function failAndDelete(
  pod: Pod,
  reason: string,
  { api, log, meters, now }: ControllerContext,
  condition?: Parameters<typeof withPodCondition>[1],
): void {
  const { namespace = '', name } = pod.metadata;
  log('I', `"PodGC is force deleting Pod" pod="${keyOf(pod)}"`);
  meters.add(FORCE_DELETED_PODS, { namespace, reason });
  try {
    if (!isTerminal(pod)) {
      const conditions = condition && withPodCondition(pod.status.conditions, condition, now());
      const status = { ...pod.status, ...observedBy(pod), phase: 'Failed', ...(conditions && { conditions }) };
      api.updateStatus(pods, { ...pod, status });
    }
    api.delete(pods, namespace, name, { gracePeriodSeconds: 0 });
    const which = DELETED[reason];
    if (which !== undefined) log('I', `"Forced deletion of ${which} succeeded" pod="${keyOf(pod)}"`);
  } catch (error) {
    if (isExpected(error)) meters.add(FORCE_DELETE_ERRORS, { namespace, reason });
    if (!isNotFound(error)) throw error;
  }
}
