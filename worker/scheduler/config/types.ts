// KubeSchedulerConfiguration of kubescheduler.config.k8s.io/v1: its shape on disk, and what is left of it for the scheduler.

import type { Affinity, TopologySpreadConstraint } from '../../api/gen/core-v1.ts';
import { struct } from '../../lib/config-shape.ts';

export const API_VERSION = 'kubescheduler.config.k8s.io/v1';
export const KIND = 'KubeSchedulerConfiguration';

export interface PluginRef {
  readonly name: string;
  readonly weight?: number;
}

export interface PluginSet {
  readonly enabled?: readonly PluginRef[];
  readonly disabled?: readonly PluginRef[];
}

/** In the order in which upstream goes through them. */
export const EXTENSION_POINTS = [
  'preFilter',
  'filter',
  'postFilter',
  'reserve',
  'preScore',
  'score',
  'preBind',
  'bind',
  'postBind',
  'permit',
  'preEnqueue',
  'queueSort',
] as const;

export type ExtensionPoint = (typeof EXTENSION_POINTS)[number];

export type PluginSets = Partial<Record<ExtensionPoint | 'multiPoint', PluginSet>>;

export interface ProfileConfig {
  readonly schedulerName: string;
  readonly percentageOfNodesToScore: number | undefined;
  readonly plugins: Readonly<Record<ExtensionPoint | 'multiPoint', Required<PluginSet>>>;
  /** By plugin; complete. */
  readonly args: ReadonlyMap<string, object>;
}

export interface ExtenderConfig {
  readonly urlPrefix: string;
  /** '' where the extender does not do that. */
  readonly filterVerb: string;
  readonly preemptVerb: string;
  readonly prioritizeVerb: string;
  readonly bindVerb: string;
  readonly weight: number;
  readonly timeoutMs: number;
  /** It keeps nodes itself: their names are enough. */
  readonly nodeCacheCapable: boolean;
  /** Where it does not answer, things go on without it. */
  readonly ignorable: boolean;
  readonly managedResources: readonly { readonly name: string; readonly ignoredByScheduler: boolean }[];
}

export interface SchedulerConfig {
  /** 0 adapts to the number of nodes. */
  readonly percentageOfNodesToScore: number;
  readonly initialBackoffMs: number;
  readonly maxBackoffMs: number;
  readonly profiles: readonly ProfileConfig[];
  readonly extenders: readonly ExtenderConfig[];
}

/** As written. */
export interface RawConfig {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly parallelism?: number;
  readonly leaderElection?: RawLeaderElection;
  readonly clientConnection?: { readonly burst?: number };
  readonly percentageOfNodesToScore?: number;
  readonly podInitialBackoffSeconds?: number;
  readonly podMaxBackoffSeconds?: number;
  readonly profiles?: readonly RawProfile[];
  readonly extenders?: readonly RawExtender[];
}

export interface RawLeaderElection {
  readonly leaderElect?: boolean;
  readonly leaseDuration?: string;
  readonly renewDeadline?: string;
  readonly retryPeriod?: string;
  readonly resourceLock?: string;
}

export interface RawProfile {
  readonly schedulerName?: string;
  readonly percentageOfNodesToScore?: number;
  readonly plugins?: PluginSets;
  readonly pluginConfig?: readonly { readonly name?: string; readonly args?: unknown }[];
}

export type RawExtender = Partial<Omit<ExtenderConfig, 'managedResources' | 'timeoutMs'>> & {
  readonly httpTimeout?: string;
  readonly tlsConfig?: { readonly insecure?: boolean; readonly caFile?: string; readonly caData?: string };
  readonly managedResources?: readonly { readonly name?: string; readonly ignoredByScheduler?: boolean }[];
};

export type AddedAffinity = NonNullable<Affinity['nodeAffinity']>;
export type DefaultConstraint = TopologySpreadConstraint;

const PLUGIN = struct('Plugin', { name: 'string', weight: 'int32' });
const PLUGIN_SET = struct('PluginSet', { enabled: [PLUGIN], disabled: [PLUGIN] });

export const CONFIG_SHAPE = struct(KIND, {
  apiVersion: 'string',
  kind: 'string',
  parallelism: 'int32',
  leaderElection: struct('LeaderElectionConfiguration', {
    leaderElect: 'bool',
    leaseDuration: 'duration',
    renewDeadline: 'duration',
    retryPeriod: 'duration',
    resourceLock: 'string',
    resourceName: 'string',
    resourceNamespace: 'string',
  }),
  clientConnection: struct('ClientConnectionConfiguration', {
    kubeconfig: 'string',
    acceptContentTypes: 'string',
    contentType: 'string',
    qps: 'float32',
    burst: 'int32',
  }),
  enableProfiling: 'bool',
  enableContentionProfiling: 'bool',
  percentageOfNodesToScore: 'int32',
  podInitialBackoffSeconds: 'int64',
  podMaxBackoffSeconds: 'int64',
  profiles: [
    struct('KubeSchedulerProfile', {
      schedulerName: 'string',
      percentageOfNodesToScore: 'int32',
      plugins: struct('Plugins', {
        ...Object.fromEntries(EXTENSION_POINTS.map((point) => [point, PLUGIN_SET])),
        multiPoint: PLUGIN_SET,
        placementGenerate: PLUGIN_SET,
        placementScore: PLUGIN_SET,
      }),
      pluginConfig: [struct('PluginConfig', { name: 'string', args: 'any' })],
    }),
  ],
  extenders: [
    struct('Extender', {
      urlPrefix: 'string',
      filterVerb: 'string',
      preemptVerb: 'string',
      prioritizeVerb: 'string',
      weight: 'int64',
      bindVerb: 'string',
      enableHTTPS: 'bool',
      tlsConfig: struct('ExtenderTLSConfig', {
        insecure: 'bool',
        serverName: 'string',
        certFile: 'string',
        keyFile: 'string',
        caFile: 'string',
        certData: 'string',
        keyData: 'string',
        caData: 'string',
      }),
      httpTimeout: 'duration',
      nodeCacheCapable: 'bool',
      managedResources: [struct('ExtenderManagedResource', { name: 'string', ignoredByScheduler: 'bool' })],
      ignorable: 'bool',
    }),
  ],
  delayCacheUntilActive: 'bool',
});
