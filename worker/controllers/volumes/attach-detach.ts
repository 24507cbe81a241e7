// Attaches the volumes of a node's pods to it, by a VolumeAttachment each, and detaches what no pod there needs any more. Mirrors pkg/controller/volume/attachdetach
// and the attacher of pkg/volume/csi.
//
// Keys: names of nodes.

import { watch } from '../../api/controller.ts';
import type { ClusterApi, Controller, ControllerContext, Requeue } from '../../api/controller.ts';
import type { Node, PersistentVolume, Pod } from '../../api/gen/core-v1.ts';
import type { VolumeAttachment } from '../../api/gen/storage-v1.ts';
import { isTerminating } from '../../api/object.ts';
import type { ClusterReader } from '../../api/resource.ts';
import { isTrue } from '../../lib/go-bool.ts';
import { isEqual } from '../../lib/json.ts';
import { nodes } from '../../resources/core/node.ts';
import { persistentVolumes } from '../../resources/core/persistentvolume.ts';
import { isTerminal } from '../../resources/core/pod-state.ts';
import { claimKeysOf, podTerm } from '../../resources/core/pod-terms.ts';
import { pods } from '../../resources/core/pod.ts';
import { splitKey } from '../../api/object.ts';
import { FORCED_DETACHES } from '../meters.ts';
import {
  attachmentName,
  isAttachmentName,
  needsAttachment,
  nodesOfDriver,
  volumeOfClaim,
  volumeUniqueName,
} from '../../resources/storage/attachments.ts';
import { csiDrivers } from '../../resources/storage/csidriver.ts';
import { attachmentTerm, volumeAttachments } from '../../resources/storage/volumeattachment.ts';
import { awaitAttached, endAttempt } from './attach-wait.ts';

/** How long a volume of a node that does not answer, or is no more, is left to it. */
const MAX_UNMOUNT_MS = 6 * 60_000;
const OUT_OF_SERVICE = 'node.kubernetes.io/out-of-service';

export const attachDetach: Controller = {
  name: 'persistentvolume-attach-detach',
  component: 'kube-controller-manager',
  serviceAccount: 'attachdetach-controller',
  watches: [
    watch(pods, (pod, previous, _reader, type) => {
      const { nodeName } = pod.spec;
      if (!nodeName || !claimKeysOf(pod).length) return [];
      const isNews = !previous || type === 'deleted' || previous.spec.nodeName !== nodeName || isTerminal(pod) !== isTerminal(previous);
      return isNews || isTerminating(pod) ? [nodeName] : [];
    }),
    watch(volumeAttachments, function* ({ spec }, _previous, reader, type) {
      yield spec.nodeName;
      if (type === 'deleted') yield* nodesOfUsers(reader, spec.source.persistentVolumeName);
    }),
    watch(persistentVolumes, ({ metadata, status }, previous, reader) =>
      status.phase === 'Bound' && previous?.status.phase !== 'Bound' ? nodesOfUsers(reader, metadata.name) : [],
    ),
    watch(csiDrivers, (driver, _previous, reader, type) => nodesOfDriver(driver, reader, type)),
    watch(nodes, (node, previous, reader, type) =>
      (type === 'deleted' || !previous || !isEqual(leave(node), leave(previous))) &&
      reader.countTerm(volumeAttachments, attachmentTerm.node(node.metadata.name))
        ? [node.metadata.name]
        : [],
    ),
  ],
  reconcile: syncNode,
};

interface Wanted {
  readonly volume: PersistentVolume;
  readonly users: Pod[];
}

/** What is remembered of an attachment that nobody wants any more. */
interface Leaving {
  /** Since when. */
  readonly since: number;
  /** What its node said last: it has the volume in use. */
  readonly isInUse: boolean;
}

