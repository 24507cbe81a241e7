// From a container's spec to what the runtime is asked to make. Mirrors generateContainerConfig of pkg/kubelet/kuberuntime and makeMounts of pkg/kubelet/kubelet_pods.go.

import type { Container as ContainerSpec, EphemeralContainer, Pod } from '../../api/gen/core-v1.ts';
import { byteString, flat } from '../../lib/text.ts';
import { volumeTree } from '../../world/files/container-files.ts';
import { parentOf } from '../../world/files/tree.ts';
import type { Image } from '../../world/images/image.ts';
import type { StoredImage } from '../../world/machine.ts';
import type { ContainerConfig } from '../../world/runtime/create.ts';
import { imageName, imageOf, imageRef } from '../../world/runtime/pull.ts';
import type { Mount, Sandbox, User } from '../../world/runtime/sandbox.ts';
import { limitsOf } from './container-limits.ts';
import { ConfigError, environmentOf } from './environment.ts';
import { expand } from './expansion.ts';
import { provideHostPath } from './host-path.ts';
import { privilegesOf } from './privileges.ts';
import { isSidecar, podText } from './runtime-view.ts';
import { sourceOf } from './volumes.ts';
import type { PodSync } from './worker.ts';

/** Throws ConfigError when it cannot be made as it is described. */
export function containerConfig(
  sync: PodSync,
  sandbox: Sandbox,
  spec: ContainerSpec,
  stored: StoredImage,
  attempt: number,
  isInit: boolean,
): ContainerConfig {
  const { world, pod } = sync;
  const name = spec.image ?? '';
  const image = imageOf(world, name) ?? ({ size: 0, files: () => new Map() } as Image);
  const podIP = sandbox.hostNetwork ? sync.machine.ip : sandbox.ip;
  const env = environmentOf(sync, spec, podIP);
  const user = userOf(pod, spec, image);
  const valueOf = (variable: string): string | undefined => env[variable];
  const given = (texts: readonly string[]): string[] => texts.map((text) => expand(byteString(text), valueOf));
  const command = spec.command?.length ? given(spec.command) : [...(image.entrypoint ?? [])];
  const args = spec.args?.length ? given(spec.args) : spec.command?.length ? [] : [...(image.cmd ?? [])];
  const home = homeOf(image, user);
  const { targetContainerName } = spec as EphemeralContainer;
  const target = sandbox.containers.find((one) => one.name === targetContainerName && one.state === 'running');
  return {
    name: spec.name,
    attempt,
    image: name,
    imageName: imageName(name),
    imageRef: imageRef(name, stored),
    argv: [...command, ...args],
    env: {
      ...image.env,
      HOSTNAME: sandbox.hostname,
      ...env,
      ...(image.env?.['HOME'] === undefined && env['HOME'] === undefined && { HOME: home }),
    },
    cwd: spec.workingDir || image.workdir || '/',
    user,
    tty: spec.tty ?? false,
    stdin: spec.stdin ?? false,
    stdinOnce: spec.stdinOnce ?? false,
    privileges: privilegesOf(pod, spec),
    readOnlyRoot: spec.securityContext?.readOnlyRootFilesystem ?? false,
    mounts: mountsOf(sync, sandbox, spec, attempt, valueOf),
    limits: limitsOf(spec),
    ports: portsOf(spec),
    runsToEnd: (isInit && !isSidecar(spec)) || (spec.restartPolicy ?? pod.spec.restartPolicy ?? 'Always') !== 'Always',
    stopSignal: spec.lifecycle?.stopSignal ?? image.stopSignal ?? 'SIGTERM',
    labels: { spec: name },
    ...(target && { joins: target.id }),
  };
}

/** Where somebody may look for an answer: what an image that nobody has described listens on. */
function portsOf({ ports, livenessProbe, readinessProbe, startupProbe }: ContainerSpec): number[] {
  const probed = [livenessProbe, readinessProbe, startupProbe].flatMap((probe) => {
    const port = probe?.httpGet?.port ?? probe?.tcpSocket?.port ?? probe?.grpc?.port;
    return typeof port === 'number' ? [port] : [];
  });
  return [...new Set([...(ports ?? []).map(({ containerPort }) => containerPort), ...probed])];
}

function userOf(pod: Pod, spec: ContainerSpec, image: Image): User {
  const [own, all] = [spec.securityContext, pod.spec.securityContext];
  if (own || isAny(all)) return askedUser(pod, spec, image);
  let user = usual.get(image);
  if (!user) usual.set(image, (user = askedUser(pod, spec, image)));
  return user;
}

/** Who runs in an image's containers, of those that do not say. */
const usual = new WeakMap<Image, User>();

function isAny(fields: object | undefined): boolean {
  for (const _ in fields) return true;
  return false;
}

