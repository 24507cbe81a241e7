// The configuration of a kubelet: /var/lib/kubelet/config.yaml of its machine, as it was when the kubelet started last. Mirrors
// pkg/kubelet/apis/config/{v1beta1,validation} and the complaints of cmd/kubelet.

import type { World } from '../../world/world.ts';

export interface KubeletConfig {
  readonly maxPods: number;
  readonly staticPodPath: string;
  /** Servers of names for pods; undefined for the cluster's. */
  readonly clusterDns?: readonly string[];
  readonly clusterDomain?: string;
  /** By signal: `memory.available` → `100Mi` or `10%`. */
  readonly evictionHard: Readonly<Record<string, string>>;
  /** ms */
  readonly pressureTransitionMs: number;
}

export const DEFAULT_CONFIG: KubeletConfig = {
  maxPods: 110,
  staticPodPath: '/etc/kubernetes/manifests',
  evictionHard: {
    'memory.available': '100Mi',
    'nodefs.available': '10%',
    'nodefs.inodesFree': '5%',
    'imagefs.available': '15%',
    'imagefs.inodesFree': '5%',
  },
  pressureTransitionMs: 5 * 60_000,
};

const SCOPE = 'kubelet-config';

export const kubeletConfig = (world: World, machine: string): KubeletConfig =>
  world.state.get<KubeletConfig>(SCOPE, machine) ?? DEFAULT_CONFIG;

export function noteConfig(world: World, machine: string, config: KubeletConfig | undefined): void {
  if (config) world.state.set(SCOPE, machine, config);
  else if (world.state.get(SCOPE, machine) !== undefined) world.state.delete(SCOPE, machine);
}
