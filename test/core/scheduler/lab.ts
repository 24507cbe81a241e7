// A cluster that a test fills, and single plugins asked about it; or the whole scheduler run in it. Everything goes through the API, so that pods and nodes
// are as they would be.

import type { ClusterApi, Controller } from '../../../worker/api/controller.ts';
import type { Node, Pod } from '../../../worker/api/gen/core-v1.ts';
import type { KubeObject } from '../../../worker/api/object.ts';
import type { Resource } from '../../../worker/api/resource.ts';
import { makeRandom } from '../../../worker/lib/host.ts';
import { events } from '../../../worker/resources/core/event.ts';
import { nodes } from '../../../worker/resources/core/node.ts';
import { pods } from '../../../worker/resources/core/pod.ts';
import { serviceAccounts } from '../../../worker/resources/core/serviceaccount.ts';
import { priorityClasses } from '../../../worker/resources/scheduling/priorityclass.ts';
import { SchedulerCache } from '../../../worker/scheduler/cache.ts';
import { PLUGIN_ARGS } from '../../../worker/scheduler/config/plugin-args.ts';
import type { Cycle, Handle, Plugin } from '../../../worker/scheduler/framework.ts';
import { Scheduler } from '../../../worker/scheduler/index.ts';
import { SchedulerMetrics } from '../../../worker/scheduler/metrics.ts';
import { Nominator } from '../../../worker/scheduler/nominator.ts';
import { podInfoOf } from '../../../worker/scheduler/pod-info.ts';
import { pluginFactories } from '../../../worker/scheduler/plugins/index.ts';
import type { PluginStatus } from '../../../worker/scheduler/status.ts';
import { makeTestCluster, START } from '../harness.ts';
import type { TestCluster, TestOptions } from '../harness.ts';
import { makeUntaintedNode } from '../untainted-node.ts';

export type PodDraft = Partial<Pod['spec']> & {
  readonly name?: string;
  readonly namespace?: string;
  readonly labels?: Record<string, string>;
  readonly annotations?: Record<string, string>;
  /** Of the one container, where `containers` are not given. */
  readonly requests?: Record<string, string>;
  readonly image?: string;
  readonly status?: Partial<Pod['status']>;
};

export type NodeDraft = Partial<Node['spec']> & {
  readonly name: string;
  readonly labels?: Record<string, string>;
  readonly annotations?: Record<string, string>;
  readonly allocatable?: Record<string, string>;
  readonly status?: Partial<Node['status']>;
};

export interface Lab extends TestCluster {
  node(draft: NodeDraft): Node;
  pod(draft?: PodDraft): Pod;
  /** Changes a node, its status too. */
  changeNode(name: string, change: (node: Node) => Node): Node;
  changePod(name: string, change: (pod: Pod) => Pod): Pod;
  removePod(name: string): void;
  /** `node`, or undefined. */
  placeOf(name: string): string | undefined;
  /** `False Unschedulable 0/1 nodes …` */
  scheduled(name: string): string | undefined;
  /** `Warning FailedScheduling message`, oldest first. */
  eventsOf(name: string): string[];
}

/** Pods of a namespace that no controller has furnished need an account. */
function ensureAccount(api: ClusterApi, namespace: string): void {
  if (!api.get(serviceAccounts, namespace, 'default')) api.create(serviceAccounts, { metadata: { name: 'default', namespace } });
}

/** Only a class gives a priority. */
function classFor(api: ClusterApi, { priority, preemptionPolicy }: PodDraft): { priorityClassName?: string } {
  if (priority === undefined && preemptionPolicy === undefined) return {};
  const name = `at-${String(priority ?? 0).replace('-', 'minus-')}${preemptionPolicy ? `-${preemptionPolicy.toLowerCase()}` : ''}`;
  if (!api.get(priorityClasses, '', name))
    api.create(priorityClasses, { metadata: { name }, value: priority ?? 0, ...(preemptionPolicy && { preemptionPolicy }) });
  return { priorityClassName: name };
}

