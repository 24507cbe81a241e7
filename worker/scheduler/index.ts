// kube-scheduler: gives every pod without a node the one that suits it best. A queue of pods that want a node, and one key of work: "place the next".

import type { Controller, ControllerContext, Requeue } from '../api/controller.ts';
import { watch } from '../api/controller.ts';
import type { Node, Pod, PodCondition } from '../api/gen/core-v1.ts';
import { isTerminating, keyOf, splitKey } from '../api/object.ts';
import type { ClusterReader } from '../api/resource.ts';
import { StatusError } from '../api/status.ts';
import { formatTime } from '../lib/time.ts';
import { isTerminal } from '../resources/core/pod-state.ts';
import { nodes } from '../resources/core/node.ts';
import { pods } from '../resources/core/pod.ts';
import { SchedulerCache } from './cache.ts';
import type { Cycle, Handle } from './framework.ts';
import { podInfoOf } from './pod-info.ts';
import { makeBalancedAllocation } from './plugins/balanced-allocation.ts';
import { makeNodeAffinity } from './plugins/node-affinity.ts';
import { makeNodeName } from './plugins/node-name.ts';
import { makeNodePorts } from './plugins/node-ports.ts';
import { makeNodeResourcesFit } from './plugins/node-resources-fit.ts';
import { makeNodeUnschedulable } from './plugins/node-unschedulable.ts';
import { makeTaintToleration } from './plugins/taint-toleration.ts';
import { Profile } from './profile.ts';
import { findNode, fitMessage } from './schedule.ts';
import type { Rotation } from './schedule.ts';

/** The one key of work. */
const NEXT = 'next';
const SCHEDULER_NAME = 'default-scheduler';

export class Scheduler implements Controller {
  readonly name = 'scheduler';
  readonly component = 'kube-scheduler';
  readonly watches = [
    watch(pods, (pod, _previous, reader, type) => this.#podChanged(pod, type === 'deleted', reader)),
    watch(nodes, (node, _previous, reader, type) => this.#nodeChanged(node, type === 'deleted', reader)),
  ];
  #context: ControllerContext | undefined;
  #cache: SchedulerCache | undefined;
  #profile: Profile | undefined;
  readonly #rotation: Rotation = { next: 0 };
  /** Keys of pods to be placed, and of those that did not fit. */
  readonly #active = new Set<string>();
  readonly #unschedulable = new Set<string>();

  start(context: ControllerContext): void {
    this.#context = context;
    this.#cache = undefined;
    this.#active.clear();
    this.#unschedulable.clear();
  }

  reconcile(_key: string, context: ControllerContext): Requeue | void {
    this.#cacheOf(context.api);
    const key = this.#takeNext(context.api);
    if (key !== undefined) this.#schedule(key, context);
    if (this.#active.size) context.enqueue(NEXT);
  }

  #podChanged(pod: Pod, isGone: boolean, reader: ClusterReader): string[] {
    const cache = this.#cacheOf(reader);
    const key = keyOf(pod);
    const isOver = isGone || isTerminal(pod);
    if (!pod.spec.nodeName) {
      if (isOver || isTerminating(pod)) {
        this.#active.delete(key);
        this.#unschedulable.delete(key);
      } else if (isWaiting(pod) && !this.#unschedulable.has(key)) this.#active.add(key);
    } else {
      this.#active.delete(key);
      this.#unschedulable.delete(key);
      if (isOver) {
        cache.removePod(pod.metadata.uid);
        this.#tryAllAgain();
      } else cache.setPod(pod);
    }
    return this.#active.size ? [NEXT] : [];
  }

  #nodeChanged(node: Node, isGone: boolean, reader: ClusterReader): string[] {
    const cache = this.#cacheOf(reader);
    if (isGone) cache.removeNode(node.metadata.name);
    else cache.setNode(node);
    this.#tryAllAgain();
    return this.#active.size ? [NEXT] : [];
  }

  #tryAllAgain(): void {
    for (const key of this.#unschedulable) this.#active.add(key);
    this.#unschedulable.clear();
  }

  /** The cache, made from what is stored if this is the first time that it is asked for. */
  #cacheOf(reader: ClusterReader): SchedulerCache {
    if (this.#cache) return this.#cache;
    const cache = (this.#cache = new SchedulerCache());
    for (const node of reader.list(nodes)) cache.setNode(node);
    for (const pod of reader.list(pods)) {
      if (isTerminal(pod)) continue;
      if (pod.spec.nodeName) cache.setPod(pod);
      else if (isWaiting(pod)) this.#active.add(keyOf(pod));
    }
    this.#profile = defaultProfile(cache, this.#context!);
    return cache;
  }

  /** The most important pod; of equals, the one that waits longest. */
  #takeNext(reader: ClusterReader): string | undefined {
    let first: string | undefined;
    let highest = -Infinity;
    for (const key of this.#active) {
      const { namespace, name } = splitKey(key);
      const priority = reader.get(pods, namespace, name)?.spec.priority ?? 0;
      if (priority > highest) [first, highest] = [key, priority];
    }
    if (first !== undefined) this.#active.delete(first);
    return first;
  }

  #schedule(key: string, context: ControllerContext): void {
    const { namespace, name } = splitKey(key);
    const pod = context.api.get(pods, namespace, name);
    if (!pod || !isWaiting(pod)) return;
    const cycle: Cycle = { pod, info: podInfoOf(pod), filterStates: new Map() };
    const { nodes: all } = this.#cache!;
    if (!all.length) return this.#refuse(pod, 'Unschedulable', 'no nodes available to schedule pods', context);
    const result = findNode(this.#profile!, cycle, this.#rotation, context.random);
    if ('error' in result) this.#refuse(pod, 'SchedulerError', result.error, context);
    else if ('diagnosis' in result)
      this.#refuse(pod, 'Unschedulable', fitMessage(result.allNodes, result.diagnosis, PREEMPTION_NOT_TRIED(result.allNodes)), context);
    else this.#bind(pod, result.node.name, context);
  }

  #bind(pod: Pod, node: string, context: ControllerContext): void {
    const { namespace = '', name, uid } = pod.metadata;
    const body = {
      apiVersion: 'v1',
      kind: 'Binding',
      metadata: { namespace, name, uid },
      target: { kind: 'Node', name: node },
    };
    try {
      context.api.act(pods, 'binding', namespace, name, body);
    } catch (error) {
      if (!(error instanceof StatusError)) throw error;
      return this.#refuse(pod, 'SchedulerError', `running Bind plugin "DefaultBinder": ${error.message}`, context);
    }
    this.#cache!.assumePod(podInfoOf(pod), node);
    context.event(pod, 'Normal', 'Scheduled', `Successfully assigned ${namespace}/${name} to ${node}`, { action: 'Binding' });
  }

  #refuse(pod: Pod, reason: string, message: string, { api, now, event }: ControllerContext): void {
    this.#unschedulable.add(keyOf(pod));
    event(pod, 'Warning', 'FailedScheduling', message, { action: 'Scheduling' });
    const old = pod.status.conditions?.find(({ type }) => type === 'PodScheduled');
    if (old?.status === 'False' && old.reason === reason && old.message === message) return;
    const condition: PodCondition = {
      type: 'PodScheduled',
      status: 'False',
      lastProbeTime: null,
      lastTransitionTime: old?.status === 'False' ? (old.lastTransitionTime ?? null) : formatTime(now()),
      reason,
      message,
    };
    const all = pod.status.conditions ?? [];
    const conditions = old ? all.map((one) => (one === old ? condition : one)) : [...all, condition];
    api.updateStatus(pods, { ...pod, status: { ...pod.status, conditions } });
  }
}

