// What an admission plugin is. Plugins run in upstream's order (admission/index.ts): all `admit` first, which may change the object, then,
// once the object is complete and valid, all `validate`, which may only refuse. A refusal is a thrown StatusError.

import type { KubeObject } from './object.ts';
import type { ClusterReader, Resource, ResourceContext } from './resource.ts';

export type Operation = 'CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT';

export interface AdmissionRequest {
  readonly operation: Operation;
  readonly resource: Resource;
  /** '' for the object itself. */
  readonly subresource: string;
  readonly namespace: string;
  /** May be '' for a creation with generateName. */
  readonly name: string;
  /** What is to be stored; plugins change it in place. Undefined for a deletion. For a subresource with a kind of its own (binding, eviction, scale) it is that. */
  readonly object: KubeObject | undefined;
  readonly old: KubeObject | undefined;
  /** The body of DeleteOptions, CreateOptions … as sent. */
  readonly options: Readonly<Record<string, unknown>>;
  /** Adds a sentence to the answer's `Warning` headers. */
  warn(sentence: string): void;
  /** Adds to the audit event. The key is whole: `pod-security.kubernetes.io/enforce-policy`. */
  annotate(key: string, value: string): void;
}

/** `C` is what it is configured with: plain data. */
export interface AdmissionPlugin<C = unknown> {
  readonly name: string;
  /** All, if left out. */
  readonly operations?: readonly Operation[];
  /** The resources it looks at, asked once for each; all, if left out. */
  handles?(resource: Resource): boolean;
  /** Whether it has nothing to say of anything that is made in a namespace, as things are; that it may have, if left out. */
  ignores?(namespace: string, reader: ClusterReader): boolean;
  /** Reads its part of the configuration when the API server begins; `text` is undefined if there is none. Throws ConfigFault. */
  configure?(text: string | undefined, read: ReadFile, flags: ApiServerFlags): C;
  admit?(request: AdmissionRequest, context: AdmissionContext, configuration: C): void;
  validate?(request: AdmissionRequest, context: AdmissionContext, configuration: C): void;
}

/** By name, without dashes. */
export type ApiServerFlags = Readonly<Partial<Record<string, string>>>;

/** The content of a file where the API server runs; undefined if it is not there. */
export type ReadFile = (path: string) => string | undefined;

export interface AdmissionContext extends ResourceContext {
  /** Writes a plugin makes itself (quota usage), past admission. */
  readonly store: AdmissionStore;
  /** Answers of what is outside the core, and takes time. */
  readonly external: External;
  /** For plugins that change objects as clients' patches do. */
  readonly patches: Patches;
  /** What admission counts when the request is through, or refused. */
  readonly tally: unknown[];
}

/** Answer with a changed copy, read and defaulted as the resource. Throw PatchFailure. */
export interface Patches {
  /** A JSON patch. */
  json(resource: Resource, object: KubeObject, operations: unknown): KubeObject;
  /** An applied configuration, without ownership. */
  apply(resource: Resource, object: KubeObject, configuration: unknown): KubeObject;
}

/** A patch that cannot be applied, or makes something that is no object of the resource. */
export class PatchFailure extends Error {}

export interface AdmissionStore {
  /** Makes an object as the server itself would; it is not there if the request is refused after all. Nothing happens in a dry run. */
  create(resource: Resource, object: KubeObject): void;
  /** Stores a changed copy of an object's status. Nothing happens in a dry run. */
  writeStatus(resource: Resource, object: KubeObject): void;
}

/**
 * The core is synchronous, and a webhook is not. `call` gives the answer if it is known; if not, it throws `Pending`, which unwinds the whole
 * request; the edge awaits the answer and runs the request again from its start, and this time `call` finds it. Nothing was written in
 * between, because all that waits comes before the write; chance is rewound, so the second run makes the same names.
 */
export interface External {
  call(request: ExternalRequest): ExternalAnswer;
}

export interface ExternalRequest {
  /** The same when the request is run again, whatever names and ids it then has. The whole request if left out. */
  readonly key?: string;
  /** A service of the cluster, to which the URL leads. */
  readonly service?: { readonly namespace: string; readonly name: string; readonly port: number };
  /** Or a place in the network of the cluster, as its control plane reaches it. */
  readonly address?: { readonly ip: string; readonly port: number };
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** PEM certificates that the server's must chain to, if it is not to be one of the public ones. */
  readonly caBundle?: string;
  /** Whatever certificate the server has. */
  readonly trustsAnyone?: boolean;
  readonly timeoutMs: number;
}

/** `error` instead of a status when no answer came. */
export interface ExternalAnswer {
  readonly status: number;
  readonly body: string;
  readonly error?: string;
}

export class Pending extends Error {
  readonly request: ExternalRequest;
  constructor(request: ExternalRequest) {
    super('waits for an answer from outside');
    this.request = request;
  }
}
