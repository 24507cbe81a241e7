// A machine as a Node: registered when its kubelet first starts, its status told when it changes. Mirrors pkg/kubelet/kubelet_node_status.go and
// pkg/kubelet/nodestatus. Heartbeats are not written: they are a function of the time (`resources/coordination/lease.ts`).

import type { ClusterApi, ControllerContext } from '../../api/controller.ts';
import type { Node, NodeAddress, NodeCondition, NodeStatus } from '../../api/gen/core-v1.ts';
import { isEqual } from '../../lib/json.ts';
import { formatMicroTime, formatTime } from '../../lib/time.ts';
import { leases } from '../../resources/coordination/lease.ts';
import { nodes } from '../../resources/core/node.ts';
import { machineFiles, machineTree } from '../../world/files/machine-files.ts';
import { isServiceActive } from '../../world/machine.ts';
import type { Machine } from '../../world/machine.ts';
import { CNI_DIRECTORY } from '../../world/network/cni.ts';
import type { World } from '../../world/world.ts';
import { isCutOff } from './kubeconfig.ts';
import { kubeletConfig } from './kubelet-config.ts';

const LEASE_NAMESPACE = 'kube-node-lease';
const LEASE_SECONDS = 40;
/** How many images a status names, and what the hard eviction threshold keeps free. */
const [MAX_IMAGES, EVICTION_MEMORY, EVICTION_DISK] = [50, 100 * 2 ** 20, 0.1];

export const NETWORK_NOT_READY =
  'container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:Network plugin returns error: cni plugin not initialized';

/** Whether the runtime knows how to set up a network: some agent has put its configuration where it looks. */
export function hasNetwork(world: World, machine: Machine): boolean {
  for (const name of namesIn(world, machine, CNI_DIRECTORY)) if (/\.(conflist|conf|json)$/.test(name)) return true;
  return false;
}

/** Asked for every pod. Where no link leads, the tree tells what there is. */
function namesIn(world: World, machine: Machine, directory: string): Iterable<string> {
  const tree = machineTree(world, machine.name);
  if (tree.get(directory)?.type === 'dir') return tree.names(directory);
  const files = machineFiles(world, machine.name);
  return files.find(directory)?.type === 'dir' ? files.list(directory) : [];
}

/** Makes the node of a machine, as `kubeadm` leaves it. */
export function registerNode(api: ClusterApi, world: World, machine: Machine, minor: number): void {
  const isControlPlane = machine.role === 'control-plane';
  const labels: Record<string, string> = {
    'beta.kubernetes.io/arch': 'amd64',
    'beta.kubernetes.io/os': 'linux',
    'kubernetes.io/arch': 'amd64',
    'kubernetes.io/hostname': machine.name,
    'kubernetes.io/os': 'linux',
    ...(isControlPlane && { 'node-role.kubernetes.io/control-plane': '', 'node.kubernetes.io/exclude-from-external-load-balancers': '' }),
  };
  const node = api.create(nodes, {
    metadata: {
      name: machine.name,
      labels,
      annotations: { 'node.alpha.kubernetes.io/ttl': '0', 'volumes.kubernetes.io/controller-managed-attach-detach': 'true' },
    },
    spec: {
      podCIDR: machine.podCidr,
      podCIDRs: [machine.podCidr],
      ...(isControlPlane && { taints: [{ key: 'node-role.kubernetes.io/control-plane', effect: 'NoSchedule' }] }),
    },
  });
  api.updateStatus(nodes, { ...node, status: statusOf(world, machine, node, minor) });
  if (!api.get(leases, LEASE_NAMESPACE, machine.name)) createLease(api, node);
}

const FORGOTTEN = 'kubelet-forgotten';

/** Whether the node of a machine was deleted under its kubelet, which registers no second time before it is started again. */
const isForgotten = (world: World, machine: string): boolean => world.state.get<boolean>(FORGOTTEN, machine) ?? false;

/** The node of a machine was deleted. True if its kubelet runs on without one. */
export function forgetNode(world: World, machine: string): boolean {
  if (!isServiceActive(world.machines.get(machine), 'kubelet') || isForgotten(world, machine)) return false;
  world.state.set(FORGOTTEN, machine, true);
  return true;
}

/** The kubelet was started: it registers, and knows nothing of before. */
export function beginNode(world: World, machine: string): void {
  if (isForgotten(world, machine)) world.state.delete(FORGOTTEN, machine);
  if (world.state.get(CORDONED, machine)) world.state.delete(CORDONED, machine);
}

function createLease(api: ClusterApi, { metadata: { name, uid } }: Node): void {
  api.create(leases, {
    metadata: { name, namespace: LEASE_NAMESPACE, ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name, uid }] },
    spec: { holderIdentity: name, leaseDurationSeconds: LEASE_SECONDS },
  });
}

