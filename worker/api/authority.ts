// The cluster's certificate authority, as control loops use it. What makes keys and signatures lives elsewhere, and may be absent.

export interface Authority {
  /** PEM, of all certificates that clients are to trust. */
  readonly caBundle: string;
  /** Reads a PEM request; undefined if it is none. */
  readRequest(pem: string): CertificateRequest | undefined;
  /** A PEM certificate for a PEM request. Throws what is wrong with it. */
  sign(pem: string, options: SigningOptions): string;
  /** A signed service-account token without expiry, as legacy Secrets hold it. */
  legacyToken(claims: { namespace: string; secret: string; serviceAccount: string; uid: string }): string;
}

export interface CertificateRequest {
  readonly commonName: string;
  readonly organization: readonly string[];
  readonly dnsNames: readonly string[];
  readonly ipAddresses: readonly string[];
  readonly emailAddresses: readonly string[];
  readonly uris: readonly string[];
}

export interface SigningOptions {
  readonly usages: readonly string[];
  /** Milliseconds since the epoch. */
  readonly notBefore: number;
  readonly notAfter: number;
}