/** No controllers run but those given. */
export function makeLab(controllers: readonly Controller[] = [], options: TestOptions = {}): Lab {
  const cluster = makeTestCluster({ nodes: 0, alone: true, extraControllers: controllers, ...options });
  const { api } = cluster;
  let count = 0;
  return {
    ...cluster,
    node({ name, labels, annotations, allocatable, status, ...spec }) {
      const node = makeUntaintedNode(api, {
        metadata: { name, labels: { 'kubernetes.io/hostname': name, ...labels }, ...(annotations && { annotations }) },
        spec,
      });
      const all = { cpu: '4', memory: '8Gi', pods: '110', 'ephemeral-storage': '100Gi', ...allocatable };
      return api.updateStatus(nodes, { ...node, status: { ...node.status, capacity: all, allocatable: all, ...status } });
    },
    pod(draft = {}) {
      const { name = `pod-${++count}`, namespace = 'default', labels, annotations, requests, image = 'nginx', status, ...spec } = draft;
      const containers = [{ name: 'c', image, resources: requests ? { requests } : {} }];
      ensureAccount(api, namespace);
      const made = api.create(pods, {
        metadata: { name, namespace, ...(labels && { labels }), ...(annotations && { annotations }) },
        spec: { containers, ...spec, ...classFor(api, spec) },
      } as never);
      return status ? api.updateStatus(pods, { ...made, status: { ...made.status, ...status } }) : made;
    },
    changeNode(name, change) {
      const next = change(api.get(nodes, '', name)!);
      const { resourceVersion } = api.update(nodes, next).metadata;
      return api.updateStatus(nodes, { ...next, metadata: { ...next.metadata, resourceVersion } });
    },
    changePod: (name, change) => api.update(pods, change(api.get(pods, 'default', name)!)),
    removePod: (name) => api.delete(pods, 'default', name, { gracePeriodSeconds: 0 }),
    placeOf: (name) => api.get(pods, 'default', name)?.spec.nodeName,
    scheduled(name) {
      const condition = api.get(pods, 'default', name)?.status.conditions?.find(({ type }) => type === 'PodScheduled');
      return condition && [condition.status, condition.reason, condition.message].filter(Boolean).join(' ');
    },
    eventsOf: (name) =>
      api
        .list(events)
        .filter(({ involvedObject }) => involvedObject.name === name)
        .sort((a, b) => Number(a.metadata.resourceVersion) - Number(b.metadata.resourceVersion))
        .map(({ type, reason, message }) => `${type} ${reason} ${message}`),
  };
}

/** With the whole scheduler at work. `config` is the text of its file. */
export function makeSchedulerLab(config?: string, options: TestOptions = {}): Lab & { readonly scheduler: Scheduler } {
  const scheduler = new Scheduler(() => config);
  return { ...makeLab([scheduler], options), scheduler };
}

/** Everything a test puts into a lab before asking. */
export interface Given {
  readonly nodes: readonly NodeDraft[];
  /** Pods that are there, on nodes. */
  readonly pods?: readonly PodDraft[];
  /** Any other objects. */
  readonly objects?: readonly Made[];
}

export type Made = readonly [resource: Resource<never>, object: object];

export const made = <T extends KubeObject>(resource: Resource<T>, object: object): Made => [resource as never, object];

/** One plugin, asked about pods in a lab. */
export interface Bench {
  readonly lab: Lab;
  readonly handle: Handle;
  readonly plugin: Plugin;
  readonly cache: SchedulerCache;
  /** Why which node refuses the pod; all `''`: none does. `*` if the pod is refused as a whole; `skip` if the plugin has no say. */
  filter(draft: PodDraft): Record<string, string> | 'skip';
  statuses(draft: PodDraft): ReadonlyMap<string, PluginStatus>;
  /** Scores before weighing. */
  score(draft: PodDraft, normalized?: boolean): Record<string, number> | 'skip';
  cycle(draft: PodDraft): Cycle;
}

