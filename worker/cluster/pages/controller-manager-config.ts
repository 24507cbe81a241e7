// What kube-controller-manager says at /configz: its configuration as it holds it, which nobody gives names for JSON. Mirrors pkg/controller/apis/config/types.go and the
// defaults of its parts.

import { formatDuration, parseDuration } from '../../lib/time.ts';
import type { Flags } from '../../world/programs/control-plane/flags.ts';
import { listOf } from './common.ts';

type Type = 'text' | 'number' | 'bool' | 'duration' | 'list';

/** Part, then a field a word: `Name:flag:type:default`. */
const PARTS = `
AttachDetachController DisableAttachDetachReconcilerSync:disable-attach-detach-reconcile-sync:bool:false ReconcilerSyncLoopPeriod:attach-detach-reconcile-sync-period:duration:1m DisableForceDetachOnTimeout:disable-force-detach-on-timeout:bool:false
CSRSigningController ClusterSigningCertFile:cluster-signing-cert-file:text: ClusterSigningKeyFile:cluster-signing-key-file:text: ClusterSigningDuration:cluster-signing-duration:duration:8760h
DaemonSetController ConcurrentDaemonSetSyncs:concurrent-daemonset-syncs:number:2
DeploymentController ConcurrentDeploymentSyncs:concurrent-deployment-syncs:number:5
StatefulSetController ConcurrentStatefulSetSyncs:concurrent-statefulset-syncs:number:5
DeprecatedController
EndpointController ConcurrentEndpointSyncs:concurrent-endpoint-syncs:number:5 EndpointUpdatesBatchPeriod:endpoint-updates-batch-period:duration:0s
EndpointSliceController ConcurrentServiceEndpointSyncs:concurrent-service-endpoint-syncs:number:5 MaxEndpointsPerSlice:max-endpoints-per-slice:number:100 EndpointUpdatesBatchPeriod:endpointslice-updates-batch-period:duration:0s
EndpointSliceMirroringController MirroringConcurrentServiceEndpointSyncs:mirroring-concurrent-service-endpoint-syncs:number:5 MirroringMaxEndpointsPerSubset:mirroring-max-endpoints-per-subset:number:1000 MirroringEndpointUpdatesBatchPeriod:mirroring-endpointslice-updates-batch-period:duration:0s
EphemeralVolumeController ConcurrentEphemeralVolumeSyncs:concurrent-ephemeralvolume-syncs:number:5
GarbageCollectorController EnableGarbageCollector:enable-garbage-collector:bool:true ConcurrentGCSyncs:concurrent-gc-syncs:number:20
HPAController ConcurrentHorizontalPodAutoscalerSyncs:concurrent-horizontal-pod-autoscaler-syncs:number:5 HorizontalPodAutoscalerSyncPeriod:horizontal-pod-autoscaler-sync-period:duration:15s HorizontalPodAutoscalerDownscaleStabilizationWindow:horizontal-pod-autoscaler-downscale-stabilization:duration:5m HorizontalPodAutoscalerTolerance:horizontal-pod-autoscaler-tolerance:number:0.1 HorizontalPodAutoscalerCPUInitializationPeriod:horizontal-pod-autoscaler-cpu-initialization-period:duration:5m HorizontalPodAutoscalerInitialReadinessDelay:horizontal-pod-autoscaler-initial-readiness-delay:duration:30s
JobController ConcurrentJobSyncs:concurrent-job-syncs:number:5
CronJobController ConcurrentCronJobSyncs:concurrent-cron-job-syncs:number:5
LegacySATokenCleaner CleanUpPeriod:legacy-service-account-token-clean-up-period:duration:8760h
NamespaceController NamespaceSyncPeriod:namespace-sync-period:duration:5m ConcurrentNamespaceSyncs:concurrent-namespace-syncs:number:10
NodeIPAMController NodeCIDRMaskSize:node-cidr-mask-size:number:0 NodeCIDRMaskSizeIPv4:node-cidr-mask-size-ipv4:number:0 NodeCIDRMaskSizeIPv6:node-cidr-mask-size-ipv6:number:0
NodeLifecycleController NodeEvictionRate:node-eviction-rate:number:0.1 SecondaryNodeEvictionRate:secondary-node-eviction-rate:number:0.01 NodeStartupGracePeriod:node-startup-grace-period:duration:1m NodeMonitorGracePeriod:node-monitor-grace-period:duration:50s PodEvictionTimeout::duration:5m LargeClusterSizeThreshold:large-cluster-size-threshold:number:50 UnhealthyZoneThreshold:unhealthy-zone-threshold:number:0.55
PersistentVolumeBinderController PVClaimBinderSyncPeriod:pvclaimbinder-sync-period:duration:15s
PodGCController TerminatedPodGCThreshold:terminated-pod-gc-threshold:number:12500
ReplicaSetController ConcurrentRSSyncs:concurrent-replicaset-syncs:number:5
ReplicationController ConcurrentRCSyncs:concurrent-rc-syncs:number:5
ResourceQuotaController ResourceQuotaSyncPeriod:resource-quota-sync-period:duration:5m ConcurrentResourceQuotaSyncs:concurrent-resource-quota-syncs:number:5
SAController ServiceAccountKeyFile:service-account-private-key-file:text: ConcurrentSATokenSyncs:concurrent-serviceaccount-token-syncs:number:5 RootCAFile:root-ca-file:text:
ServiceController ConcurrentServiceSyncs:concurrent-service-syncs:number:1
TTLAfterFinishedController ConcurrentTTLSyncs:concurrent-ttl-after-finished-syncs:number:5
ValidatingAdmissionPolicyStatusController ConcurrentPolicySyncs:concurrent-validating-admission-policy-status-syncs:number:5
DeviceTaintEvictionController ConcurrentSyncs:concurrent-device-taint-eviction-syncs:number:8
ResourceClaimController ConcurrentSyncs:concurrent-resource-claim-syncs:number:10`;

