// /configz of a kubelet: its whole configuration, with what nobody has set, as Go would write it. Mirrors SetDefaults_KubeletConfiguration of
// pkg/kubelet/apis/config/v1beta1/defaults.go, and what cmd/kubelet/app/server.go sets beyond that.

import { isRecord } from '../../lib/json.ts';
import type { KubeletConfig } from '../kubelet/kubelet-config.ts';

type Values = Readonly<Record<string, unknown>>;

const PKI = '/var/lib/kubelet/pki';

/** In the order in which they are written. */
const DEFAULTS: Values = {
  enableServer: true,
  staticPodPath: undefined,
  podLogsDir: '/var/log/pods',
  syncFrequency: '1m0s',
  fileCheckFrequency: '20s',
  httpCheckFrequency: '20s',
  staticPodURL: undefined,
  staticPodURLHeader: undefined,
  address: '0.0.0.0',
  port: 10_250,
  readOnlyPort: undefined,
  tlsCertFile: `${PKI}/kubelet.crt`,
  tlsPrivateKeyFile: `${PKI}/kubelet.key`,
  tlsCipherSuites: undefined,
  tlsMinVersion: undefined,
  rotateCertificates: undefined,
  serverTLSBootstrap: undefined,
  authentication: { x509: { clientCAFile: undefined }, webhook: { enabled: true, cacheTTL: '2m0s' }, anonymous: { enabled: false } },
  authorization: { mode: 'Webhook', webhook: { cacheAuthorizedTTL: '5m0s', cacheUnauthorizedTTL: '30s' } },
  registryPullQPS: 5,
  registryBurst: 10,
  imagePullCredentialsVerificationPolicy: 'NeverVerifyPreloadedImages',
  preloadedImagesVerificationAllowlist: undefined,
  eventRecordQPS: 50,
  eventBurst: 100,
  enableDebuggingHandlers: true,
  enableContentionProfiling: undefined,
  healthzPort: 10_248,
  healthzBindAddress: '127.0.0.1',
  oomScoreAdj: -999,
  clusterDomain: undefined,
  clusterDNS: undefined,
  streamingConnectionIdleTimeout: '4h0m0s',
  nodeStatusUpdateFrequency: '10s',
  nodeStatusReportFrequency: '5m0s',
  nodeLeaseDurationSeconds: 40,
  imageMinimumGCAge: '2m0s',
  imageMaximumGCAge: '0s',
  imageGCHighThresholdPercent: 85,
  imageGCLowThresholdPercent: 80,
  volumeStatsAggPeriod: '1m0s',
  kubeletCgroups: undefined,
  systemCgroups: undefined,
  cgroupRoot: undefined,
  cgroupsPerQOS: true,
  cgroupDriver: 'cgroupfs',
  cpuManagerPolicy: 'none',
  singleProcessOOMKill: undefined,
  cpuManagerPolicyOptions: undefined,
  cpuManagerReconcilePeriod: '10s',
  memoryManagerPolicy: 'None',
  topologyManagerPolicy: 'none',
  topologyManagerScope: 'container',
  topologyManagerPolicyOptions: undefined,
  qosReserved: undefined,
  runtimeRequestTimeout: '2m0s',
  hairpinMode: 'promiscuous-bridge',
  maxPods: 110,
  podCIDR: undefined,
  podPidsLimit: -1,
  resolvConf: '/etc/resolv.conf',
  runOnce: undefined,
  cpuCFSQuota: true,
  cpuCFSQuotaPeriod: '100ms',
  nodeStatusMaxImages: 50,
  maxOpenFiles: 1_000_000,
  contentType: 'application/vnd.kubernetes.protobuf',
  kubeAPIQPS: 50,
  kubeAPIBurst: 100,
  serializeImagePulls: true,
  maxParallelImagePulls: undefined,
  evictionHard: undefined,
  evictionSoft: undefined,
  evictionSoftGracePeriod: undefined,
  evictionPressureTransitionPeriod: '5m0s',
  evictionMaxPodGracePeriod: undefined,
  evictionMinimumReclaim: undefined,
  mergeDefaultEvictionSettings: false,
  podsPerCore: undefined,
  enableControllerAttachDetach: true,
  protectKernelDefaults: undefined,
  makeIPTablesUtilChains: true,
  iptablesMasqueradeBit: 14,
  iptablesDropBit: 15,
  featureGates: undefined,
  failSwapOn: true,
  memorySwap: { swapBehavior: undefined },
  containerLogMaxSize: '10Mi',
  containerLogMaxFiles: 5,
  containerLogMaxWorkers: 1,
  containerLogMonitorInterval: '10s',
  configMapAndSecretChangeDetectionStrategy: 'Watch',
  systemReserved: undefined,
  kubeReserved: undefined,
  reservedSystemCPUs: undefined,
  showHiddenMetricsForVersion: undefined,
  systemReservedCgroup: undefined,
  kubeReservedCgroup: undefined,
  enforceNodeAllocatable: ['pods'],
  allowedUnsafeSysctls: undefined,
  volumePluginDir: '/usr/libexec/kubernetes/kubelet-plugins/volume/exec/',
  providerID: undefined,
  kernelMemcgNotification: undefined,
  logging: {
    format: 'text',
    flushFrequency: '5s',
    verbosity: 0,
    vmodule: undefined,
    options: { text: { infoBufferSize: '0' }, json: { infoBufferSize: '0' } },
  },
  enableSystemLogHandler: true,
  enableSystemLogQuery: false,
  shutdownGracePeriod: '0s',
  shutdownGracePeriodCriticalPods: '0s',
  shutdownGracePeriodByPodPriority: undefined,
  crashLoopBackOff: { maxContainerRestartPeriod: '5m0s' },
  reservedMemory: undefined,
  enableProfilingHandler: true,
  enableDebugFlagsHandler: true,
  seccompDefault: false,
  memoryThrottlingFactor: 0.9,
  registerWithTaints: undefined,
  registerNode: true,
  tracing: undefined,
  localStorageCapacityIsolation: true,
  containerRuntimeEndpoint: 'unix:///run/containerd/containerd.sock',
  imageServiceEndpoint: undefined,
  failCgroupV1: true,
  userNamespaces: undefined,
};

