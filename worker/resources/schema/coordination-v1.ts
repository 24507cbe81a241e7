export default `
Lease
  kind? string -
  apiVersion? string -
  metadata? meta.v1.ObjectMeta 1
  spec? LeaseSpec 2
LeaseSpec
  holderIdentity? *string 1
  leaseDurationSeconds? *int32 2
  acquireTime? *MicroTime 3
  renewTime? *MicroTime 4
  leaseTransitions? *int32 5
  strategy? *string 6
  preferredHolder? *string 7
`;