const GENERIC =
  'MinResyncPeriod:min-resync-period:duration:12h ControllerStartInterval:controller-start-interval:duration:0s Controllers:controllers:list:*';
const ELECTION =
  'LeaderElect:leader-elect:bool:true LeaseDuration:leader-elect-lease-duration:duration:15s RenewDeadline:leader-elect-renew-deadline:duration:10s RetryPeriod:leader-elect-retry-period:duration:2s ResourceLock:leader-elect-resource-lock:text:leases ResourceName:leader-elect-resource-name:text:kube-controller-manager ResourceNamespace:leader-elect-resource-namespace:text:kube-system';
const CLIENT =
  'Kubeconfig:kubeconfig:text: ContentType:kube-api-content-type:text:application/vnd.kubernetes.protobuf QPS:kube-api-qps:number:20 Burst:kube-api-burst:number:30';
const CLOUD =
  'ExternalCloudVolumePlugin:external-cloud-volume-plugin:text: UseServiceAccountCredentials:use-service-account-credentials:bool:false AllowUntaggedCloud::bool:false RouteReconciliationPeriod:route-reconciliation-period:duration:10s NodeMonitorPeriod:node-monitor-period:duration:5s ClusterName:cluster-name:text:kubernetes ClusterCIDR:cluster-cidr:text: AllocateNodeCIDRs:allocate-node-cidrs:bool:false CIDRAllocatorType:cidr-allocator-type:text:RangeAllocator ConfigureCloudRoutes:configure-cloud-routes:bool:true NodeSyncPeriod::duration:0s';
const RECYCLER =
  'MaximumRetry::number:3 MinimumTimeoutNFS:pv-recycler-minimum-timeout-nfs:number:300 PodTemplateFilePathNFS:pv-recycler-pod-template-filepath-nfs:text: IncrementTimeoutNFS:pv-recycler-increment-timeout-nfs:number:30 PodTemplateFilePathHostPath:pv-recycler-pod-template-filepath-hostpath:text: MinimumTimeoutHostPath:pv-recycler-minimum-timeout-hostpath:number:60 IncrementTimeoutHostPath:pv-recycler-timeout-increment-hostpath:number:30';
