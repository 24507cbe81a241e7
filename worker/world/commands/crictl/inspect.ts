// crictl inspect, inspectp and inspecti. Mirrors outputStatusData of cri-tools and the statuses of containerd; of `info` the parts that people look for.

import type { StoredImage } from '../../machine.ts';
import { placeOf } from '../../files/mount.ts';
import type { MountSource } from '../../files/mount.ts';
import type { System } from '../../process/system.ts';
import type { Sandbox } from '../../runtime/sandbox.ts';
import { hostPidOf } from '../../process/host-pids.ts';
import { imageOf } from '../../runtime/pull.ts';
import { bool, int, string, strings } from './flags.ts';
import { selectContainers, selectImages, selectPods } from './lists.ts';
import { mapText, needSome, writeStatuses } from './output.ts';
import {
  ago,
  containerLabels,
  CrictlError,
  findImageOf,
  findOne,
  findPod,
  humanSize,
  isPinned,
  labelLines,
  log,
  logDirectory,
  logPath,
  podLabels,
  repositoryOf,
} from './runtime.ts';
import type { Call, Found, Verb } from './runtime.ts';

const ZERO = '0001-01-01T00:00:00Z';
const timeText = (ms: number): string => (ms ? new Date(ms).toISOString() : ZERO);
const FORMATS = [
  string('output, o', 'Output format, One of: json|yaml|go-template|table'),
  bool('quiet, q', 'Do not show verbose information'),
  string('template', 'The template string is only used when output is go-template; The Template format is golang template'),
];

/** Where a mount comes from, on the machine. */
function hostPath(source: MountSource, { uid }: Sandbox): string {
  if (source.type === 'host') return source.path;
  if (source.type === 'image') return '';
  return `/var/lib/kubelet/pods/${uid}/${placeOf(source, uid)}${source.subPath ? `/${source.subPath}` : ''}`;
}

function mountsOf({ sandbox, container }: Found): object[] {
  return container.mounts.map(({ path, source, readOnly }) => ({
    containerPath: path,
    gidMappings: [],
    hostPath: hostPath(source, sandbox),
    imageSubPath: '',
    propagation: 'PROPAGATION_PRIVATE',
    readonly: readOnly,
    recursiveReadOnly: false,
    selinuxRelabel: false,
    uidMappings: [],
  }));
}

function containerStatus({ machine }: Call, found: Found): Record<string, unknown> {
  const { container } = found;
  const { user, limits } = container;
  return {
    annotations: {},
    createdAt: timeText(container.createdAt),
    exitCode: container.exitCode,
    finishedAt: timeText(container.finishedAt),
    id: container.id,
    image: { annotations: {}, image: container.imageName, imageRef: '', runtimeHandler: '', userSpecifiedImage: '' },
    imageId: machine.images[container.imageName]?.id ?? '',
    imageRef: container.imageRef,
    labels: containerLabels(found),
    logPath: logPath(found),
    message: container.message,
    metadata: { attempt: container.attempt, name: container.name },
    mounts: mountsOf(found),
    reason: container.reason,
    resources: {
      linux: {
        cpuPeriod: limits.cpu ? '100000' : '0',
        cpuQuota: String(limits.cpu * 100),
        cpuShares: '2',
        cpusetCpus: '',
        cpusetMems: '',
        hugepageLimits: [],
        memoryLimitInBytes: String(limits.memory),
        memorySwapLimitInBytes: String(limits.memory),
        oomScoreAdj: '1000',
        unified: {},
      },
    },
    startedAt: timeText(container.startedAt),
    state: `CONTAINER_${container.state.toUpperCase()}`,
    stopSignal: container.stopSignal,
    user: { linux: { gid: String(user.gid), supplementalGroups: user.groups.map(String), uid: String(user.uid) } },
  };
}

function containerInfo(found: Found): Record<string, unknown> {
  const { sandbox, container } = found;
  const { name, attempt, env, user } = container;
  return {
    config: {
      args: container.argv,
      envs: Object.entries(env).map(([key, value]) => ({ key, value })),
      image: { image: container.imageName, user_specified_image: container.image },
      labels: containerLabels(found),
      log_path: `${name}/${attempt}.log`,
      metadata: { ...(attempt && { attempt }), name },
      mounts: container.mounts.map(({ path, source }) => ({ container_path: path, host_path: hostPath(source, sandbox) })),
    },
    pid: container.state === 'running' ? hostPidOf(container) : 0,
    removing: false,
    runtimeOptions: { systemd_cgroup: true },
    runtimeSpec: {
      hostname: sandbox.hostname,
      mounts: container.mounts.map(({ path, source, readOnly }) => ({
        destination: path,
        options: ['rbind', 'rprivate', readOnly ? 'ro' : 'rw'],
        source: hostPath(source, sandbox),
        type: 'bind',
      })),
      ociVersion: '1.3.0',
      process: {
        args: container.argv,
        cwd: container.cwd,
        env: Object.entries(env).map(([key, value]) => `${key}=${value}`),
        user: { gid: user.gid, uid: user.uid },
      },
      root: { path: 'rootfs', readonly: container.readOnlyRoot },
    },
    runtimeType: 'io.containerd.runc.v2',
    sandboxID: sandbox.id,
    snapshotKey: container.id,
    snapshotter: 'overlayfs',
  };
}

