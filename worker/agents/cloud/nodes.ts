// Nodes as instances of the cloud: who they are, where they are, and whether they still are. Mirrors the cloud-provider library's controllers/node and
// controllers/nodelifecycle.
//
// Differs: a node without a provider ID is initialized even without the taint, since the kubelets here were not started with --cloud-provider=external.

import type { Controller, ControllerContext } from '../../api/controller.ts';
import type { Node } from '../../api/gen/core-v1.ts';
import { isNotFound } from '../../api/status.ts';
import { isEqual } from '../../lib/json.ts';
import { nodes } from '../../resources/core/node.ts';
import type { Machine } from '../../world/machine.ts';
import { isOn } from '../../world/power.ts';
import type { World } from '../../world/world.ts';
import { externalIpOf, instanceOf } from './cloud.ts';
import { makeNodeLoop } from './node-loop.ts';

const UNINITIALIZED = 'node.cloudprovider.kubernetes.io/uninitialized';
const SHUTDOWN = { key: 'node.cloudprovider.kubernetes.io/shutdown', effect: 'NoSchedule' };
/** Upstream looks so often whether ailing nodes still exist. */
const MONITOR_MS = 5000;

export const makeCloudNode = (world: World): Controller =>
  makeNodeLoop(world, {
    name: 'cloud-node',
    reporter: 'cloud-node-controller',
    sync(node, machine, context) {
      if (!machine) return;
      if (machine.externalIp === undefined) world.machines.put(machine.name, Object.assign(machine, { externalIp: externalIpOf(machine) }));
      const isNew = !node.spec.providerID || (node.spec.taints ?? []).some((taint) => taint.key === UNINITIALIZED);
      setAddresses(isNew ? initialize(node, machine, context) : labelled(node, context), machine, context);
      if (isNew) context.event(node, 'Normal', 'Synced', 'Node synced successfully');
    },
  });

function initialize(node: Node, machine: Machine, { api }: ControllerContext): Node {
  const { providerId, type, zone, region } = instanceOf(machine);
  const { taints = [], ...spec } = node.spec;
  const left = taints.filter(({ key }) => key !== UNINITIALIZED);
  return api.update(nodes, {
    ...node,
    metadata: {
      ...node.metadata,
      labels: {
        ...node.metadata.labels,
        'beta.kubernetes.io/instance-type': type,
        'node.kubernetes.io/instance-type': type,
        'failure-domain.beta.kubernetes.io/zone': zone,
        'topology.kubernetes.io/zone': zone,
        'failure-domain.beta.kubernetes.io/region': region,
        'topology.kubernetes.io/region': region,
      },
    },
    spec: { ...spec, providerID: spec.providerID || providerId, ...(left.length && { taints: left }) },
  });
}

/** The old names of labels, and the new ones, which follow them. */
const LABELS = [
  ['failure-domain.beta.kubernetes.io/zone', 'topology.kubernetes.io/zone'],
  ['failure-domain.beta.kubernetes.io/region', 'topology.kubernetes.io/region'],
  ['beta.kubernetes.io/instance-type', 'node.kubernetes.io/instance-type'],
] as const;

function labelled(node: Node, { api }: ControllerContext): Node {
  const { labels = {} } = node.metadata;
  const wrong = LABELS.filter(([old, name]) => labels[old] !== undefined && labels[name] !== labels[old]);
  if (!wrong.length) return node;
  const right = Object.fromEntries(wrong.map(([old, name]) => [name, labels[old]!]));
  return api.update(nodes, { ...node, metadata: { ...node.metadata, labels: { ...labels, ...right } } });
}

function setAddresses(node: Node, machine: Machine, { api }: ControllerContext): void {
  const addresses = [...instanceOf(machine).addresses];
  if (!isEqual(node.status.addresses, addresses)) api.updateStatus(nodes, { ...node, status: { ...node.status, addresses } });
}

export const makeCloudNodeLifecycle = (world: World): Controller =>
  makeNodeLoop(world, {
    name: 'cloud-node-lifecycle',
    reporter: 'cloud-node-lifecycle-controller',
    delayMs: MONITOR_MS,
    concerns: (node) => !isReady(node) || isShutDown(node),
    sync: monitor,
  });

const isReady = ({ status }: Node): boolean => status.conditions?.find(({ type }) => type === 'Ready')?.status === 'True';
const isShutDown = ({ spec }: Node): boolean => (spec.taints ?? []).some(({ key }) => key === SHUTDOWN.key);

function monitor(node: Node, machine: Machine | undefined, context: ControllerContext): void {
  const { api, event } = context;
  const { name } = node.metadata;
  const { taints = [], ...spec } = node.spec;
  if (isReady(node)) {
    const left = taints.filter(({ key }) => key !== SHUTDOWN.key);
    if (left.length !== taints.length) api.update(nodes, { ...node, spec: { ...spec, ...(left.length && { taints: left }) } });
  } else if (!machine) {
    event(node, 'Normal', 'DeletingNode', `Deleting node ${name} because it does not exist in the cloud provider`);
    try {
      api.delete(nodes, '', name);
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  } else if (!isOn(machine) && !isShutDown(node)) {
    api.update(nodes, { ...node, spec: { ...spec, taints: [...taints, SHUTDOWN] } });
  }
}
