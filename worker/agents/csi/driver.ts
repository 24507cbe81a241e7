// The driver of Kubarium's own disks: network disks that can be reached from every node, one node at a time. What the loops of this folder share: its name, and
// whether it runs.

import type { Pod } from '../../api/gen/core-v1.ts';
import type { ClusterReader } from '../../api/resource.ts';
import { indexTerm } from '../../api/resource.ts';
import { pods } from '../../resources/core/pod.ts';
import type { World } from '../../world/world.ts';

export const DRIVER = 'disk.csi.kubarium.io';
export const DRIVER_PROGRAM = 'csi-disk';
export const DRIVER_NAMESPACE = 'kube-system';
const [LABEL, APP] = ['app', 'csi-disk'];

/** The pod whose process does the work. */
export function runningDriver(world: World, reader: ClusterReader): Pod | undefined {
  return reader
    .lookup(pods, indexTerm.labelIn(DRIVER_NAMESPACE, LABEL, APP))
    .find(({ metadata }) =>
      world.sandboxes
        .find('pod', metadata.uid)
        .some(({ containers }) => containers.some(({ main, state }) => main === DRIVER_PROGRAM && state === 'running')),
    );
}

export const isDriverPod = ({ metadata }: Pod): boolean => metadata.namespace === DRIVER_NAMESPACE && metadata.labels?.[LABEL] === APP;
