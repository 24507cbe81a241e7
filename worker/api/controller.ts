// What a control loop is, and what it may do. A loop belongs to a component (kube-controller-manager, kube-scheduler …) and runs while that runs.

import type { Host } from '../lib/host.ts';
import type { Meters } from '../lib/metrics.ts';
import type { Access } from './access.ts';
import type { External } from './admission.ts';
import type { Authority } from './authority.ts';
import type { Draft, KubeObject } from './object.ts';
import type { DeleteOptions } from './registry.ts';
import type { ClusterConfig, ClusterReader, Resource, Scale } from './resource.ts';

export interface Controller {
  /** `deployment`, `replicaset`: the name of its work queue. */
  readonly name: string;
  /** The process it runs in. */
  readonly component: Component;
  /** The service account it acts as, in kube-system. `<name>-controller` if left out. Of the controller manager only. */
  readonly serviceAccount?: string;
  /** How it calls itself as a manager of fields. As its component if left out. */
  readonly fieldManager?: string;
  /** How it signs its events. As the service account if left out. */
  readonly reporter?: string;
  /** How soon a key that failed is tried again, and how late at most (ms): each time twice as late. Where upstream's queue has a limiter of its own. */
  readonly backOff?: { readonly first: number; readonly most: number };
  readonly watches: readonly Watch[];
  /**
   * Reads the state behind a key and moves it one step nearer to what is wanted. Called again when something it watches changes, when the time it asked
   * for has come, or after a back-off if it throws.
   */
  reconcile(key: string, context: ControllerContext): Requeue | void;
  /**
   * Called before anything else. `resumed`: its memory was lost, and nothing else: it goes on where it stood. Otherwise its process starts (again), and
   * everything it watches is told anew.
   */
  start?(context: ControllerContext, resumed: boolean): void;
  /** Why it cannot be made, with the flags of its component and what there is: its process ends then. Asked when its component begins to lead. */
  problem?(flag: (name: string) => string | undefined, reader: ClusterReader): string | undefined;
  /** Before a commit: puts what it keeps in memory, and no object says, into `context.state`. */
  save?(context: ControllerContext): void;
}

export type Component =
  | 'kube-apiserver'
  | 'kube-controller-manager'
  | 'cloud-controller-manager'
  | 'kube-scheduler'
  | 'kubelet'
  | 'kube-proxy'
  | 'coredns'
  | (string & {});

/** What happened to an object. */
export type ChangeType = 'created' | 'updated' | 'deleted';

/** Which keys to look at when an object of a resource changes. `previous` is what it was; for a deletion, `object` is its last state. */
export interface Watch<T extends KubeObject = KubeObject> {
  /** Undefined for every resource there is, built-in or custom: then `keys` must be there. */
  readonly resource: Resource<T> | undefined;
  /** Of objects of other namespaces it does not hear. Undefined for all. */
  readonly namespace?: string;
  /** The key is looked at so much later (ms), so that a burst of changes is looked at once. */
  delayMs?(): number;
  /** The wait is one of a cluster at rest (`Requeue`). */
  readonly background?: boolean;
  /**
   * The object's own key if left out. Called once for every change, in order, and before any reconcile that could see it: a loop may keep an index of its
   * own up to date here, if it can make it anew from what is stored. At a (re)start, called with everything there is, as `created`.
   */
  keys?(object: T, previous: T | undefined, reader: ClusterReader, type: ChangeType): Iterable<string>;
}

/** Writes a watch with its type known. */
export const watch = <T extends KubeObject>(
  resource: Resource<T>,
  keys?: (object: T, previous: T | undefined, reader: ClusterReader, type: ChangeType) => Iterable<string>,
): Watch => ({ resource, ...(keys && { keys }) }) as unknown as Watch;

/** A watch of what is in one namespace. */
export const watchIn = <T extends KubeObject>(
  namespace: string,
  resource: Resource<T>,
  keys: (object: T, previous: T | undefined, reader: ClusterReader, type: ChangeType) => Iterable<string>,
): Watch => ({ ...watch(resource, keys), namespace });

/** A watch of everything. `keys` may cost what its object is worth, not what the cluster holds. */
export const watchAll = (keys: NonNullable<Watch['keys']>): Watch => ({ resource: undefined, keys });

/** A watch whose changes are looked at together, after so much time (ms). A flag may say how much: then it is asked for each change. */
export const delayed = (delay: number | (() => number), one: Watch): Watch => ({
  ...one,
  delayMs: typeof delay === 'number' ? () => delay : delay,
});

/** A failure that belongs to the life of a cluster (a name is taken, a quota is full): it is logged and tried again, and is nobody's mistake here. */
export class SyncError extends Error {}

