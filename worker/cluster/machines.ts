// The machines of a new cluster: their names, addresses and roles.

import { addMachine } from '../world/machine.ts';
import type { Machine } from '../world/machine.ts';
import type { World } from '../world/world.ts';
import type { ClusterOptions } from './cluster.ts';
import { versionInfo } from './version.ts';

/** Machines are in 172.18.0.0/16; each has 254 addresses of the pods' range. */
const [FIRST_HOST, PODS_PER_BLOCK] = [2, 256];

/** The range of all pods' addresses: what a cluster of this size needs. */
export const podCidrOf = (nodes: number): string => (nodes < 250 ? '10.244.0.0/16' : '10.240.0.0/13');

export function addMachines(world: World, { nodes, minor }: Pick<ClusterOptions, 'nodes' | 'minor'>): Machine[] {
  const { gitVersion } = versionInfo(minor);
  const firstBlock = nodes < 250 ? 244 * PODS_PER_BLOCK : 240 * PODS_PER_BLOCK;
  return Array.from({ length: nodes }, (_, i) => {
    const host = FIRST_HOST + i;
    const block = firstBlock + i;
    return addMachine(world, {
      name: `node-${i + 1}`,
      role: 'worker',
      ip: `172.18.${host >> 8}.${host & 255}`,
      podCidr: `10.${block >> 8}.${block & 255}.0/24`,
      kubeletVersion: gitVersion,
    });
  });
}
