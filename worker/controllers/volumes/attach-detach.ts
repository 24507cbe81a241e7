// Attaches the volumes of a node's pods to it, by a VolumeAttachment each, and detaches what no pod there needs any more. Mirrors pkg/controller/volume/attachdetach
// and the attacher of pkg/volume/csi.
//
// Keys: names of nodes.

import { watch } from '../../api/controller.ts';
import type { Controller, ControllerContext, Requeue } from '../../api/controller.ts';
import type { Node, PersistentVolume, Pod } from '../../api/gen/core-v1.ts';
import type { VolumeAttachment } from '../../api/gen/storage-v1.ts';
import { isTerminating } from '../../api/object.ts';
import type { ClusterReader } from '../../api/resource.ts';
import { isEqual } from '../../lib/json.ts';
import { nodes } from '../../resources/core/node.ts';
import { persistentVolumes } from '../../resources/core/persistentvolume.ts';
import { persistentVolumeClaims } from '../../resources/core/persistentvolumeclaim.ts';
import { isTerminal } from '../../resources/core/pod-state.ts';
import { claimKeysOf, podTerm } from '../../resources/core/pod-terms.ts';
import { pods } from '../../resources/core/pod.ts';
import { splitKey } from '../../api/object.ts';
import { attachmentName, needsAttachment } from '../../resources/storage/attachments.ts';
import { attachmentTerm, volumeAttachments } from '../../resources/storage/volumeattachment.ts';

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
    watch(nodes, (node, previous, reader, type) =>
      (type === 'deleted' || isHealthy(node) !== (previous && isHealthy(previous))) &&
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

function syncNode(name: string, context: ControllerContext): Requeue | undefined {
  const { api, now, state } = context;
  const wanted = wantedOn(name, api);
  const present = api.lookup(volumeAttachments, attachmentTerm.node(name));
  const node = api.get(nodes, '', name);
  let requeue: Requeue | undefined;
  for (const attachment of present) {
    const id = attachment.metadata.name;
    if (wanted.has(attachment.spec.source.persistentVolumeName ?? '') || isTerminating(attachment)) {
      state.delete(id);
      continue;
    }
    if (!node || !isHealthy(node)) {
      const since = state.get<number>(id) ?? now();
      const wait = since + MAX_UNMOUNT_MS - now();
      const isPatient = context.flag('disable-force-detach-on-timeout') === 'true';
      if (wait > 0 || isPatient) {
        state.set(id, since);
        if (!isPatient) requeue = { after: wait, background: true };
        continue;
      }
    }
    state.delete(id);
    api.delete(volumeAttachments, '', id);
  }
  if (!node) return requeue;
  for (const { volume, users } of wanted.values()) attach(volume, users, name, present, context);
  tellAttached(node, present, wanted, context);
  return requeue;
}

/** The volumes that the pods of a node need attached, by their names. */
function wantedOn(node: string, reader: ClusterReader): Map<string, Wanted> {
  const wanted = new Map<string, Wanted>();
  for (const pod of reader.lookup(pods, podTerm.node(node))) {
    if (isTerminal(pod)) continue;
    for (const key of claimKeysOf(pod)) {
      const { namespace, name } = splitKey(key);
      const claim = reader.get(persistentVolumeClaims, namespace, name);
      const volume = claim?.status.phase === 'Bound' ? reader.get(persistentVolumes, '', claim.spec.volumeName ?? '') : undefined;
      if (!volume || !needsAttachment(reader, volume)) continue;
      const known = wanted.get(volume.metadata.name);
      if (known) known.users.push(pod);
      else wanted.set(volume.metadata.name, { volume, users: [pod] });
    }
  }
  return wanted;
}

function attach(
  volume: PersistentVolume,
  users: readonly Pod[],
  node: string,
  present: readonly VolumeAttachment[],
  { api, event }: ControllerContext,
): void {
  const { name } = volume.metadata;
  if (present.some(({ spec }) => spec.source.persistentVolumeName === name)) return;
  const elsewhere = api.lookup(volumeAttachments, attachmentTerm.volume(name));
  if (elsewhere.length && !isShareable(volume)) {
    const message = multiAttachMessage(volume, elsewhere, users[0]!, api);
    for (const pod of users) event(pod, 'Warning', 'FailedAttachVolume', message);
    return;
  }
  const { driver } = volume.spec.csi!;
  api.create<VolumeAttachment>(volumeAttachments, {
    metadata: { name: attachmentName(volume, node) },
    spec: { attacher: driver, nodeName: node, source: { persistentVolumeName: name } },
  });
}

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
  const users = elsewhere
    .flatMap(({ spec }) => wantedOn(spec.nodeName, api).get(metadata.name)?.users ?? [])
    .filter(({ metadata: { namespace } }) => namespace === waiting.metadata.namespace)
    .map((pod) => pod.metadata.name);
  return users.length
    ? `${text} Volume is already used by pod(s) ${users.join(', ')}`
    : `${text} Volume is already exclusively attached to one node and can't be attached to another`;
}

/** The node says what is attached to it, and the pods hear of it. */
function tellAttached(
  node: Node,
  present: readonly VolumeAttachment[],
  wanted: ReadonlyMap<string, Wanted>,
  { api, event }: ControllerContext,
): void {
  const attached = present.filter(({ metadata, status }) => status?.attached && metadata.deletionTimestamp === undefined);
  const entries = attached.flatMap(({ spec }) => {
    const volume = api.get(persistentVolumes, '', spec.source.persistentVolumeName ?? '');
    return volume?.spec.csi
      ? [
          {
            name: `kubernetes.io/csi/${volume.spec.csi.driver}^${volume.spec.csi.volumeHandle}`,
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

/** One that is out of service has nothing mounted any more. */
const isHealthy = ({ spec, status }: Node): boolean =>
  status.conditions?.find(({ type }) => type === 'Ready')?.status === 'True' ||
  (spec.taints?.some(({ key }) => key === OUT_OF_SERVICE) ?? false);