/** Tells what has changed of a machine, and whether its heart beats. */
export function syncNode(context: ControllerContext, world: World, machine: Machine): void {
  const { api, config } = context;
  if (!context.isApiUp()) return;
  const node = api.get(nodes, '', machine.name);
  const isRunning = isServiceActive(machine, 'kubelet') && !isCutOff(world, machine.name);
  syncLease(context, machine, isRunning);
  if (!isRunning) return;
  if (!node) return isForgotten(world, machine.name) ? undefined : registerNode(api, world, machine, config.minor);
  const status = statusOf(world, machine, node, config.minor);
  const { bootID } = node.status.nodeInfo ?? {};
  if (bootID !== undefined && bootID !== machine.bootId) {
    const message = `Node ${machine.name} has been rebooted, boot id: ${machine.bootId}`;
    context.event(nodeRef(node), 'Warning', 'Rebooted', message, { host: machine.name });
  }
  noteSchedulable(context, world, node);
  if (isEqual(status, node.status)) return;
  const valueOf = (list: NodeStatus['conditions'], wanted: string): string | undefined => list?.find(({ type }) => type === wanted)?.status;
  const [before, after] = [node.status.conditions, status.conditions].map((list) => valueOf(list, 'Ready'));
  if (before !== after) {
    const event = after === 'True' ? 'NodeReady' : 'NodeNotReady';
    context.event(nodeRef(node), 'Normal', event, `Node ${machine.name} status is now: ${event}`, { host: machine.name });
  }
  for (const { type, events } of PRESSURES) {
    const [was, is] = [valueOf(node.status.conditions, type), valueOf(status.conditions, type)];
    if (was === is || was === undefined) continue;
    const event = events[is === 'True' ? 1 : 0];
    context.event(nodeRef(node), 'Normal', event, `Node ${machine.name} status is now: ${event}`, { host: machine.name });
  }
  api.updateStatus(nodes, { ...node, status });
}

const CORDONED = 'kubelet-cordoned';

/** Tells of a change of who may be scheduled there: also a kubelet that was started while nobody may. */
function noteSchedulable(context: ControllerContext, world: World, node: Node): void {
  const { name } = node.metadata;
  const isCordoned = node.spec.unschedulable ?? false;
  if (isCordoned === (world.state.get<boolean>(CORDONED, name) ?? false)) return;
  if (isCordoned) world.state.set(CORDONED, name, true);
  else world.state.delete(CORDONED, name);
  const event = isCordoned ? 'NodeNotSchedulable' : 'NodeSchedulable';
  context.event(nodeRef(node), 'Normal', event, `Node ${name} status is now: ${event}`, { host: name });
}

/** Events about nodes name them in place of their uid, as the kubelet does. */
export const nodeRef = (node: Node): Node => ({ ...node, metadata: { ...node.metadata, uid: node.metadata.name } });

/** A lease without a time is renewed all the time; when the kubelet stops, the last time it was renewed is written down. */
function syncLease({ api, now }: ControllerContext, machine: Machine, isRunning: boolean): void {
  const lease = api.get(leases, LEASE_NAMESPACE, machine.name);
  if (!lease) {
    const node = isRunning && api.get(nodes, '', machine.name);
    if (node) createLease(api, node);
    return;
  }
  const { renewTime, ...rest } = lease.spec;
  if (isRunning && renewTime !== undefined) api.update(leases, { ...lease, spec: rest });
  if (!isRunning && renewTime === undefined) api.update(leases, { ...lease, spec: { ...rest, renewTime: formatMicroTime(now()) } });
}

function statusOf(world: World, machine: Machine, node: Node, minor: number): NodeStatus {
  const kib = (bytes: number): string => `${Math.floor(bytes / 1024)}Ki`;
  const common = { 'hugepages-1Gi': '0', 'hugepages-2Mi': '0' };
  const { volumesInUse, volumesAttached } = node.status;
  const images = imagesOf(machine);
  const pods = String(kubeletConfig(world, machine.name).maxPods);
  return {
    capacity: withOthers(
      { cpu: String(machine.cpus), 'ephemeral-storage': kib(machine.disk), ...common, memory: kib(machine.memory), pods },
      node,
    ),
    allocatable: withOthers(
      {
        cpu: String(machine.cpus),
        'ephemeral-storage': String(Math.floor(machine.disk * (1 - EVICTION_DISK))),
        ...common,
        memory: kib(machine.memory - EVICTION_MEMORY),
        pods,
      },
      node,
    ),
    conditions: conditionsOf(world, machine, node),
    addresses: addressesOf(machine, node),
    daemonEndpoints: { kubeletEndpoint: { Port: 10250 } },
    nodeInfo: {
      machineID: machine.machineId,
      systemUUID: machine.systemUuid,
      bootID: machine.bootId,
      kernelVersion: machine.kernel,
      osImage: machine.osImage,
      containerRuntimeVersion: machine.runtimeVersion,
      kubeletVersion: machine.kubeletVersion,
      kubeProxyVersion: '',
      operatingSystem: 'linux',
      architecture: 'amd64',
    },
    ...(images.length && { images }),
    ...(volumesInUse && { volumesInUse }),
    ...(volumesAttached && { volumesAttached }),
    runtimeHandlers: ['', 'runc'].map((name) => ({ name, features: { recursiveReadOnlyMounts: true, userNamespaces: true } })),
    features: { supplementalGroupsPolicy: true },
    ...(minor >= 36 && {
      declaredFeatures: [
        'ExtendWebSocketsToKubelet',
        'InPlacePodLevelResourcesVerticalScaling',
        'InPlacePodVerticalScalingInitContainers',
        'RestartAllContainersOnContainerExits',
      ],
    }),
  };
}

