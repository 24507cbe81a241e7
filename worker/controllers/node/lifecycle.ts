// Watches over nodes: one whose kubelet is silent becomes Unknown, its pods are not ready, and after a while, zone by zone and not too fast, it is tainted so that its
// pods go elsewhere. Mirrors pkg/controller/nodelifecycle, which looks at every node every five seconds; here each is looked at when that would find something.
//
// Keys: `node <name>`, `zone <zone>`, `pod <namespace>/<name>`.

import { watch } from '../../api/controller.ts';
import type { Controller, ControllerContext, Requeue } from '../../api/controller.ts';
import type { Lease } from '../../api/gen/coordination-v1.ts';
import type { Node, NodeCondition } from '../../api/gen/core-v1.ts';
import { keyOf, splitKey } from '../../api/object.ts';
import type { KubeObject } from '../../api/object.ts';
import { formatTime, timeOf } from '../../lib/time.ts';
import { leases } from '../../resources/coordination/lease.ts';
import { heartbeatAt } from '../../resources/core/node-heartbeat.ts';
import { nodes } from '../../resources/core/node.ts';
import { podTerm } from '../../resources/core/pod-terms.ts';
import { pods } from '../../resources/core/pod.ts';
import { durationFlag } from '../flags.ts';
import { forgetWithProcess } from '../new-process.ts';
import { conditionTaints, hasTaint, nodeCondition, NOT_READY, UNREACHABLE, withoutSilence, withTaints, zoneOf } from './conditions.ts';
import { markNotReady } from './mark-not-ready.ts';
import { isStopped, leaveQueue, noteZones, queueForTaint, taintNext } from './zones.ts';

const LEASES = 'kube-node-lease';
const [MONITOR_MS, GRACE_MS, STARTUP_GRACE_MS] = [5000, 50_000, 60_000];

/** What is remembered of a node: when it last gave a sign of life, and the heartbeat that was it. */
interface Health {
  readonly uid: string;
  readonly probe: number;
  readonly beat: string;
  /** Ready, as it was seen last. */
  readonly ready: string;
}

export const nodeLifecycle: Controller = {
  name: 'node-lifecycle',
  component: 'kube-controller-manager',
  serviceAccount: 'node-controller',
  watches: [
    watch(nodes, ({ metadata }) => [`node ${metadata.name}`]),
    watch(leases, ({ metadata }) => (metadata.namespace === LEASES ? [`node ${metadata.name}`] : [])),
    watch(pods, (pod, previous, reader, type) => {
      if (type === 'deleted' || !pod.spec.nodeName || previous?.spec.nodeName === pod.spec.nodeName) return [];
      const node = reader.get(nodes, '', pod.spec.nodeName);
      const ready = node && nodeCondition(node, 'Ready');
      return ready && ready.status !== 'True' ? [`pod ${keyOf(pod)}`] : [];
    }),
  ],
  start(context, resumed) {
    if (!resumed) forgetWithProcess(context);
  },
  reconcile(key, context) {
    const space = key.indexOf(' ');
    const [what, name] = [key.slice(0, space), key.slice(space + 1)];
    if (what === 'zone') return taintNext(context, name);
    if (what === 'pod') {
      const { namespace, name: pod } = splitKey(name);
      const found = context.api.get(pods, namespace, pod);
      const node = found?.spec.nodeName ? context.api.get(nodes, '', found.spec.nodeName) : undefined;
      if (found && node && nodeCondition(node, 'Ready')?.status !== 'True') markNotReady(context, [found]);
      return undefined;
    }
    return monitor(context, name);
  },
};

function monitor(context: ControllerContext, name: string): Requeue | undefined {
  const { api, state } = context;
  const health = state.get<Health>(`node ${name}`);
  const node = api.get(nodes, '', name);
  if (!node || (health && health.uid !== node.metadata.uid)) {
    if (health) forget(context, name, health);
    if (!node) return undefined;
  }
  if (health?.uid !== node.metadata.uid) {
    tell(context, node, 'RegisteredNode', `Registered Node ${name} in Controller`);
    context.log('I', `"Controller observed a new Node" node="${name}"`);
  }
  const known = health?.uid === node.metadata.uid ? health : undefined;
  const lease = api.get(leases, LEASES, name);
  const now = context.now();
  const next = lastSign(node, lease, known, now);
  const grace = nodeCondition(node, 'Ready')
    ? durationFlag(context, 'node-monitor-grace-period', GRACE_MS)
    : durationFlag(context, 'node-startup-grace-period', STARTUP_GRACE_MS);
  const deadline = isRenewed(lease) ? Infinity : next.probe + grace;
  let current = known ? node : withoutSilence(node);
  if (current !== node) current = api.update(nodes, current);
  if (now > deadline) current = markUnknown(context, current, next.probe);
  const ready = nodeCondition(current, 'Ready')?.status ?? 'Unknown';
  const fellSilent = ready !== 'True' && nodeCondition(node, 'Ready')?.status === 'True';
  state.set(`node ${name}`, { ...next, ready } satisfies Health);
  current = labelled(context, current);
  const taints = conditionTaints(current, formatTime(now));
  if (taints) current = api.update(nodes, withTaints(current, taints));

  const before = known?.ready ?? 'Unknown';
  if (fellSilent) {
    context.event(current, 'Normal', 'NodeNotReady', `Node ${name} status is now: NodeNotReady`);
    markNotReady(context, api.lookup(pods, podTerm.node(name)));
  }
  if (ready !== before || !known) lookAtZones(context);
  // Of a node whose kubelet has not said anything yet, nothing is known.
  if (nodeCondition(current, 'Ready')) plan(context, current, ready, known ? nextLook(context, now) : now);
  if (deadline === Infinity || now > deadline) return undefined;
  return { after: nextLook(context, deadline) - now, background: true };
}