export function makeBench(pluginName: string, given: Given, args: object = {}, options: TestOptions = {}): Bench {
  const lab = makeLab([], options);
  for (const [resource, object] of given.objects ?? []) put(lab, resource, object);
  for (const draft of given.nodes) lab.node(draft);
  for (const draft of given.pods ?? []) lab.pod(draft);
  const cache = new SchedulerCache();
  cache.load(lab.api);
  const handle = handleOf(lab, cache);
  const factory = pluginFactories.get(pluginName)!;
  const plugin = factory(handle, (PLUGIN_ARGS.get(pluginName)?.complete(args as never) ?? args) as never);
  const cycle = (draft: PodDraft): Cycle => {
    const pod = lab.pod({ name: 'incoming', ...draft });
    lab.api.delete(pods, pod.metadata.namespace ?? '', pod.metadata.name, { gracePeriodSeconds: 0 });
    return { pod, info: podInfoOf(pod), filterStates: new Map() };
  };
  const statuses = (draft: PodDraft): ReadonlyMap<string, PluginStatus> => {
    const one = cycle(draft);
    const outcome = plugin.preFilter?.(one) ?? { state: undefined };
    if (outcome === 'skip') return new Map();
    if ('status' in outcome) return new Map([['*', outcome.status]]);
    one.filterStates.set(plugin.name, outcome.state);
    const among = outcome.nodes;
    const out = new Map<string, PluginStatus>();
    for (const node of cache.nodes) {
      if (among && !among.has(node.name)) out.set(node.name, { code: 'Unresolvable', reasons: ['not among those named'], plugin: '' });
      else {
        const status = plugin.filter!(outcome.state, node, one);
        if (status) out.set(node.name, status);
      }
    }
    return out;
  };
  return {
    lab,
    handle,
    plugin,
    cache,
    cycle,
    statuses,
    filter(draft) {
      if (plugin.preFilter?.(cycle(draft)) === 'skip') return 'skip';
      const found = statuses(draft);
      const whole = found.get('*');
      if (whole) return { '*': whole.reasons.join(', ') };
      return Object.fromEntries(cache.nodes.map(({ name }) => [name, found.get(name)?.reasons.join(', ') ?? '']));
    },
    score(draft, normalized = true) {
      const one = cycle(draft);
      const pre = plugin.preFilter?.(one);
      if (pre && pre !== 'skip' && 'state' in pre) {
        one.filterStates.set(plugin.name, pre.state);
        for (const node of cache.nodes) plugin.filter?.(pre.state, node, one);
      }
      const outcome = plugin.preScore?.(one, cache.nodes) ?? { state: undefined };
      if (outcome === 'skip') return 'skip';
      if ('status' in outcome) throw new Error(outcome.status.reasons.join(', '));
      const scores = Float64Array.from(cache.nodes, (node) => plugin.score!(outcome.state, node, one));
      if (normalized) plugin.normalize?.(outcome.state, scores, cache.nodes);
      return Object.fromEntries(cache.nodes.map(({ name }, i) => [name, scores[i]!]));
    },
  };
}

/** Creates an object; its status too, if it has one. */
export function put({ api }: Pick<Lab, 'api'>, resource: Resource<never>, object: object): void {
  const created = api.create(resource as never, object as never);
  const { status } = object as { status?: object };
  if (status) api.updateStatus(resource as never, { ...(created as object), status } as never);
}

export function handleOf({ api, cluster }: Pick<Lab, 'api' | 'cluster'>, cache: SchedulerCache): Handle {
  return {
    cache,
    nominator: new Nominator(),
    metrics: new SchedulerMetrics(),
    api,
    extenders: [],
    config: cluster.registry.config,
    random: makeRandom('lab'),
    now: () => START,
    log: () => {},
    event: () => {},
    cancelBinding: () => false,
    activate: () => {},
  };
}
