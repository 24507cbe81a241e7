export default `
PriorityClass
  kind? string -
  apiVersion? string -
  metadata? meta.v1.ObjectMeta 1
  value! int32 2
  globalDefault? bool 3
  description? string 4
  preemptionPolicy? *string 5 enum=Never|PreemptLowerPriority
`;
