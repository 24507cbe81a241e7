// What a sandbox is made of: its own choices, what the platform gives, and what tests choose.

import type { AdmissionSettings } from '../admission/index.ts';
import type { ExternalAnswer, ExternalRequest } from '../api/admission.ts';
import type { Controller } from '../api/controller.ts';
import type { StoreQuota } from '../registry/core.ts';
import type { Store } from '../store/store.ts';
import type { Speed } from './clock.ts';

/** What a sandbox is made with. Kept for its life. */
export interface ClusterOptions {
  readonly id: string;
  readonly template: 'default' | 'bare';
  readonly nodes: number;
  /** Minor version of Kubernetes, 35 or 36. */
  readonly minor: number;
  readonly seed: string;
  readonly speed: Speed;
  /** How much it may hold. */
  readonly quota?: StoreQuota;
  /** What its keys are made of. Tests that want the same keys again leave it out. */
  readonly secret?: string;
  /** When it was copied from another, by its own clock, ms: tokens in Secrets from before are the other's. */
  readonly copiedAt?: number;
}

/** What the platform gives. */
export interface Platform {
  readonly store: Store;
  /** Milliseconds since the epoch, outside. */
  worldNow(): number;
  schedule(ms: number, run: () => void): void;
  /** There is something to do that no request brought: `drain` is to be called soon. */
  wake(): void;
  /** Lets others have their turn in a long piece of work. */
  pause(): Promise<void>;
  /** The answer of a server outside. */
  callOutside(request: ExternalRequest): Promise<ExternalAnswer>;
  /** A static asset: an OpenAPI document. */
  asset(path: string): Promise<Uint8Array | undefined>;
  report(error: unknown): void;
  /** Requests a second that are served of all whom flow control limits; undefined for as many as there can be. */
  requestsPerSecond?(): number | undefined;
}

export interface ControllerChoice {
  readonly extra?: readonly Controller[];
  readonly alone?: boolean;
  /** Images of a bare cluster are pulled, and run, as those of any other. */
  readonly strictImages?: boolean;
  /** What the API server was configured with, where it is nobody's to see. */
  readonly admission?: AdmissionSettings;
  /** Keys reconciled between two commits, at most: tests that end a life between any two want few. */
  readonly slice?: number;
}
