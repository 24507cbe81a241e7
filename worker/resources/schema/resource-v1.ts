export default `
DeviceClass
  kind? string -
  apiVersion? string -
  metadata? meta.v1.ObjectMeta 1
  spec DeviceClassSpec 2
DeviceClassSpec
  selectors? []DeviceSelector 1 atomic
  config? []DeviceClassConfiguration 2 atomic
  extendedResourceName? *string 4
DeviceSelector
  cel? *CELDeviceSelector 1
CELDeviceSelector
  expression string 1
DeviceClassConfiguration
  ~deviceConfiguration DeviceConfiguration 1
DeviceConfiguration
  opaque? *OpaqueDeviceConfiguration 1
OpaqueDeviceConfiguration
  driver string 1
  parameters RawExtension 2
ResourceClaim
  kind? string -
  apiVersion? string -
  metadata? meta.v1.ObjectMeta 1
  spec ResourceClaimSpec 2
  status? ResourceClaimStatus 3
ResourceClaimSpec
  devices! DeviceClaim 1
DeviceClaim
  requests! []DeviceRequest 1 atomic
  constraints? []DeviceConstraint 2 atomic
  config? []DeviceClaimConfiguration 3 atomic
DeviceRequest
  name string 1
  exactly? *ExactDeviceRequest 2
  firstAvailable? []DeviceSubRequest 3 atomic
ExactDeviceRequest
  deviceClassName string 1
  selectors? []DeviceSelector 2 atomic
  allocationMode? string 3
  count? int64 4
  adminAccess? *bool 5
  tolerations? []DeviceToleration 6 atomic
  capacity? *CapacityRequirements 7
DeviceToleration
  key? string 1
  operator? string 2 default="Equal" enum=Equal|Exists
  value? string 3
  effect? string 4 enum=NoExecute|NoSchedule|None
  tolerationSeconds? *int64 5
CapacityRequirements
  requests? {}Quantity 1
DeviceSubRequest
  name string 1
  deviceClassName string 2
  selectors? []DeviceSelector 3 atomic
  allocationMode? string 4
  count? int64 5
  tolerations? []DeviceToleration 6 atomic
  capacity? *CapacityRequirements 7
DeviceConstraint
  requests? []string 1 atomic
  matchAttribute? *string 2
  distinctAttribute? *string 3
DeviceClaimConfiguration
  requests? []string 1 atomic
  ~deviceConfiguration DeviceConfiguration 2
ResourceClaimStatus
  allocation? *AllocationResult 1
  reservedFor? []ResourceClaimConsumerReference 2 map=uid patch=merge:uid
  devices? []AllocatedDeviceStatus 4 map=driver,device,pool,shareID
AllocationResult
  devices? DeviceAllocationResult 1
  nodeSelector? *core.v1.NodeSelector 3
  allocationTimestamp? *Time 5
DeviceAllocationResult
  results? []DeviceRequestAllocationResult 1 atomic
  config? []DeviceAllocationConfiguration 2 atomic
DeviceRequestAllocationResult
  request string 1
  driver string 2
  pool string 3
  device string 4
  adminAccess? *bool 5
  tolerations? []DeviceToleration 6 atomic
  bindingConditions? []string 7 atomic
  bindingFailureConditions? []string 8 atomic
  shareID? *string 9
  consumedCapacity? {}Quantity 10
DeviceAllocationConfiguration
  source string 1 enum=FromClaim|FromClass
  requests? []string 2 atomic
  ~deviceConfiguration DeviceConfiguration 3
ResourceClaimConsumerReference
  apiGroup? string 1
  resource string 3
  name string 4
  uid string 5
AllocatedDeviceStatus
  driver string 1
  pool string 2
  device string 3
  shareID? *string 7
  conditions! []meta.v1.Condition 4 map=type
  data? *RawExtension 5
  networkData? *NetworkDeviceData 6
NetworkDeviceData
  interfaceName? string 1
  ips? []string 2 atomic
  hardwareAddress? string 3
ResourceClaimTemplate
  kind? string -
  apiVersion? string -
  metadata? meta.v1.ObjectMeta 1
  spec ResourceClaimTemplateSpec 2
ResourceClaimTemplateSpec
  metadata? meta.v1.ObjectMeta 1
  spec ResourceClaimSpec 2
ResourceSlice
  kind? string -
  apiVersion? string -
  metadata? meta.v1.ObjectMeta 1
  spec ResourceSliceSpec 2
ResourceSliceSpec
  driver string 1
  pool ResourcePool 2
  nodeName? *string 3
  nodeSelector? *core.v1.NodeSelector 4
  allNodes? *bool 5
  devices? []Device 6 atomic
  perDeviceNodeSelection? *bool 7
  sharedCounters? []CounterSet 8 atomic
ResourcePool
  name string 1
  generation int64 2
  resourceSliceCount int64 3
Device
  name string 1
  attributes? {}DeviceAttribute 2
  capacity? {}DeviceCapacity 3
  consumesCounters? []DeviceCounterConsumption 4 atomic
  nodeName? *string 5
  nodeSelector? *core.v1.NodeSelector 6
  allNodes? *bool 7
  taints? []DeviceTaint 8 atomic
  bindsToNode? *bool 9
  bindingConditions? []string 10 atomic
  bindingFailureConditions? []string 11 atomic
  allowMultipleAllocations? *bool 12
  nodeAllocatableResourceMappings? {}NodeAllocatableResourceMapping 13
DeviceAttribute
  int? *int64 2
  bool? *bool 3
  string? *string 4
  version? *string 5
  ints? []int64 6 atomic
  bools? []bool 7 atomic
  strings? []string 8 atomic
  versions? []string 9 atomic
DeviceCapacity
  value Quantity 1
  requestPolicy? *CapacityRequestPolicy 2
CapacityRequestPolicy
  default! *Quantity 1
  validValues? []Quantity 3 atomic
  validRange? *CapacityRequestPolicyRange 4
CapacityRequestPolicyRange
  min? *Quantity 1
  max? *Quantity 2
  step? *Quantity 3
DeviceCounterConsumption
  counterSet string 1
  counters? {}Counter 2
Counter
  value Quantity 1
DeviceTaint
  key string 1
  value? string 2
  effect string 3 enum=NoExecute|NoSchedule|None
  timeAdded? *Time 4
NodeAllocatableResourceMapping
  capacityKey? *string 1
  allocationMultiplier? *Quantity 2
CounterSet
  name string 1
  counters? {}Counter 2
`;
