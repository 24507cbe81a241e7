// Every plugin, by its name.

import type { Handle, Plugin } from '../framework.ts';
import { makeBalancedAllocation } from './balanced-allocation.ts';
import { makeDefaultBinder } from './default-binder.ts';
import { makeDefaultPreemption } from './default-preemption.ts';
import { makeDynamicResources } from './dynamic-resources.ts';
import { makeImageLocality } from './image-locality.ts';
import { makeInterPodAffinity } from './inter-pod-affinity.ts';
import { makeNodeAffinity } from './node-affinity.ts';
import { makeNodeDeclaredFeatures } from './node-declared-features.ts';
import { makeNodeName } from './node-name.ts';
import { makeNodePorts } from './node-ports.ts';
import { makeNodeResourcesFit } from './node-resources-fit.ts';
import { makeNodeUnschedulable } from './node-unschedulable.ts';
import { makePodTopologySpread } from './pod-topology-spread.ts';
import { makePrioritySort } from './priority-sort.ts';
import { makeSchedulingGates } from './scheduling-gates.ts';
import { makeTaintToleration } from './taint-toleration.ts';
import { makeVolumeZone } from './volume-zone.ts';
import { makeVolumeRestrictions } from './volume-restrictions.ts';
import { makeVolumeBinding } from './volume-binding.ts';
import { makeNodeVolumeLimits } from './node-volume-limits.ts';

type Factory = (handle: Handle, args: never) => Plugin;

export const pluginFactories: ReadonlyMap<string, Factory> = new Map<string, Factory>([
  ['DefaultBinder', makeDefaultBinder],
  ['DefaultPreemption', makeDefaultPreemption],
  ['DynamicResources', makeDynamicResources],
  ['ImageLocality', makeImageLocality],
  ['InterPodAffinity', makeInterPodAffinity],
  ['NodeAffinity', makeNodeAffinity],
  ['NodeDeclaredFeatures', makeNodeDeclaredFeatures],
  ['NodeName', makeNodeName],
  ['NodePorts', makeNodePorts],
  ['NodeResourcesBalancedAllocation', makeBalancedAllocation],
  ['NodeResourcesFit', makeNodeResourcesFit],
  ['NodeUnschedulable', makeNodeUnschedulable],
  ['PodTopologySpread', makePodTopologySpread],
  ['PrioritySort', makePrioritySort],
  ['SchedulingGates', makeSchedulingGates],
  ['TaintToleration', makeTaintToleration],
  ['NodeVolumeLimits', makeNodeVolumeLimits],
  ['VolumeBinding', makeVolumeBinding],
  ['VolumeRestrictions', makeVolumeRestrictions],
  ['VolumeZone', makeVolumeZone],
]);
