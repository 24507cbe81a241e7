export default `
FlowSchema
  kind? string -
  apiVersion? string -
  metadata? meta.v1.ObjectMeta 1
  spec? FlowSchemaSpec 2
  status? FlowSchemaStatus 3
FlowSchemaSpec
  priorityLevelConfiguration PriorityLevelConfigurationReference 1
  matchingPrecedence! int32 2
  distinguisherMethod? *FlowDistinguisherMethod 3
  rules? []PolicyRulesWithSubjects 4 atomic
PriorityLevelConfigurationReference
  name string 1
FlowDistinguisherMethod
  type string 1
PolicyRulesWithSubjects
  subjects []Subject 1 atomic
  resourceRules? []ResourcePolicyRule 2 atomic
  nonResourceRules? []NonResourcePolicyRule 3 atomic
Subject
  kind string 1
  user? *UserSubject 2
  group? *GroupSubject 3
  serviceAccount? *ServiceAccountSubject 4
UserSubject
  name string 1
GroupSubject
  name string 1
ServiceAccountSubject
  namespace string 1
  name string 2
ResourcePolicyRule
  verbs []string 1 set
  apiGroups []string 2 set
  resources []string 3 set
  clusterScope? bool 4
  namespaces! []string 5 set
NonResourcePolicyRule
  verbs []string 1 set
  nonResourceURLs []string 6 set
FlowSchemaStatus
  conditions? []FlowSchemaCondition 1 map=type patch=merge:type
FlowSchemaCondition
  type? string 1
  status? string 2
  lastTransitionTime? Time 3
  reason? string 4
  message? string 5
PriorityLevelConfiguration
  kind? string -
  apiVersion? string -
  metadata? meta.v1.ObjectMeta 1
  spec? PriorityLevelConfigurationSpec 2
  status? PriorityLevelConfigurationStatus 3
PriorityLevelConfigurationSpec
  type string 1
  limited? *LimitedPriorityLevelConfiguration 2
  exempt? *ExemptPriorityLevelConfiguration 3
LimitedPriorityLevelConfiguration
  nominalConcurrencyShares! *int32 1
  limitResponse? LimitResponse 2
  lendablePercent? *int32 3
  borrowingLimitPercent? *int32 4
LimitResponse
  type string 1
  queuing? *QueuingConfiguration 2
QueuingConfiguration
  queues! int32 1
  handSize! int32 2
  queueLengthLimit! int32 3
ExemptPriorityLevelConfiguration
  nominalConcurrencyShares? *int32 1
  lendablePercent? *int32 2
PriorityLevelConfigurationStatus
  conditions? []PriorityLevelConfigurationCondition 1 map=type patch=merge:type
PriorityLevelConfigurationCondition
  type? string 1
  status? string 2
  lastTransitionTime? Time 3
  reason? string 4
  message? string 5
`;