/** The first look after a time. */
function nextLook(context: ControllerContext, time: number): number {
  const period = Math.max(1, durationFlag(context, 'node-monitor-period', MONITOR_MS));
  return (Math.floor(time / period) + 1) * period;
}

const isRenewed = (lease: Lease | undefined): boolean => Boolean(lease?.spec.holderIdentity) && lease?.spec.renewTime === undefined;

/** When the kubelet was last heard of, through its lease or its status. */
function lastSign(node: Node, lease: Lease | undefined, known: Health | undefined, now: number): Omit<Health, 'ready'> {
  const ready = nodeCondition(node, 'Ready');
  const beat = ready?.lastHeartbeatTime ?? '';
  const { uid, creationTimestamp } = node.metadata;
  const isNews = ready !== undefined && (known === undefined || known.beat !== beat);
  const own = known?.probe ?? (ready ? now : timeOf(creationTimestamp));
  const renewed = lease?.spec.renewTime === undefined ? 0 : timeOf(lease.spec.renewTime);
  return { uid, beat, probe: isRenewed(lease) || isNews ? now : Math.max(own, Math.min(renewed, now)) };
}

function forget(context: ControllerContext, name: string, { uid }: Health): void {
  context.state.delete(`node ${name}`);
  const gone = { kind: 'Node', apiVersion: 'v1', metadata: { name, uid, resourceVersion: '', creationTimestamp: '' } };
  tell(context, gone, 'RemovingNode', `Removing Node ${name} from Controller`);
  leaveQueue(context, name);
  lookAtZones(context);
}

const tell = (context: ControllerContext, node: KubeObject, reason: string, what: string): void =>
  context.event(node, 'Normal', reason, `Node ${node.metadata.name} event: ${what}`);

/** When the first of all nodes is heard of again, the others have their time from then on. */
function lookAtZones(context: ControllerContext): void {
  const { state, now } = context;
  for (const name of noteZones(context)) {
    const health = state.get<Health>(`node ${name}`);
    if (health) state.set(`node ${name}`, { ...health, probe: now() } satisfies Health);
    context.enqueue(`node ${name}`);
  }
}

const TYPES = ['Ready', 'MemoryPressure', 'DiskPressure', 'PIDPressure'];

/** `probe` is when it was last heard of. */
function markUnknown(context: ControllerContext, node: Node, probe: number): Node {
  const now = formatTime(context.now());
  const old = node.status.conditions ?? [];
  const conditions = old.map((one): NodeCondition => {
    if (!TYPES.includes(one.type) || one.status === 'Unknown') return one;
    return {
      ...one,
      ...(one.reason?.startsWith('Kubelet') && { lastHeartbeatTime: heartbeatAt(one.lastHeartbeatTime, probe) }),
      status: 'Unknown',
      lastTransitionTime: now,
      reason: 'NodeStatusUnknown',
      message: 'Kubelet stopped posting node status.',
    };
  });
  for (const type of TYPES) {
    if (conditions.some((one) => one.type === type)) continue;
    conditions.push({
      type,
      status: 'Unknown',
      lastHeartbeatTime: node.metadata.creationTimestamp,
      lastTransitionTime: now,
      reason: 'NodeStatusNeverUpdated',
      message: 'Kubelet never posted node status.',
    });
  }
  if (conditions.length === old.length && conditions.every((one, i) => one === old[i])) return node;
  context.log(
    'I',
    `"Node hasn't been updated" node="${node.metadata.name}" duration="${Math.round(GRACE_MS / 1000)}s" nodeConditionType="Ready"`,
  );
  return context.api.updateStatus(nodes, { ...node, status: { ...node.status, conditions } });
}

/** Old names of labels follow the new ones. */
function labelled(context: ControllerContext, node: Node): Node {
  const { labels = {} } = node.metadata;
  const wanted: Record<string, string> = {};
  for (const name of ['os', 'arch']) {
    const value = labels[`kubernetes.io/${name}`];
    if (value !== undefined && labels[`beta.kubernetes.io/${name}`] !== value) wanted[`beta.kubernetes.io/${name}`] = value;
  }
  if (!Object.keys(wanted).length) return node;
  return context.api.update(nodes, { ...node, metadata: { ...node.metadata, labels: { ...labels, ...wanted } } });
}

/** Sees to the taints that drive pods away. `at`: when the next would come. */
function plan(context: ControllerContext, node: Node, ready: string, at: number): void {
  const { api } = context;
  const { name } = node.metadata;
  if (ready === 'True') {
    leaveQueue(context, name);
    const healthy = withoutSilence(node);
    if (healthy === node) return;
    api.update(nodes, healthy);
    context.log('I', `"Node is healthy again, removed all taints" node="${name}"`);
    return;
  }
  const [wanted, opposite] = ready === 'False' ? [NOT_READY, UNREACHABLE] : [UNREACHABLE, NOT_READY];
  if (hasTaint(node, wanted) || isStopped(context)) return;
  if (hasTaint(node, opposite)) {
    const taints = (node.spec.taints ?? []).filter(({ key, effect }) => key !== opposite.key || effect !== 'NoExecute');
    api.update(nodes, withTaints(node, [...taints, { ...wanted, timeAdded: formatTime(context.now()) }]));
    return;
  }
  queueForTaint(context, name, zoneOf(node), at);
}