/** Numbers of which zero is one like any other. */
const ZERO_COUNTS: ReadonlySet<string> = new Set([
  ...['registryPullQPS', 'eventRecordQPS', 'healthzPort', 'oomScoreAdj', 'imageGCHighThresholdPercent', 'imageGCLowThresholdPercent'],
  ...[
    'podPidsLimit',
    'nodeStatusMaxImages',
    'kubeAPIQPS',
    'iptablesMasqueradeBit',
    'iptablesDropBit',
    'containerLogMaxFiles',
    'memoryThrottlingFactor',
  ],
]);

/** `given` is what the file says; `config` what holds, of what has an effect. */
export function configz(given: Values, { maxPods, staticPodPath, evictionHard }: KubeletConfig): object {
  const sorted = Object.fromEntries(Object.entries(evictionHard).sort(([a], [b]) => (a < b ? -1 : 1)));
  const updates = given['nodeStatusUpdateFrequency'];
  return {
    kubeletconfig: filled(
      {
        ...DEFAULTS,
        staticPodPath: staticPodPath || undefined,
        maxPods,
        evictionHard: sorted,
        // Whoever says how often a status is made means how often it is told, too.
        ...(!isUnset('', updates) && { nodeStatusReportFrequency: updates }),
      },
      given,
    ),
  };
}

function filled(defaults: Values, given: Values): object {
  const out: Record<string, unknown> = {};
  for (const [name, normal] of Object.entries(defaults)) {
    const value = given[name];
    if (name !== 'evictionHard' && isRecord(normal)) out[name] = filled(normal, isRecord(value) ? value : {});
    else if (isUnset(name, value) || (value === false && normal === undefined)) {
      if (normal !== undefined) out[name] = normal;
    } else out[name] = value;
  }
  return out;
}

/** What Go cannot tell from a field that is not there. */
function isUnset(name: string, value: unknown): boolean {
  if (value === undefined || value === null || value === '' || value === '0s') return true;
  return value === 0 && !ZERO_COUNTS.has(name);
}
