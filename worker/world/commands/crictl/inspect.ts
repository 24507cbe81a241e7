// crictl inspect, inspectp and inspecti. Mirrors outputStatusData of cri-tools and the statuses of containerd; of `info` the parts that people look for.

import { byteString } from '../../../lib/text.ts';
import { toYaml } from '../../../lib/yaml-text.ts';
import type { StoredImage } from '../../machine.ts';
import type { MountSource } from '../../files/mount.ts';
import type { Next } from '../../process/program.ts';
import type { Sandbox } from '../../runtime/sandbox.ts';
import { repositoryName, parseReference } from '../../images/reference.ts';
import { selectContainers } from './lists.ts';
import { containerLabels, CrictlError, findImageOf, findOne, findPod, podLabels } from './runtime.ts';
import type { Call, Found } from './runtime.ts';

const ZERO = '0001-01-01T00:00:00Z';
const timeText = (ms: number): string => (ms ? new Date(ms).toISOString() : ZERO);

const logPath = ({ sandbox, container }: Found): string =>
  `/var/log/pods/${sandbox.namespace}_${sandbox.name}_${sandbox.uid}/${container.name}/${container.attempt}.log`;

/** Where a mount comes from, on the machine. */
function hostPath(source: MountSource, { uid }: Sandbox): string {
  if (source.type === 'host') return source.path;
  if (source.type === 'image') return '';
  const name = source.id.startsWith(`${uid}/`) ? source.id.slice(uid.length + 1) : source.id;
  return `/var/lib/kubelet/pods/${uid}/volumes/${name}${source.subPath ? `/${source.subPath}` : ''}`;
}

export function containerStatus({ machine }: Call, found: Found): Record<string, unknown> {
  const { container, sandbox } = found;
  const { user, limits } = container;
  return {
    annotations: {},
    createdAt: timeText(container.createdAt),
    exitCode: container.exitCode,
    finishedAt: timeText(container.finishedAt),
    id: container.id,
    image: { annotations: {}, image: container.imageName, runtimeHandler: '', userSpecifiedImage: '' },
    imageId: machine.images[container.imageName]?.id ?? '',
    imageRef: container.imageRef,
    labels: containerLabels(found),
    logPath: logPath(found),
    message: container.message,
    metadata: { attempt: container.attempt, name: container.name },
    mounts: container.mounts.map(({ path, source, readOnly }) => ({
      containerPath: path,
      gidMappings: [],
      hostPath: hostPath(source, sandbox),
      image: null,
      propagation: 'PROPAGATION_PRIVATE',
      readonly: readOnly,
      recursiveReadOnly: false,
      selinuxRelabel: false,
      uidMappings: [],
    })),
    reason: container.reason,
    resources: {
      linux: {
        cpuPeriod: limits.cpu ? '100000' : '0',
        cpuQuota: String(limits.cpu * 100),
        memoryLimitInBytes: String(limits.memory),
      },
      windows: null,
    },
    startedAt: timeText(container.startedAt),
    state: `CONTAINER_${container.state.toUpperCase()}`,
    stopSignal: container.stopSignal,
    user: { linux: { gid: String(user.gid), supplementalGroups: user.groups.map(String), uid: String(user.uid) } },
  };
}

const containerInfo = (found: Found): object => ({
  config: {
    envs: Object.entries(found.container.env).map(([key, value]) => ({ key, value })),
    image: { image: found.container.imageName, user_specified_image: found.container.image },
    labels: containerLabels(found),
    log_path: `${found.container.name}/${found.container.attempt}.log`,
    metadata: { attempt: found.container.attempt, name: found.container.name },
  },
  removing: false,
  runtimeSpec: {
    hostname: found.sandbox.hostname,
    process: {
      args: found.container.argv,
      cwd: found.container.cwd,
      env: Object.entries(found.container.env).map(([key, value]) => `${key}=${value}`),
      user: { gid: found.container.user.gid, uid: found.container.user.uid },
    },
    root: { path: 'rootfs', readonly: found.container.readOnlyRoot },
  },
  runtimeType: 'io.containerd.runc.v2',
  sandboxID: found.sandbox.id,
  snapshotKey: found.container.id,
  snapshotter: 'overlayfs',
});

export const podStatus = (sandbox: Sandbox): Record<string, unknown> => ({
  annotations: {},
  createdAt: timeText(sandbox.createdAt),
  id: sandbox.id,
  labels: { ...sandbox.labels, ...podLabels(sandbox) },
  linux: {
    namespaces: {
      options: {
        ipc: 'POD',
        network: sandbox.hostNetwork ? 'NODE' : 'POD',
        pid: sandbox.hostPid ? 'NODE' : sandbox.sharesPids ? 'POD' : 'CONTAINER',
        targetId: '',
        usernsOptions: null,
      },
    },
  },
  metadata: { attempt: sandbox.attempt, name: sandbox.name, namespace: sandbox.namespace, uid: sandbox.uid },
  network: { additionalIps: [], ip: sandbox.ip },
  runtimeHandler: '',
  state: `SANDBOX_${sandbox.state.toUpperCase()}`,
});

export const imageStatus = ([name, { id, digest, size }]: readonly [string, StoredImage]): Record<string, unknown> => {
  const reference = parseReference(name);
  const repository = typeof reference === 'string' ? name : repositoryName(reference);
  return {
    id,
    pinned: false,
    repoDigests: [`${repository}@${digest}`],
    repoTags: name.includes('@') ? [] : [name],
    size: String(size),
    spec: null,
    uid: null,
    username: '',
  };
};

export function inspectContainers(call: Call): Next {
  const doing = 'get the status of containers: get container status: ';
  const found = call.args.length ? call.args.map((id) => findOne(call, id, 'ContainerStatus', doing)) : selectContainers(call);
  return write(
    call,
    found.map((one) => ({ ...(!call.given.has('q') && { info: containerInfo(one) }), status: containerStatus(call, one) })),
  );
}

export function inspectPods(call: Call): Next {
  const doing = 'get the status of pod sandboxes: get pod sandbox status: ';
  const found = call.args.length ? call.args.map((id) => findPod(call, id, 'PodSandboxStatus', doing)) : call.sandboxes;
  return write(
    call,
    found.map((sandbox) => ({
      ...(!call.given.has('q') && { info: { runtimeHandler: '', runtimeType: 'io.containerd.runc.v2', snapshotter: 'overlayfs' } }),
      status: podStatus(sandbox),
    })),
  );
}

export function inspectImages(call: Call): Next {
  const found = call.args.length
    ? call.args.map((text) => {
        const image = findImageOf(call, text);
        if (!image) throw new CrictlError(`no such image ${JSON.stringify(text)} present`);
        return image;
      })
    : Object.entries(call.machine.images);
  return write(
    call,
    found.map((image) => ({ status: imageStatus(image) })),
  );
}

/** One alone is no list. Keys are in their order, as Go's maps are written. */
function write({ system, given }: Call, all: readonly object[]): Next {
  if (!all.length) throw new CrictlError('No IDs provided or nothing found per filter');
  const value = sorted(all.length === 1 ? all[0] : all);
  const output = given.get('o') ?? 'json';
  if (output === 'json') system.out(`${byteString(JSON.stringify(value, null, 2))}\n`);
  else if (output === 'yaml') system.out(`${byteString(toYaml(value))}\n`);
  else throw new CrictlError(`unsupported format: ${JSON.stringify(output)}`);
  return { exit: 0 };
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, one]) => [key, sorted(one)]),
  );
}
