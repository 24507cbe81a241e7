// VolumeRestrictions: disks that only one pod (or one that writes) may have on a node; claims that only one pod may have at all (ReadWriteOncePod).

import type { PersistentVolumeClaim, Pod, Volume } from '../../api/gen/core-v1.ts';
import { persistentVolumeClaims } from '../../resources/core/persistentvolumeclaim.ts';
import { Action, on } from '../cluster-event.ts';
import { definePlugin } from '../framework.ts';
import type { Handle, Plugin } from '../framework.ts';
import { claimNames, claimNotFound } from '../pod-claims.ts';
import type { PodInfo } from '../pod-info.ts';
import { unresolvable, unschedulable } from '../status.ts';

const NAME = 'VolumeRestrictions';
const NO_DISK = unschedulable(NAME, 'node(s) had no available disk');
const IN_USE = unschedulable(
  NAME,
  'node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode already in-use by another pod',
);
const NONE: readonly never[] = [];

interface State {
  readonly disks: readonly Volume[];
  readonly exclusiveClaims: ReadonlySet<string>;
  /** How often they are in use. */
  uses: number;
}

export const makeVolumeRestrictions = ({ api, cache }: Handle): Plugin =>
  definePlugin<State, undefined>({
    name: NAME,
    events: [
      on<Pod>('Pod', Action.Delete, (pod, gone) => gone !== undefined && frees(gone, pod)),
      on('Node', Action.Add),
      on<PersistentVolumeClaim>(
        'PersistentVolumeClaim',
        Action.Add,
        (pod, _before, claim) => claim?.metadata.namespace === pod.metadata.namespace && claimNames(pod).includes(claim!.metadata.name),
      ),
    ],
    preFilter({ pod, info }) {
      const exclusive = new Set<string>();
      for (const name of claimNames(pod)) {
        const claim = api.get(persistentVolumeClaims, info.namespace, name);
        if (!claim) return { status: unresolvable(NAME, claimNotFound(name)) };
        if (claim.spec.accessModes?.includes('ReadWriteOncePod')) exclusive.add(name);
      }
      const disks = (pod.spec.volumes ?? NONE).filter(isDisk);
      let uses = 0;
      for (const name of exclusive) if (cache.isClaimUsed(`${info.namespace}/${name}`)) uses++;
      return disks.length || uses ? { state: { disks, exclusiveClaims: exclusive, uses } } : 'skip';
    },
    filter({ disks, uses }, node) {
      if (disks.length)
        for (const { volumes } of node.pods.values()) if (disks.some((disk) => volumes.some((one) => collides(disk, one)))) return NO_DISK;
      return uses > 0 ? IN_USE : undefined;
    },
    cloneState: (state) => ({ ...state }),
    podAdded: (state, pod, _node, { info }) => change(state, pod, info, 1),
    podRemoved: (state, pod, _node, { info }) => change(state, pod, info, -1),
  });

function change(state: State, { namespace, volumes }: PodInfo, self: PodInfo, by: 1 | -1): void {
  if (namespace !== self.namespace) return;
  for (const { persistentVolumeClaim: claim } of volumes) if (claim && state.exclusiveClaims.has(claim.claimName)) state.uses += by;
}

const isDisk = ({ gcePersistentDisk, awsElasticBlockStore, iscsi, rbd }: Volume): boolean =>
  Boolean(gcePersistentDisk ?? awsElasticBlockStore ?? iscsi ?? rbd);

function collides(a: Volume, b: Volume): boolean {
  if (a.gcePersistentDisk && b.gcePersistentDisk) {
    const [one, other] = [a.gcePersistentDisk, b.gcePersistentDisk];
    if (one.pdName === other.pdName && !(one.readOnly && other.readOnly)) return true;
  }
  if (a.awsElasticBlockStore && a.awsElasticBlockStore.volumeID === b.awsElasticBlockStore?.volumeID) return true;
  if (a.iscsi && b.iscsi && a.iscsi.iqn === b.iscsi.iqn && !(a.iscsi.readOnly && b.iscsi.readOnly)) return true;
  if (!a.rbd || !b.rbd || (a.rbd.readOnly && b.rbd.readOnly)) return false;
  const monitors = new Set(a.rbd.monitors);
  return (b.rbd.monitors ?? NONE).some((monitor) => monitors.has(monitor)) && a.rbd.pool === b.rbd.pool && a.rbd.image === b.rbd.image;
}

/** Whether a pod that is gone had something that another wants. */
function frees(gone: Pod, pod: Pod): boolean {
  if (gone.metadata.namespace !== pod.metadata.namespace) return false;
  const wanted = pod.spec.volumes ?? NONE;
  if ((gone.spec.volumes ?? NONE).some((had) => wanted.some((volume) => isDisk(volume) && collides(volume, had)))) return true;
  const names = new Set(claimNames(pod));
  return claimNames(gone).some((name) => names.has(name));
}
