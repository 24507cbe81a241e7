// How much one may have. The figures here are the cloud's; a server of one's own is given others (scripts/serve.ts).

import type { FrontEnv } from './bindings.ts';

export interface Limits {
  /** Sandboxes of a guest, and of somebody with an account. */
  readonly guestSandboxes: number;
  readonly userSandboxes: number;
  readonly nodes: number;
  /** Of one sandbox. */
  readonly objects: number;
  readonly bytes: number;
  readonly requestsPerSecond: number;
  readonly burst: number;
  /** Of one user. */
  readonly apiTokens: number;
  /** Of one sandbox. */
  readonly links: number;
  /** How long a guest's sandbox lives at most, ms; null for as long as they like. */
  readonly guestLifetime: number | null;
}

const CLOUD: Limits = {
  guestSandboxes: 3,
  userSandboxes: 20,
  nodes: 1000,
  objects: 12_000,
  bytes: 100_000_000,
  requestsPerSecond: 200,
  burst: 2000,
  apiTokens: 50,
  links: 50,
  guestLifetime: 7 * 24 * 3_600_000,
};

export const limitsOf = ({ LIMITS }: FrontEnv): Limits => ({ ...CLOUD, ...LIMITS });
