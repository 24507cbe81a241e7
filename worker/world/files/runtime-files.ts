// What a machine's kubelet and runtime have on its disk because of what runs there: logs of containers and links to them, volumes of pods, root file systems. Made of the world's
// records when somebody looks, and of nothing else, so that it costs nothing while nobody does. Mirrors pkg/kubelet/kuberuntime (legacyLogSymlink, BuildPodLogsDirectory) and
// containerd's task directory. Differs: what is not in a volume can be read, and not written or removed.

import { hostPidOf } from '../process/host-pids.ts';
import { logFiles } from '../runtime/log-file.ts';
import type { Container, Sandbox } from '../runtime/sandbox.ts';
import type { World } from '../world.ts';
import { containerRoot, sourceTree } from './container-files.ts';
import { FileError } from './error.ts';
import type { Inode } from './inode.ts';
import { placeOf } from './mount.ts';
import type { MountSource } from './mount.ts';
import type { Tree } from './tree.ts';

/** A directory or a file, or a tree that others keep. */
type Entry =
  | { readonly inode: Inode; readonly names: () => Iterable<string>; readonly child: (name: string) => Entry | undefined }
  | { readonly tree: Tree };

const PODS = '/var/lib/kubelet/pods';
const LOGS = '/var/log/pods';
const LINKS = '/var/log/containers';
const TASKS = '/run/containerd/io.containerd.runtime.v2.task/k8s.io';
const ROOTS = [PODS, LOGS, LINKS, TASKS] as const;

/** The tree of a machine with what runs there on top of what is kept. */
export function withRuntimeFiles(world: World, machine: string, below: Tree): Tree {
  const find = (path: string): { readonly entry: Entry; readonly rest: string } | undefined => {
    const root = ROOTS.find((one) => path.startsWith(one));
    if (root === undefined || (path.length > root.length && path[root.length] !== '/')) return undefined;
    let entry: Entry | undefined = rootOf(world, machine, root);
    const parts = path.slice(root.length + 1).split('/');
    for (let i = 0; i < parts.length && parts[i] !== '' && entry; i++) {
      if ('tree' in entry) return { entry, rest: `/${parts.slice(i).join('/')}` };
      entry = entry.child(parts[i]!);
    }
    return entry && { entry, rest: '' };
  };
  const change = (path: string, act: (tree: Tree, rest: string) => void): void => {
    const isRoot = (ROOTS as readonly string[]).includes(path);
    const found = isRoot ? undefined : find(path);
    if (found && !('tree' in found.entry)) throw new FileError('EROFS', path);
    if (found && 'tree' in found.entry) act(found.entry.tree, found.rest);
    else act(below, path);
  };
  return {
    get: (path) => {
      const found = find(path);
      if (!found) return below.get(path);
      if ('tree' in found.entry) return found.entry.tree.get(found.rest);
      return (ROOTS as readonly string[]).includes(path) ? (below.get(path) ?? found.entry.inode) : found.entry.inode;
    },
    names: (path) => {
      const found = find(path);
      if (!found) return below.names(path);
      return 'tree' in found.entry ? found.entry.tree.names(found.rest) : new Set([...below.names(path), ...found.entry.names()]);
    },
    put: (path, inode) => change(path, (tree, rest) => tree.put(rest, inode)),
    remove: (path) => change(path, (tree, rest) => tree.remove(rest)),
  };
}

const owned = (mtime: number) => ({ uid: 0, gid: 0, mtime });

const directory = (mtime: number, names: () => Iterable<string>, child: (name: string) => Entry | undefined, mode = 0o755): Entry => ({
  inode: { type: 'dir', mode, ...owned(mtime) },
  names,
  child,
});

const leaf = (inode: Inode): Entry => ({ inode, names: () => [], child: () => undefined });

function rootOf(world: World, machine: string, root: (typeof ROOTS)[number]): Entry {
  const all = (): Sandbox[] => world.sandboxes.find('machine', machine);
  const ofPod = (uid: string): Sandbox[] => world.sandboxes.find('pod', uid).filter((one) => one.machine === machine && one.uid === uid);
  const some = (found: Sandbox[], make: (found: Sandbox[]) => Entry): Entry | undefined => (found.length ? make(found) : undefined);
  const madeAt = world.machines.get(machine)?.madeAt ?? 0;
  switch (root) {
    case LOGS:
      return directory(
        madeAt,
        () => new Set(all().map(logName)),
        (name) =>
          some(
            ofPod(name.slice(name.lastIndexOf('_') + 1)).filter((one) => logName(one) === name),
            (found) => logsOf(world, found),
          ),
      );
    case LINKS:
      return directory(
        madeAt,
        () => all().flatMap((sandbox) => sandbox.containers.filter(hasLog).map((container) => linkName(sandbox, container))),
        (name) => linkTo(world, machine, name),
      );
    case PODS:
      return directory(
        madeAt,
        () => new Set(all().map(({ uid }) => uid)),
        (uid) => some(ofPod(uid), (found) => podDirectory(world, found)),
        0o750,
      );
    case TASKS:
      return directory(
        madeAt,
        () =>
          all().flatMap((sandbox) => [
            ...(sandbox.state === 'ready' ? [sandbox.id] : []),
            ...sandbox.containers.filter(isRunning).map(({ id }) => id),
          ]),
        (id) => taskOf(world, machine, id),
        0o711,
      );
  }
}

