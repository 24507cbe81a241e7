// What the management API answers with (worker/front/schemas.ts describes it).

export type Speed = number | 'paused' | 'instant';
export type Template = 'default' | 'bare';
export type Mode = 'view' | 'edit' | 'fork';

export interface Sandbox {
  readonly id: string;
  readonly name: string;
  readonly template: Template;
  readonly nodes: number;
  readonly version: string;
  readonly seed: string;
  readonly speed: Speed;
  readonly server: string;
  readonly forkedFrom?: string;
  readonly createdAt: string;
  readonly expiresAt: string | null;
  readonly time?: string;
  readonly usage?: { readonly objects: number; readonly bytes: number; readonly connections: number };
  readonly limits?: { readonly objects: number; readonly bytes: number };
}

export interface NewSandbox {
  readonly name?: string;
  readonly template?: Template;
  readonly nodes?: number;
  readonly version?: string;
  readonly speed?: Speed;
  readonly ttl?: string;
  readonly seed?: string;
}

export interface Clock {
  readonly time: string;
  readonly speed: Speed;
}

/** What the scheduler decided of a pod. */
export interface Decision {
  readonly profile: string;
  readonly time: string;
  /** False if it was worked out anew, from how things are now. */
  readonly isRemembered: boolean;
  readonly outcome: 'scheduled' | 'unschedulable' | 'waiting' | 'error';
  readonly chosen?: string;
  readonly message: string;
  readonly filters: readonly string[];
  readonly nodes: readonly {
    readonly node: string;
    readonly refused?: { readonly plugin: string; readonly reasons: readonly string[]; readonly isHopeless: boolean };
    /** By plugin, weighted; absent where there was one node to choose. */
    readonly scores?: Readonly<Record<string, number>>;
    readonly total?: number;
  }[];
  readonly skipped: number;
}

export interface Access {
  readonly server: string;
  /** Below this origin. */
  readonly path: string;
  readonly token: string;
  readonly access: 'view' | 'edit';
  readonly expiresAt: string | null;
}

export interface SharedSandbox {
  readonly mode: Mode;
  readonly expiresAt: string | null;
  readonly sandbox: Pick<Sandbox, 'name' | 'version' | 'nodes' | 'template'>;
}

export interface ShareLink {
  readonly id: string;
  readonly mode: Mode;
  /** Only when it was just made. */
  readonly url?: string;
  readonly createdAt: string;
  readonly expiresAt: string | null;
}

export interface ApiToken {
  readonly id: string;
  readonly name: string;
  /** Only when it was just made. */
  readonly token?: string;
  readonly createdAt: string;
  readonly expiresAt: string | null;
  readonly usedAt: string | null;
}

export interface Me {
  readonly id: string;
  /** Null for a guest. */
  readonly name: string | null;
  readonly isGuest: boolean;
  readonly createdAt: string;
  readonly limits: {
    readonly sandboxes: number;
    readonly nodes: number;
    readonly objects: number;
    readonly bytes: number;
    readonly lifetimeSeconds: number | null;
  };
}
