export default `
APIGroupDiscoveryList
  kind? string -
  apiVersion? string -
  metadata? meta.v1.ListMeta 1
  items []APIGroupDiscovery 2
APIGroupDiscovery
  kind? string -
  apiVersion? string -
  metadata? meta.v1.ObjectMeta 1
  versions? []APIVersionDiscovery 2 map=version
APIVersionDiscovery
  version string 1
  resources? []APIResourceDiscovery 2 map=resource
  freshness? string 3
APIResourceDiscovery
  resource string 1
  responseKind? *meta.v1.GroupVersionKind 2
  scope string 3
  singularResource string 4
  verbs []string 5 set
  shortNames? []string 6 set
  categories? []string 7 set
  subresources? []APISubresourceDiscovery 8 map=subresource
APISubresourceDiscovery
  subresource string 1
  responseKind? *meta.v1.GroupVersionKind 2
  acceptedTypes? []meta.v1.GroupVersionKind 3 map=group,version,kind
  verbs []string 4 set
`;
