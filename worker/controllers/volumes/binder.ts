// Ties claims to volumes, and says of both how they stand. Mirrors pkg/controller/volume/persistentvolume (pv_controller.go): `syncClaim` and `syncVolume`, which
// look at a claim and a volume from either side.
//
// Keys: `claim <namespace>/<name>`, `volume <name>`.

import { watch } from '../../api/controller.ts';
import type { Controller, ControllerContext, Requeue } from '../../api/controller.ts';
import type { PersistentVolume, PersistentVolumeClaim, Pod } from '../../api/gen/core-v1.ts';
import { keyOf, splitKey } from '../../api/object.ts';
import { compareQuantities } from '../../lib/quantity.ts';
import { persistentVolumes } from '../../resources/core/persistentvolume.ts';
import { persistentVolumeClaims } from '../../resources/core/persistentvolumeclaim.ts';
import { podTerm } from '../../resources/core/pod-terms.ts';
import { pods } from '../../resources/core/pod.ts';
import {
  claimTerm,
  classOfClaim,
  findMatchingVolume,
  isVolumeOf,
  volumeAnnotation,
  volumeTerm,
} from '../../resources/core/volume-claims.ts';
import { storageClasses } from '../../resources/storage/storageclass.ts';
import { isDefaultClass } from '../../resources/storage/storageclass.ts';
import { bind, setClaimPhase, setVolumePhase, unbind } from './bind.ts';
import { durationFlag } from '../flags.ts';
import { CLASS_ERRORS, CLASSES_ASSIGNED } from '../meters.ts';
import { isExpected } from '../pod-control.ts';
import { provision } from './provision.ts';
import { reclaim } from './reclaim.ts';
import { RECYCLER_PREFIX } from './recycler.ts';

/** How often a claim that waits is looked at again: upstream's resync. */
const RESYNC_MS = 15_000;

export const persistentVolumeBinder: Controller = {
  name: 'persistentvolume-binder',
  component: 'kube-controller-manager',
  serviceAccount: 'persistent-volume-binder',
  reporter: 'persistentvolume-controller',
  watches: [
    watch(persistentVolumeClaims, function* (claim, _previous, _reader, type) {
      if (type !== 'deleted') yield `claim ${keyOf(claim)}`;
      if (claim.spec.volumeName) yield `volume ${claim.spec.volumeName}`;
    }),
    watch(persistentVolumes, function* (volume, _previous, reader, type) {
      if (type !== 'deleted') yield `volume ${volume.metadata.name}`;
      const { claimRef } = volume.spec;
      if (claimRef?.name) yield `claim ${claimRef.namespace}/${claimRef.name}`;
      // A volume that became free may be what others wait for.
      if (type === 'deleted' || volume.status.phase === 'Available') {
        for (const claim of reader.lookup(persistentVolumeClaims, claimTerm.class(volume.spec.storageClassName ?? '')))
          if (!claim.spec.volumeName) yield `claim ${keyOf(claim)}`;
        for (const claim of reader.lookup(persistentVolumeClaims, claimTerm.volume(volume.metadata.name))) yield `claim ${keyOf(claim)}`;
      }
    }),
    watch(storageClasses, function* (storageClass, _previous, reader) {
      for (const name of ['', storageClass.metadata.name])
        for (const claim of reader.lookup(persistentVolumeClaims, claimTerm.class(name)))
          if (!claim.spec.volumeName) yield `claim ${keyOf(claim)}`;
    }),
    watch(pods, ({ metadata, status }) =>
      metadata.name.startsWith(RECYCLER_PREFIX) && (status.phase === 'Succeeded' || status.phase === 'Failed')
        ? [`volume ${metadata.name.slice(RECYCLER_PREFIX.length)}`]
        : [],
    ),
  ],
  reconcile(key, context) {
    const [what = '', name = ''] = key.split(' ');
    if (what === 'volume') {
      const volume = context.api.get(persistentVolumes, '', name);
      return volume && syncVolume(volume, context);
    }
    const { namespace, name: claimName } = splitKey(name);
    const claim = context.api.get(persistentVolumeClaims, namespace, claimName);
    return claim && syncClaim(claim, context);
  },
};

