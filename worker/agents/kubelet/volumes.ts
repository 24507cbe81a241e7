// The volumes of a pod: what is behind each, and what the kubelet puts into those that it fills. Mirrors pkg/volume/{configmap,secret,downwardapi,projected,emptydir,hostpath} and
// the atomic writer of pkg/volume/util.

import type { DownwardAPIVolumeFile, KeyToPath, Pod, ServiceAccountTokenProjection, Volume } from '../../api/gen/core-v1.ts';
import { isEqual } from '../../lib/json.ts';
import { quantityValue } from '../../lib/quantity.ts';
import { byteString, flat, fromBase64 } from '../../lib/text.ts';
import { nodes } from '../../resources/core/node.ts';
import { dropVolume, volumeTree } from '../../world/files/container-files.ts';
import type { Inode } from '../../world/files/inode.ts';
import { placeOfVolume } from '../../world/files/mount.ts';
import type { MountSource } from '../../world/files/mount.ts';
import type { Tree } from '../../world/files/tree.ts';
import type { World } from '../../world/world.ts';
import { configMapData, ConfigError, secretOf } from './environment.ts';
import { FieldRefError, fieldValue, resourceValue } from './field-ref.ts';
import { claimSource, giveSize } from './claims.ts';
import { setUpHostPath } from './host-path.ts';
import { renewalOf, tokenOf } from './tokens.ts';
import type { PodSync } from './worker.ts';

export const volumeId = (pod: Pod, name: string): string => flat(`${pod.metadata.uid}/${name}`);

/** The volume that service accounts' tokens come in. Every pod has it, and few look into it. */
const isTokenVolume = ({ name, projected }: Volume): boolean => name.startsWith('kube-api-access-') && projected !== undefined;

