// One kind, whole: its identity, shape, rules and columns. A built-in kind is a file in resources/; a CRD makes the same at run time.

import type { Host } from '../lib/host.ts';
import { humanDuration, timeOf } from '../lib/time.ts';
import type { Access } from './access.ts';
import type { FieldError } from './field-error.ts';
import type { KubeObject } from './object.ts';
import type { StructType } from './schema.ts';
import type { LabelSelector } from './selectors.ts';

export type Verb = 'create' | 'delete' | 'deletecollection' | 'get' | 'list' | 'patch' | 'update' | 'watch';

export const ALL_VERBS: readonly Verb[] = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];

/** Names of a resource; enough to look it up. */
export interface ResourceName {
  readonly group: string;
  readonly version: string;
  readonly resource: string;
}

export interface Resource<T extends KubeObject = KubeObject> extends ResourceName {
  readonly kind: string;
  readonly singular: string;
  readonly namespaced: boolean;
  readonly schema: StructType;
  readonly listKind: string;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly verbs: readonly Verb[];
  /** Where its objects are kept: etcd's path below /registry/. Versions of one kind share it. */
  readonly bucket: string;
  readonly columns: readonly Column<T>[];
  readonly subresources: Readonly<Record<string, Subresource>>;
  /** For a version that is not the stored one. */
  readonly conversion?: Conversion<T>;
  /** Since which minor version of Kubernetes a cluster serves it. */
  readonly since?: number;
  /** Where its objects are, if not in the store: with who serves its group. Such a resource is only read. */
  readonly source?: ResourceSource<T>;
  /** A sentence for a `Warning` header of every request. */
  readonly deprecation?: string;

  /** Whether an update without resourceVersion may overwrite (most kinds), and whether it may create. */
  readonly updateMustNameRevision?: boolean;
  readonly createOnUpdate?: boolean;
  /** Whether a deletion answers with the object (some core kinds) or with a Status. */
  readonly returnDeleted?: boolean;
  /** Which finalizer a deletion without propagation policy gets. Only ReplicationControllers differ from the default. */
  readonly orphanByDefault?: boolean;

  /**
   * Fields (`status`, `metadata.labels`) that a write of the object does not take from its client, so that nobody comes to own them by it.
   * If left out: `status`, where there is a path of its own for it.
   */
  readonly resetFields?: readonly string[];

  /** Custom resources: the published schema, as OpenAPI 3.0 wants it, without the kind's names. */
  openapiSchema?(): Readonly<Record<string, unknown>>;
  /** Reads a body, where the schema alone does not say how (custom resources). Throws what `registry/decode.ts` does. */
  decode?(body: unknown): { readonly object: Record<string, unknown>; readonly unknown: readonly string[] };
  /** How a name must look. DNS subdomain unless it says otherwise. Messages, without the field. */
  validateName?(name: string, isPrefix: boolean): string[];
  /** Fills in what was left out. Changes the object; runs on everything that comes from outside. */
  default?(object: T): void;
  /** Takes away what a client may not set. After it, generation and status are the server's. */
  prepareForCreate?(object: T, context: ResourceContext): void;
  prepareForUpdate?(object: T, old: T, context: ResourceContext): void;
  /** Errors of an object as such; on update too, unless `validateUpdate` is there, which then does both. */
  validate?(object: T, context: ResourceContext): FieldError[];
  validateUpdate?(object: T, old: T, context: ResourceContext): FieldError[];
  /** Sentences for `Warning` headers. */
  warnings?(object: T, old: T | undefined): string[];
  /** Puts things in order after validation, before it is stored. */
  canonicalize?(object: T): void;
  /** What the object holds of the cluster's numbers (addresses, ports): taken here, or a thrown StatusError. */
  allocate?(object: T, old: T | undefined, context: ResourceContext): void;
  /** Other objects that come and go with it, in the same step: the server writes them itself. */
  companions?(object: T): readonly Companion[];
  /** Why the object of a name may not be deleted. A deletion of many does not ask. */
  undeletable?(name: string): string | undefined;
  /** Changes an object that is being deleted for the first time (a finalizer, a phase), in place. */
  prepareForDelete?(object: T, context: ResourceContext): void;
  /** Whether something besides metadata.finalizers keeps it from going (a namespace's spec.finalizers). */
  holdsDeletion?(object: T): boolean;
  /** What follows from its being gone, within the same step. */
  afterDelete?(object: T, context: ResourceContext): void;
  /**
   * The object as it is at this moment, where it changes with time alone (a lease that is renewed, a heartbeat): those changes are not written, they are worked out
   * when somebody reads. Undefined for an object that does not change.
   */
  atTime?(object: T, now: number): T | undefined;
  /** Whether a deletion waits, and how long (seconds); undefined deletes at once. Pods only, upstream. */
  gracePeriod?(object: T, requested: number | undefined): number | undefined;

