// The API server of one sandbox, wired: who may ask, what it counts and limits, and the parts of the cluster that it speaks for.

import type { Host } from '../lib/host.ts';
import type { Metric } from '../lib/metrics.ts';
import type { Registry } from '../api/registry.ts';
import type { Catalog } from '../api/catalog.ts';
import { builtinType } from '../resources/schema/index.ts';
import { makeBearerAuthenticator } from '../server/authentication/bearer.ts';
import { publicJwk } from '../server/authentication/jwt.ts';
import type { SigningKey } from '../server/authentication/jwt.ts';
import { ServiceAccountTokens } from '../server/authentication/service-account-tokens.ts';
import { Impersonation } from '../server/authentication/impersonation.ts';
import { withClientCertificates } from '../server/authentication/x509.ts';
import type { Server } from '../server/context.ts';
import { FlowControl } from '../server/flow-control/flow-control.ts';
import { RequestMetrics } from '../server/request-metrics.ts';
import { AuditFile } from './audit-log.ts';
import type { AuditTrail } from './audit-trail.ts';
import type { Pki } from './authority.ts';
import type { flowSource } from './flow-objects.ts';
import type { ClusterOptions, Platform } from './options.ts';
import type { Simulation } from './simulation.ts';
import { storedObjects } from './store-metrics.ts';
import type { Tokens } from './tokens.ts';
import { versionInfo } from './version.ts';
import type { Watchers } from './watchers.ts';

export interface ApiServerParts {
  readonly host: Host;
  readonly platform: Platform;
  readonly options: ClusterOptions;
  readonly catalog: Catalog;
  readonly registry: Registry;
  readonly watchers: Watchers;
  readonly audit: AuditTrail;
  readonly tokens: Tokens;
  readonly flow: ReturnType<typeof flowSource>;
  readonly pki: Pki;
  /** What tokens of service accounts are signed with, and by whom. */
  readonly account: { readonly key: SigningKey; readonly issuer: string };
  readonly simulation: Simulation;
  readonly remotes: Server['remotes'];
  /** The token of a Secret was used. */
  noteTokenUse(this: void, secret: string): void;
  /** When the cluster was made. */
  bornAt(): number;
  /** What other parts of the cluster have to tell at /metrics. */
  metrics(): readonly Metric[];
}

/** Requests a second that leave a thread time for others: about a quarter of what it can do. */
const REQUESTS_PER_SECOND = 1000;
const NOTHING_FAILS: ReadonlySet<string> = new Set();
const STORAGE_FAILS: ReadonlySet<string> = new Set(['etcd', 'etcd-readiness']);

export function makeApiServer(parts: ApiServerParts): Server {
  const { host, platform, options, catalog, registry, tokens, flow, pki, account, simulation } = parts;
  const { key, issuer } = account;
  const auditFile = new AuditFile(simulation.world, simulation.controlPlane);
  return {
    ...host,
    registry,
    watches: parts.watchers,
    version: versionInfo(options.minor),
    types: builtinType,
    access: registry.access,
    impersonation: new Impersonation(registry.access, options.minor),
    audit: parts.audit,
    auditLog: () => auditFile.current(),
    metrics: new RequestMetrics(host.now),
    flow: new FlowControl({
      ...flow,
      perSecond: () => platform.requestsPerSecond?.() ?? REQUESTS_PER_SECOND,
      worldNow: () => platform.worldNow(),
      schedule: (ms, run) => platform.schedule(ms, run),
    }),
    gauges: () => [storedObjects(platform.store, catalog), ...parts.metrics()],
    issuer: {
      url: issuer,
      get keys() {
        return [publicJwk(key)];
      },
    },
    authenticator: withClientCertificates(
      makeBearerAuthenticator({
        ownerOf: (token) => tokens.userOf(token),
        accounts: new ServiceAccountTokens(key, issuer, registry, host.now),
        reader: registry,
        now: host.now,
        noteUse: parts.noteTokenUse,
        since: options.copiedAt ?? -Infinity,
      }),
      { authorities: () => pki.authority('ca'), now: host.now },
    ),
    kubelets: simulation.kubelets,
    failingChecks: () => (simulation.controlPlane.api === 'no-storage' ? STORAGE_FAILS : NOTHING_FAILS),
    process: () => ({
      startedAt: simulation.controlPlane.startedAt('kube-apiserver') ?? parts.bornAt(),
      flags: simulation.controlPlane.flags('kube-apiserver') ?? {},
    }),
    report: (error) => platform.report(error),
    openapi: (name) => platform.asset(`openapi/1.${options.minor}/${name}`),
    remotes: parts.remotes,
  };
}