/** Sets up every volume of a pod. Gives what is wrong with the first that cannot be. */
export function setUpVolumes(sync: PodSync): string | Unattached | undefined {
  for (const volume of sync.pod.spec.volumes ?? []) {
    const problem = setUp(sync, volume);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function setUp(sync: PodSync, volume: Volume): string | Unattached | undefined {
  if (isTokenVolume(volume)) return undefined;
  try {
    if (volume.persistentVolumeClaim || volume.ephemeral) {
      claimSource(sync, volume);
      return undefined;
    }
    if (volume.emptyDir?.medium === 'Memory') giveSize(sync.world, volumeId(sync.pod, volume.name), memorySize(sync, volume.emptyDir));
    if (volume.hostPath) setUpHostPath(sync, volume.hostPath);
    const payload = payloadOf(sync, volume);
    if (payload) writeAtomically(sync, volumeId(sync.pod, volume.name), payload, volume.secret ? 0o1777 : 0o777);
    return undefined;
  } catch (error) {
    if (!(error instanceof ConfigError || error instanceof FieldRefError)) throw error;
    if (error instanceof Unattached) return error;
    return error instanceof UnboundClaim
      ? error.message
      : `MountVolume.SetUp failed for volume ${JSON.stringify(volume.name)} : ${error.message}`;
  }
}

/** A volume in memory holds what it may, or as much as its pod, or its node, may have. Mirrors calculateEmptyDirMemorySize of pkg/volume/emptydir. */
function memorySize({ context, machine, pod }: PodSync, { sizeLimit }: NonNullable<Volume['emptyDir']>): number {
  const node = context.api.get(nodes, '', machine.name)?.status.allocatable?.['memory'];
  const limits = pod.spec.containers.map(({ resources }) => quantityValue(resources.limits?.['memory']));
  const ofPod = quantityValue(pod.spec.resources?.limits?.['memory']) || (limits.every(Boolean) ? limits.reduce((a, b) => a + b) : 0);
  return Math.min(...[node === undefined ? machine.memory : quantityValue(node), ofPod, quantityValue(sizeLimit)].filter((one) => one > 0));
}

/** A claim that cannot be mounted yet. */
export class UnboundClaim extends ConfigError {}

/** Waits until its volume is attached to the node; `message` is the volume's name in the pod. */
export class Unattached extends ConfigError {}

/** Fills a volume that nobody had looked into before. */
export function fillLazily(sync: PodSync, name: string): void {
  const volume = sync.pod.spec.volumes?.find((one) => one.name === name);
  const payload = volume && payloadOf(sync, volume);
  if (payload) writeAtomically(sync, volumeId(sync.pod, name), payload, 0o1777);
}

/** Whether volumes of a pod that show its labels and annotations show others now. */
export const tellsOtherwise = ({ metadata, spec }: Pod, { metadata: old }: Pod): boolean =>
  spec.nodeName !== undefined &&
  (spec.volumes ?? []).some(
    (one) => !isTokenVolume(one) && (one.downwardAPI ?? one.projected?.sources?.some(({ downwardAPI }) => downwardAPI)),
  ) &&
  !(isEqual(metadata.labels, old.labels) && isEqual(metadata.annotations, old.annotations));

/** Writes anew what ConfigMaps, Secrets and the pod's own fields say now, and tokens whose time has come. */
export function refreshVolumes(sync: PodSync): void {
  for (const volume of sync.pod.spec.volumes ?? [])
    if (!isTokenVolume(volume)) setUp(sync, volume);
    else if (volumeTree(sync.world, volumeId(sync.pod, volume.name)).bytes) fillLazily(sync, volume.name);
}

export function dropVolumes(sync: Pick<PodSync, 'world'>, uid: string, names: readonly string[]): void {
  for (const name of names) dropVolume(sync.world, `${uid}/${name}`);
}

/** Where a mount of a volume comes from. Throws ConfigError. */
export function sourceOf(sync: PodSync, name: string, subPath: string): MountSource {
  const { pod } = sync;
  const volume = pod.spec.volumes?.find((one) => one.name === name);
  if (!volume) throw new ConfigError(`cannot find volume ${JSON.stringify(name)} to mount into container`);
  const within = subPath ? { subPath } : {};
  if (volume.hostPath)
    return { type: 'host', path: subPath ? `${volume.hostPath.path.replace(/\/+$/, '')}/${subPath}` : volume.hostPath.path };
  if (volume.image) return { type: 'image', image: volume.image.reference ?? '', ...within };
  if (volume.persistentVolumeClaim || volume.ephemeral) return claimSource(sync, volume, { subPath });
  const memory = volume.secret !== undefined || volume.projected !== undefined || volume.emptyDir?.medium === 'Memory';
  const plugin = isTokenVolume(volume) ? undefined : pluginOf(volume);
  return {
    type: 'volume',
    id: volumeId(pod, name),
    ...within,
    ...(isTokenVolume(volume) && { lazy: true }),
    ...(memory && { memory }),
    ...(plugin !== undefined && { place: placeOfVolume(plugin, name) }),
  };
}

/** What fills a volume, by the name of its plugin; undefined for one that is empty at first. */
const pluginOf = ({ configMap, secret, projected, downwardAPI }: Volume): string | undefined =>
  configMap ? 'configmap' : secret ? 'secret' : projected ? 'projected' : downwardAPI ? 'downward-api' : undefined;

/** Path in the volume → its bytes and mode. */
type Payload = Map<string, { readonly content: string; readonly mode: number; readonly uid?: number }>;

const DEFAULT_MODE = 0o644;

/** Undefined for volumes that the kubelet does not fill. */
function payloadOf(sync: PodSync, volume: Volume): Payload | undefined {
  const out: Payload = new Map();
  if (volume.configMap) addConfigMap(sync, out, { ...volume.configMap, mode: volume.configMap.defaultMode });
  else if (volume.secret) addSecret(sync, out, { ...volume.secret, name: volume.secret.secretName, mode: volume.secret.defaultMode });
  else if (volume.downwardAPI) addDownward(sync, out, volume.downwardAPI.items, volume.downwardAPI.defaultMode);
  else if (volume.projected) {
    const mode = volume.projected.defaultMode;
    for (const source of volume.projected.sources ?? []) {
      if (source.configMap) addConfigMap(sync, out, { ...source.configMap, mode });
      if (source.secret) addSecret(sync, out, { ...source.secret, mode });
      if (source.downwardAPI) addDownward(sync, out, source.downwardAPI.items, mode);
      if (source.serviceAccountToken) {
        const content = keptToken(sync, volume.name, source.serviceAccountToken) ?? tokenOf(sync, source.serviceAccountToken);
        sync.renewAt?.(renewalOf(content, source.serviceAccountToken));
        out.set(source.serviceAccountToken.path, { content, ...tokenOwner(sync.pod, mode) });
      }
    }
  } else return undefined;
  return out;
}

/** The token that a volume has, while it need not be another. */
function keptToken({ context, world, pod }: PodSync, volume: string, source: ServiceAccountTokenProjection): string | undefined {
  const tree = volumeTree(world, volumeId(pod, volume));
  const current = tree.get('/..data')?.content;
  const token = current && tree.get(`/${current}/${source.path}`)?.content;
  return token && context.now() < renewalOf(token, source) ? token : undefined;
}

/** A token is for the user of the pod's containers alone, if they have one in common, or for its group. Mirrors FsUserFrom of pkg/volume/util. */
function tokenOwner({ spec }: Pod, mode = DEFAULT_MODE): { readonly mode: number; readonly uid?: number } {
  const users = [...(spec.initContainers ?? []), ...spec.containers].map(
    ({ securityContext }) => securityContext?.runAsUser ?? spec.securityContext?.runAsUser,
  );
  const [uid] = users;
  const isCommon = uid !== undefined && users.every((one) => one === uid);
  if (!isCommon && spec.securityContext?.fsGroup === undefined) return { mode };
  return { mode: 0o600, ...(isCommon && { uid }) };
}

interface Source {
  readonly name?: string | undefined;
  readonly optional?: boolean | undefined;
  readonly items?: readonly KeyToPath[] | undefined;
  readonly mode?: number | undefined;
}

function addConfigMap(sync: PodSync, out: Payload, source: Source): void {
  const found = configMapData(sync, source.name ?? '', source.optional);
  const data = new Map<string, string>();
  for (const [key, text] of Object.entries(found?.data ?? {})) data.set(key, byteString(text));
  for (const [key, base64] of Object.entries(found?.binaryData ?? {})) data.set(key, bytesOf(base64));
  if (found) addItems(out, data, source);
}

function addSecret(sync: PodSync, out: Payload, source: Source): void {
  const found = secretOf(sync, source.name ?? '', source.optional);
  if (found) addItems(out, new Map(Object.entries(found.data ?? {}).map(([key, base64]) => [key, bytesOf(base64)])), source);
}

function addItems(out: Payload, data: ReadonlyMap<string, string>, { items, mode = DEFAULT_MODE, optional }: Source): void {
  if (!items?.length) {
    for (const [key, content] of data) out.set(key, { content, mode });
    return;
  }
  for (const item of items) {
    const content = data.get(item.key);
    if (content !== undefined) out.set(item.path, { content, mode: item.mode ?? mode });
    else if (!optional) throw new ConfigError(`references non-existent config key: ${item.key}`);
  }
}

function addDownward(sync: PodSync, out: Payload, items: readonly DownwardAPIVolumeFile[] = [], mode = DEFAULT_MODE): void {
  for (const item of items) {
    const text = item.fieldRef
      ? fieldValue(sync, sync.pod, item.fieldRef, sync.pod.status.podIP ?? '')
      : item.resourceFieldRef
        ? resourceValue(sync, sync.pod, sync.pod.spec.containers[0]!, item.resourceFieldRef)
        : '';
    out.set(item.path, { content: byteString(text), mode: item.mode ?? mode });
  }
}

const bytesOf = (base64: string): string => {
  let out = '';
  for (const byte of fromBase64(base64) ?? []) out += String.fromCharCode(byte);
  return out;
};

/**
 * All files change at once: they lie in a directory named by the time, and a link leads there.
 *
 *     ..2026_01_01_00_00_00.123456789/key
 *     ..data -> ..2026_01_01_00_00_00.123456789
 *     key -> ..data/key
 */
function writeAtomically({ context, pod, world }: PodSync, id: string, payload: Payload, rootMode: number): void {
  const tree = volumeTree(world, id);
  const now = context.now();
  if (isUnchanged(tree, payload)) return;
  const gid = pod.spec.securityContext?.fsGroup ?? 0;
  const dir = (mode: number): Inode => ({ type: 'dir', mode, uid: 0, gid, mtime: now });
  const link = (content: string): Inode => ({ type: 'link', mode: 0o777, uid: 0, gid: 0, mtime: now, content });
  const old = tree.get('/..data')?.content;
  const stamp = `..${new Date(now).toISOString().slice(0, 19).replaceAll(/[-T:]/g, '_')}.${String(context.random.below(1_000_000_000)).padStart(9, '0')}`;
  tree.put('', dir(rootMode));
  tree.put(`/${stamp}`, dir(0o755));
  const tops = new Set<string>();
  for (const [path, { content, mode, uid = 0 }] of payload) {
    const parts = path.split('/');
    tops.add(parts[0]!);
    for (let i = 1; i < parts.length; i++) tree.put(`/${stamp}/${parts.slice(0, i).join('/')}`, dir(0o755));
    tree.put(`/${stamp}/${path}`, { type: 'file', mode: gid ? mode | ((mode & 0o400) >> 3) : mode, uid, gid, mtime: now, content });
  }
  tree.put('/..data', link(stamp));
  for (const name of [...tree.names('')]) if (!name.startsWith('..') && !tops.has(name)) tree.remove(`/${name}`);
  for (const name of tops) if (!tree.get(`/${name}`)) tree.put(`/${name}`, link(`..data/${name}`));
  if (old && !isMounted(world, pod, id, old)) removeAll(tree, `/${old}`);
}

/** Whether a container has something of a directory mounted by itself: that stays as it was, for as long as it is mounted. */
const isMounted = (world: World, { metadata: { uid } }: Pod, id: string, dir: string): boolean =>
  world.sandboxes
    .find('pod', uid)
    .some(({ containers }) =>
      containers.some(({ mounts }) =>
        mounts.some(({ source }) => source.type === 'volume' && source.id === id && source.subPath?.split('/')[0] === dir),
      ),
    );

function isUnchanged(tree: Tree, payload: Payload): boolean {
  const current = tree.get('/..data')?.content;
  if (current === undefined) return false;
  const present = filesBelow(tree, `/${current}`);
  return (
    present.length === payload.size &&
    present.every((path) => tree.get(path)?.content === payload.get(path.slice(current.length + 2))?.content)
  );
}

const filesBelow = (tree: Tree, path: string): string[] =>
  [...tree.names(path)].flatMap((name) => {
    const at = `${path}/${name}`;
    return tree.get(at)?.type === 'dir' ? filesBelow(tree, at) : [at];
  });

function removeAll(tree: Tree, path: string): void {
  for (const name of [...tree.names(path)]) removeAll(tree, `${path}/${name}`);
  tree.remove(path);
}