const isRunning = ({ state }: Container): boolean => state === 'running';
const hasLog = ({ startedAt, state }: Container): boolean => state !== 'created' && startedAt > 0;
const logName = ({ namespace, name, uid }: Sandbox): string => `${namespace}_${name}_${uid}`;
const linkName = ({ namespace, name }: Sandbox, container: Container): string =>
  `${name}_${namespace}_${container.name}-${container.id}.log`;

/** A directory for each container of a pod, with a file for each time that it was started. */
function logsOf(world: World, sandboxes: readonly Sandbox[]): Entry {
  const all = sandboxes.flatMap(({ containers }) => containers).filter(hasLog);
  const { createdAt } = sandboxes[0]!;
  return directory(
    createdAt,
    () => new Set(all.map(({ name }) => name)),
    (name) => {
      const own = all.filter((one) => one.name === name);
      if (!own.length) return undefined;
      const files = (container: Container) => logFiles(world, container);
      return directory(
        own[0]!.createdAt,
        () => own.flatMap((container) => files(container).map((file) => file.name)),
        (file) => {
          const attempt = Number.parseInt(file, 10);
          const container = own.find((one) => one.attempt === attempt);
          const found = container && files(container).find((one) => one.name === file);
          return found && leaf(found.inode);
        },
      );
    },
  );
}

function linkTo(world: World, machine: string, name: string): Entry | undefined {
  const id = /-([0-9a-f]{64})\.log$/.exec(name)?.[1];
  const sandbox = id === undefined ? undefined : world.sandboxes.find('container', id)[0];
  const container = sandbox?.containers.find((one) => one.id === id);
  if (sandbox?.machine !== machine || !container || !hasLog(container) || linkName(sandbox, container) !== name) return undefined;
  const content = `${LOGS}/${logName(sandbox)}/${container.name}/${container.attempt}.log`;
  return leaf({ type: 'link', mode: 0o777, ...owned(container.startedAt), content });
}

/** What the kubelet keeps for a pod: each volume where its mounts say. */
function podDirectory(world: World, sandboxes: readonly Sandbox[]): Entry {
  const sandbox = sandboxes.at(-1)!;
  const places = new Map<string, MountSource>();
  for (const { source } of sandboxes.flatMap(({ containers }) => containers).flatMap(({ mounts }) => mounts))
    if (source.type === 'volume') places.set(placeOf(source, sandbox.uid), { ...source, subPath: '' });
  const at = (prefix: string): Entry => {
    const below = (): string[] =>
      [...places.keys()].filter((place) => place.startsWith(prefix)).map((place) => place.slice(prefix.length).split('/')[0]!);
    const names = (): Set<string> => new Set([...(prefix === '' ? ['containers', 'plugins', 'volumes'] : []), ...below()]);
    const child = (name: string): Entry | undefined => {
      const source = places.get(prefix + name);
      if (source) return { tree: sourceTree(world, sandbox, source) };
      return names().has(name) ? at(`${prefix}${name}/`) : undefined;
    };
    return directory(sandbox.createdAt, names, child, 0o750);
  };
  return at('');
}

function taskOf(world: World, machine: string, id: string): Entry | undefined {
  const sandbox = world.sandboxes.get(id) ?? world.sandboxes.find('container', id)[0];
  const container = sandbox?.containers.find((one) => one.id === id);
  if (sandbox?.machine !== machine || (container ? !isRunning(container) : sandbox.state !== 'ready')) return undefined;
  const { createdAt } = container ?? sandbox;
  const pid = leaf({ type: 'file', mode: 0o644, ...owned(createdAt), content: String(hostPidOf(container ?? sandbox)) });
  const root: Entry | undefined = container && { tree: containerRoot(world, container) };
  return directory(
    createdAt,
    () => ['init.pid', ...(root ? ['rootfs'] : [])],
    (name) => (name === 'init.pid' ? pid : name === 'rootfs' ? root : undefined),
    0o711,
  );
}
