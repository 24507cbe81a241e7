export default `
GroupVersionKind
  group string 1
  version string 2
  kind string 3
GroupVersionResource
  group string 1
  version string 2
  resource string 3
Status
  kind? string -
  apiVersion? string -
  metadata? ListMeta 1
  status? string 2
  message? string 3
  reason? string 4
  details? *StatusDetails 5
  code? int32 6
ListMeta
  selfLink? string 1
  resourceVersion? string 2
  continue? string 3
  remainingItemCount? *int64 4
  shardInfo? *ShardInfo 5
ShardInfo
  selector string 1
StatusDetails
  name? string 1
  group? string 2
  kind? string 3
  uid? string 6
  causes? []StatusCause 4 atomic
  retryAfterSeconds? int32 5
StatusCause
  reason? string 1
  message? string 2
  field? string 3
ObjectMeta
  name? string 1
  generateName? string 2
  namespace? string 3
  selfLink? string 4
  uid? string 5
  resourceVersion? string 6
  generation? int64 7
  creationTimestamp?? Time 8
  deletionTimestamp? *Time 9
  deletionGracePeriodSeconds? *int64 10
  labels? {}string 11
  annotations? {}string 12
  ownerReferences? []OwnerReference 13 map=uid patch=merge:uid
  finalizers? []string 14 set patch=merge
  managedFields? []ManagedFieldsEntry 17 atomic
OwnerReference atomic
  apiVersion string 5
  kind string 1
  name string 3
  uid string 4
  controller? *bool 6
  blockOwnerDeletion? *bool 7
ManagedFieldsEntry
  manager? string 1
  operation? string 2
  apiVersion? string 3
  time? *Time 4
  fieldsType? string 6
  fieldsV1? *FieldsV1 7
  subresource? string 8
LabelSelector atomic
  matchLabels? {}string 1
  matchExpressions? []LabelSelectorRequirement 2 atomic
LabelSelectorRequirement
  key string 1
  operator string 2
  values? []string 3 atomic
Condition
  type string 1
  status string 2
  observedGeneration? int64 3
  lastTransitionTime Time 4
  reason string 5
  message string 6
FieldSelectorRequirement
  key string 1
  operator string 2
  values? []string 3 atomic
APIGroup
  kind? string -
  apiVersion? string -
  name string 1
  versions []GroupVersionForDiscovery 2 atomic
  preferredVersion? GroupVersionForDiscovery 3
  serverAddressByClientCIDRs? []ServerAddressByClientCIDR 4 atomic
GroupVersionForDiscovery
  groupVersion string 1
  version string 2
ServerAddressByClientCIDR
  clientCIDR string 1
  serverAddress string 2
APIGroupList
  kind? string -
  apiVersion? string -
  groups []APIGroup 1 atomic
APIResourceList
  kind? string -
  apiVersion? string -
  groupVersion string 1
  resources []APIResource 2 atomic
APIResource
  name string 1
  singularName string 6
  namespaced bool 2
  group? string 8
  version? string 9
  kind string 3
  verbs []string 4 wrapped
  shortNames? []string 5 atomic
  categories? []string 7 atomic
  storageVersionHash? string 10
APIVersions
  kind? string -
  apiVersion? string -
  versions []string 1 atomic
  serverAddressByClientCIDRs []ServerAddressByClientCIDR 2 atomic
CreateOptions
  kind? string -
  apiVersion? string -
  dryRun? []string 1 atomic
  fieldManager? string 3
  fieldValidation? string 4
DeleteOptions
  kind? string -
  apiVersion? string -
  gracePeriodSeconds? *int64 1
  preconditions? *Preconditions 2
  orphanDependents? *bool 3
  propagationPolicy? *string 4
  dryRun? []string 5 atomic
  ignoreStoreReadErrorWithClusterBreakingPotential? *bool 6
Preconditions
  uid? *string 1
  resourceVersion? *string 2
GetOptions
  kind? string -
  apiVersion? string -
  resourceVersion? string 1
ListOptions
  kind? string -
  apiVersion? string -
  labelSelector? string 1
  fieldSelector? string 2
  watch? bool 3
  allowWatchBookmarks? bool 9
  resourceVersion? string 4
  resourceVersionMatch? string 10
  timeoutSeconds? *int64 5
  limit? int64 7
  continue? string 8
  sendInitialEvents? *bool 11
  shardSelector? string 15
PartialObjectMetadata
  kind? string -
  apiVersion? string -
  metadata? ObjectMeta 1
PatchOptions
  kind? string -
  apiVersion? string -
  dryRun? []string 1 atomic
  force? *bool 2
  fieldManager? string 3
  fieldValidation? string 4
Table
  kind? string -
  apiVersion? string -
  metadata? ListMeta -
  columnDefinitions []TableColumnDefinition - atomic
  rows []TableRow - atomic
TableColumnDefinition
  name string -
  type string -
  format string -
  description string -
  priority int32 -
TableRow
  cells []any - atomic
  conditions? []TableRowCondition - atomic
  object? RawExtension -
TableRowCondition
  type string -
  status string -
  reason? string -
  message? string -
UpdateOptions
  kind? string -
  apiVersion? string -
  dryRun? []string 1 atomic
  fieldManager? string 2
  fieldValidation? string 3
WatchEvent
  type string 1
  object RawExtension 2
`;