  /** Paths that field selectors may name, besides metadata.name and metadata.namespace. */
  readonly fieldLabels?: readonly string[];
  /** Their values. */
  selectableFields?(object: T): Record<string, string>;
  /** Terms that controllers look objects up by, besides labels and owners (`indexTerm`). */
  indexTerms?(object: T): string[];
}

export interface Companion {
  readonly resource: Resource;
  readonly object: Pick<KubeObject, 'metadata'>;
}

/** Objects that are made when somebody asks. May throw a StatusError. */
export interface ResourceSource<T extends KubeObject = KubeObject> {
  get(namespace: string, name: string): T | undefined;
  /** In the order of their names; of all namespaces if it is ''. It may give more than the selector takes. */
  list(namespace: string, selector?: LabelSelector): T[];
}

export interface Conversion<T extends KubeObject> {
  /** The version that is stored. */
  readonly stored: ResourceName;
  /** Its rules, where the catalog does not have them: a custom resource's stored version need not be served, and each version has rules of its own. */
  readonly hub?: Resource;
  toStored(object: T): KubeObject;
  fromStored(stored: KubeObject): T;
  /** Where conversion may have to wait: throws Pending as long as what is about to be stored cannot be seen in all versions. */
  ready?(stored: KubeObject): void;
}

/**
 * A path below an object.
 * - `object`: reads and writes the object itself, but only a part of it (status, approval, finalize, resize).
 * - `scale`: the object seen as autoscaling/v1 Scale.
 * - `create`: a body of another kind asks for something to be done (binding, eviction, token).
 * - `connect`: leads into the simulated world (exec, log, proxy); server/ answers it.
 */
export type Subresource = ObjectSubresource | ScaleSubresource | CreateSubresource | ConnectSubresource;

export interface ObjectSubresource {
  readonly type: 'object';
  readonly verbs: readonly ('get' | 'patch' | 'update')[];
  /** As of the object itself. If left out: `spec`, of the status. */
  readonly resetFields?: readonly string[];
  /** If given, the only fields that somebody may come to own through this path; `*` is any item of a list. */
  readonly ownedFields?: readonly string[];
  /** What of the new object is kept; everything else is taken from the old. Default: `keepOnlyStatus`. */
  prepareForUpdate?(object: KubeObject, old: KubeObject, context: ResourceContext): void;
  validateUpdate?(object: KubeObject, old: KubeObject, context: ResourceContext): FieldError[];
  /** Sentences for `Warning` headers. */
  warnings?(object: KubeObject, old: KubeObject): string[];
}

export interface ScaleSubresource {
  readonly type: 'scale';
  readonly verbs: readonly ('get' | 'patch' | 'update')[];
  readonly scale: ScaleAccess;
}

export interface CreateSubresource {
  readonly type: 'create';
  readonly verbs: readonly ['create'];
  /** Of the body. */
  readonly schema: StructType;
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  /** Other versions of the body that are taken too: `policy/v1beta1`. */
  readonly accepts?: readonly string[];
  /** Does what the body asks for, and gives the answer: the body filled in, or a Status. Left out where server/ does it. */
  create?(body: KubeObject, target: KubeObject | undefined, context: ActionContext): object;
}

export interface ConnectSubresource {
  readonly type: 'connect';
  readonly verbs: readonly ('create' | 'delete' | 'get' | 'patch' | 'update')[];
  /** In discovery: `PodExecOptions`. */
  readonly kind: string;
}

