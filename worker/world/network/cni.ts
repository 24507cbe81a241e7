// How a machine's runtime is told to set up the network of a pod: a file that an agent leaves in a directory. Without one there is no network.

export const CNI_DIRECTORY = '/etc/cni/net.d';
export const CNI_FILE = `${CNI_DIRECTORY}/10-pod-network.conflist`;

/** What the agent tells the runtime. */
export const CONFLIST = `${JSON.stringify(
  {
    cniVersion: '0.4.0',
    name: 'pod-network',
    plugins: [
      {
        type: 'ptp',
        ipMasq: false,
        ipam: { type: 'host-local', dataDir: '/run/cni-ipam-state', routes: [{ dst: '0.0.0.0/0' }] },
        mtu: 1500,
      },
      { type: 'portmap', capabilities: { portMappings: true } },
    ],
  },
  null,
  2,
)}\n`;
