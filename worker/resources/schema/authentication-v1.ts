export default `
UserInfo
  username? string 1
  uid? string 2
  groups? []string 3 atomic
  extra? {}[]string 4 wrapped
SelfSubjectReview
  kind? string -
  apiVersion? string -
  metadata? meta.v1.ObjectMeta 1
  status? SelfSubjectReviewStatus 2
SelfSubjectReviewStatus
  userInfo? UserInfo 1
TokenRequest
  kind? string -
  apiVersion? string -
  metadata? meta.v1.ObjectMeta 1
  spec! TokenRequestSpec 2
  status? TokenRequestStatus 3
TokenRequestSpec
  audiences! []string 1 atomic
  expirationSeconds! *int64 4
  boundObjectRef! *BoundObjectReference 3
BoundObjectReference
  kind? string 1
  apiVersion? string 2
  name? string 3
  uid? string 4
TokenRequestStatus
  token! string 1
  expirationTimestamp! Time 2
TokenReview
  kind? string -
  apiVersion? string -
  metadata? meta.v1.ObjectMeta 1
  spec TokenReviewSpec 2
  status? TokenReviewStatus 3
TokenReviewSpec
  token? string 1
  audiences? []string 2 atomic
TokenReviewStatus
  authenticated? bool 1
  user? UserInfo 2
  audiences? []string 4 atomic
  error? string 3
`;