/** Of what kind the bodies are that go through a subresource. */
export function kindOfSubresource(resource: Resource, subresource: Subresource): { group: string; version: string; kind: string } {
  switch (subresource.type) {
    case 'scale':
      return { group: 'autoscaling', version: 'v1', kind: 'Scale' };
    case 'create':
    case 'connect':
      return { group: resource.group, version: resource.version, ...subresource };
    case 'object':
      return resource;
  }
}

/** What a `create` subresource may do, with the caller's dry run and identity. */
export interface ActionContext extends ResourceContext {
  /** Stores a changed copy, with admission as an update of the subresource. */
  store(resource: Resource, object: KubeObject): KubeObject;
  delete(resource: Resource, namespace: string, name: string, options: object): void;
  /** The name in the path. */
  readonly name: string;
  readonly namespace: string;
}

export const STATUS: ObjectSubresource = { type: 'object', verbs: ['get', 'patch', 'update'] };

export interface ScaleAccess {
  /** Where the object has its number of replicas; spec.replicas if left out. */
  readonly replicasPath?: readonly string[];
  read(object: KubeObject): Scale;
  /** A changed copy. */
  write(object: KubeObject, replicas: number): KubeObject;
}

export interface Scale {
  readonly replicas: number;
  readonly currentReplicas: number;
  /** In text form, `app=web`. */
  readonly selector: string;
}

/** `value` gives a cell: text, a number, or a time for type `date`. `more` says what cannot be read off the object. */
export interface Column<T extends KubeObject = KubeObject> {
  readonly name: string;
  readonly type: 'string' | 'integer' | 'number' | 'boolean' | 'date';
  readonly format: string;
  readonly description: string;
  /** 0 is always shown; others only with -o wide. */
  readonly priority: number;
  value(object: T, now: number): unknown;
}

/** Settings of one cluster that rules depend on. */
export interface ClusterConfig {
  /** Minor version of Kubernetes, 35 or 36. */
  readonly minor: number;
  readonly serviceCidr: string;
  readonly podCidr: string;
  readonly nodePortRange: readonly [first: number, last: number];
  readonly clusterDomain: string;
  /** Whether the API server was started with a feature that is off by default. */
  isGateOn(gate: string): boolean;
}

/** What a kind's rules may see of the world. */
export interface ResourceContext extends Host {
  readonly config: ClusterConfig;
  readonly reader: ClusterReader;
  readonly user: UserInfo;
  /** As what the request was authorized; undefined for components, who need not be. */
  readonly verb?: string | undefined;
  readonly dryRun: boolean;
  readonly tokens: TokenIssuer;
  readonly access: Access;
  /** Adds a sentence for a `Warning` header. */
  warn(sentence: string): void;
}

/** Makes the tokens of service accounts. */
export interface TokenIssuer {
  /** `iss` of every token, and the audience of those who ask for none. */
  readonly issuer: string;
  /** Whether tokens of pods last longer than they were asked for: `--service-account-extend-token-expiration`. */
  isExtending(): boolean;
  /** A signed JWT. */
  sign(claims: Readonly<Record<string, unknown>>): string;
}