function syncNode(name: string, context: ControllerContext): Requeue | undefined {
  const { api, state } = context;
  const wanted = wantedOn(name, api);
  const all = api.lookup(volumeAttachments, attachmentTerm.node(name)).filter(isOwn);
  const present = all.filter((one) => !isTerminating(one));
  const node = api.get(nodes, '', name);
  const [kept, leaving]: [VolumeAttachment[], VolumeAttachment[]] = [[], []];
  let next = Infinity;
  for (const attachment of present) {
    const { uid } = attachment.metadata;
    if (wanted.has(attachment.spec.source.persistentVolumeName ?? '')) {
      kept.push(attachment);
      state.delete(uid);
      continue;
    }
    const wait = timeToDetach(attachment, node, context);
    if (wait <= 0) {
      leaving.push(attachment);
      state.delete(uid);
    } else {
      kept.push(attachment);
      next = Math.min(next, wait);
    }
    endAttempt(context, attachment);
  }
  if (node) {
    attachAll(wanted, name, all, context);
    tellAttached(node, kept, wanted, context);
    for (const attachment of all) {
      const { volume, users } = wanted.get(attachment.spec.source.persistentVolumeName ?? '') ?? {};
      if (volume && users) next = Math.min(next, awaitAttached(attachment, volume, users, context));
    }
  }
  // Only when the node no longer says that they are attached.
  for (const { metadata } of leaving) api.delete(volumeAttachments, '', metadata.name);
  return next < Infinity ? { after: next, background: true } : undefined;
}

/** What somebody else attached is theirs to detach. Differs: after a restart upstream takes over those of volumes that there are. */
const isOwn = ({ metadata }: VolumeAttachment): boolean => isAttachmentName(metadata.name);

/** How long a volume that nobody wants is still left to its node (ms): until that says that it does not use it, or does not answer any more. */
function timeToDetach(attachment: VolumeAttachment, node: Node | undefined, context: ControllerContext): number {
  const { state, now, flag } = context;
  const { uid } = attachment.metadata;
  const known = state.get<Leaving>(uid);
  const isInUse = node ? hasInUse(node, attachment, context.api) : (known?.isInUse ?? true);
  if (!isInUse) return 0;
  const force = (reason: string): number => {
    context.meters.add(FORCED_DETACHES, { reason });
    return 0;
  };
  if (node && isOutOfService(node)) return force('out-of-service');
  const since = known?.since ?? now();
  state.set(uid, { since, isInUse } satisfies Leaving);
  if ((node && isReady(node)) || isTrue(flag('disable-force-detach-on-timeout'))) return Infinity;
  const left = since + MAX_UNMOUNT_MS - now();
  return left > 0 ? left : force('timeout');
}

function hasInUse({ status }: Node, { spec }: VolumeAttachment, reader: ClusterReader): boolean {
  const volume = reader.get(persistentVolumes, '', spec.source.persistentVolumeName ?? '');
  return volume?.spec.csi !== undefined && (status.volumesInUse?.includes(volumeUniqueName(volume)) ?? false);
}

/** The volumes that the pods of a node need attached, by their names. */
function wantedOn(node: string, reader: ClusterReader): Map<string, Wanted> {
  const wanted = new Map<string, Wanted>();
  for (const pod of reader.lookup(pods, podTerm.node(node))) {
    if (isTerminal(pod)) continue;
    for (const key of claimKeysOf(pod)) {
      const { namespace, name } = splitKey(key);
      const volume = volumeOfClaim(reader, namespace, name);
      if (!volume || !needsAttachment(reader, volume)) continue;
      const known = wanted.get(volume.metadata.name);
      if (known) known.users.push(pod);
      else wanted.set(volume.metadata.name, { volume, users: [pod] });
    }
  }
  return wanted;
}

/** Of a volume that another node has, the pods that wait for it hear once. */
function attachAll(
  wanted: ReadonlyMap<string, Wanted>,
  node: string,
  present: readonly VolumeAttachment[],
  context: ControllerContext,
): void {
  const { api, event, state } = context;
  const told = state.get<string[]>(`told ${node}`) ?? [];
  const elsewhere: string[] = [];
  for (const { volume, users } of wanted.values()) {
    const { name } = volume.metadata;
    if (present.some(({ spec }) => spec.source.persistentVolumeName === name)) continue;
    const others = api.lookup(volumeAttachments, attachmentTerm.volume(name));
    if (!others.length || isShareable(volume)) {
      attach(volume, node, api);
      continue;
    }
    elsewhere.push(name);
    if (told.includes(name)) continue;
    for (const pod of users) event(pod, 'Warning', 'FailedAttachVolume', multiAttachMessage(volume, others, pod, api));
  }
  if (elsewhere.length) state.set(`told ${node}`, elsewhere);
  else if (told.length) state.delete(`told ${node}`);
}