/** A resource that somebody else says a node has stays in its capacity, and all of it can be allocated. */
const withOthers = (own: Readonly<Record<string, string>>, { status: { capacity = {} } }: Node): Record<string, string> =>
  Object.fromEntries(Object.entries({ ...capacity, ...own }).sort(([a], [b]) => (a < b ? -1 : 1)));

/** Those of an instance of a cloud are its cloud's to tell. */
function addressesOf(machine: Machine, { spec, status }: Node): NodeAddress[] {
  if (spec.providerID && status.addresses?.length) return status.addresses;
  return [
    { type: 'InternalIP', address: machine.ip },
    { type: 'Hostname', address: machine.name },
  ];
}

function imagesOf(machine: Machine): { names: string[]; sizeBytes: number }[] {
  const byDigest = new Map<string, { names: string[]; sizeBytes: number }>();
  for (const [name, { digest, size }] of Object.entries(machine.images)) {
    const repository = name.replace(/(@.*|:[^:/]*)$/, '');
    const key = `${repository}@${digest}`;
    const known = byDigest.get(key);
    if (known) known.names.push(name);
    else byDigest.set(key, { names: name === key ? [key] : [key, name], sizeBytes: size });
  }
  return [...byDigest.values()].sort((a, b) => b.sizeBytes - a.sizeBytes || (a.names[0]! < b.names[0]! ? -1 : 1)).slice(0, MAX_IMAGES);
}

/** Reason and message of each pressure, and the reason of the event. */
const PRESSURES = [
  {
    type: 'MemoryPressure',
    shortage: 'memory',
    no: ['KubeletHasSufficientMemory', 'kubelet has sufficient memory available'],
    yes: ['KubeletHasInsufficientMemory', 'kubelet has insufficient memory available'],
    events: ['NodeHasSufficientMemory', 'NodeHasInsufficientMemory'],
  },
  {
    type: 'DiskPressure',
    shortage: 'disk',
    no: ['KubeletHasNoDiskPressure', 'kubelet has no disk pressure'],
    yes: ['KubeletHasDiskPressure', 'kubelet has disk pressure'],
    events: ['NodeHasNoDiskPressure', 'NodeHasDiskPressure'],
  },
  {
    type: 'PIDPressure',
    shortage: 'pid',
    no: ['KubeletHasSufficientPID', 'kubelet has sufficient PID available'],
    yes: ['KubeletHasInsufficientPID', 'kubelet has insufficient PID available'],
    events: ['NodeHasSufficientPID', 'NodeHasInsufficientPID'],
  },
] as const;

function conditionsOf(world: World, machine: Machine, node: Node): NodeCondition[] {
  const now = formatTime(world.now());
  const hasRuntime = isServiceActive(machine, 'containerd');
  const facts: readonly (readonly [type: string, status: 'True' | 'False', reason: string, message: string])[] = [
    ...PRESSURES.map(({ type, shortage, no, yes }) => {
      const isShort = machine.shortages?.includes(shortage) ?? false;
      return [type, isShort ? 'True' : 'False', ...(isShort ? yes : no)] as const;
    }),
    hasRuntime && hasNetwork(world, machine)
      ? ['Ready', 'True', 'KubeletReady', 'kubelet is posting ready status']
      : hasRuntime
        ? ['Ready', 'False', 'KubeletNotReady', NETWORK_NOT_READY]
        : [
            'Ready',
            'False',
            'KubeletNotReady',
            '[container runtime is down, PLEG is not healthy: pleg was last seen active 3m0s ago; threshold is 3m0s]',
          ],
  ];
  const own = facts.map(([type, status, reason, message]): NodeCondition => {
    const old = node.status.conditions?.find((one) => one.type === type);
    const isSame = old?.status === status && old.reason === reason && old.message === message;
    return {
      type,
      status,
      lastHeartbeatTime: isSame ? (old.lastHeartbeatTime as string) : now,
      lastTransitionTime: old?.status === status ? (old.lastTransitionTime as string) : now,
      reason,
      message,
    };
  });
  return [...(node.status.conditions ?? []).filter(({ type }) => !own.some((one) => one.type === type)), ...own];
}