export interface UserInfo {
  readonly name: string;
  readonly uid?: string;
  readonly groups: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

/** Reading, as controllers and rules do it: parsed objects, which may not be changed. */
export interface ClusterReader {
  get<T extends KubeObject>(resource: Resource<T>, namespace: string, name: string): T | undefined;
  list<T extends KubeObject>(resource: Resource<T>, options?: { namespace?: string; selector?: LabelSelector }): T[];
  /** Objects that have an index term, in the order of their keys. */
  lookup<T extends KubeObject>(resource: Resource<T>, term: string): T[];
  /** How many objects there are. */
  count<T extends KubeObject>(resource: Resource<T>): number;
  /** How many `lookup` would give. */
  countTerm<T extends KubeObject>(resource: Resource<T>, term: string): number;
  /** The buckets in which `lookup` would give something. */
  bucketsWith(term: string): readonly string[];
  /** The resource of a kind, built-in or custom, if this cluster serves it. */
  resourceOf(group: string, kind: string, version?: string): Resource | undefined;
  /** Every resource that is served, in the order of discovery; the versions of a kind share a bucket. */
  resources(): readonly Resource[];
}

/** Index terms that every object has. */
export const indexTerm = {
  label: (key: string, value: string): string => `l/${key}=${value}`,
  labelIn: (namespace: string, key: string, value: string): string => `l/${namespace}/${key}=${value}`,
  owner: (uid: string): string => termsOfOwner(uid).owner,
  /** Of pods: the node they are bound to. */
  node: (name: string): string => {
    let term = nodeTerms.get(name);
    if (term === undefined) {
      if (nodeTerms.size >= MOST_NODE_TERMS) nodeTerms.clear();
      nodeTerms.set(name, (term = `n/${name}`));
    }
    return term;
  },
  /** The one owner that is `controller`. */
  controller: (uid: string): string => termsOfOwner(uid).controller,
};

/** What is the same text is found sooner than what is equal, and of nodes there are few. */
const nodeTerms = new Map<string, string>();
const MOST_NODE_TERMS = 10_000;

/** An owner is asked for, and named by what it makes, again and again while it is looked at. */
function termsOfOwner(uid: string): typeof lastOwner {
  if (uid !== lastOwner.uid) lastOwner = { uid, owner: `o/${uid}`, controller: `c/${uid}` };
  return lastOwner;
}
let lastOwner = { uid: '', owner: 'o/', controller: 'c/' };

type Given<T extends KubeObject> = Omit<Partial<Resource<T>>, 'columns'> &
  ResourceName & {
    readonly kind: string;
    readonly namespaced: boolean;
    readonly schema: StructType;
    readonly columns?: readonly Column<T>[];
  };

/** Fills in what most kinds have alike. Without columns of its own, a kind shows name and creation time. */
export function defineResource<T extends KubeObject>(given: Given<T>): Resource<T> {
  return {
    singular: given.kind.toLowerCase(),
    listKind: `${given.kind}List`,
    shortNames: [],
    categories: [],
    verbs: ALL_VERBS,
    bucket: given.resource,
    subresources: {},
    ...given,
    columns: given.columns ?? [NAME_COLUMN, CREATED_COLUMN],
  };
}

const NAME_DESCRIPTION =
  'Name must be unique within a namespace. Is required when creating resources, although some resources may allow a client to request the generation of an appropriate name automatically. Name is primarily intended for creation idempotence and configuration definition. Cannot be updated. More info: https://kubernetes.io/docs/concepts/overview/working-with-objects/names#names';
const AGE_DESCRIPTION =
  'CreationTimestamp is a timestamp representing the server time when this object was created. It is not guaranteed to be set in happens-before order across separate operations. Clients may not set this value. It is represented in RFC3339 form and is in UTC.\n\nPopulated by the system. Read-only. Null for lists. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata';

export const NAME_COLUMN: Column = {
  name: 'Name',
  type: 'string',
  format: 'name',
  description: NAME_DESCRIPTION,
  priority: 0,
  value: (object) => object.metadata.name,
};

/** Upstream prints an age here, not a time. */
export const AGE_COLUMN: Column = {
  name: 'Age',
  type: 'string',
  format: '',
  description: AGE_DESCRIPTION,
  priority: 0,
  value: (object, now) => age(object.metadata.creationTimestamp, now),
};

/** Of kinds that upstream prints without columns of their own. */
const CREATED_COLUMN: Column = {
  name: 'Created At',
  type: 'date',
  format: '',
  description: AGE_DESCRIPTION,
  priority: 0,
  value: (object) => object.metadata.creationTimestamp,
};

/** `5m`, or `<unknown>` for no time. */
export const age = (time: string | null | undefined, now: number): string => (time ? humanDuration(now - timeOf(time)) : '<unknown>');

/** A text column. */
export function column<T extends KubeObject>(
  name: string,
  value: (object: T, now: number) => unknown,
  more: Partial<Pick<Column, 'type' | 'format' | 'description' | 'priority'>> = {},
): Column<T> {
  return { name, type: 'string', format: '', description: '', priority: 0, ...more, value };
}

export const wide = { priority: 1 } as const;

/** The kind and its list, `apps/v1` and `v1`. */
export const apiVersionOf = ({ group, version }: { group: string; version: string }): string => (group ? `${group}/${version}` : version);