const PREEMPTION_NOT_TRIED = (nodes: number): string =>
  `preemption: 0/${nodes} nodes are available: ${nodes} Preemption is not helpful for scheduling.`;

const isWaiting = ({ metadata, spec }: Pod): boolean =>
  !spec.nodeName &&
  metadata.deletionTimestamp === undefined &&
  (spec.schedulerName || SCHEDULER_NAME) === SCHEDULER_NAME &&
  !spec.schedulingGates?.length;

function defaultProfile(cache: SchedulerCache, context: ControllerContext): Profile {
  const handle: Handle = { cache, api: context.api, config: context.config, now: () => context.now(), log: () => {} };
  const resources = [
    { name: 'cpu', weight: 1 },
    { name: 'memory', weight: 1 },
  ];
  const taints = makeTaintToleration();
  const affinity = makeNodeAffinity(handle, {});
  const ports = makeNodePorts();
  const fit = makeNodeResourcesFit(handle, {
    ignoredResources: [],
    ignoredResourceGroups: [],
    scoringStrategy: { type: 'LeastAllocated', resources, shape: [] },
  });
  const balanced = makeBalancedAllocation(handle, { resources });
  return new Profile(
    SCHEDULER_NAME,
    handle,
    {
      preEnqueue: [],
      preFilter: [affinity, ports, fit],
      filter: [makeNodeUnschedulable(), makeNodeName(), taints, affinity, ports, fit],
      preScore: [taints, affinity, fit, balanced],
      score: [
        { plugin: taints, weight: 3 },
        { plugin: affinity, weight: 2 },
        { plugin: fit, weight: 1 },
        { plugin: balanced, weight: 1 },
      ],
    },
    undefined,
  );
}