const PROVISIONING =
  'EnableHostPathProvisioning:enable-hostpath-provisioner:bool:false EnableDynamicProvisioning:enable-dynamic-provisioning:bool:true';
const FLEX = '/usr/libexec/kubernetes/kubelet-plugins/volume/exec/';

export function controllerManagerConfig(flags: Flags): object {
  const parts = PARTS.trim()
    .split('\n')
    .map((line) => {
      const [name = '', ...fields] = line.split(' ');
      const part = fields.length ? partOf(fields.join(' '), flags) : {};
      return [name, MORE[name]?.(part, flags) ?? part];
    });
  return {
    Generic: {
      Port: 0,
      Address: '0.0.0.0',
      ...partOf(GENERIC, flags),
      ClientConnection: { AcceptContentTypes: '', ...partOf(CLIENT, flags) },
      LeaderElection: partOf(ELECTION, flags),
      Debugging: { EnableProfiling: flags['profiling'] !== 'false', EnableContentionProfiling: flags['contention-profiling'] === 'true' },
      LeaderMigrationEnabled: flags['enable-leader-migration'] === 'true',
      LeaderMigration: { LeaderName: '', ResourceLock: '', ControllerLeaders: null },
    },
    KubeCloudShared: {
      CloudProvider: { Name: flags['cloud-provider'] ?? '', CloudConfigFile: flags['cloud-config'] ?? '' },
      ...partOf(CLOUD, flags),
    },
    ...Object.fromEntries(parts),
  };
}

type Part = Record<string, unknown>;

/** Of some parts, what is no flag's value. */
const MORE: Readonly<Record<string, (part: Part, flags: Flags) => Part>> = {
  CSRSigningController: ({ ClusterSigningDuration, ...part }, flags) => {
    const of = (signer: string): Part =>
      partOf(`CertFile:cluster-signing-${signer}-cert-file:text: KeyFile:cluster-signing-${signer}-key-file:text:`, flags);
    return {
      ...part,
      KubeletServingSignerConfiguration: of('kubelet-serving'),
      KubeletClientSignerConfiguration: of('kubelet-client'),
      KubeAPIServerClientSignerConfiguration: of('kube-apiserver-client'),
      LegacyUnknownSignerConfiguration: of('legacy-unknown'),
      ClusterSigningDuration,
    };
  },
  GarbageCollectorController: (part) => ({
    ...part,
    GCIgnoredResources: ['', 'events.k8s.io'].map((Group) => ({ Group, Resource: 'events' })),
  }),
  NodeIPAMController: (part, flags) => {
    const [ServiceCIDR = '', SecondaryServiceCIDR = ''] = (flags['service-cluster-ip-range'] ?? '').split(',');
    return { ServiceCIDR, SecondaryServiceCIDR, ...part };
  },
  PersistentVolumeBinderController: (part, flags) => ({
    ...part,
    VolumeConfiguration: {
      ...partOf(PROVISIONING, flags),
      PersistentVolumeRecyclerConfiguration: partOf(RECYCLER, flags),
      FlexVolumePluginDir: flags['flex-volume-plugin-dir'] ?? FLEX,
    },
  }),
};

const partOf = (fields: string, flags: Flags): Record<string, unknown> =>
  Object.fromEntries(
    fields.split(' ').map((field) => {
      const [name = '', flag = '', type = '', fallback = ''] = field.split(':');
      return [name, valueOf(flags[flag] ?? fallback, type as Type)];
    }),
  );

function valueOf(text: string, type: Type): unknown {
  if (type === 'number') return Number(text);
  if (type === 'bool') return /^(1|t|true)$/i.test(text);
  if (type === 'duration') return formatDuration(parseDuration(text) ?? 0);
  return type === 'list' ? listOf(text) : text;
}
