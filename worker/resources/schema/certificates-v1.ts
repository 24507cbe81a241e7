export default `
CertificateSigningRequest
  kind? string -
  apiVersion? string -
  metadata? meta.v1.ObjectMeta 1
  spec CertificateSigningRequestSpec 2
  status? CertificateSigningRequestStatus 3
CertificateSigningRequestSpec
  request bytes 1
  signerName string 7
  expirationSeconds? *int32 8
  usages? []string 5 atomic enum=any|cert sign|client auth|code signing|content commitment|crl sign|data encipherment|decipher only|digital signature|email protection|encipher only|ipsec end system|ipsec tunnel|ipsec user|key agreement|key encipherment|microsoft sgc|netscape sgc|ocsp signing|s/mime|server auth|signing|timestamping
  username? string 2
  uid? string 3
  groups? []string 4 atomic
  extra? {}[]string 6 wrapped
CertificateSigningRequestStatus
  conditions? []CertificateSigningRequestCondition 1 map=type
  certificate? bytes 2
CertificateSigningRequestCondition
  type string 1
  status string 6
  reason? string 2
  message? string 3
  lastUpdateTime? Time 4
  lastTransitionTime? Time 5
`;
