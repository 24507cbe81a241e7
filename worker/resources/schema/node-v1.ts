export default `
RuntimeClass
  kind? string -
  apiVersion? string -
  metadata? meta.v1.ObjectMeta 1
  handler string 2
  overhead? *Overhead 3
  scheduling? *Scheduling 4
Overhead
  podFixed? {}Quantity 1
Scheduling
  nodeSelector? {}string 1 atomic
  tolerations? []core.v1.Toleration 2 atomic
`;