const attach = (volume: PersistentVolume, node: string, api: ClusterApi): void =>
  void api.create<VolumeAttachment>(volumeAttachments, {
    metadata: { name: attachmentName(volume, node) },
    spec: { attacher: volume.spec.csi!.driver, nodeName: node, source: { persistentVolumeName: volume.metadata.name } },
  });

/** Several nodes may have it. */
const isShareable = ({ spec }: PersistentVolume): boolean =>
  spec.accessModes?.some((mode) => mode === 'ReadWriteMany' || mode === 'ReadOnlyMany') ?? false;

function multiAttachMessage(
  { metadata }: PersistentVolume,
  elsewhere: readonly VolumeAttachment[],
  waiting: Pod,
  api: ClusterReader,
): string {
  const text = `Multi-Attach error for volume ${JSON.stringify(metadata.name)}`;
  const users = elsewhere.flatMap(({ spec }) => wantedOn(spec.nodeName, api).get(metadata.name)?.users ?? []);
  if (!users.length) return `${text} Volume is already exclusively attached to one node and can't be attached to another`;
  // Who may see one namespace is not told of pods in others.
  const near = users.filter((pod) => pod.metadata.namespace === waiting.metadata.namespace).map((pod) => pod.metadata.name);
  const far = users.length - near.length;
  const others = `${far} pod(s) in different namespaces`;
  if (!near.length) return `${text} Volume is already used by ${others}`;
  return `${text} Volume is already used by pod(s) ${near.join(', ')}${far ? ` and ${others}` : ''}`;
}

/** The node says what is attached to it, and the pods hear of it. */
function tellAttached(
  node: Node,
  present: readonly VolumeAttachment[],
  wanted: ReadonlyMap<string, Wanted>,
  { api, event }: ControllerContext,
): void {
  const attached = present.filter(({ status }) => status?.attached);
  const entries = attached.flatMap(({ spec }) => {
    const volume = api.get(persistentVolumes, '', spec.source.persistentVolumeName ?? '');
    return volume?.spec.csi
      ? [
          {
            name: volumeUniqueName(volume),
            devicePath: '',
            volume: volume.metadata.name,
          },
        ]
      : [];
  });
  const known = node.status.volumesAttached ?? [];
  const next = entries.map(({ name, devicePath }) => ({ name, devicePath }));
  if (isEqual(known, next)) return;
  const { volumesAttached: _, ...status } = node.status;
  api.updateStatus(nodes, { ...node, status: { ...status, ...(next.length && { volumesAttached: next }) } });
  for (const { name, volume } of entries) {
    if (known.some((one) => one.name === name)) continue;
    for (const pod of wanted.get(volume)?.users ?? [])
      event(pod, 'Normal', 'SuccessfulAttachVolume', `AttachVolume.Attach succeeded for volume ${JSON.stringify(volume)} `);
  }
}

function nodesOfUsers(reader: ClusterReader, volumeName: string | undefined): string[] {
  const { claimRef } = reader.get(persistentVolumes, '', volumeName ?? '')?.spec ?? {};
  if (!claimRef) return [];
  return reader.lookup(pods, podTerm.claim(`${claimRef.namespace}/${claimRef.name}`)).flatMap(({ spec }) => spec.nodeName || []);
}

const isReady = ({ status }: Node): boolean => status.conditions?.find(({ type }) => type === 'Ready')?.status === 'True';

const isOutOfService = ({ spec }: Node): boolean => spec.taints?.some(({ key }) => key === OUT_OF_SERVICE) ?? false;

/** What of a node says when volumes may be taken from it. */
const leave = (node: Node): unknown[] => [isReady(node), isOutOfService(node), node.status.volumesInUse];
