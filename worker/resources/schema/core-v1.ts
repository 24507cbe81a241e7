export default `
PodTemplateSpec
  metadata? meta.v1.ObjectMeta 1
  spec? PodSpec 2
PodSpec
  volumes? []Volume 1 map=name patch=merge,retainKeys:name
  initContainers? []Container 20 map=name patch=merge:name
  containers []Container 2 map=name patch=merge:name
  ephemeralContainers? []EphemeralContainer 34 map=name patch=merge:name
  restartPolicy? string 3 enum=Always|Never|OnFailure
  terminationGracePeriodSeconds? *int64 4
  activeDeadlineSeconds? *int64 5
  dnsPolicy? string 6 enum=ClusterFirst|ClusterFirstWithHostNet|Default|None
  nodeSelector? {}string 7 atomic
  serviceAccountName? string 8
  serviceAccount? string 9
  automountServiceAccountToken? *bool 21
  nodeName? string 10
  hostNetwork? bool 11
  hostPID? bool 12
  hostIPC? bool 13
  shareProcessNamespace? *bool 27
  securityContext? *PodSecurityContext 14
  imagePullSecrets? []LocalObjectReference 15 map=name patch=merge:name
  hostname? string 16
  subdomain? string 17
  affinity? *Affinity 18
  schedulerName? string 19
  tolerations? []Toleration 22 atomic
  hostAliases? []HostAlias 23 map=ip patch=merge:ip
  priorityClassName? string 24
  priority? *int32 25
  dnsConfig? *PodDNSConfig 26
  readinessGates? []PodReadinessGate 28 atomic
  runtimeClassName? *string 29
  enableServiceLinks? *bool 30
  preemptionPolicy? *string 31 enum=Never|PreemptLowerPriority
  overhead? {}Quantity 32
  topologySpreadConstraints? []TopologySpreadConstraint 33 map=topologyKey,whenUnsatisfiable patch=merge:topologyKey
  setHostnameAsFQDN? *bool 35
  os? *PodOS 36
  hostUsers? *bool 37
  schedulingGates? []PodSchedulingGate 38 map=name patch=merge:name
  resourceClaims? []PodResourceClaim 39 map=name patch=merge,retainKeys:name
  resources? *ResourceRequirements 40
  hostnameOverride? *string 41
  schedulingGroup? *PodSchedulingGroup 43
Volume
  name string 1
  ~volumeSource VolumeSource 2
VolumeSource
  hostPath? *HostPathVolumeSource 1
  emptyDir? *EmptyDirVolumeSource 2
  gcePersistentDisk? *GCEPersistentDiskVolumeSource 3
  awsElasticBlockStore? *AWSElasticBlockStoreVolumeSource 4
  gitRepo? *GitRepoVolumeSource 5
  secret? *SecretVolumeSource 6
  nfs? *NFSVolumeSource 7
  iscsi? *ISCSIVolumeSource 8
  glusterfs? *GlusterfsVolumeSource 9
  persistentVolumeClaim? *PersistentVolumeClaimVolumeSource 10
  rbd? *RBDVolumeSource 11
  flexVolume? *FlexVolumeSource 12
  cinder? *CinderVolumeSource 13
  cephfs? *CephFSVolumeSource 14
  flocker? *FlockerVolumeSource 15
  downwardAPI? *DownwardAPIVolumeSource 16
  fc? *FCVolumeSource 17
  azureFile? *AzureFileVolumeSource 18
  configMap? *ConfigMapVolumeSource 19
  vsphereVolume? *VsphereVirtualDiskVolumeSource 20
  quobyte? *QuobyteVolumeSource 21
  azureDisk? *AzureDiskVolumeSource 22
  photonPersistentDisk? *PhotonPersistentDiskVolumeSource 23
  projected? *ProjectedVolumeSource 26
  portworxVolume? *PortworxVolumeSource 24
  scaleIO? *ScaleIOVolumeSource 25
  storageos? *StorageOSVolumeSource 27
  csi? *CSIVolumeSource 28
  ephemeral? *EphemeralVolumeSource 29
  image? *ImageVolumeSource 30
HostPathVolumeSource
  path string 1
  type? *string 2 enum=|BlockDevice|CharDevice|Directory|DirectoryOrCreate|File|FileOrCreate|Socket
EmptyDirVolumeSource
  medium? string 1
  sizeLimit? *Quantity 2
GCEPersistentDiskVolumeSource
  pdName string 1
  fsType? string 2
  partition? int32 3
  readOnly? bool 4
AWSElasticBlockStoreVolumeSource
  volumeID string 1
  fsType? string 2
  partition? int32 3
  readOnly? bool 4
GitRepoVolumeSource
  repository string 1
  revision? string 2
  directory? string 3
SecretVolumeSource
  secretName? string 1
  items? []KeyToPath 2 atomic
  defaultMode? *int32 3
  optional? *bool 4
KeyToPath
  key string 1
  path string 2
  mode? *int32 3
NFSVolumeSource
  server string 1
  path string 2
  readOnly? bool 3
ISCSIVolumeSource
  targetPortal string 1
  iqn string 2
  lun int32 3
  iscsiInterface? string 4 default="default"
  fsType? string 5
  readOnly? bool 6
  portals? []string 7 atomic
  chapAuthDiscovery? bool 8
  chapAuthSession? bool 11
  secretRef? *LocalObjectReference 10
  initiatorName? *string 12
LocalObjectReference atomic
  name? string 1 default=""
GlusterfsVolumeSource
  endpoints string 1
  path string 2
  readOnly? bool 3
PersistentVolumeClaimVolumeSource
  claimName string 1
  readOnly? bool 2
RBDVolumeSource
  monitors []string 1 atomic
  image string 2
  fsType? string 3
  pool? string 4 default="rbd"
  user? string 5 default="admin"
  keyring? string 6 default="/etc/ceph/keyring"
  secretRef? *LocalObjectReference 7
  readOnly? bool 8
FlexVolumeSource
  driver string 1
  fsType? string 2
  secretRef? *LocalObjectReference 3
  readOnly? bool 4
  options? {}string 5
CinderVolumeSource
  volumeID string 1
  fsType? string 2
  readOnly? bool 3
  secretRef? *LocalObjectReference 4
CephFSVolumeSource
  monitors []string 1 atomic
  path? string 2
  user? string 3
  secretFile? string 4
  secretRef? *LocalObjectReference 5
  readOnly? bool 6
FlockerVolumeSource
  datasetName? string 1
  datasetUUID? string 2
DownwardAPIVolumeSource
  items? []DownwardAPIVolumeFile 1 atomic
  defaultMode? *int32 2
DownwardAPIVolumeFile
  path string 1
  fieldRef? *ObjectFieldSelector 2
  resourceFieldRef? *ResourceFieldSelector 3
  mode? *int32 4
ObjectFieldSelector atomic
  apiVersion? string 1
  fieldPath string 2
ResourceFieldSelector atomic
  containerName? string 1
  resource string 2
  divisor? Quantity 3
FCVolumeSource
  targetWWNs? []string 1 atomic
  lun? *int32 2
  fsType? string 3
  readOnly? bool 4
  wwids? []string 5 atomic
AzureFileVolumeSource
  secretName string 1
  shareName string 2
  readOnly? bool 3
ConfigMapVolumeSource
  ~localObjectReference LocalObjectReference 1
  items? []KeyToPath 2 atomic
  defaultMode? *int32 3
  optional? *bool 4
VsphereVirtualDiskVolumeSource
  volumePath string 1
  fsType? string 2
  storagePolicyName? string 3
  storagePolicyID? string 4
QuobyteVolumeSource
  registry string 1
  volume string 2
  readOnly? bool 3
  user? string 4
  group? string 5
  tenant? string 6
AzureDiskVolumeSource
  diskName string 1
  diskURI string 2
  cachingMode? *string 3 default="ReadWrite" enum=None|ReadOnly|ReadWrite
  fsType? *string 4 default="ext4"
  readOnly? *bool 5 default=false
  kind? *string 6 default="Shared" enum=Dedicated|Managed|Shared
PhotonPersistentDiskVolumeSource
  pdID string 1
  fsType? string 2
ProjectedVolumeSource
  sources! []VolumeProjection 1 atomic
  defaultMode? *int32 2
VolumeProjection
  secret? *SecretProjection 1
  downwardAPI? *DownwardAPIProjection 2
  configMap? *ConfigMapProjection 3
  serviceAccountToken? *ServiceAccountTokenProjection 4
  clusterTrustBundle? *ClusterTrustBundleProjection 5
  podCertificate? *PodCertificateProjection 6
SecretProjection
  ~localObjectReference LocalObjectReference 1
  items? []KeyToPath 2 atomic
  optional? *bool 4
DownwardAPIProjection
  items? []DownwardAPIVolumeFile 1 atomic
ConfigMapProjection
  ~localObjectReference LocalObjectReference 1
  items? []KeyToPath 2 atomic
  optional? *bool 4
ServiceAccountTokenProjection
  audience? string 1
  expirationSeconds? *int64 2
  path string 3
ClusterTrustBundleProjection
  name? *string 1
  signerName? *string 2
  labelSelector? *meta.v1.LabelSelector 3
  optional? *bool 5
  path string 4
PodCertificateProjection
  signerName? string 1
  keyType? string 2
  maxExpirationSeconds? *int32 3
  credentialBundlePath? string 4
  keyPath? string 5
  certificateChainPath? string 6
  userAnnotations? {}string 7
PortworxVolumeSource
  volumeID string 1
  fsType? string 2
  readOnly? bool 3
ScaleIOVolumeSource
  gateway string 1
  system string 2
  secretRef *LocalObjectReference 3
  sslEnabled? bool 4
  protectionDomain? string 5
  storagePool? string 6
  storageMode? string 7 default="ThinProvisioned"
  volumeName? string 8
  fsType? string 9 default="xfs"
  readOnly? bool 10
StorageOSVolumeSource
  volumeName? string 1
  volumeNamespace? string 2
  fsType? string 3
  readOnly? bool 4
  secretRef? *LocalObjectReference 5
CSIVolumeSource
  driver string 1
  readOnly? *bool 2
  fsType? *string 3
  volumeAttributes? {}string 4
  nodePublishSecretRef? *LocalObjectReference 5
EphemeralVolumeSource
  volumeClaimTemplate? *PersistentVolumeClaimTemplate 1
PersistentVolumeClaimTemplate
  metadata? meta.v1.ObjectMeta 1
  spec PersistentVolumeClaimSpec 2
PersistentVolumeClaimSpec
  accessModes? []string 1 atomic enum=ReadOnlyMany|ReadWriteMany|ReadWriteOnce|ReadWriteOncePod
  selector? *meta.v1.LabelSelector 4
  resources? VolumeResourceRequirements 2
  volumeName? string 3
  storageClassName? *string 5
  volumeMode? *string 6 enum=Block|Filesystem
  dataSource? *TypedLocalObjectReference 7
  dataSourceRef? *TypedObjectReference 8
  volumeAttributesClassName? *string 9
VolumeResourceRequirements
  limits? {}Quantity 1
  requests? {}Quantity 2
TypedLocalObjectReference atomic
  apiGroup! *string 1
  kind string 2
  name string 3
TypedObjectReference
  apiGroup! *string 1
  kind string 2
  name string 3
  namespace? *string 4
ImageVolumeSource
  reference? string 1
  pullPolicy? string 2 enum=Always|IfNotPresent|Never
Container
  name string 1
  image? string 2
  command? []string 3 atomic
  args? []string 4 atomic
  workingDir? string 5
  ports? []ContainerPort 6 map=containerPort,protocol patch=merge:containerPort
  envFrom? []EnvFromSource 19 atomic
  env? []EnvVar 7 map=name patch=merge:name
  resources? ResourceRequirements 8
  resizePolicy? []ContainerResizePolicy 23 atomic
  restartPolicy? *string 24
  restartPolicyRules? []ContainerRestartRule 25 atomic
  volumeMounts? []VolumeMount 9 map=mountPath patch=merge:mountPath
  volumeDevices? []VolumeDevice 21 map=devicePath patch=merge:devicePath
  livenessProbe? *Probe 10
  readinessProbe? *Probe 11
  startupProbe? *Probe 22
  lifecycle? *Lifecycle 12
  terminationMessagePath? string 13
  terminationMessagePolicy? string 20 enum=FallbackToLogsOnError|File
  imagePullPolicy? string 14 enum=Always|IfNotPresent|Never
  securityContext? *SecurityContext 15
  stdin? bool 16
  stdinOnce? bool 17
  tty? bool 18
ContainerPort
  name? string 1
  hostPort? int32 2
  containerPort int32 3
  protocol? string 4 default="TCP" enum=SCTP|TCP|UDP
  hostIP? string 5
EnvFromSource
  prefix? string 1
  configMapRef? *ConfigMapEnvSource 2
  secretRef? *SecretEnvSource 3
ConfigMapEnvSource
  ~localObjectReference LocalObjectReference 1
  optional? *bool 2
SecretEnvSource
  ~localObjectReference LocalObjectReference 1
  optional? *bool 2
EnvVar
  name string 1
  value? string 2
  valueFrom? *EnvVarSource 3
EnvVarSource
  fieldRef? *ObjectFieldSelector 1
  resourceFieldRef? *ResourceFieldSelector 2
  configMapKeyRef? *ConfigMapKeySelector 3
  secretKeyRef? *SecretKeySelector 4
  fileKeyRef? *FileKeySelector 5
ConfigMapKeySelector atomic
  ~localObjectReference LocalObjectReference 1
  key string 2
  optional? *bool 3
SecretKeySelector atomic
  ~localObjectReference LocalObjectReference 1
  key string 2
  optional? *bool 3
FileKeySelector atomic
  volumeName string 1
  path string 2
  key string 3
  optional? *bool 4 default=false
ResourceRequirements
  limits? {}Quantity 1
  requests? {}Quantity 2
  claims? []ResourceClaim 3 map=name
ResourceClaim
  name string 1
  request? string 2
ContainerResizePolicy
  resourceName string 1
  restartPolicy string 2
ContainerRestartRule
  action? string 1
  exitCodes? *ContainerRestartRuleOnExitCodes 2
ContainerRestartRuleOnExitCodes
  operator? string 1
  values? []int32 2 set
VolumeMount
  name string 1
  readOnly? bool 2
  recursiveReadOnly? *string 7
  mountPath string 3
  subPath? string 4
  mountPropagation? *string 5 enum=Bidirectional|HostToContainer|None
  subPathExpr? string 6
VolumeDevice
  name string 1
  devicePath string 2
Probe
  ~probeHandler ProbeHandler 1
  initialDelaySeconds? int32 2
  timeoutSeconds? int32 3
  periodSeconds? int32 4
  successThreshold? int32 5
  failureThreshold? int32 6
  terminationGracePeriodSeconds? *int64 7
ProbeHandler
  exec? *ExecAction 1
  httpGet? *HTTPGetAction 2
  tcpSocket? *TCPSocketAction 3
  grpc? *GRPCAction 4
ExecAction
  command? []string 1 atomic
HTTPGetAction
  path? string 1
  port IntOrString 2
  host? string 3
  scheme? string 4 enum=HTTP|HTTPS
  httpHeaders? []HTTPHeader 5 atomic
HTTPHeader
  name string 1
  value string 2
TCPSocketAction
  port IntOrString 1
  host? string 2
GRPCAction
  port int32 1
  service! *string 2 default=""
Lifecycle
  postStart? *LifecycleHandler 1
  preStop? *LifecycleHandler 2
  stopSignal? *string 3 enum=SIGABRT|SIGALRM|SIGBUS|SIGCHLD|SIGCLD|SIGCONT|SIGFPE|SIGHUP|SIGILL|SIGINT|SIGIO|SIGIOT|SIGKILL|SIGPIPE|SIGPOLL|SIGPROF|SIGPWR|SIGQUIT|SIGRTMAX|SIGRTMAX-1|SIGRTMAX-10|SIGRTMAX-11|SIGRTMAX-12|SIGRTMAX-13|SIGRTMAX-14|SIGRTMAX-2|SIGRTMAX-3|SIGRTMAX-4|SIGRTMAX-5|SIGRTMAX-6|SIGRTMAX-7|SIGRTMAX-8|SIGRTMAX-9|SIGRTMIN|SIGRTMIN+1|SIGRTMIN+10|SIGRTMIN+11|SIGRTMIN+12|SIGRTMIN+13|SIGRTMIN+14|SIGRTMIN+15|SIGRTMIN+2|SIGRTMIN+3|SIGRTMIN+4|SIGRTMIN+5|SIGRTMIN+6|SIGRTMIN+7|SIGRTMIN+8|SIGRTMIN+9|SIGSEGV|SIGSTKFLT|SIGSTOP|SIGSYS|SIGTERM|SIGTRAP|SIGTSTP|SIGTTIN|SIGTTOU|SIGURG|SIGUSR1|SIGUSR2|SIGVTALRM|SIGWINCH|SIGXCPU|SIGXFSZ
LifecycleHandler
  exec? *ExecAction 1
  httpGet? *HTTPGetAction 2
  tcpSocket? *TCPSocketAction 3
  sleep? *SleepAction 4
SleepAction
  seconds int64 1
SecurityContext
  capabilities? *Capabilities 1
  privileged? *bool 2
  seLinuxOptions? *SELinuxOptions 3
  windowsOptions? *WindowsSecurityContextOptions 10
  runAsUser? *int64 4
  runAsGroup? *int64 8
  runAsNonRoot? *bool 5
  readOnlyRootFilesystem? *bool 6
  allowPrivilegeEscalation? *bool 7
  procMount? *string 9 enum=Default|Unmasked
  seccompProfile? *SeccompProfile 11
  appArmorProfile? *AppArmorProfile 12
Capabilities
  add? []string 1 atomic
  drop? []string 2 atomic
SELinuxOptions
  user? string 1
  role? string 2
  type? string 3
  level? string 4
WindowsSecurityContextOptions
  gmsaCredentialSpecName? *string 1
  gmsaCredentialSpec? *string 2
  runAsUserName? *string 3
  hostProcess? *bool 4
SeccompProfile
  type string 1 enum=Localhost|RuntimeDefault|Unconfined
  localhostProfile? *string 2
AppArmorProfile
  type string 1 enum=Localhost|RuntimeDefault|Unconfined
  localhostProfile? *string 2
EphemeralContainer
  ~ephemeralContainerCommon EphemeralContainerCommon 1
  targetContainerName? string 2
EphemeralContainerCommon
  name string 1
  image? string 2
  command? []string 3 atomic
  args? []string 4 atomic
  workingDir? string 5
  ports? []ContainerPort 6 map=containerPort,protocol patch=merge:containerPort
  envFrom? []EnvFromSource 19 atomic
  env? []EnvVar 7 map=name patch=merge:name
  resources? ResourceRequirements 8
  resizePolicy? []ContainerResizePolicy 23 atomic
  restartPolicy? *string 24
  restartPolicyRules? []ContainerRestartRule 25 atomic
  volumeMounts? []VolumeMount 9 map=mountPath patch=merge:mountPath
  volumeDevices? []VolumeDevice 21 map=devicePath patch=merge:devicePath
  livenessProbe? *Probe 10
  readinessProbe? *Probe 11
  startupProbe? *Probe 22
  lifecycle? *Lifecycle 12
  terminationMessagePath? string 13
  terminationMessagePolicy? string 20 enum=FallbackToLogsOnError|File
  imagePullPolicy? string 14 enum=Always|IfNotPresent|Never
  securityContext? *SecurityContext 15
  stdin? bool 16
  stdinOnce? bool 17
  tty? bool 18
PodSecurityContext
  seLinuxOptions? *SELinuxOptions 1
  windowsOptions? *WindowsSecurityContextOptions 8
  runAsUser? *int64 2
  runAsGroup? *int64 6
  runAsNonRoot? *bool 3
  supplementalGroups? []int64 4 atomic
  supplementalGroupsPolicy? *string 12 enum=Merge|Strict
  fsGroup? *int64 5
  sysctls? []Sysctl 7 atomic
  fsGroupChangePolicy? *string 9 enum=Always|OnRootMismatch
  seccompProfile? *SeccompProfile 10
  appArmorProfile? *AppArmorProfile 11
  seLinuxChangePolicy? *string 13
Sysctl
  name string 1
  value string 2
Affinity
  nodeAffinity? *NodeAffinity 1
  podAffinity? *PodAffinity 2
  podAntiAffinity? *PodAntiAffinity 3
NodeAffinity
  requiredDuringSchedulingIgnoredDuringExecution? *NodeSelector 1
  preferredDuringSchedulingIgnoredDuringExecution? []PreferredSchedulingTerm 2 atomic
NodeSelector atomic
  nodeSelectorTerms []NodeSelectorTerm 1 atomic
NodeSelectorTerm atomic
  matchExpressions? []NodeSelectorRequirement 1 atomic
  matchFields? []NodeSelectorRequirement 2 atomic
NodeSelectorRequirement
  key string 1
  operator string 2 enum=DoesNotExist|Exists|Gt|In|Lt|NotIn
  values? []string 3 atomic
PreferredSchedulingTerm
  weight int32 1
  preference NodeSelectorTerm 2
PodAffinity
  requiredDuringSchedulingIgnoredDuringExecution? []PodAffinityTerm 1 atomic
  preferredDuringSchedulingIgnoredDuringExecution? []WeightedPodAffinityTerm 2 atomic
PodAffinityTerm
  labelSelector? *meta.v1.LabelSelector 1
  namespaces? []string 2 atomic
  topologyKey string 3
  namespaceSelector? *meta.v1.LabelSelector 4
  matchLabelKeys? []string 5 atomic
  mismatchLabelKeys? []string 6 atomic
WeightedPodAffinityTerm
  weight int32 1
  podAffinityTerm PodAffinityTerm 2
PodAntiAffinity
  requiredDuringSchedulingIgnoredDuringExecution? []PodAffinityTerm 1 atomic
  preferredDuringSchedulingIgnoredDuringExecution? []WeightedPodAffinityTerm 2 atomic
Toleration
  key? string 1
  operator? string 2 enum=Equal|Exists|Gt|Lt
  value? string 3
  effect? string 4 enum=NoExecute|NoSchedule|PreferNoSchedule
  tolerationSeconds? *int64 5
HostAlias
  ip string 1
  hostnames? []string 2 atomic
PodDNSConfig
  nameservers? []string 1 atomic
  searches? []string 2 atomic
  options? []PodDNSConfigOption 3 atomic
PodDNSConfigOption
  name? string 1
  value? *string 2
PodReadinessGate
  conditionType string 1
TopologySpreadConstraint
  maxSkew int32 1
  topologyKey string 2
  whenUnsatisfiable string 3 enum=DoNotSchedule|ScheduleAnyway
  labelSelector? *meta.v1.LabelSelector 4
  minDomains? *int32 5
  nodeAffinityPolicy? *string 6 enum=Honor|Ignore
  nodeTaintsPolicy? *string 7 enum=Honor|Ignore
  matchLabelKeys? []string 8 atomic
PodOS
  name string 1
PodSchedulingGate
  name string 1
PodResourceClaim
  name string 1
  resourceClaimName? *string 3
  resourceClaimTemplateName? *string 4
PodSchedulingGroup
  podGroupName? *string 1
PersistentVolumeClaim
  kind? string -
  apiVersion? string -
  metadata? meta.v1.ObjectMeta 1
  spec? PersistentVolumeClaimSpec 2
  status? PersistentVolumeClaimStatus 3
PersistentVolumeClaimStatus
  phase? string 1 enum=Bound|Lost|Pending
  accessModes? []string 2 atomic enum=ReadOnlyMany|ReadWriteMany|ReadWriteOnce|ReadWriteOncePod
  capacity? {}Quantity 3
  conditions? []PersistentVolumeClaimCondition 4 map=type patch=merge:type
  allocatedResources? {}Quantity 5
  allocatedResourceStatuses? {}string 7
  currentVolumeAttributesClassName? *string 8
  modifyVolumeStatus? *ModifyVolumeStatus 9
PersistentVolumeClaimCondition
  type string 1
  status string 2
  lastProbeTime? Time 3
  lastTransitionTime? Time 4
  reason? string 5
  message? string 6
ModifyVolumeStatus
  targetVolumeAttributesClassName? string 1
  status string 2 enum=InProgress|Infeasible|Pending
ObjectReference atomic
  kind? string 1
  namespace? string 2
  name? string 3
  uid? string 4
  apiVersion? string 5
  resourceVersion? string 6
  fieldPath? string 7
Binding
  kind? string -
  apiVersion? string -
  metadata? meta.v1.ObjectMeta 1
  target ObjectReference 2
ComponentStatus
  kind? string -
  apiVersion? string -
  metadata? meta.v1.ObjectMeta 1
  conditions? []ComponentCondition 2 map=type patch=merge:type
ComponentCondition
  type string 1
  status string 2
  message? string 3
  error? string 4
ConfigMap
  kind? string -
  apiVersion? string -
  metadata? meta.v1.ObjectMeta 1
  immutable? *bool 4
  data? {}string 2
  binaryData? {}bytes 3
Endpoints
  kind? string -
  apiVersion? string -
  metadata? meta.v1.ObjectMeta 1
  subsets? []EndpointSubset 2 atomic
EndpointSubset
  addresses? []EndpointAddress 1 atomic
  notReadyAddresses? []EndpointAddress 2 atomic
  ports? []EndpointPort 3 atomic
EndpointAddress atomic
  ip string 1
  hostname? string 3
  nodeName? *string 4
  targetRef? *ObjectReference 2
EndpointPort atomic
  name? string 1
  port int32 2
  protocol? string 3 enum=SCTP|TCP|UDP
  appProtocol? *string 4
Event
  kind? string -
  apiVersion? string -
  metadata meta.v1.ObjectMeta 1
  involvedObject ObjectReference 2
  reason? string 3
  message? string 4
  source? EventSource 5
  firstTimestamp? Time 6
  lastTimestamp? Time 7
  count? int32 8
  type? string 9
  eventTime? MicroTime 10
  series? *EventSeries 11
  action? string 12
  related? *ObjectReference 13
  reportingComponent! string 14
  reportingInstance! string 15
EventSource
  component? string 1
  host? string 2
EventSeries
  count? int32 1
  lastObservedTime? MicroTime 2
LimitRange
  kind? string -
  apiVersion? string -
  metadata? meta.v1.ObjectMeta 1
  spec? LimitRangeSpec 2
LimitRangeSpec
  limits []LimitRangeItem 1 atomic
LimitRangeItem
  type string 1
  max? {}Quantity 2
  min? {}Quantity 3
  default? {}Quantity 4
  defaultRequest? {}Quantity 5
  maxLimitRequestRatio? {}Quantity 6
Namespace
  kind? string -
  apiVersion? string -
  metadata? meta.v1.ObjectMeta 1
  spec? NamespaceSpec 2
  status? NamespaceStatus 3
NamespaceSpec
  finalizers? []string 1 atomic
NamespaceStatus
  phase? string 1 enum=Active|Terminating
  conditions? []NamespaceCondition 2 map=type patch=merge:type
NamespaceCondition
  type string 1
  status string 2
  lastTransitionTime? Time 4
  reason? string 5
  message? string 6
Node
  kind? string -
  apiVersion? string -
  metadata? meta.v1.ObjectMeta 1
  spec? NodeSpec 2
  status? NodeStatus 3
NodeSpec
  podCIDR? string 1
  podCIDRs? []string 7 set patch=merge
  providerID? string 3
  unschedulable? bool 4
  taints? []Taint 5 atomic
  configSource? *NodeConfigSource 6
  externalID? string 2
Taint
  key string 1
  value? string 2
  effect string 3 enum=NoExecute|NoSchedule|PreferNoSchedule
  timeAdded? *Time 4
NodeConfigSource
  configMap? *ConfigMapNodeConfigSource 2
ConfigMapNodeConfigSource
  namespace string 1
  name string 2
  uid? string 3
  resourceVersion? string 4
  kubeletConfigKey string 5
NodeStatus
  capacity? {}Quantity 1
  allocatable? {}Quantity 2
  phase? string 3 enum=Pending|Running|Terminated
  conditions? []NodeCondition 4 map=type patch=merge:type
  addresses? []NodeAddress 5 map=type patch=merge:type
  daemonEndpoints? NodeDaemonEndpoints 6
  nodeInfo? NodeSystemInfo 7
  images? []ContainerImage 8 atomic
  volumesInUse? []string 9 atomic
  volumesAttached? []AttachedVolume 10 atomic
  config? *NodeConfigStatus 11
  runtimeHandlers? []NodeRuntimeHandler 12 atomic
  features? *NodeFeatures 13
  declaredFeatures? []string 14 atomic
NodeCondition
  type string 1
  status string 2
  lastHeartbeatTime? Time 3
  lastTransitionTime? Time 4
  reason? string 5
  message? string 6
NodeAddress
  type string 1
  address string 2
NodeDaemonEndpoints
  kubeletEndpoint? DaemonEndpoint 1
DaemonEndpoint
  Port int32 1
NodeSystemInfo
  machineID string 1
  systemUUID string 2
  bootID string 3
  kernelVersion string 4
  osImage string 5
  containerRuntimeVersion string 6
  kubeletVersion string 7
  kubeProxyVersion string 8
  operatingSystem string 9
  architecture string 10
  swap? *NodeSwapStatus 11
NodeSwapStatus
  capacity? *int64 1
ContainerImage
  names! []string 1 atomic
  sizeBytes? int64 2
AttachedVolume
  name string 1
  devicePath string 2
NodeConfigStatus
  assigned? *NodeConfigSource 1
  active? *NodeConfigSource 2
  lastKnownGood? *NodeConfigSource 3
  error? string 4
NodeRuntimeHandler
  name! string 1
  features? *NodeRuntimeHandlerFeatures 2
NodeRuntimeHandlerFeatures
  recursiveReadOnlyMounts? *bool 1
  userNamespaces? *bool 2
NodeFeatures
  supplementalGroupsPolicy? *bool 1
NodeProxyOptions
  kind? string -
  apiVersion? string -
  path? string 1
PersistentVolume
  kind? string -
  apiVersion? string -
  metadata? meta.v1.ObjectMeta 1
  spec? PersistentVolumeSpec 2
  status? PersistentVolumeStatus 3
PersistentVolumeSpec
  capacity? {}Quantity 1
  ~persistentVolumeSource PersistentVolumeSource 2
  accessModes? []string 3 atomic enum=ReadOnlyMany|ReadWriteMany|ReadWriteOnce|ReadWriteOncePod
  claimRef? *ObjectReference 4 granular
  persistentVolumeReclaimPolicy? string 5 enum=Delete|Recycle|Retain
  storageClassName? string 6
  mountOptions? []string 7 atomic
  volumeMode? *string 8 enum=Block|Filesystem
  nodeAffinity? *VolumeNodeAffinity 9
  volumeAttributesClassName? *string 10
PersistentVolumeSource
  gcePersistentDisk? *GCEPersistentDiskVolumeSource 1
  awsElasticBlockStore? *AWSElasticBlockStoreVolumeSource 2
  hostPath? *HostPathVolumeSource 3
  glusterfs? *GlusterfsPersistentVolumeSource 4
  nfs? *NFSVolumeSource 5
  rbd? *RBDPersistentVolumeSource 6
  iscsi? *ISCSIPersistentVolumeSource 7
  cinder? *CinderPersistentVolumeSource 8
  cephfs? *CephFSPersistentVolumeSource 9
  fc? *FCVolumeSource 10
  flocker? *FlockerVolumeSource 11
  flexVolume? *FlexPersistentVolumeSource 12
  azureFile? *AzureFilePersistentVolumeSource 13
  vsphereVolume? *VsphereVirtualDiskVolumeSource 14
  quobyte? *QuobyteVolumeSource 15
  azureDisk? *AzureDiskVolumeSource 16
  photonPersistentDisk? *PhotonPersistentDiskVolumeSource 17
  portworxVolume? *PortworxVolumeSource 18
  scaleIO? *ScaleIOPersistentVolumeSource 19
  local? *LocalVolumeSource 20
  storageos? *StorageOSPersistentVolumeSource 21
  csi? *CSIPersistentVolumeSource 22
GlusterfsPersistentVolumeSource
  endpoints string 1
  path string 2
  readOnly? bool 3
  endpointsNamespace? *string 4
RBDPersistentVolumeSource
  monitors []string 1 atomic
  image string 2
  fsType? string 3
  pool? string 4 default="rbd"
  user? string 5 default="admin"
  keyring? string 6 default="/etc/ceph/keyring"
  secretRef? *SecretReference 7
  readOnly? bool 8
SecretReference atomic
  name? string 1
  namespace? string 2
ISCSIPersistentVolumeSource
  targetPortal string 1
  iqn string 2
  lun int32 3
  iscsiInterface? string 4 default="default"
  fsType? string 5
  readOnly? bool 6
  portals? []string 7 atomic
  chapAuthDiscovery? bool 8
  chapAuthSession? bool 11
  secretRef? *SecretReference 10
  initiatorName? *string 12
CinderPersistentVolumeSource
  volumeID string 1
  fsType? string 2
  readOnly? bool 3
  secretRef? *SecretReference 4
CephFSPersistentVolumeSource
  monitors []string 1 atomic
  path? string 2
  user? string 3
  secretFile? string 4
  secretRef? *SecretReference 5
  readOnly? bool 6
FlexPersistentVolumeSource
  driver string 1
  fsType? string 2
  secretRef? *SecretReference 3
  readOnly? bool 4
  options? {}string 5
AzureFilePersistentVolumeSource
  secretName string 1
  shareName string 2
  readOnly? bool 3
  secretNamespace! *string 4
ScaleIOPersistentVolumeSource
  gateway string 1
  system string 2
  secretRef *SecretReference 3
  sslEnabled? bool 4
  protectionDomain? string 5
  storagePool? string 6
  storageMode? string 7 default="ThinProvisioned"
  volumeName? string 8
  fsType? string 9 default="xfs"
  readOnly? bool 10
LocalVolumeSource
  path string 1
  fsType? *string 2
StorageOSPersistentVolumeSource
  volumeName? string 1
  volumeNamespace? string 2
  fsType? string 3
  readOnly? bool 4
  secretRef? *ObjectReference 5
CSIPersistentVolumeSource
  driver string 1
  volumeHandle string 2
  readOnly? bool 3
  fsType? string 4
  volumeAttributes? {}string 5
  controllerPublishSecretRef? *SecretReference 6
  nodeStageSecretRef? *SecretReference 7
  nodePublishSecretRef? *SecretReference 8
  controllerExpandSecretRef? *SecretReference 9
  nodeExpandSecretRef? *SecretReference 10
VolumeNodeAffinity
  required? *NodeSelector 1
PersistentVolumeStatus
  phase? string 1 enum=Available|Bound|Failed|Pending|Released
  message? string 2
  reason? string 3
  lastPhaseTransitionTime? *Time 4
Pod
  kind? string -
  apiVersion? string -
  metadata? meta.v1.ObjectMeta 1
  spec? PodSpec 2
  status? PodStatus 3
PodStatus
  observedGeneration? int64 17
  phase? string 1 enum=Failed|Pending|Running|Succeeded|Unknown
  conditions? []PodCondition 2 map=type patch=merge:type
  message? string 3
  reason? string 4
  nominatedNodeName? string 11
  hostIP? string 5
  hostIPs? []HostIP 16 atomic patch=merge:ip
  podIP? string 6
  podIPs? []PodIP 12 map=ip patch=merge:ip
  startTime? *Time 7
  initContainerStatuses? []ContainerStatus 10 atomic
  containerStatuses? []ContainerStatus 8 atomic
  qosClass? string 9 enum=BestEffort|Burstable|Guaranteed
  ephemeralContainerStatuses? []ContainerStatus 13 atomic
  resize? string 14
  resourceClaimStatuses? []PodResourceClaimStatus 15 map=name patch=merge,retainKeys:name
  extendedResourceClaimStatus? *PodExtendedResourceClaimStatus 18
  allocatedResources? {}Quantity 19
  resources? *ResourceRequirements 20
  nodeAllocatableResourceClaimStatuses? []NodeAllocatableResourceClaimStatus 21 atomic
PodCondition
  type string 1
  observedGeneration? int64 7
  status string 2
  lastProbeTime? Time 3
  lastTransitionTime? Time 4
  reason? string 5
  message? string 6
HostIP
  ip string 1
PodIP
  ip string 1
ContainerStatus
  name string 1
  state? ContainerState 2
  lastState? ContainerState 3
  ready bool 4
  restartCount int32 5
  image string 6
  imageID string 7
  containerID? string 8
  started? *bool 9
  allocatedResources? {}Quantity 10
  resources? *ResourceRequirements 11
  volumeMounts? []VolumeMountStatus 12 map=mountPath patch=merge:mountPath
  user? *ContainerUser 13
  allocatedResourcesStatus? []ResourceStatus 14 map=name patch=merge:name
  stopSignal? *string 15 enum=SIGABRT|SIGALRM|SIGBUS|SIGCHLD|SIGCLD|SIGCONT|SIGFPE|SIGHUP|SIGILL|SIGINT|SIGIO|SIGIOT|SIGKILL|SIGPIPE|SIGPOLL|SIGPROF|SIGPWR|SIGQUIT|SIGRTMAX|SIGRTMAX-1|SIGRTMAX-10|SIGRTMAX-11|SIGRTMAX-12|SIGRTMAX-13|SIGRTMAX-14|SIGRTMAX-2|SIGRTMAX-3|SIGRTMAX-4|SIGRTMAX-5|SIGRTMAX-6|SIGRTMAX-7|SIGRTMAX-8|SIGRTMAX-9|SIGRTMIN|SIGRTMIN+1|SIGRTMIN+10|SIGRTMIN+11|SIGRTMIN+12|SIGRTMIN+13|SIGRTMIN+14|SIGRTMIN+15|SIGRTMIN+2|SIGRTMIN+3|SIGRTMIN+4|SIGRTMIN+5|SIGRTMIN+6|SIGRTMIN+7|SIGRTMIN+8|SIGRTMIN+9|SIGSEGV|SIGSTKFLT|SIGSTOP|SIGSYS|SIGTERM|SIGTRAP|SIGTSTP|SIGTTIN|SIGTTOU|SIGURG|SIGUSR1|SIGUSR2|SIGVTALRM|SIGWINCH|SIGXCPU|SIGXFSZ
ContainerState
  waiting? *ContainerStateWaiting 1
  running? *ContainerStateRunning 2
  terminated? *ContainerStateTerminated 3
ContainerStateWaiting
  reason? string 1
  message? string 2
ContainerStateRunning
  startedAt? Time 1
ContainerStateTerminated
  exitCode int32 1
  signal? int32 2
  reason? string 3
  message? string 4
  startedAt? Time 5
  finishedAt? Time 6
  containerID? string 7
VolumeMountStatus
  name string 1
  mountPath string 2
  readOnly? bool 3
  recursiveReadOnly? *string 4
  volumeStatus? *VolumeStatus 5
VolumeStatus
  image? *ImageVolumeStatus 1
ImageVolumeStatus
  imageRef? string 1
ContainerUser
  linux? *LinuxContainerUser 1
LinuxContainerUser
  uid int64 1
  gid int64 2
  supplementalGroups? []int64 3 atomic
ResourceStatus
  name string 1
  resources? []ResourceHealth 2 map=resourceID
ResourceHealth
  resourceID string 1
  health? string 2
  message? *string 6
PodResourceClaimStatus
  name string 1
  resourceClaimName? *string 2
PodExtendedResourceClaimStatus
  requestMappings []ContainerExtendedResourceRequest 1 atomic
  resourceClaimName string 2
ContainerExtendedResourceRequest
  containerName string 1
  resourceName string 2
  requestName string 3
NodeAllocatableResourceClaimStatus
  resourceClaimName string 1
  containers? []string 2 set
  resources {}Quantity 3
PodAttachOptions
  kind? string -
  apiVersion? string -
  stdin? bool 1
  stdout? bool 2
  stderr? bool 3
  tty? bool 4
  container? string 5
PodExecOptions
  kind? string -
  apiVersion? string -
  stdin? bool 1
  stdout? bool 2
  stderr? bool 3
  tty? bool 4
  container? string 5
  command []string 6 atomic
PodLogOptions
  kind? string -
  apiVersion? string -
  container? string 1
  follow? bool 2
  previous? bool 3
  sinceSeconds? *int64 4
  sinceTime? *Time 5
  timestamps? bool 6
  tailLines? *int64 7
  limitBytes? *int64 8
  insecureSkipTLSVerifyBackend? bool 9
  stream? *string 10
PodPortForwardOptions
  kind? string -
  apiVersion? string -
  ports? []int32 1 atomic
PodProxyOptions
  kind? string -
  apiVersion? string -
  path? string 1
PodStatusResult
  kind? string -
  apiVersion? string -
  metadata? meta.v1.ObjectMeta 1
  status? PodStatus 2
PodTemplate
  kind? string -
  apiVersion? string -
  metadata? meta.v1.ObjectMeta 1
  template? PodTemplateSpec 2
RangeAllocation
  kind? string -
  apiVersion? string -
  metadata? meta.v1.ObjectMeta 1
  range string 2
  data bytes 3
ReplicationController
  kind? string -
  apiVersion? string -
  metadata? meta.v1.ObjectMeta 1
  spec? ReplicationControllerSpec 2
  status? ReplicationControllerStatus 3
ReplicationControllerSpec
  replicas? *int32 1 default=1
  minReadySeconds? int32 4 default=0
  selector? {}string 2 atomic
  template? *PodTemplateSpec 3
ReplicationControllerStatus
  replicas int32 1
  fullyLabeledReplicas? int32 2
  readyReplicas? int32 4
  availableReplicas? int32 5
  observedGeneration? int64 3
  conditions? []ReplicationControllerCondition 6 map=type patch=merge:type
ReplicationControllerCondition
  type string 1
  status string 2
  lastTransitionTime? Time 3
  reason? string 4
  message? string 5
ResourceQuota
  kind? string -
  apiVersion? string -
  metadata? meta.v1.ObjectMeta 1
  spec? ResourceQuotaSpec 2
  status? ResourceQuotaStatus 3
ResourceQuotaSpec
  hard? {}Quantity 1
  scopes? []string 2 atomic enum=BestEffort|CrossNamespacePodAffinity|NotBestEffort|NotTerminating|PriorityClass|Terminating|VolumeAttributesClass
  scopeSelector? *ScopeSelector 3
ScopeSelector atomic
  matchExpressions? []ScopedResourceSelectorRequirement 1 atomic
ScopedResourceSelectorRequirement
  scopeName string 1 enum=BestEffort|CrossNamespacePodAffinity|NotBestEffort|NotTerminating|PriorityClass|Terminating|VolumeAttributesClass
  operator string 2 enum=DoesNotExist|Exists|In|NotIn
  values? []string 3 atomic
ResourceQuotaStatus
  hard? {}Quantity 1
  used? {}Quantity 2
Secret
  kind? string -
  apiVersion? string -
  metadata? meta.v1.ObjectMeta 1
  immutable? *bool 5
  data? {}bytes 2
  stringData? {}string 4
  type? string 3
Service
  kind? string -
  apiVersion? string -
  metadata? meta.v1.ObjectMeta 1
  spec? ServiceSpec 2
  status? ServiceStatus 3
ServiceSpec
  ports? []ServicePort 1 map=port,protocol patch=merge:port
  selector? {}string 2 atomic
  clusterIP? string 3
  clusterIPs? []string 18 atomic
  type? string 4 enum=ClusterIP|ExternalName|LoadBalancer|NodePort
  externalIPs? []string 5 atomic
  sessionAffinity? string 7 enum=ClientIP|None
  loadBalancerIP? string 8
  loadBalancerSourceRanges? []string 9 atomic
  externalName? string 10
  externalTrafficPolicy? string 11 enum=Cluster|Local
  healthCheckNodePort? int32 12
  publishNotReadyAddresses? bool 13
  sessionAffinityConfig? *SessionAffinityConfig 14
  ipFamilies? []string 19 atomic enum=|IPv4|IPv6
  ipFamilyPolicy? *string 17 enum=PreferDualStack|RequireDualStack|SingleStack
  allocateLoadBalancerNodePorts? *bool 20
  loadBalancerClass? *string 21
  internalTrafficPolicy? *string 22 enum=Cluster|Local
  trafficDistribution? *string 23
ServicePort
  name? string 1
  protocol? string 2 default="TCP" enum=SCTP|TCP|UDP
  appProtocol? *string 6
  port int32 3
  targetPort? IntOrString 4
  nodePort? int32 5
SessionAffinityConfig
  clientIP? *ClientIPConfig 1
ClientIPConfig
  timeoutSeconds? *int32 1
ServiceStatus
  loadBalancer? LoadBalancerStatus 1
  conditions? []meta.v1.Condition 2 map=type patch=merge:type
LoadBalancerStatus
  ingress? []LoadBalancerIngress 1 atomic
LoadBalancerIngress
  ip? string 1
  hostname? string 2
  ipMode? *string 3
  ports? []PortStatus 4 atomic
PortStatus
  port int32 1
  protocol string 2 enum=SCTP|TCP|UDP
  error? *string 3
ServiceAccount
  kind? string -
  apiVersion? string -
  metadata? meta.v1.ObjectMeta 1
  secrets? []ObjectReference 2 map=name patch=merge:name
  imagePullSecrets? []LocalObjectReference 3 atomic
  automountServiceAccountToken? *bool 4
ServiceProxyOptions
  kind? string -
  apiVersion? string -
  path? string 1
TopologySelectorTerm atomic
  matchLabelExpressions? []TopologySelectorLabelRequirement 1 atomic
TopologySelectorLabelRequirement
  key string 1
  values []string 2 atomic
`;
