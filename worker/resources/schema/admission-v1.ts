export default `
AdmissionReview
  kind? string -
  apiVersion? string -
  request? *AdmissionRequest 1
  response? *AdmissionResponse 2
AdmissionRequest
  uid! string 1
  kind! meta.v1.GroupVersionKind 2
  resource! meta.v1.GroupVersionResource 3
  subResource? string 4
  requestKind? *meta.v1.GroupVersionKind 13
  requestResource? *meta.v1.GroupVersionResource 14
  requestSubResource? string 15
  name? string 5
  namespace? string 6
  operation! string 7
  userInfo! authentication.v1.UserInfo 8
  object? RawExtension 9
  oldObject? RawExtension 10
  dryRun? *bool 11
  options? RawExtension 12
AdmissionResponse
  uid! string 1
  allowed! bool 2
  status? *meta.v1.Status 3
  patch? bytes 4
  patchType? *string 5
  auditAnnotations? {}string 6
  warnings? []string 7 atomic
`;
