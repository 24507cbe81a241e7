// What kube-proxy says at /configz: its file, and the defaults for what that leaves open. Mirrors pkg/proxy/apis/config/v1alpha1/defaults.go.

import { isRecord } from '../../lib/json.ts';
import type { ProxyState } from '../../world/programs/control-plane/node-agents.ts';

type Fields = { readonly [name: string]: unknown };

const DEFAULTS: Fields = {
  kind: 'KubeProxyConfiguration',
  apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
  featureGates: {},
  clientConnection: { kubeconfig: '', acceptContentTypes: '', contentType: 'application/vnd.kubernetes.protobuf', qps: 5, burst: 10 },
  logging: {
    format: 'text',
    flushFrequency: '5s',
    verbosity: 0,
    options: { text: { infoBufferSize: '0' }, json: { infoBufferSize: '0' } },
  },
  hostnameOverride: '',
  bindAddress: '0.0.0.0',
  healthzBindAddress: '0.0.0.0:10256',
  metricsBindAddress: '127.0.0.1:10249',
  bindAddressHardFail: false,
  enableProfiling: false,
  showHiddenMetricsForVersion: '',
  mode: 'iptables',
  iptables: { masqueradeBit: 14, masqueradeAll: false, localhostNodePorts: true, syncPeriod: '30s', minSyncPeriod: '1s' },
  ipvs: {
    syncPeriod: '30s',
    minSyncPeriod: '0s',
    scheduler: '',
    excludeCIDRs: null,
    strictARP: false,
    tcpTimeout: '0s',
    tcpFinTimeout: '0s',
    udpTimeout: '0s',
  },
  nftables: { masqueradeBit: 14, masqueradeAll: false, syncPeriod: '30s', minSyncPeriod: '1s' },
  winkernel: { networkName: '', sourceVip: '', enableDSR: false, rootHnsEndpointName: '', forwardHealthCheckVip: false },
  detectLocalMode: 'ClusterCIDR',
  detectLocal: { bridgeInterface: '', interfaceNamePrefix: '' },
  clusterCIDR: '',
  nodePortAddresses: null,
  oomScoreAdj: -999,
  conntrack: {
    maxPerCore: 32_768,
    min: 131_072,
    tcpEstablishedTimeout: '24h0m0s',
    tcpCloseWaitTimeout: '1h0m0s',
    tcpBeLiberal: false,
    udpTimeout: '0s',
    udpStreamTimeout: '0s',
  },
  configSyncPeriod: '15m0s',
  portRange: '',
};

export const proxyConfig = (given: Fields, { mode, node, metrics }: ProxyState): object => ({
  ...filled(DEFAULTS, given),
  mode,
  hostnameOverride: node,
  metricsBindAddress: metrics,
});

/** What is empty is as if it were not given. */
function filled(defaults: Fields, given: Fields): Fields {
  const isEmpty = (value: unknown): boolean => value === undefined || value === null || value === '' || value === 0 || value === '0s';
  return Object.fromEntries(
    Object.entries(defaults).map(([name, value]) => {
      const own = given[name];
      if (isRecord(value)) return [name, isRecord(own) ? filled(value, own) : value];
      return [name, isEmpty(own) ? value : own];
    }),
  );
}