function syncClaim(claim: PersistentVolumeClaim, context: ControllerContext): Requeue | undefined {
  if (claim.metadata.annotations?.[volumeAnnotation.bindCompleted] !== undefined) {
    syncBoundClaim(claim, context);
    return undefined;
  }
  const named = withDefaultClass(claim, context);
  const isDone = named.spec.volumeName ? syncNamedClaim(named, context) : syncOpenClaim(named, context);
  return isDone ? undefined : { after: durationFlag(context, 'pvclaimbinder-sync-period', RESYNC_MS), background: true };
}

/** A claim that names no class, not even '', gets the default one as soon as there is one. */
function withDefaultClass(claim: PersistentVolumeClaim, { api, meters }: ControllerContext): PersistentVolumeClaim {
  if (claim.spec.storageClassName !== undefined || claim.metadata.annotations?.[volumeAnnotation.storageClass] !== undefined) return claim;
  if (claim.spec.volumeName) return claim;
  const [newest] = api
    .list(storageClasses)
    .filter(isDefaultClass)
    .sort(
      ({ metadata: a }, { metadata: b }) =>
        ((b.creationTimestamp ?? '') < (a.creationTimestamp ?? '')
          ? -1
          : (b.creationTimestamp ?? '') > (a.creationTimestamp ?? '')
            ? 1
            : 0) || (a.name < b.name ? -1 : 1),
    );
  if (!newest) return claim;
  try {
    const next = api.update(persistentVolumeClaims, { ...claim, spec: { ...claim.spec, storageClassName: newest.metadata.name } });
    meters.add(CLASSES_ASSIGNED);
    return next;
  } catch (error) {
    if (isExpected(error)) meters.add(CLASS_ERRORS);
    throw error;
  }
}

/** Looks for a volume. True if one was found. */
function syncOpenClaim(claim: PersistentVolumeClaim, context: ControllerContext): boolean {
  const { api } = context;
  const className = classOfClaim(claim);
  const storageClass = className ? api.get(storageClasses, '', className) : undefined;
  const isDelayed = storageClass?.volumeBindingMode === 'WaitForFirstConsumer';
  const candidates = api.lookup(persistentVolumes, volumeTerm.class(className));
  const own = api.lookup(persistentVolumes, volumeTerm.claim(keyOf(claim)));
  const all = [...own, ...candidates.filter(({ metadata }) => !own.some((one) => one.metadata.name === metadata.name))];
  const volume = findMatchingVolume(
    claim,
    all.filter((one) => hasModes(one, claim)),
    undefined,
    new Set(),
    isDelayed,
  );
  if (volume) {
    bind(volume, claim, context);
    return true;
  }
  const isChosen = claim.metadata.annotations?.[volumeAnnotation.selectedNode] !== undefined;
  if (isDelayed && !isChosen) tellWaiting(claim, context);
  else if (className) {
    if (provision(claim, className, storageClass, context)) return false;
  } else context.event(claim, 'Normal', 'FailedBinding', 'no persistent volumes available for this claim and no storage class is set');
  setClaimPhase(
    api.get(persistentVolumeClaims, claim.metadata.namespace ?? '', claim.metadata.name) ?? claim,
    'Pending',
    undefined,
    context,
  );
  return false;
}

const hasModes = ({ spec }: PersistentVolume, claim: PersistentVolumeClaim): boolean =>
  (claim.spec.accessModes ?? []).every((mode) => spec.accessModes?.includes(mode));

function tellWaiting(claim: PersistentVolumeClaim, { api, event }: ControllerContext): void {
  const waiting = api.lookup(pods, podTerm.claim(keyOf(claim))).find((pod: Pod) => !pod.spec.nodeName && pod.status.phase === 'Pending');
  if (waiting) event(claim, 'Normal', 'WaitForPodScheduled', `waiting for pod ${waiting.metadata.name} to be scheduled`);
  else event(claim, 'Normal', 'WaitForFirstConsumer', 'waiting for first consumer to be created before binding');
}

