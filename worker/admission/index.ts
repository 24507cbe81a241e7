// The admission plugins, in upstream's order (kubernetes pkg/kubeapiserver/options/plugins.go). Which of them work is said by `switched-on.ts`.

import { Pending } from '../api/admission.ts';
import type { AdmissionContext, AdmissionPlugin, AdmissionRequest, ApiServerFlags, Operation, ReadFile } from '../api/admission.ts';
import type { ClusterReader, Resource } from '../api/resource.ts';
import type { Metric } from '../lib/metrics.ts';
import { alwaysDeny } from './always-deny.ts';
import { alwaysPullImages } from './always-pull-images.ts';
import { certificateApproval } from './certificate-approval.ts';
import { certificateSigning } from './certificate-signing.ts';
import { certificateSubjectRestriction } from './certificate-subject-restriction.ts';
import { configurationOf, unconfigured } from './configuration.ts';
import { defaultIngressClass } from './default-ingress-class.ts';
import { defaultStorageClass } from './default-storage-class.ts';
import { defaultTolerationSeconds } from './default-toleration-seconds.ts';
import { denyServiceExternalIps } from './deny-service-external-ips.ts';
import { eventRateLimit } from './event-rate-limit.ts';
import { extendedResourceToleration } from './extended-resource-toleration.ts';
import { imagePolicyWebhook } from './image-policy-webhook.ts';
import { limitPodHardAntiAffinityTopology } from './limit-pod-hard-anti-affinity-topology.ts';
import { limitRanger } from './limit-ranger/index.ts';
import { namespaceAutoProvision } from './namespace-auto-provision.ts';
import { namespaceExists } from './namespace-exists.ts';
import { namespaceLifecycle } from './namespace-lifecycle.ts';
import { nodeRestriction } from './node-restriction.ts';
import { ownerReferencesPermissionEnforcement } from './owner-references-permission-enforcement.ts';
import { claimResize } from './persistent-volume-claim-resize.ts';
import { podNodeSelector } from './pod-node-selector.ts';
import { podResizeValidator } from './pod-resize-validator.ts';
import { podSecurity } from './pod-security/index.ts';
import { podTolerationRestriction } from './pod-toleration-restriction.ts';
import { podTopologyLabels } from './pod-topology-labels.ts';
import { AdmissionMetrics, count, settle } from './metrics.ts';
import { mutatingAdmissionPolicy } from './policies/mutating.ts';
import { validatingAdmissionPolicy } from './policies/validating.ts';
import { priority } from './priority.ts';
import { rbacEscalation } from './rbac-escalation.ts';
import { resourceQuota } from './resource-quota/index.ts';
import { runtimeClass } from './runtime-class.ts';
import { reinvocationOf, wantsReinvocation } from './reinvocation.ts';
import { serviceAccount } from './service-account/index.ts';
import { taintNodesByCondition } from './taint-nodes-by-condition.ts';
import { mutatingAdmissionWebhook } from './webhooks/mutating.ts';
import { validatingAdmissionWebhook } from './webhooks/validating.ts';
import { storageObjectInUseProtection } from './storage-object-in-use-protection.ts';
import { isOn, isPlugin } from './switched-on.ts';

const plugins: readonly AdmissionPlugin[] = [
  namespaceAutoProvision,
  namespaceLifecycle,
  namespaceExists,
  limitPodHardAntiAffinityTopology,
  limitRanger,
  serviceAccount,
  nodeRestriction,
  taintNodesByCondition,
  alwaysPullImages,
  imagePolicyWebhook,
  podSecurity,
  podNodeSelector,
  priority,
  defaultTolerationSeconds,
  podTolerationRestriction,
  eventRateLimit,
  extendedResourceToleration,
  defaultStorageClass,
  storageObjectInUseProtection,
  ownerReferencesPermissionEnforcement,
  claimResize,
  runtimeClass,
  certificateApproval,
  certificateSigning,
  certificateSubjectRestriction,
  defaultIngressClass,
  denyServiceExternalIps,
  podTopologyLabels,
  podResizeValidator,
  mutatingAdmissionPolicy,
  mutatingAdmissionWebhook,
  validatingAdmissionPolicy,
  validatingAdmissionWebhook,
  resourceQuota,
  alwaysDeny,
  rbacEscalation,
];

/** What the flags and files of an API server say of admission, as it keeps it while it runs. Plain data. */
export interface AdmissionSettings {
  readonly flags: ApiServerFlags;
  /** By plugin. */
  readonly configuration: Readonly<Record<string, unknown>>;
}

/** What an API server that begins reads of its plugins' configuration. Throws ConfigFault: it does not begin. */
export const configureAdmission = (flags: ApiServerFlags, read: ReadFile): AdmissionSettings['configuration'] =>
  configurationOf(
    plugins.filter(({ name }) => isOn(name, flags)),
    flags,
    read,
  );

/** A plugin with what it is configured with. */
interface Asked {
  readonly name: string;
  ask(request: AdmissionRequest, context: AdmissionContext): void;
}

