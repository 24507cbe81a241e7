// What the API server does with objects, for any resource: the calls behind the verbs. Implemented in registry/; used by server/, and by controllers
// through ClusterApi. Every call is synchronous and either changes one thing and answers, or throws a StatusError and changes nothing.

import type { Access } from './access.ts';
import type { External } from './admission.ts';
import type { Catalog } from './catalog.ts';
import type { FieldError } from './field-error.ts';
import type { KubeObject } from './object.ts';
import type { ClusterConfig, ClusterReader, Resource, UserInfo } from './resource.ts';
import type { RequestBody } from './request-body.ts';
import type { FieldSelector, LabelSelector } from './selectors.ts';

/** An object as it is stored, in the version asked for. Neither form may be changed. */
export interface Stored<T = KubeObject> {
  readonly value: T;
  readonly text: string;
  readonly revision: number;
}

/** Who asks, and how. */
export interface Call {
  readonly user: UserInfo;
  readonly userAgent: string;
  /** As what the request was authorized. Left out for components, who need not be. */
  readonly verb?: string;
  readonly dryRun: boolean;
  readonly fieldManager: string;
  readonly fieldValidation: 'Strict' | 'Warn' | 'Ignore';
  readonly external: External;
  warn(sentence: string): void;
  annotate(key: string, value: string): void;
  /** Is told what was sent, read and with its defaults, before anything else is done with it. Left out where nobody wants to know. */
  received?(object: KubeObject): void;
  /** Throws if the caller may not create what an update or an apply is about to create. Left out for those who may. */
  mayCreate?(): void;
}

/** The `warn` of whoever would not listen, and for whom no warnings are thought of. */
export const unheard = (): void => {};

export interface ListOptions {
  readonly namespace: string;
  readonly labels: LabelSelector;
  readonly fields: FieldSelector;
  readonly limit: number;
  /** As a former list gave it. */
  readonly continue: string;
  readonly resourceVersion: string;
  readonly resourceVersionMatch: string;
}

export interface ListResult {
  readonly items: Stored[];
  readonly revision: number;
  /** '' at the end. */
  readonly continue: string;
  readonly remaining: number | undefined;
}

export interface DeleteOptions {
  readonly gracePeriodSeconds?: number | undefined;
  readonly propagationPolicy?: string | undefined;
  readonly orphanDependents?: boolean | undefined;
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string } | undefined;
}

export interface DeleteResult {
  readonly object: Stored;
  /** Gone, not merely marked. */
  readonly deleted: boolean;
}

export type PatchType = 'json' | 'merge' | 'strategic' | 'apply';

export interface Patch {
  readonly type: PatchType;
  /** As it was sent (RequestBody), or the value itself. */
  readonly body: unknown;
  readonly force: boolean;
}

export interface Registry extends ClusterReader {
  readonly catalog: Catalog;
  readonly config: ClusterConfig;
  /** The newest revision, and the oldest one that can be read. */
  readonly revision: number;

  readonly access: Access;
  /** A body as an object of the resource, in canonical form: for what is only asked, and not stored. */
  readBody(resource: Resource, body: unknown, call: Call): KubeObject;
  /** What the kind's own rules say of an object that is not stored. */
  validate(resource: Resource, object: KubeObject, call: Call): FieldError[];
  read(resource: Resource, namespace: string, name: string): Stored;
  listAll(resource: Resource, options: ListOptions): ListResult;
  /** `body` is a RequestBody, or the value itself in the resource's version. */
  create(resource: Resource, namespace: string, body: unknown, call: Call): Stored;
  /** The same for an object that is valid, in canonical form, with all defaults, and given away. What one caller gives of one `shape` has the same fields. */
  createComplete(resource: Resource, namespace: string, object: KubeObject, call: Call, shape: string): Stored;
  /** `created` if there was nothing and the kind lets an update create. */
  update(resource: Resource, namespace: string, name: string, body: unknown, call: Call): { object: Stored; created: boolean };
  patch(resource: Resource, namespace: string, name: string, patch: Patch, call: Call): { object: Stored; created: boolean };
  delete(resource: Resource, namespace: string, name: string, options: DeleteOptions, call: Call): DeleteResult;
  /** Takes an object away, if it is there, as the end of an entry's lease in etcd does: nobody is asked, and no finalizer holds it. */
  expire(resource: Resource, namespace: string, name: string): void;
  deleteCollection(resource: Resource, list: ListOptions, options: DeleteOptions, call: Call): ListResult;

  updateSubresource(resource: Resource, subresource: string, namespace: string, name: string, body: unknown, call: Call): Stored;
  patchSubresource(resource: Resource, subresource: string, namespace: string, name: string, patch: Patch, call: Call): Stored;
  /** Stores a changed copy that is complete already (decoded, defaulted), as a component makes it. */
  store(resource: Resource, subresource: string | undefined, object: KubeObject, call: Call): Stored;
  /** A `create` subresource, or a resource that is only asked (reviews, bindings). */
  act(resource: Resource, subresource: string, namespace: string, name: string, body: unknown, call: Call): object;
  /** Throws if admission does not want somebody to connect to what is behind an object. `options` have a kind and no metadata. */
  admitConnection(resource: Resource, subresource: string, namespace: string, name: string, options: object, call: Call): void;
  /** The body of a deletion as meta/v1 DeleteOptions. */
  readDeleteOptions(body: RequestBody): Record<string, unknown>;
  /** The object as autoscaling/v1 Scale, and a change of its replicas through one. */
  readScale(resource: Resource, namespace: string, name: string): KubeObject;
  writeScale(resource: Resource, namespace: string, name: string, change: { body: unknown } | { patch: Patch }, call: Call): KubeObject;
}
