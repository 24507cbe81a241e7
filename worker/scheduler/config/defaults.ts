// The plugins of a profile: the default ones, with what a configuration adds, takes away and weighs anew. Mirrors kube-scheduler apis/config/v1
// default_plugins.go.

import { EXTENSION_POINTS } from './types.ts';
import type { ExtensionPoint, PluginRef, PluginSet, PluginSets, ProfileConfig } from './types.ts';

/** In the order they run. */
export function defaultPlugins(minor: number): readonly PluginRef[] {
  return [
    { name: 'SchedulingGates' },
    { name: 'PrioritySort' },
    { name: 'NodeUnschedulable' },
    { name: 'NodeName' },
    { name: 'TaintToleration', weight: 3 },
    { name: 'NodeAffinity', weight: 2 },
    { name: 'NodePorts' },
    { name: 'NodeResourcesFit', weight: 1 },
    { name: 'VolumeRestrictions' },
    { name: 'NodeVolumeLimits' },
    { name: 'VolumeBinding' },
    { name: 'VolumeZone' },
    { name: 'PodTopologySpread', weight: 2 },
    { name: 'InterPodAffinity', weight: 2 },
    // Before preemption: giving up an idle claim costs less than evicting a pod.
    { name: 'DynamicResources' },
    { name: 'DefaultPreemption' },
    { name: 'NodeResourcesBalancedAllocation', weight: 1 },
    { name: 'ImageLocality', weight: 1 },
    { name: 'DefaultBinder' },
    ...(minor >= 36 ? [{ name: 'NodeDeclaredFeatures' }] : []),
  ];
}

export function mergePlugins(custom: PluginSets = {}, minor: number): ProfileConfig['plugins'] {
  const out: Partial<Record<ExtensionPoint | 'multiPoint', Required<PluginSet>>> = {
    multiPoint: mergeSet(defaultPlugins(minor), custom.multiPoint),
  };
  for (const point of EXTENSION_POINTS) out[point] = mergeSet([], custom[point]);
  return out as ProfileConfig['plugins'];
}

/** A default plugin that is named again keeps its place, with its new weight; new ones come last. */
function mergeSet(defaults: readonly PluginRef[], { enabled, disabled }: PluginSet = {}): Required<PluginSet> {
  const given = enabled ?? [];
  const off = new Set((disabled ?? []).map(({ name }) => name));
  const kept = off.has('*') ? [] : defaults.filter(({ name }) => !off.has(name));
  const replacing = new Map(given.map((one) => [one.name, one]));
  const replaced = new Set(kept.flatMap(({ name }) => replacing.get(name) ?? []));
  return {
    enabled: [...kept.map((one) => replacing.get(one.name) ?? one), ...given.filter((one) => !replaced.has(one))],
    disabled: (disabled ?? []).map(({ name }) => ({ name })),
  };
}
