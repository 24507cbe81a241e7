// The machines of a new cluster: their names, addresses and roles.

import { POD_NETWORK_IMAGE } from '../world/images/control-plane.ts';
import { PAUSE_IMAGE } from '../world/images/infrastructure.ts';
import { addMachine } from '../world/machine.ts';
import type { Machine } from '../world/machine.ts';
import { storeImage } from '../world/runtime/pull.ts';
import type { World } from '../world/world.ts';
import { IMAGES } from './bootstrap/static-manifests.ts';
import type { ClusterOptions } from './options.ts';
import { versionInfo } from './version.ts';

/** Machines are in 172.18.0.0/16; each has 254 addresses of the pods' range. */
const [FIRST_HOST, PODS_PER_BLOCK] = [2, 256];

export const SERVICE_CIDR = '10.96.0.0/12';
export const API_SERVER_PORT = 6443;
export const CONTROL_PLANE_NODE = 'control-plane';

/** The range of all pods' addresses: what a cluster of this size needs. */
export const podCidrOf = (nodes: number): string => (nodes < 250 ? '10.244.0.0/16' : '10.240.0.0/13');

/** Where the API server is: on the control-plane node, or out of sight. */
export const apiServerAddress = ({ template }: Pick<ClusterOptions, 'template'>): string =>
  template === 'default' ? '172.18.0.2' : '172.18.0.1';

/** `nodes` counts workers; a control plane that can be seen is on a machine more. */
export function addMachines(world: World, options: Pick<ClusterOptions, 'nodes' | 'minor' | 'template'>): Machine[] {
  const { nodes, minor, template } = options;
  const { gitVersion } = versionInfo(minor);
  const firstBlock = nodes < 250 ? 244 * PODS_PER_BLOCK : 240 * PODS_PER_BLOCK;
  const workers = Array.from({ length: nodes }, (_, i) => `${template === 'default' ? 'worker' : 'node'}-${i + 1}`);
  const names = template === 'default' ? [CONTROL_PLANE_NODE, ...workers] : workers;
  return names.map((name, i) => {
    const host = FIRST_HOST + i;
    const block = firstBlock + i;
    const machine = addMachine(world, {
      name,
      role: name === CONTROL_PLANE_NODE ? 'control-plane' : 'worker',
      ip: `172.18.${host >> 8}.${host & 255}`,
      podCidr: `10.${block >> 8}.${block & 255}.0/24`,
      kubeletVersion: gitVersion,
    });
    if (template === 'default') for (const image of imagesOf(machine, gitVersion)) storeImage(world, machine, image);
    return machine;
  });
}

/** What was loaded when the machine was set up. */
function imagesOf({ role }: Machine, version: string): string[] {
  const everywhere = [PAUSE_IMAGE, `registry.k8s.io/kube-proxy:${version}`, POD_NETWORK_IMAGE, IMAGES.coredns];
  if (role !== 'control-plane') return everywhere;
  return [
    ...everywhere,
    IMAGES.etcd,
    ...['kube-apiserver', 'kube-controller-manager', 'kube-scheduler'].map((name) => `registry.k8s.io/${name}:${version}`),
  ];
}
