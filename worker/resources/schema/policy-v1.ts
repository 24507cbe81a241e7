export default `
Eviction
  kind? string -
  apiVersion? string -
  metadata? meta.v1.ObjectMeta 1
  deleteOptions? *meta.v1.DeleteOptions 2
PodDisruptionBudget
  kind? string -
  apiVersion? string -
  metadata? meta.v1.ObjectMeta 1
  spec? PodDisruptionBudgetSpec 2
  status? PodDisruptionBudgetStatus 3
PodDisruptionBudgetSpec
  minAvailable? *IntOrString 1
  selector? *meta.v1.LabelSelector 2 patch=replace
  maxUnavailable? *IntOrString 3
  unhealthyPodEvictionPolicy? *string 4 enum=AlwaysAllow|IfHealthyBudget
PodDisruptionBudgetStatus
  observedGeneration? int64 1
  disruptedPods? {}Time 2
  disruptionsAllowed! int32 3
  currentHealthy! int32 4
  desiredHealthy! int32 5
  expectedPods! int32 6
  conditions? []meta.v1.Condition 7 map=type patch=merge:type
`;
