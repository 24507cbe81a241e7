// What the handlers have at hand.

import type { Access } from '../api/access.ts';
import type { External } from '../api/admission.ts';
import type { Kubelets } from '../api/kubelet.ts';
import type { Call, Registry } from '../api/registry.ts';
import type { Resource, UserInfo } from '../api/resource.ts';
import type { TypeLookup } from '../api/schema.ts';
import type { WatchHub } from '../api/watch.ts';
import type { Host } from '../lib/host.ts';
import type { AuditSink } from './audit/trail.ts';
import type { AuditedRequest, AuditLog } from './audit/audited.ts';
import type { Impersonation } from './authentication/impersonation.ts';
import { authorize } from './authorization/authorize.ts';
import type { FlowControl } from './flow-control/flow-control.ts';
import type { HttpRequest } from './http.ts';
import type { Metric } from '../lib/metrics.ts';
import type { RequestMetrics } from './request-metrics.ts';
import { negotiate } from './negotiation.ts';
import type { Endpoint } from './negotiation.ts';
import type { WriteOptions } from './options.ts';
import type { Rendering } from './render.ts';
import type { RequestInfo } from './request-info.ts';

/** The parts of one API server. */
export interface Server extends Host {
  readonly registry: Registry;
  readonly watches: WatchHub;
  readonly version: VersionInfo;
  readonly authenticator: Authenticator;
  readonly access: Access;
  readonly impersonation: Impersonation;
  /** For the owner of the cluster. */
  readonly audit: AuditSink;
  /** What the API server's flags ask for; undefined if they ask for nothing. */
  auditLog(): AuditLog | undefined;
  /** Public keys of service-account tokens, as a JWK set; and who issues them. */
  readonly issuer: { readonly url: string; readonly keys: readonly object[] };
  /** What leads into the simulated machines: exec, attach, port-forward, logs, proxies. */
  readonly kubelets: Kubelets;
  /** Types that no resource has for its own: Status, Scale, PartialObjectMetadata. */
  readonly types: TypeLookup;
  /** Parts of the control plane that do not work: the names of their health checks, `etcd`. */
  failingChecks(): ReadonlySet<string>;
  readonly flow: FlowControl;
  /** What is counted of requests; and what other parts have to tell at /metrics. */
  readonly metrics: RequestMetrics;
  gauges(): readonly Metric[];
  /** Of the process: when it began, and with which flags. */
  process(): { readonly startedAt: number; readonly flags: Readonly<Record<string, string>> };
  /** A fault of ours: to the operator's log. */
  report(error: unknown): void;
  /** Group versions that servers in the cluster answer for. */
  readonly remotes: Remotes;
  /** A published OpenAPI document, `api.v1.json`; undefined if there is none of this name. */
  openapi(name: string): Promise<Uint8Array | undefined>;
}

export interface Remotes {
  find(group: string, version: string): RemoteVersion | undefined;
  all(): readonly RemoteVersion[];
}

/** What an APIService with a service comes to. */
export interface RemoteVersion {
  readonly group: string;
  readonly version: string;
  readonly groupPriority: number;
  readonly versionPriority: number;
  readonly service: { readonly namespace: string; readonly name: string; readonly port: number };
  readonly isAvailable: boolean;
  /** Why its server's certificate is not to be trusted. */
  readonly distrust?: string;
  /** A program of the world that this server answers for itself. */
  readonly isSimulated: boolean;
  /** What its server was heard to serve, last: entries of an APIResourceList. Undefined if it was never heard. */
  readonly resources: readonly Readonly<Record<string, unknown>>[] | undefined;
  /** Where its OpenAPI documents of version 3 are, by their names. */
  documents(): Readonly<Record<string, string>>;
  /** What its document of version 2 says. */
  publishedKinds(): PublishedKinds | undefined;
}

/** Parts of an OpenAPI document of version 2, as a server in the cluster gave them. */
export interface PublishedKinds {
  readonly paths: Readonly<Record<string, unknown>>;
  readonly definitions: Readonly<Record<string, unknown>>;
  readonly parameters: Readonly<Record<string, unknown>>;
}

export interface VersionInfo {
  readonly major: string;
  readonly minor: string;
  readonly emulationMajor: string;
  readonly emulationMinor: string;
  readonly minCompatibilityMajor: string;
  readonly minCompatibilityMinor: string;
  readonly gitVersion: string;
  readonly gitCommit: string;
  readonly gitTreeState: string;
  readonly buildDate: string;
  readonly goVersion: string;
  readonly compiler: string;
  readonly platform: string;
}

export interface Authenticator {
  /** Who sends this request; undefined if it does not say. Throws Unauthorized if what it says is not so. */
  authenticate(request: HttpRequest): UserInfo | undefined;
  /** Whose token this is, for one of the audiences if some are named; undefined for nobody's. Throws what is wrong with a token of ours. */
  authenticateToken(token: string, audiences?: readonly string[]): (UserInfo & { readonly audiences?: readonly string[] }) | undefined;
}

export interface HandlerContext {
  readonly server: Server;
  readonly request: HttpRequest;
  readonly info: RequestInfo;
  readonly resource: Resource;
  readonly user: UserInfo;
  readonly external: External;
  /** Sentences for `Warning` headers, collected on the way. */
  readonly warnings: string[];
  /** For the audit event. */
  readonly annotations: Record<string, string>;
  readonly audited?: AuditedRequest;
}

/** The form of the answer, negotiated before anything else is looked at. Objects of the resource may be asked for as Tables. */
export function renderingOf({ server, request, resource, audited }: HandlerContext, endpoint: Endpoint = {}): Rendering {
  const accepted = negotiate(request, { transforms: true, protobuf: !resource.decode, ...endpoint });
  const rendering = { accepted, request, types: server.types, now: server.now() };
  return audited ? { ...rendering, note: (text) => audited.answered(text) } : rendering;
}

/** The registry's view of a request. */
export function callOf(
  { server, user, info, request, external, warnings, annotations, audited }: HandlerContext,
  options: WriteOptions,
): Call {
  return {
    user,
    userAgent: request.headers.get('user-agent') ?? '',
    verb: info.verb,
    dryRun: options.dryRun,
    fieldManager: options.fieldManager,
    fieldValidation: options.fieldValidation,
    external,
    warn: (sentence) => {
      if (!warnings.includes(sentence)) warnings.push(sentence);
    },
    annotate: (key, value) => {
      annotations[key] = value;
    },
    ...(audited && { received: (object) => audited.received(object) }),
    ...(info.verb !== 'create' && { mayCreate: () => authorize(server, user, { ...info, verb: 'create' }) }),
  };
}

/** Options of a call that takes none. */
export const PLAIN: WriteOptions = { dryRun: false, fieldManager: '', fieldValidation: 'Ignore', force: false };