/** The claim names a volume, and is not tied to it yet. True if it is now. */
function syncNamedClaim(claim: PersistentVolumeClaim, context: ControllerContext): boolean {
  const name = claim.spec.volumeName!;
  const volume = context.api.get(persistentVolumes, '', name);
  if (!volume) {
    setClaimPhase(claim, 'Pending', undefined, context);
    return false;
  }
  if (!volume.spec.claimRef) {
    const mismatch = mismatchOf(volume, claim);
    if (mismatch) {
      context.event(claim, 'Warning', 'VolumeMismatch', `Cannot bind to requested volume "${name}": ${mismatch}`);
      setClaimPhase(claim, 'Pending', undefined, context);
      return false;
    }
    bind(volume, claim, context);
    return true;
  }
  if (isVolumeOf(volume, claim)) {
    bind(volume, claim, context);
    return true;
  }
  if (claim.metadata.annotations?.[volumeAnnotation.boundByController] === undefined) {
    context.event(claim, 'Warning', 'FailedBinding', `volume "${name}" already bound to a different claim.`);
    setClaimPhase(claim, 'Pending', undefined, context);
  }
  return false;
}

function mismatchOf({ spec }: PersistentVolume, claim: PersistentVolumeClaim): string | undefined {
  if (compareQuantities(spec.capacity?.['storage'], claim.spec.resources.requests?.['storage']) < 0) return 'requested PV is too small';
  if ((spec.storageClassName ?? '') !== classOfClaim(claim)) return 'storageClassName does not match';
  if ((spec.volumeAttributesClassName ?? '') !== (claim.spec.volumeAttributesClassName ?? ''))
    return 'volumeAttributesClassName does not match';
  if ((spec.volumeMode ?? 'Filesystem') !== (claim.spec.volumeMode ?? 'Filesystem')) return 'incompatible volumeMode';
  return (claim.spec.accessModes ?? []).every((mode) => spec.accessModes?.includes(mode)) ? undefined : 'incompatible accessMode';
}

/** The claim was tied to a volume before: it keeps it, or has lost it. */
function syncBoundClaim(claim: PersistentVolumeClaim, context: ControllerContext): void {
  const lost = (reason: string, message: string): void => setClaimPhase(claim, 'Lost', undefined, context, { reason, message });
  const name = claim.spec.volumeName;
  if (!name) return lost('ClaimLost', 'Bound claim has lost reference to PersistentVolume. Data on the volume is lost!');
  const volume = context.api.get(persistentVolumes, '', name);
  if (!volume) return lost('ClaimLost', 'Bound claim has lost its PersistentVolume. Data on the volume is lost!');
  const { claimRef } = volume.spec;
  if (!claimRef || claimRef.uid === claim.metadata.uid) return bind(volume, claim, context);
  return lost('ClaimMisbound', 'Two claims are bound to the same volume, this one is bound incorrectly');
}

function syncVolume(volume: PersistentVolume, context: ControllerContext): Requeue | undefined {
  const { claimRef } = volume.spec;
  if (!claimRef || !claimRef.uid) {
    setVolumePhase(volume, 'Available', context);
    return undefined;
  }
  const { namespace = '', name = '' } = claimRef;
  const found = context.api.get(persistentVolumeClaims, namespace, name);
  const claim = found?.metadata.uid === claimRef.uid ? found : undefined;
  if (!claim) {
    const { phase } = volume.status;
    const released = phase === 'Released' || phase === 'Failed' ? volume : setVolumePhase(volume, 'Released', context);
    return reclaim(released, context);
  }
  if (!claim.spec.volumeName) {
    if ((claim.spec.volumeMode ?? 'Filesystem') !== (volume.spec.volumeMode ?? 'Filesystem')) {
      const what = 'due to incompatible volumeMode.';
      context.event(
        volume,
        'Warning',
        'VolumeMismatch',
        `Cannot bind PersistentVolume to requested PersistentVolumeClaim "${name}" ${what}`,
      );
      context.event(
        claim,
        'Warning',
        'VolumeMismatch',
        `Cannot bind PersistentVolume "${volume.metadata.name}" to requested PersistentVolumeClaim ${what}`,
      );
      return undefined;
    }
    context.enqueue(`claim ${keyOf(claim)}`);
    return undefined;
  }
  if (claim.spec.volumeName === volume.metadata.name) {
    setVolumePhase(volume, 'Bound', context);
    return undefined;
  }
  // The claim has another volume by now.
  if (
    volume.metadata.annotations?.['pv.kubernetes.io/provisioned-by'] !== undefined &&
    volume.spec.persistentVolumeReclaimPolicy === 'Delete'
  ) {
    return reclaim(volume.status.phase === 'Released' ? volume : setVolumePhase(volume, 'Released', context), context);
  }
  unbind(volume, context);
  return undefined;
}