const STEPS = ['admit', 'validate'] as const;
type Step = (typeof STEPS)[number];

/** Who is asked about an operation on a kind. */
interface Stages extends Readonly<Record<Step, readonly Asked[]>> {
  /** Those who count as asked: upstream asks all who know the operation, and most look away at once. */
  readonly counted: Counted;
  /** Those who handle the kind. */
  readonly all: readonly AdmissionPlugin[];
}

type Counted = Readonly<Record<Step, readonly Pick<AdmissionPlugin, 'name'>[]>>;

/** `settings` are those of the API server as it runs now; undefined if nobody can give it any. */
export function makeAdmissionChain(settings: () => AdmissionSettings | undefined): {
  admit(request: AdmissionRequest, context: AdmissionContext): void;
  validate(request: AdmissionRequest, context: AdmissionContext): void;
  passes(resource: Resource, namespace: string, reader: ClusterReader): boolean;
  /** Since this life of the sandbox began. */
  metrics(): Metric[];
} {
  /** Most plugins look at one kind only: a ConfigMap does not meet them. */
  let known = new WeakMap<Resource, Partial<Record<Operation, Stages>>>();
  let counted: Partial<Record<Operation, Counted>> = {};
  let knownOf: Partial<AdmissionSettings> = {};
  const stagesOf = (resource: Resource, operation: Operation): Stages => {
    const { flags, configuration } = settings() ?? NOTHING;
    if (flags !== knownOf.flags || configuration !== knownOf.configuration) {
      [known, counted] = [new WeakMap(), {}];
      knownOf = { ...(flags && { flags }), ...(configuration && { configuration }) };
    }
    let stages = known.get(resource);
    if (!stages) known.set(resource, (stages = {}));
    return (stages[operation] ??= makeStages(resource, operation, knownOf, (counted[operation] ??= countedIn(operation, flags))));
  };
  const metrics = new AdmissionMetrics();
  /** One of a step refused. What upstream is a part of storage counts as no plugin. */
  const countRefusal = (type: Step, { operation }: AdmissionRequest, context: AdmissionContext, plugin: string, all: Counted): void => {
    const at = all[type].findIndex(({ name }) => name === plugin);
    if (at >= 0)
      count(context, () => {
        metrics.refused(type, operation);
        for (const [i, { name }] of all[type].slice(0, at + 1).entries()) metrics.asked(name, type, operation, i === at);
      });
    settle(context, metrics);
  };
  /** Asks the plugins of a step, one after the other. */
  const step = (type: Step, request: AdmissionRequest, context: AdmissionContext): void => {
    const stages = stagesOf(request.resource, request.operation);
    const asked = stages[type];
    let at = 0;
    try {
      for (; at < asked.length; at++) asked[at]!.ask(request, context);
    } catch (error) {
      if (!(error instanceof Pending)) countRefusal(type, request, context, asked[at]!.name, stages.counted);
      throw error;
    }
    count(context, metrics.passing(stages.counted[type], type, request.operation));
  };
  return {
    metrics: () => metrics.list(),
    passes: (resource, namespace, reader) => {
      const { all, counted } = stagesOf(resource, 'CREATE');
      for (let i = 0; i < all.length; i++) if (!all[i]!.ignores?.(namespace, reader)) return false;
      for (const type of STEPS) metrics.passing(counted[type], type, 'CREATE')(metrics);
      return true;
    },
    admit: (request, context) => {
      step('admit', request, context);
      if (!wantsReinvocation(request)) return;
      reinvocationOf(request).isSecond = true;
      step('admit', request, context);
    },
    validate: (request, context) => {
      step('validate', request, context);
      settle(context, metrics);
    },
  };
}

const NOTHING: Partial<AdmissionSettings> = {};

const knows = ({ operations }: AdmissionPlugin, operation: Operation): boolean => operations?.includes(operation) ?? true;

function makeStages(
  resource: Resource,
  operation: Operation,
  { flags, configuration }: Partial<AdmissionSettings>,
  counted: Counted,
): Stages {
  const own = plugins.filter((plugin) => isOn(plugin.name, flags) && knows(plugin, operation) && (plugin.handles?.(resource) ?? true));
  const asked = (step: Step): Asked[] =>
    own.filter((plugin) => plugin[step]).map((plugin) => configured(plugin, step, configuration?.[plugin.name] ?? unconfigured(plugin)));
  return { admit: asked('admit'), validate: asked('validate'), all: own, counted };
}

function countedIn(operation: Operation, flags: ApiServerFlags | undefined): Counted {
  const all = plugins.filter((plugin) => isPlugin(plugin.name) && isOn(plugin.name, flags) && knows(plugin, operation));
  return { admit: all.filter(({ admit }) => admit), validate: all.filter(({ validate }) => validate) };
}

/** One that cannot work without a configuration, and has none, looks away. */
const configured = (plugin: AdmissionPlugin, step: Step, configuration: unknown): Asked => ({
  name: plugin.name,
  ask: plugin.configure && configuration === undefined ? () => {} : (request, context) => plugin[step]!(request, context, configuration),
});
