// VolumeZone: a pod with a volume of a zone goes to a node of that zone. For volumes that say so by their labels.

import type { Node, PersistentVolume, PersistentVolumeClaim, Pod } from '../../api/gen/core-v1.ts';
import type { StorageClass } from '../../api/gen/storage-v1.ts';
import { isEqual } from '../../lib/json.ts';
import { persistentVolumes } from '../../resources/core/persistentvolume.ts';
import { persistentVolumeClaims } from '../../resources/core/persistentvolumeclaim.ts';
import { classOfClaim } from '../../resources/core/volume-claims.ts';
import { storageClasses } from '../../resources/storage/storageclass.ts';
import { Action, on } from '../cluster-event.ts';
import { definePlugin } from '../framework.ts';
import type { Handle, Plugin } from '../framework.ts';
import { claimNames, claimNotFound } from '../pod-claims.ts';
import { labelOf } from '../pod-info.ts';
import { unresolvable } from '../status.ts';

const NAME = 'VolumeZone';
const REFUSED = unresolvable(NAME, 'node(s) had no available volume zone');

/** Beta labels, and what they are called now. */
const TOPOLOGY_LABELS: ReadonlyMap<string, string> = new Map([
  ['failure-domain.beta.kubernetes.io/zone', 'topology.kubernetes.io/zone'],
  ['failure-domain.beta.kubernetes.io/region', 'topology.kubernetes.io/region'],
  ['topology.kubernetes.io/zone', 'topology.kubernetes.io/zone'],
  ['topology.kubernetes.io/region', 'topology.kubernetes.io/region'],
]);

interface Topology {
  readonly key: string;
  readonly values: readonly string[];
}

export const makeVolumeZone = ({ api }: Handle): Plugin =>
  definePlugin<readonly Topology[], undefined>({
    name: NAME,
    events: [
      on<StorageClass>('StorageClass', Action.Add, (_pod, _before, after) => after?.volumeBindingMode === 'WaitForFirstConsumer'),
      on<Node>('Node', Action.Add | Action.UpdateNodeLabel),
      on<PersistentVolumeClaim>('PersistentVolumeClaim', Action.Add | Action.Update, (pod, _before, after) => isNamedBy(pod, after!)),
      on<PersistentVolume>(
        'PersistentVolume',
        Action.Add | Action.Update,
        (_pod, before, after) => !before || !isEqual(topologiesOf(before), topologiesOf(after!)),
      ),
    ],
    preFilter({ pod, info: { namespace } }) {
      const topologies: Topology[] = [];
      for (const name of claimNames(pod)) {
        const found = topologiesOfClaim(api, namespace, name);
        if (typeof found === 'string') return { status: unresolvable(NAME, found) };
        topologies.push(...found);
      }
      return topologies.length ? { state: topologies } : 'skip';
    },
    filter(topologies, { labels }) {
      const isAnywhere = [...TOPOLOGY_LABELS.keys()].some((key) => labelOf(labels, key) !== undefined);
      if (!isAnywhere) return undefined;
      for (const { key, values } of topologies) {
        const value = labelOf(labels, key) ?? labelOf(labels, TOPOLOGY_LABELS.get(key)!);
        if (value === undefined || !values.includes(value)) return REFUSED;
      }
      return undefined;
    },
  });

/** Or why there is no telling. */
function topologiesOfClaim(api: Handle['api'], namespace: string, name: string): readonly Topology[] | string {
  if (!name) return 'PersistentVolumeClaim had no name';
  const claim = api.get(persistentVolumeClaims, namespace, name);
  if (!claim) return claimNotFound(name);
  const { volumeName } = claim.spec;
  if (volumeName) {
    const volume = api.get(persistentVolumes, '', volumeName);
    return volume ? topologiesOf(volume) : `persistentvolume "${volumeName}" not found`;
  }
  const className = classOfClaim(claim);
  if (!className) return 'PersistentVolumeClaim had no pv name and storageClass name';
  const storageClass = api.get(storageClasses, '', className);
  if (!storageClass) return `storageclass.storage.k8s.io "${className}" not found`;
  if (!storageClass.volumeBindingMode) return `VolumeBindingMode not set for StorageClass "${className}"`;
  return storageClass.volumeBindingMode === 'WaitForFirstConsumer' ? [] : 'PersistentVolume had no name';
}

/** Several zones are joined by `__`; what is malformed says nothing. */
function topologiesOf({ metadata: { labels = {} } }: PersistentVolume): readonly Topology[] {
  return [...TOPOLOGY_LABELS.keys()].flatMap((key) => {
    const values = labelOf(labels, key)
      ?.split('__')
      .map((value) => value.trim());
    return values?.every(Boolean) ? [{ key, values }] : [];
  });
}

const isNamedBy = (pod: Pod, { metadata: { namespace, name } }: PersistentVolumeClaim): boolean =>
  namespace === pod.metadata.namespace && claimNames(pod).includes(name);
