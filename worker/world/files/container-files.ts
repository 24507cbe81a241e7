// The file system of a container: its image, what was written over it, and everything mounted.

import type { World } from '../world.ts';
import type { Container, Mount, Sandbox } from '../runtime/sandbox.ts';
import { imageOf } from '../runtime/pull.ts';
import { layer } from './base.ts';
import { cgroupFiles } from './cgroup-files.ts';
import { deviceFiles, machineDeviceFiles } from './device-files.ts';
import { FileSystem } from './file-system.ts';
import type { MountPoint } from './file-system.ts';
import { ROOT_DIR } from './inode.ts';
import type { Layer } from './inode.ts';
import { machineTree } from './machine-files.ts';
import type { MountSource } from './mount.ts';
import { procFiles } from './proc-files.ts';
import { boundedTree, layerTree, readOnlyTree, subTree, treeOnDemand, WritableTree } from './tree.ts';
import type { Tree } from './tree.ts';

const writable = new WeakMap<World, Map<string, WritableTree>>();

/** The tree kept in a scope of the world's state. */
export function writableTree(world: World, scope: string, lower: () => Tree | undefined): WritableTree {
  let trees = writable.get(world);
  if (!trees) writable.set(world, (trees = new Map()));
  let tree = trees.get(scope);
  if (!tree) trees.set(scope, (tree = new WritableTree(world.state, scope, lower())));
  return tree;
}

function dropTree(world: World, scope: string): void {
  writableTree(world, scope, () => undefined).clear();
  writable.get(world)!.delete(scope);
}

/** A volume of a pod is everybody's; a disk is root's until its files are given to somebody. */
export const volumeTree = (world: World, id: string): WritableTree =>
  writableTree(world, `volume/${id}`, () => layerTree(id.startsWith('disk/') ? EMPTY_DISK : EMPTY_VOLUME));

const EMPTY_VOLUME: Layer = new Map([['', { ...ROOT_DIR, mode: 0o777 }]]);
const EMPTY_DISK: Layer = layer({ '/lost+found': { type: 'dir', mode: 0o700 } });

export function dropVolume(world: World, id: string): void {
  dropTree(world, `volume/${id}`);
  world.state.delete(SIZES, id);
}

/** A volume in memory, or on a disk, has a size: how many bytes go into it. */
const SIZES = 'volume-sizes';
export const sizeOfVolume = (world: World, id: string): number | undefined => world.state.get(SIZES, id);
export const resizeVolume = (world: World, id: string, bytes: number): void => world.state.set(SIZES, id, bytes);

/** What was written in a container is gone with it. */
export const releaseFiles = (world: World, container: string): void => dropTree(world, `files/${container}`);

/** Its image, and what was written over it. */
export const containerRoot = (world: World, container: Container): Tree => writtenOf(world, container);

const writtenOf = (world: World, { id, image }: Container): WritableTree =>
  writableTree(world, `files/${id}`, () => {
    const found = imageOf(world, image);
    return found && layerTree(found.files());
  });

/** As its processes see it, with the rights of its user. */
export const containerFiles = (world: World, sandbox: Sandbox, container: Container): FileSystem =>
  new FileSystem(
    () => mountsOf(world, sandbox, container),
    container.user,
    () => world.now(),
    { image: () => untouchedImage(world, container) },
  );

/** What the kubelet mounts into every container. */
const EVERYWHERE: ReadonlySet<string> = new Set(['/etc/hosts', '/dev/termination-log', '/var/run/secrets/kubernetes.io/serviceaccount']);

function untouchedImage(world: World, container: Container): Layer | undefined {
  const { bytes } = writtenOf(world, container);
  return bytes === 0 && !container.readOnlyRoot && container.mounts.every(({ path }) => EVERYWHERE.has(path))
    ? imageOf(world, container.image)?.files()
    : undefined;
}

const mountsOf = (world: World, sandbox: Sandbox, container: Container): MountPoint[] => [
  // At the same path the pod's own come first.
  ...container.mounts.flatMap((mount) => mountPoints(world, sandbox, container, mount)),
  { path: '', tree: containerRoot(world, container), readOnly: container.readOnlyRoot, kind: 'overlay' },
  { path: '/proc', tree: treeOnDemand(() => procFiles(world, sandbox, container)), readOnly: true, kind: 'proc' },
  { path: '/dev', tree: deviceFiles(container.tty), readOnly: false, kind: 'tmpfs' },
  { path: '/sys', tree: SYS, readOnly: true, kind: 'sysfs' },
  { path: '/sys/fs/cgroup', tree: treeOnDemand(() => cgroupFiles(world, sandbox, container)), readOnly: true, kind: 'cgroup2' },
  { path: '/etc/hostname', tree: textFile(() => `${sandbox.hostname}\n`), readOnly: true, kind: 'ext4' },
  { path: '/etc/resolv.conf', tree: textFile(() => resolvConf(sandbox)), readOnly: true, kind: 'ext4' },
];

