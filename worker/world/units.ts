// The units of systemd on a machine: what their files say. Mirrors those of Ubuntu, of containerd, and of Kubernetes' packages.

export interface Unit {
  readonly description: string;
  readonly documentation: readonly string[];
  readonly command: string;
  /** Its own part of `ExecStart`, where a drop-in gives it. */
  readonly dropIn?: { readonly name: string; readonly text: string };
}

const KUBEADM = `# Note: This dropin only works with kubeadm and kubelet v1.11+
[Service]
Environment="KUBELET_KUBECONFIG_ARGS=--bootstrap-kubeconfig=/etc/kubernetes/bootstrap-kubelet.conf --kubeconfig=/etc/kubernetes/kubelet.conf"
Environment="KUBELET_CONFIG_ARGS=--config=/var/lib/kubelet/config.yaml"
EnvironmentFile=-/var/lib/kubelet/kubeadm-flags.env
EnvironmentFile=-/etc/default/kubelet
ExecStart=
ExecStart=/usr/bin/kubelet $KUBELET_KUBECONFIG_ARGS $KUBELET_CONFIG_ARGS $KUBELET_KUBEADM_ARGS $KUBELET_EXTRA_ARGS
`;

export const UNITS: Readonly<Record<string, Unit>> = {
  containerd: {
    description: 'containerd container runtime',
    documentation: ['https://containerd.io'],
    command: '/usr/bin/containerd',
  },
  kubelet: {
    description: 'kubelet: The Kubernetes Node Agent',
    documentation: ['https://kubernetes.io/docs/'],
    command: '/usr/bin/kubelet $KUBELET_KUBECONFIG_ARGS $KUBELET_CONFIG_ARGS $KUBELET_KUBEADM_ARGS $KUBELET_EXTRA_ARGS',
    dropIn: { name: '10-kubeadm.conf', text: KUBEADM },
  },
  ssh: {
    description: 'OpenBSD Secure Shell server',
    documentation: ['man:sshd(8)', 'man:sshd_config(5)'],
    command: '/usr/sbin/sshd -D $SSHD_OPTS',
  },
  'systemd-journald': {
    description: 'Journal Service',
    documentation: ['man:systemd-journald.service(8)', 'man:journald.conf(5)'],
    command: '/usr/lib/systemd/systemd-journald',
  },
  'systemd-networkd': {
    description: 'Network Configuration',
    documentation: ['man:systemd-networkd.service(8)', 'man:org.freedesktop.network1(5)'],
    command: '/usr/lib/systemd/systemd-networkd',
  },
  'systemd-resolved': {
    description: 'Network Name Resolution',
    documentation: ['man:systemd-resolved.service(8)', 'man:org.freedesktop.resolve1(5)'],
    command: '/usr/lib/systemd/systemd-resolved',
  },
};

const DIRECTORY = '/usr/lib/systemd/system';

export const unitPath = (name: string): string => `${DIRECTORY}/${name}.service`;
export const dropInPath = (name: string): string | undefined => {
  const dropIn = UNITS[name]?.dropIn;
  return dropIn && `${DIRECTORY}/${name}.service.d/${dropIn.name}`;
};

/** The files of all units. */
export const unitFiles = (): Record<string, string> =>
  Object.fromEntries(
    Object.entries(UNITS).flatMap(([name, unit]) => {
      const { description, documentation, command, dropIn } = unit;
      const start = dropIn ? command.split(' ')[0] : command;
      const text = `[Unit]
Description=${description}
Documentation=${documentation.join(' ')}

[Service]
ExecStart=${start}
Restart=always
StartLimitInterval=0
RestartSec=10

[Install]
WantedBy=multi-user.target
`;
      return [[unitPath(name), text] as const, ...(dropIn ? [[dropInPath(name)!, dropIn.text] as const] : [])];
    }),
  );
