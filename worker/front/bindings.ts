// What the front is given: a database, static files, counters, and for each sandbox an object to call. It knows no more of a sandbox than this.

import type { Limits } from './limits.ts';

export interface FrontEnv {
  readonly DB: D1Database;
  readonly ASSETS?: Fetcher;
  /** Where clients reach the Kubernetes API, if that is not where they reach this one: locally, its TLS port. */
  readonly KUBE_URL?: string;
  /** The certificate authority of that, PEM, if no public one vouches for it. */
  readonly KUBE_CA?: string;
  /** What differs from the limits of `limits.ts`, as JSON. */
  readonly LIMITS?: Partial<Limits>;
  /** Counts by address, for what needs no credentials. */
  readonly GUESTS?: Counter;
  readonly SIGN_INS?: Counter;
  /** Counts by user. */
  readonly CALLS?: Counter;
}

/** The platform's rate limiter: no more than so many of one key a minute. */
export interface Counter {
  limit(options: { key: string }): Promise<{ success: boolean }>;
}

export type Speed = number | 'paused' | 'instant';
export type Access = 'view' | 'edit';

export interface SandboxOptions {
  readonly id: string;
  readonly template: 'default' | 'bare';
  readonly nodes: number;
  readonly minor: number;
  readonly seed: string;
  readonly speed: Speed;
  readonly quota: { readonly objects: number; readonly bytes: number };
}

/** What is kept about a sandbox in its object. */
export interface Charter<Options = SandboxOptions> {
  readonly options: Options;
  readonly expiresAt: number | undefined;
  readonly rate?: { readonly perSecond: number; readonly burst: number };
}

export interface Grant {
  readonly access: Access;
  readonly user: string;
  readonly via: string;
  readonly expiresAt: number | undefined;
}

export interface SandboxStatus {
  readonly time: number;
  readonly speed: Speed;
  readonly objects: number;
  readonly bytes: number;
  readonly connections: number;
}

export interface MachineView {
  readonly name: string;
  readonly role: string;
  readonly address: string;
  readonly power: 'on' | 'off';
  readonly kubeletVersion: string;
  readonly services: Readonly<Record<string, string>>;
}

export type MachineOperation =
  | { readonly do: 'on' | 'off' | 'reboot' }
  | { readonly do: 'start' | 'stop' | 'restart'; readonly service: string }
  | { readonly do: 'read'; readonly path: string }
  | { readonly do: 'write'; readonly path: string; readonly content: string }
  | { readonly do: 'remove'; readonly path: string };

export interface MachineAnswer {
  readonly machine?: MachineView;
  readonly content?: string;
  readonly names?: readonly string[];
  readonly problem?: string;
  readonly missing?: 'machine' | 'file';
}

/** What the scheduler decided of a pod. `time` is ms. */
export interface Decision {
  readonly pod: string;
  readonly profile: string;
  readonly time: number;
  readonly isRemembered: boolean;
  readonly outcome: 'scheduled' | 'unschedulable' | 'waiting' | 'error';
  readonly chosen: string | undefined;
  readonly message: string;
  readonly filters: readonly string[];
  readonly nodes: readonly {
    readonly node: string;
    readonly refused?: { readonly plugin: string; readonly reasons: readonly string[]; readonly isHopeless: boolean };
    readonly scores?: Readonly<Record<string, number>>;
    readonly total?: number;
  }[];
  readonly skipped: number;
}

/** A sandbox's object. What is undefined is about a sandbox that does not exist any more. */
export interface SandboxObject {
  create(charter: Charter, tokenHash: string, grant: Grant): Promise<void>;
  copyTo(charter: Charter<Pick<SandboxOptions, 'id' | 'quota'>>, tokenHash: string, grant: Grant): Promise<true | undefined>;
  grant(tokenHash: string, grant: Grant): Promise<true | undefined>;
  revoke(via?: string): Promise<void>;
  status(): Promise<SandboxStatus | undefined>;
  setSpeed(speed: Speed): Promise<SandboxStatus | undefined>;
  step(ms: number): Promise<SandboxStatus | undefined>;
  /** Whether there is such an addon, and which there are. */
  installAddon(name: string): Promise<{ installed: boolean; names: string[] } | undefined>;
  /** Events of audit.k8s.io/v1, oldest first. */
  audit(): Promise<readonly object[] | undefined>;
  machines(): Promise<MachineView[] | undefined>;
  operateMachine(name: string, operation: MachineOperation): Promise<MachineAnswer | undefined>;
  /** `none` if there is no such pod that its scheduler has to place. */
  decision(namespace: string, pod: string): Promise<Decision | 'none' | undefined>;
  setExpiry(expiresAt: number | undefined): Promise<true | undefined>;
  destroy(): Promise<void>;
}