function mountPoints(world: World, sandbox: Sandbox, container: Container, { path: given, source, readOnly }: Mount): MountPoint[] {
  const kind = source.type === 'volume' && source.memory ? 'tmpfs' : 'ext4';
  const path = given.replace(/\/+$/, '');
  const volume = source.type === 'volume' && sizeOfVolume(world, source.id) !== undefined ? source.id : undefined;
  const own = { path, tree: sourceTree(world, sandbox, source), readOnly, kind, ...(volume !== undefined && { volume }) };
  if (source.type !== 'host' || source.path !== '/') return [own];
  // What is mounted on the machine comes with its root.
  return [
    own,
    { path: `${path}/proc`, tree: treeOnDemand(() => procFiles(world, sandbox, container)), readOnly: true, kind: 'proc' },
    { path: `${path}/dev`, tree: machineDeviceFiles, readOnly: false, kind: 'tmpfs' },
    { path: `${path}/sys`, tree: SYS, readOnly: true, kind: 'sysfs' },
  ];
}

export function sourceTree(world: World, sandbox: Sandbox, source: MountSource): Tree {
  switch (source.type) {
    case 'host':
      return subTree(machineTree(world, sandbox.machine), source.path === '/' ? '' : source.path.replace(/\/+$/, ''));
    case 'volume': {
      const tree = source.lazy ? lazyTree(world, sandbox, source.id) : ownTree(world, sandbox, source.id);
      return source.subPath ? subTree(tree, `/${source.subPath.replace(/^\/+|\/+$/g, '')}`) : tree;
    }
    case 'image': {
      const image = imageOf(world, source.image);
      const tree = layerTree(image?.files() ?? new Map());
      return source.subPath ? subTree(tree, `/${source.subPath}`) : tree;
    }
  }
}

/** An empty volume is as old as its sandbox; one that has a size holds so much. */
function ownTree(world: World, sandbox: Sandbox, id: string): Tree {
  const kept = volumeTree(world, id);
  const tree = sizeOfVolume(world, id) === undefined ? kept : boundedTree(kept, () => sizeOfVolume(world, id) ?? Infinity);
  if (kept.get('')?.mtime !== 0) return tree;
  return {
    ...tree,
    get: (path) => {
      const inode = tree.get(path);
      return path === '' && inode?.mtime === 0 ? { ...inode, mtime: sandbox.createdAt } : inode;
    },
    names: (path) => tree.names(path),
    put: (path, inode) => tree.put(path, inode),
    remove: (path) => tree.remove(path),
  };
}

/** A volume that is filled when it is first looked at. */
function lazyTree(world: World, sandbox: Sandbox, id: string): Tree {
  const tree = (): WritableTree => {
    const found = volumeTree(world, id);
    if (!found.bytes) world.hooks.fillVolume(id, sandbox);
    return found;
  };
  return {
    get: (path) => tree().get(path),
    names: (path) => tree().names(path),
    put: (path, inode) => tree().put(path, inode),
    remove: (path) => tree().remove(path),
  };
}

/** One file, mounted over another. */
const textFile = (text: () => string): Tree =>
  readOnlyTree(
    (path) => (path === '' ? { type: 'file', mode: 0o644, uid: 0, gid: 0, mtime: 0, content: text() } : undefined),
    () => [],
  );

function resolvConf({ dns }: Sandbox): string {
  return [
    ...(dns.searches.length ? [`search ${dns.searches.join(' ')}`] : []),
    ...dns.servers.map((server) => `nameserver ${server}`),
    ...(dns.options.length ? [`options ${dns.options.join(' ')}`] : []),
    '',
  ].join('\n');
}

const SYS = readOnlyTree(
  (path) => (path === '' || path === '/fs' || path === '/fs/cgroup' ? { type: 'dir', mode: 0o755, uid: 0, gid: 0, mtime: 0 } : undefined),
  (path) => (path === '' ? ['fs'] : path === '/fs' ? ['cgroup'] : []),
);