function askedUser(pod: Pod, spec: ContainerSpec, image: Image): User {
  const [own, all] = [spec.securityContext, pod.spec.securityContext];
  const [name = '', group] = (image.user ?? '').split(':');
  const passwd = linesOf(image, '/etc/passwd').find((one) => one.length > 3 && one[0] === name);
  const isNumber = /^\d+$/.test(name);
  const imageUid = isNumber ? Number(name) : passwd ? Number(passwd[2]) : 0;
  const uid = own?.runAsUser ?? all?.runAsUser ?? imageUid;
  if (own?.runAsNonRoot ?? all?.runAsNonRoot) {
    const place = `(pod: ${JSON.stringify(podText(pod))}, container: ${spec.name})`;
    const explicit = own?.runAsUser ?? all?.runAsUser;
    if (explicit === 0) throw new ConfigError(`container's runAsUser breaks non-root policy ${place}`);
    if (explicit === undefined && (name === '' || (isNumber && imageUid === 0)))
      throw new ConfigError(`container has runAsNonRoot and image will run as root ${place}`);
    if (explicit === undefined && !isNumber)
      throw new ConfigError(`container has runAsNonRoot and image has non-numeric user (${name}), cannot verify user is non-root ${place}`);
  }
  const entry = linesOf(image, '/etc/passwd').find((one) => Number(one[2]) === uid);
  const gid =
    own?.runAsGroup ?? all?.runAsGroup ?? (group !== undefined && /^\d+$/.test(group) ? Number(group) : entry ? Number(entry[3]) : 0);
  const memberOf = linesOf(image, '/etc/group').filter((one) => entry && (one[3] ?? '').split(',').includes(entry[0]!));
  const groups = [
    gid,
    ...memberOf.map((one) => Number(one[2])),
    ...(all?.fsGroup === undefined ? [] : [all.fsGroup]),
    ...(all?.supplementalGroups ?? []),
  ];
  return { uid, gid, groups: [...new Set(groups)].sort((a, b) => a - b) };
}

const parsed = new WeakMap<Image, Map<string, string[][]>>();

/** The fields of /etc/passwd or /etc/group of an image. */
function linesOf(image: Image, path: string): string[][] {
  let known = parsed.get(image);
  if (!known) parsed.set(image, (known = new Map()));
  let lines = known.get(path);
  if (!lines) known.set(path, (lines = (image.files().get(path)?.content ?? '').split('\n').map((line) => line.split(':'))));
  return lines;
}

const homeOf = (image: Image, { uid }: User): string =>
  linesOf(image, '/etc/passwd').find((one) => one.length > 5 && Number(one[2]) === uid)?.[5] ?? (uid === 0 ? '/root' : '/');

function mountsOf(
  sync: PodSync,
  sandbox: Sandbox,
  spec: ContainerSpec,
  attempt: number,
  valueOf: (name: string) => string | undefined,
): Mount[] {
  const { pod, world } = sync;
  const mounts = (spec.volumeMounts ?? []).map(({ name, mountPath, subPath = '', subPathExpr, readOnly }): Mount => {
    const path = subPathExpr ? expand(subPathExpr, valueOf) : subPath;
    if (path.startsWith('/')) throw new ConfigError(`error SubPath \`${path}\` must not be an absolute path`);
    if (path.split('/').includes('..')) throw new ConfigError(`unable to provision SubPath \`${path}\`: must not contain '..'`);
    const given = sourceOf(sync, name, path);
    const problem = `failed to prepare subPath for volumeMount ${JSON.stringify(name)} of container ${JSON.stringify(spec.name)}`;
    const source = path && given.type === 'volume' ? { ...given, subPath: placeIn(world, given.id, path, problem) } : given;
    if (source.type === 'host') provideHostPath(sync, source.path);
    const isFilled = pod.spec.volumes?.some(
      (one) => one.name === name && (one.configMap ?? one.secret ?? one.projected ?? one.downwardAPI),
    );
    return { path: mountPath, source, readOnly: Boolean(readOnly) || (isFilled !== undefined && isFilled) };
  });
  const termination = spec.terminationMessagePath ?? '/dev/termination-log';
  const { uid } = pod.metadata;
  const own: Mount[] = [
    { path: '/etc/hosts', source: { type: 'volume', id: flat(`${uid}/etc-hosts`), lazy: true }, readOnly: false },
    { path: termination, source: { type: 'volume', id: flat(`${uid}/termination/${spec.name}/${attempt}`), lazy: true }, readOnly: false },
  ];
  return [
    ...mounts,
    ...own.filter(({ path }) => !mounts.some((one) => one.path === path) && (path !== '/etc/hosts' || sandbox.ip || sandbox.hostNetwork)),
  ];
}

const MAX_LINKS = 40;

/**
 * Where a subPath is once its links are followed, as it is mounted: a file of a ConfigMap that is written anew later is another one. What is not there is made, with
 * the rights of the volume's own directory.
 */
function placeIn(world: PodSync['world'], id: string, path: string, problem: string): string {
  const tree = volumeTree(world, id);
  let at = '';
  let rest = path.split('/').filter(Boolean);
  for (let links = 0; rest.length;) {
    const [name = '', ...more] = rest;
    rest = more;
    if (name === '.') continue;
    if (name === '..') {
      if (at === '') throw new ConfigError(problem);
      at = parentOf(at);
      continue;
    }
    const next = `${at}/${name}`;
    const inode = tree.get(next);
    if (inode?.type === 'link') {
      const target = inode.content ?? '';
      if (target.startsWith('/') || ++links > MAX_LINKS) throw new ConfigError(problem);
      rest = [...target.split('/').filter(Boolean), ...rest];
      continue;
    }
    if (!inode) tree.put(next, { type: 'dir', mode: tree.get('')?.mode ?? 0o755, uid: 0, gid: 0, mtime: world.now() });
    at = next;
  }
  return at.slice(1);
}