const podStatus = (sandbox: Sandbox): Record<string, unknown> => ({
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
      },
    },
  },
  metadata: { attempt: sandbox.attempt, name: sandbox.name, namespace: sandbox.namespace, uid: sandbox.uid },
  network: { additionalIps: [], ip: sandbox.ip },
  runtimeHandler: '',
  state: `SANDBOX_${sandbox.state.toUpperCase()}`,
});

function podInfo({ machine }: Call, sandbox: Sandbox): Record<string, unknown> {
  const isReady = sandbox.state === 'ready';
  return {
    ...(sandbox.ip && {
      cniResult: {
        DNS: [{}],
        Interfaces: {
          eth0: { IPConfigs: [{ Gateway: gatewayOf(machine.podCidr), IP: sandbox.ip }], Sandbox: `/var/run/netns/cni-${sandbox.uid}` },
        },
        Routes: [{ dst: '0.0.0.0/0' }],
      },
    }),
    config: {
      dns_config: sandbox.dns,
      hostname: sandbox.hostname,
      labels: { ...sandbox.labels, ...podLabels(sandbox) },
      log_directory: logDirectory(sandbox),
      metadata: { name: sandbox.name, namespace: sandbox.namespace, uid: sandbox.uid },
    },
    image: 'registry.k8s.io/pause:3.10.1',
    netNamespaceClosed: !isReady,
    pid: isReady ? hostPidOf(sandbox) : 0,
    processStatus: isReady ? 'running' : 'deleted',
    runtimeHandler: '',
    runtimeType: 'io.containerd.runc.v2',
    snapshotKey: sandbox.id,
    snapshotter: 'overlayfs',
  };
}

const gatewayOf = (cidr: string): string => cidr.replace(/\d+\/\d+$/, '1');

const imageStatus = (call: Call, [name, { id, size, ...image }]: readonly [string, StoredImage]): Record<string, unknown> => ({
  id,
  pinned: isPinned(name),
  repoDigests: [`${repositoryOf(name)}@${image.digest}`],
  repoTags: name.includes('@') ? [] : [name],
  size: String(size),
  username: imageOf(call.system.world, name)?.user ?? '',
});

function imageInfo({ system }: Call, [name, { digest }]: readonly [string, StoredImage]): Record<string, unknown> {
  const image = imageOf(system.world, name);
  return {
    chainID: digest,
    imageSpec: {
      architecture: 'amd64',
      config: {
        ...(image?.cmd && { Cmd: image.cmd }),
        ...(image?.entrypoint && { Entrypoint: image.entrypoint }),
        Env: Object.entries(image?.env ?? {}).map(([key, value]) => `${key}=${value}`),
        ...(image?.stopSignal && { StopSignal: image.stopSignal }),
        ...(image?.workdir && { WorkingDir: image.workdir }),
      },
      os: 'linux',
    },
  };
}

const isVerbose = ({ given }: Call): boolean => !given.has('quiet');
const NOTHING = 'No IDs provided or nothing found per filter';
const sayNothing =
  ({ system }: { readonly system: System }) =>
  (): void =>
    log(system, 'error', NOTHING);

export const inspectVerb: Verb = {
  name: 'inspect',
  usage: 'Display the status of one or more containers',
  argsUsage: 'CONTAINER-ID [CONTAINER-ID...]',
  flags: [
    ...FORMATS,
    string('name', 'Filter by container name regular expression pattern'),
    string('namespace', 'Filter by pod namespace regular expression pattern'),
    string('pod, p', 'Filter by pod id'),
    string('image', 'Filter by container image'),
    string('state, s', 'Filter by container state'),
    strings('label', 'Filter by key=value label'),
    bool('latest, l', 'Show the most recently created container (includes all states)'),
    int('last, n', 'Show last n recently created containers (includes all states). Set 0 for unlimited.'),
    bool('all, a', 'Show all containers'),
  ],
  act: (call) => {
    const doing = 'get the status of containers: ';
    const all = call.args.length
      ? call.args.map((id) => findOne(call, id, 'ContainerStatus', `${doing}get container status: `))
      : selectContainers(call);
    writeStatuses(
      call,
      doing,
      needSome(all, sayNothing(call)),
      (one) => ({ ...(isVerbose(call) && { info: containerInfo(one) }), status: containerStatus(call, one) }),
      (one) => containerTable(call, one),
    );
    return { exit: 0 };
  },
};

