// crictl info, version and imagefsinfo: the runtime itself. Mirrors cmd/crictl/info.go and version.go, and what containerd's CRI plugin says of itself.

import { CNI_FILE, CONFLIST } from '../../network/cni.ts';
import type { Next } from '../../process/program.ts';
import { bool, string } from './flags.ts';
import { writeStatuses } from './output.ts';
import { humanSize, Stop } from './runtime.ts';
import type { Call, Verb } from './runtime.ts';

const DONE: Next = { exit: 0 };
const ROOT = '/var/lib/containerd';
const TEMPLATE = string('template', 'The template string is only used when output is go-template; The Template format is golang template');

/** Whether the network is set up follows from its configuration's being there. */
function networkCondition({ system }: Call): object {
  const isThere = system.find(CNI_FILE) !== undefined;
  return isThere
    ? { message: '', reason: '', status: true, type: 'NetworkReady' }
    : {
        message: 'Network plugin returns error: cni plugin not initialized',
        reason: 'NetworkPluginNotReady',
        status: false,
        type: 'NetworkReady',
      };
}

function infoOf(call: Call): Record<string, unknown> {
  const { machine, system } = call;
  const network = system.find(CNI_FILE) ? (JSON.parse(CONFLIST) as object) : undefined;
  return {
    cniconfig: {
      Networks: network ? [{ Config: { ...network, Source: CONFLIST }, IFName: 'eth0' }] : [],
      PluginConfDir: '/etc/cni/net.d',
      PluginDirs: ['/opt/cni/bin'],
      PluginMaxConfNum: 1,
      Prefix: 'eth',
    },
    config: {
      cni: { binDirs: ['/opt/cni/bin'], confDir: '/etc/cni/net.d', maxConfNum: 1 },
      containerd: {
        defaultRuntimeName: 'runc',
        runtimes: {
          runc: { options: { SystemdCgroup: true }, runtimeType: 'io.containerd.runc.v2', sandboxer: 'podsandbox', snapshotter: '' },
        },
      },
      containerdEndpoint: '/run/containerd/containerd.sock',
      containerdRootDir: ROOT,
      enableSelinux: false,
      maxContainerLogSize: 16384,
      rootDir: `${ROOT}/io.containerd.grpc.v1.cri`,
      stateDir: '/run/containerd/io.containerd.grpc.v1.cri',
    },
    golang: 'go1.25.5',
    lastCNILoadStatus: network
      ? 'OK'
      : 'cni config load failed: no network config found in /etc/cni/net.d: cni plugin not initialized: failed to load cni config',
    runtimeVersion: versionOf(machine.runtimeVersion),
  };
}

const versionOf = (runtime: string): string => `v${runtime.split('://')[1]}`;

export const infoVerb: Verb = {
  name: 'info',
  usage: 'Display information of the container runtime',
  flags: [
    string('output, o', 'Output format, One of: json|yaml|go-template', 'json'),
    bool('quiet, q', 'Do not show verbose information'),
    TEMPLATE,
  ],
  act: (call) => {
    if (call.args.length) throw new Stop();
    const handler = { features: { recursive_read_only_mounts: true, user_namespaces: true } };
    const status = {
      conditions: [
        { message: '', reason: '', status: true, type: 'RuntimeReady' },
        networkCondition(call),
        { message: '', reason: '', status: true, type: 'ContainerdHasNoDeprecationWarnings' },
      ],
    };
    writeStatuses(call, 'getting status of runtime: ', [status], () => ({
      ...(!call.given.has('quiet') && infoOf(call)),
      features: { supplemental_groups_policy: true },
      runtimeHandlers: [handler, { ...handler, name: 'runc' }],
      status,
    }));
    return DONE;
  },
};

export const versionVerb: Verb = {
  name: 'version',
  usage: 'Display runtime version information',
  flags: [],
  act: ({ system, machine, args }) => {
    if (args.length) throw new Stop();
    const [name = ''] = machine.runtimeVersion.split('://');
    system.out(`Version:  0.1.0\nRuntimeName:  ${name}\nRuntimeVersion:  ${versionOf(machine.runtimeVersion)}\nRuntimeApiVersion:  v1\n`);
    return DONE;
  },
};

export const imageFsInfoVerb: Verb = {
  name: 'imagefsinfo',
  usage: 'Return image filesystem info',
  flags: [string('output, o', 'Output format, One of: json|yaml|go-template|table'), TEMPLATE],
  act: (call) => {
    const { system, machine } = call;
    const bytes = Object.values(machine.images).reduce((sum, { size }) => sum + size, 0);
    const inodes = 900 * Object.keys(machine.images).length;
    const mountpoint = `${ROOT}/io.containerd.snapshotter.v1.overlayfs`;
    const usage = [
      {
        fsId: { mountpoint },
        inodesUsed: { value: String(inodes) },
        timestamp: `${system.now()}000000`,
        usedBytes: { value: String(bytes) },
      },
    ];
    const lines = (label: string): string =>
      `${label} Filesystem \nTimeStamp[0]: ${system.now()}000000\nDisk[0]: ${humanSize(bytes)}\nInodes[0]: ${inodes}\nMountpoint[0]: ${mountpoint}\n`;
    writeStatuses(
      call,
      '',
      [usage],
      () => ({ status: { containerFilesystems: usage, imageFilesystems: usage } }),
      () => system.out(lines('Container') + lines('Image')),
    );
    return DONE;
  },
};
