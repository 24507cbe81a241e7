export default `
NodeMetrics
  kind? string -
  apiVersion? string -
  metadata? meta.v1.ObjectMeta 1
  timestamp Time 2
  window Duration 3
  usage {}Quantity 4
PodMetrics
  kind? string -
  apiVersion? string -
  metadata? meta.v1.ObjectMeta 1
  timestamp Time 2
  window Duration 3
  containers []ContainerMetrics 4 atomic
ContainerMetrics
  name string 1
  usage {}Quantity 2
`;