function containerTable({ system, given }: Call, found: Found): void {
  const { container } = found;
  const since = (at: number): string => ago(system.now() - at);
  system.out(
    [
      `ID: ${container.id}`,
      `Name: ${container.name}`,
      ...(container.attempt ? [`Attempt: ${container.attempt}`] : []),
      `State: CONTAINER_${container.state.toUpperCase()}`,
      `Created: ${since(container.createdAt)}`,
      ...(container.state === 'created' ? [] : [`Started: ${since(container.startedAt)}`]),
      ...(container.state === 'exited' ? [`Finished: ${since(container.finishedAt)}`, `Exit Code: ${container.exitCode}`] : []),
      ...labelLines(containerLabels(found)),
      ...(given.has('quiet') ? [] : [`Info: ${mapText({ info: containerInfo(found) })}`]),
      '',
    ].join('\n'),
  );
}

export const inspectPodVerb: Verb = {
  name: 'inspectp',
  usage: 'Display the status of one or more pods',
  argsUsage: 'POD-ID [POD-ID...]',
  flags: [
    ...FORMATS,
    string('name', 'Filter by pod name regular expression pattern'),
    string('namespace', 'Filter by pod namespace regular expression pattern'),
    string('state, s', 'Filter by pod state'),
    strings('label', 'Filter by key=value label'),
    bool('latest, l', 'Show the most recently created pod'),
    int('last, n', 'Show last n recently created pods. Set 0 for unlimited'),
  ],
  act: (call) => {
    const doing = 'get the status of pod sandboxes: ';
    const all = call.args.length
      ? call.args.map((id) => findPod(call, id, 'PodSandboxStatus', `${doing}get pod sandbox status: `))
      : selectPods(call);
    writeStatuses(
      call,
      doing,
      needSome(all, sayNothing(call)),
      (sandbox) => ({ ...(isVerbose(call) && { info: podInfo(call, sandbox) }), status: podStatus(sandbox) }),
      (sandbox) => podTable(call, sandbox),
    );
    return { exit: 0 };
  },
};

function podTable(call: Call, sandbox: Sandbox): void {
  const created = new Date(sandbox.createdAt).toISOString().replace('T', ' ').replace('Z', ' +0000 UTC');
  call.system.out(
    [
      `ID: ${sandbox.id}`,
      `Name: ${sandbox.name}`,
      `UID: ${sandbox.uid}`,
      `Namespace: ${sandbox.namespace}`,
      `Attempt: ${sandbox.attempt}`,
      `Status: SANDBOX_${sandbox.state.toUpperCase()}`,
      `Created: ${created}`,
      `IP Addresses: ${sandbox.ip}`,
      ...labelLines({ ...sandbox.labels, ...podLabels(sandbox) }),
      ...(isVerbose(call) ? [`Info: ${mapText({ info: podInfo(call, sandbox) })}`] : []),
      '',
    ].join('\n'),
  );
}

export const inspectImageVerb: Verb = {
  name: 'inspecti',
  usage: 'Return the status of one or more images',
  argsUsage: 'IMAGE-ID [IMAGE-ID...]',
  flags: [
    ...FORMATS,
    string('name', 'Filter by image name'),
    strings(
      'filter, f',
      'Filter output based on provided conditions.\nAvailable filters: \n* dangling=(boolean - true or false)\n* reference=/regular expression/\n* before=<image-name>[:<tag>]|<image id>|<image@digest>\n* since=<image-name>[:<tag>]|<image id>|<image@digest>\nMultiple filters can be combined together.',
    ),
  ],
  act: (call) => {
    const all = call.args.length
      ? call.args.map((text) => {
          const image = findImageOf(call, text);
          if (!image) throw new CrictlError(`no such image ${JSON.stringify(text)} present`);
          return image;
        })
      : selectImages(call, call.given.get('name'));
    writeStatuses(
      call,
      '',
      needSome(all, sayNothing(call)),
      (image) => ({ ...(isVerbose(call) && { info: imageInfo(call, image) }), status: imageStatus(call, image) }),
      (image) => imageTable(call, image),
    );
    return { exit: 0 };
  },
};

function imageTable(call: Call, image: readonly [string, StoredImage]): void {
  const [name, { id, digest, size }] = image;
  call.system.out(
    [
      `ID: ${id}`,
      ...(name.includes('@') ? [] : [`Tag: ${name}`]),
      `Digest: ${repositoryOf(name)}@${digest}`,
      `Size: ${humanSize(size, 3)}`,
      ...(isVerbose(call) ? [`Info: ${mapText({ info: imageInfo(call, image) })}`] : []),
      '',
    ].join('\n'),
  );
}
