// The root file system of a machine: what its distribution put there, and what was written since.

import { CNI_FILE, CONFLIST } from '../network/cni.ts';
import { debianTools, extraTools } from '../images/tools.ts';
import { unitFiles } from '../units.ts';
import type { World } from '../world.ts';
import { baseFiles, stack } from './base.ts';
import { writableTree } from './container-files.ts';
import { MACHINE_DEVICES } from './device-files.ts';
import { FileSystem } from './file-system.ts';
import type { Credentials } from './file-system.ts';
import type { Layer } from './inode.ts';
import { withRuntimeFiles } from './runtime-files.ts';
import { layerTree } from './tree.ts';
import type { Tree } from './tree.ts';

/** What Ubuntu's server has beside Debian's least. */
const TOOLS =
  'conntrack crictl curl dig free ip iptables iptables-save journalctl kill killall less nano netstat nslookup openssl pgrep pidof ping pkill ps ss sysctl systemctl top uptime vi vim watch wget'.split(
    ' ',
  );

const CNI_PLUGINS = ['bandwidth', 'bridge', 'dhcp', 'firewall', 'host-local', 'loopback', 'portmap', 'ptp', 'tuning', 'vlan'];

/** Made when it is first asked for: its tools are programs, and those come later than files. */
let made: Layer | undefined;
const distribution = (): Layer =>
  (made ??= baseFiles({
    ...debianTools(),
    ...extraTools('/usr/bin', TOOLS),
    '/etc/os-release':
      'PRETTY_NAME="Ubuntu 24.04.4 LTS"\nNAME="Ubuntu"\nVERSION_ID="24.04"\nVERSION="24.04.4 LTS (Noble Numbat)"\nVERSION_CODENAME=noble\nID=ubuntu\nID_LIKE=debian\nHOME_URL="https://www.ubuntu.com/"\n',
    '/etc/hosts': '127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n',
    '/etc/resolv.conf': 'nameserver 127.0.0.53\noptions edns0 trust-ad\n',
    ...Object.fromEntries(
      ['checkpoints', 'device-plugins', 'plugins', 'plugins_registry', 'pod-resources', 'pods'].map((name) => [
        `/var/lib/kubelet/${name}`,
        { type: 'dir', mode: 0o750 },
      ]),
    ),
    ...unitFiles(),
    ...Object.fromEntries(Object.entries(MACHINE_DEVICES).map(([path, file]) => [`/dev${path}`, file])),
    '/etc/crictl.yaml': 'runtime-endpoint: unix:///run/containerd/containerd.sock\n',
    '/run/containerd/containerd.sock': { type: 'socket', mode: 0o660 },
    '/run/containerd/io.containerd.runtime.v2.task/k8s.io': { type: 'dir', mode: 0o711 },
    '/var/lib/containerd': { type: 'dir' },
    '/var/log/pods': { type: 'dir' },
    '/var/log/containers': { type: 'dir' },
    [CNI_FILE]: CONFLIST,
    '/run/xtables.lock': '',
    '/lib/modules': { type: 'dir' },
    '/var/lib/etcd': { type: 'dir', mode: 0o700 },
    '/usr/share/ca-certificates': { type: 'dir' },
    '/usr/local/share/ca-certificates': { type: 'dir' },
    '/etc/ssl/certs': { type: 'dir' },
    '/etc/ca-certificates': { type: 'dir' },
    '/etc/kubernetes/manifests': { type: 'dir' },
    '/opt': { type: 'dir' },
    ...Object.fromEntries(CNI_PLUGINS.map((name) => [`/opt/cni/bin/${name}`, { mode: 0o755, size: 3_900_000 }])),
    '/mnt': { type: 'dir' },
    '/srv': { type: 'dir' },
    '/data': { type: 'dir' },
  }));

const trees = new WeakMap<World, Map<string, Tree>>();

export function machineTree(world: World, name: string): Tree {
  let known = trees.get(world);
  if (!known) trees.set(world, (known = new Map()));
  let tree = known.get(name);
  if (!tree) known.set(name, (tree = makeTree(world, name)));
  return tree;
}

function makeTree(world: World, name: string): Tree {
  const kept = writableTree(world, `files/machine/${name}`, () => {
    const machine = world.machines.get(name);
    const own = machine && world.traits.machineFiles?.(machine);
    return layerTree(own ? stack(distribution(), own) : distribution());
  });
  const tree = withRuntimeFiles(world, name, kept);
  /** Whoever watches a directory of configuration learns of a change at once. */
  const tell = (path: string): void => {
    if (path.startsWith('/etc/')) world.hooks.configChanged(name, path);
  };
  return {
    get: (path) => tree.get(path),
    names: (path) => tree.names(path),
    put: (path, inode) => {
      tree.put(path, inode);
      tell(path);
    },
    remove: (path) => {
      tree.remove(path);
      tell(path);
    },
  };
}

const ROOT: Credentials = { uid: 0, gid: 0, groups: [0] };

/** The files of a machine, as its root or somebody else sees them. */
export const machineFiles = (world: World, name: string, user = ROOT): FileSystem =>
  new FileSystem(
    () => [{ path: '', tree: machineTree(world, name), readOnly: false, kind: 'ext4' }],
    user,
    () => world.now(),
  );