/** A SyncError of which the log tells nothing, as upstream only does at a level of detail. */
export class QuietSyncError extends SyncError {}

/**
 * Come back to the key after so many milliseconds. It replaces what was asked for before; no Requeue means: only when something changes.
 * `background` waits are those of a cluster at rest (a lease, a probe's period, the next run of a CronJob): at speed `instant` they do not
 * drag the clock along.
 */
export interface Requeue {
  readonly after: number;
  readonly background?: boolean;
}

export interface ControllerContext extends Host {
  readonly api: ClusterApi;
  readonly config: ClusterConfig;
  readonly state: ControllerState;
  /** Undefined where the cluster signs nothing. */
  readonly authority?: Authority | undefined;
  /** Answers of servers that have to be asked, in the cluster or outside; `Pending` begins the reconcile anew when they are there. */
  readonly external: External;
  /** Kinds of servers behind APIServices that are there, as these were heard to say last. */
  remoteKinds(): readonly RemoteKind[];
  /** Whether the API server answers. While it does not, nothing can be written; what is read is what was known before. Only who acts on machines runs then. */
  isApiUp(): boolean;
  /** Who may do what: a SubjectAccessReview, without the way there and back. */
  readonly access: Access;
  /** The value of a flag on its component's command line, where that can be seen and the flag is given. */
  flag(name: string): string | undefined;
  /** Looks at another of its keys too: soon, or when the Requeue says. */
  enqueue(key: string, requeue?: Requeue): void;
  /** Records an event about an object, as the component. */
  event(object: KubeObject, type: 'Normal' | 'Warning', reason: string, message: string, more?: EventDetails): void;
  /** What its component measures of its work. */
  readonly meters: Meters;
  /** A line of the component's log. `level` as in klog. */
  log(level: 'I' | 'W' | 'E', message: string): void;
}

export interface RemoteKind {
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly isNamespaced: boolean;
  readonly verbs: readonly string[];
}

export interface EventDetails {
  /** `spec.containers{web}`. */
  readonly fieldPath?: string;
  /** Name of the reporter, where it is not the component: `deployment-controller`. */
  readonly source?: string;
  readonly host?: string;
  /** For events.k8s.io: what was done, and to what else. */
  readonly action?: string;
  readonly related?: KubeObject;
}

/** Small things a loop must remember that no object holds. Survives eviction; keyed within the controller. */
export interface ControllerState {
  get<T>(key: string): T | undefined;
  set(key: string, value: unknown): void;
  delete(key: string): void;
  /** All of them, in the order of their keys. */
  entries<T>(): [key: string, value: T][];
}

/** Reading and writing as a component. Writes pass defaulting, admission and validation like everyone's; errors are StatusErrors. */
export interface ClusterApi extends ClusterReader {
  create<T extends KubeObject>(resource: Resource<T>, object: Draft<T>): T;
  /**
   * Creates an object that is valid, in canonical form (as reading a body brings it into), with all defaults, and given away. What one component creates of one
   * `shape` has the same fields, whatever is in them.
   */
  createComplete<T extends KubeObject>(resource: Resource<T>, object: T, shape: string): T;
  /** Stores a changed copy. */
  update<T extends KubeObject>(resource: Resource<T>, object: T): T;
  updateStatus<T extends KubeObject>(resource: Resource<T>, object: T): T;
  /** Server-side apply of some of an object that is there, or of its status, with force. */
  apply<T extends KubeObject>(resource: Resource<T>, object: Draft<T>): T;
  applyStatus<T extends KubeObject>(resource: Resource<T>, object: Draft<T>, fieldManager?: string): T;
  /** Through a subresource that takes the object itself: `finalize`, `approval`, `resize`. */
  updateSubresource<T extends KubeObject>(resource: Resource<T>, subresource: string, object: T): T;
  /** The object as autoscaling/v1 Scale sees it. Throws if it has no such subresource. */
  scale(resource: Resource, namespace: string, name: string): Scale;
  setScale(resource: Resource, namespace: string, name: string, replicas: number): void;
  /** A subresource with a body of its own: `binding`, `eviction`, `token`. Gives the answer. */
  act(resource: Resource, subresource: string, namespace: string, name: string, body: unknown): object;
  delete<T extends KubeObject>(resource: Resource<T>, namespace: string, name: string, options?: DeleteOptions): void;
  /** Takes an object away, if it is there, as the end of an entry's lease in etcd does: nobody is asked, and no finalizer holds it. */
  expire<T extends KubeObject>(resource: Resource<T>, namespace: string, name: string): void;
}
