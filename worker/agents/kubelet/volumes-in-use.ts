// Which attachable volumes a node has in use: from when a pod of it wants one, until nothing there has it mounted any more. The kubelet tells it with the next of its
// node statuses, and mounts nothing before; the attach/detach controller takes nothing away that is told. Mirrors GetVolumesInUse of pkg/kubelet/volumemanager and
// VolumesInUse of pkg/kubelet/nodestatus.
//
// Keys: names of machines.

import { watch } from '../../api/controller.ts';
import type { Controller, ControllerContext, Requeue } from '../../api/controller.ts';
import type { PersistentVolume, Pod } from '../../api/gen/core-v1.ts';
import { keyOf, splitKey } from '../../api/object.ts';
import type { ClusterReader } from '../../api/resource.ts';
import { isEqual } from '../../lib/json.ts';
import { nodes } from '../../resources/core/node.ts';
import { persistentVolumes } from '../../resources/core/persistentvolume.ts';
import { persistentVolumeClaims } from '../../resources/core/persistentvolumeclaim.ts';
import { isTerminal } from '../../resources/core/pod-state.ts';
import { claimKeysOf, podTerm } from '../../resources/core/pod-terms.ts';
import { pods } from '../../resources/core/pod.ts';
import { needsAttachment, nodesOfDriver, volumeOfClaim, volumeUniqueName } from '../../resources/storage/attachments.ts';
import { csiDrivers } from '../../resources/storage/csidriver.ts';
import { isServiceActive } from '../../world/machine.ts';
import type { Machine } from '../../world/machine.ts';
import type { World } from '../../world/world.ts';
import { diskId } from './claims.ts';
import { isCutOff } from './kubeconfig.ts';

export const VOLUMES_IN_USE = 'kubelet-volumes-in-use';

/** `nodeStatusUpdateFrequency`. */
const STATUS_MS = 10_000;

export const makeVolumesInUse = (world: World): Controller => ({
  name: VOLUMES_IN_USE,
  component: 'kubelet',
  watches: [
    watch(pods, (pod, previous, _reader, type) => {
      const { nodeName } = pod.spec;
      if (!nodeName) return [];
      const isNews = type === 'deleted' || previous?.spec.nodeName !== nodeName || isTerminal(pod) !== isTerminal(previous);
      return isNews && claimKeysOf(pod).length ? [nodeName] : [];
    }),
    watch(persistentVolumeClaims, (claim, previous, reader) =>
      claim.status.phase === 'Bound' && previous?.status.phase !== 'Bound'
        ? reader.lookup(pods, podTerm.claim(keyOf(claim))).flatMap(({ spec }) => spec.nodeName ?? [])
        : [],
    ),
    watch(csiDrivers, (driver, _previous, reader, type) => nodesOfDriver(driver, reader, type)),
  ],
  reconcile(name, context) {
    const machine = world.machines.get(name);
    const mayTell = machine && isServiceActive(machine, 'kubelet') && !isCutOff(world, name) && context.isApiUp();
    return mayTell ? tell(context, world, machine) : undefined;
  },
});

/** What is not told yet is told with the next status. */
function tell(context: ControllerContext, world: World, machine: Machine): Requeue | undefined {
  const { api, state, now } = context;
  const { name } = machine;
  const node = api.get(nodes, '', name);
  if (!node) return undefined;
  const known = node.status.volumesInUse ?? [];
  const { wanted, isLeaving } = inUse(api, world, name, known);
  const later = isLeaving ? { after: STATUS_MS } : undefined;
  if (isEqual(known, wanted)) {
    state.delete(name);
    return later;
  }
  const begun = machine.services['kubelet']?.since ?? machine.bootedAt;
  const due = state.get<number>(name) ?? now() + STATUS_MS - ((now() - begun) % STATUS_MS);
  if (due > now()) {
    state.set(name, due);
    return { after: due - now() };
  }
  state.delete(name);
  const { volumesInUse: _, ...status } = node.status;
  api.updateStatus(nodes, { ...node, status: { ...status, ...(wanted.length && { volumesInUse: wanted }) } });
  return later;
}

/** `isLeaving`: something is mounted whose pod is gone; nobody tells when it ends. */
function inUse(api: ClusterReader, world: World, node: string, known: readonly string[]): { wanted: string[]; isLeaving: boolean } {
  const wanted = new Set(
    api
      .lookup(pods, podTerm.node(node))
      .filter((pod) => !isTerminal(pod))
      .flatMap((pod) => attachableOf(api, pod))
      .map(volumeUniqueName),
  );
  const leaving = known.some((one) => !wanted.has(one)) ? mountedOn(api, world, node) : [];
  for (const volume of leaving) wanted.add(volumeUniqueName(volume));
  return { wanted: [...wanted].sort(), isLeaving: leaving.length > 0 };
}

const attachableOf = (api: ClusterReader, pod: Pod): PersistentVolume[] =>
  claimKeysOf(pod).flatMap((key) => {
    const { namespace, name } = splitKey(key);
    const volume = volumeOfClaim(api, namespace, name);
    return volume && needsAttachment(api, volume) ? volume : [];
  });

/** Volumes that a container which still runs has mounted. */
function mountedOn(api: ClusterReader, world: World, node: string): PersistentVolume[] {
  const ids = new Set<string>();
  for (const { containers } of world.sandboxes.find('machine', node))
    for (const { state, mounts } of containers)
      if (state === 'running') for (const { source } of mounts) if (source.type === 'volume') ids.add(source.id);
  if (![...ids].some((id) => id.startsWith(diskId('')))) return [];
  return api.list(persistentVolumes).filter((volume) => ids.has(diskId(volume.metadata.uid)) && needsAttachment(api, volume));
}

/** Pods that may have waited until their node said what it has in use. */
export function* waitersFor(reader: ClusterReader, node: string): Iterable<string> {
  for (const pod of reader.lookup(pods, podTerm.node(node)))
    if (pod.status.phase === 'Pending' && claimKeysOf(pod).length) yield keyOf(pod);
}
