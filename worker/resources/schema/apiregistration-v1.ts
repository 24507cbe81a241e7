export default `
APIService
  kind? string -
  apiVersion? string -
  metadata? meta.v1.ObjectMeta 1
  spec? APIServiceSpec 2
  status? APIServiceStatus 3
APIServiceSpec
  service? *ServiceReference 1
  group? string 2
  version? string 3
  insecureSkipTLSVerify? bool 4
  caBundle? bytes 5 atomic
  groupPriorityMinimum int32 7
  versionPriority int32 8
ServiceReference
  namespace? string 1
  name? string 2
  port? *int32 3
APIServiceStatus
  conditions? []APIServiceCondition 1 map=type patch=merge:type
APIServiceCondition
  type string 1
  status string 2
  lastTransitionTime? Time 3
  reason? string 4
  message? string 5
`;
