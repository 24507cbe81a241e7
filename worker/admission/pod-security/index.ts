// Pod Security: the labels of a namespace say which of the three standards its pods must meet (enforce), and which breaches are told to whoever asks (warn)
// and to the audit log. Mirrors k8s.io/pod-security-admission, with its defaults: nothing is exempt, and a namespace without labels is privileged.

import type { AdmissionContext, AdmissionPlugin, AdmissionRequest } from '../../api/admission.ts';
import type { Namespace, Pod, PodSpec, PodTemplateSpec } from '../../api/gen/core-v1.ts';
import { fieldErrorMessage } from '../../api/field-error.ts';
import type { CronJob } from '../../api/gen/batch-v1.ts';
import type { ObjectMeta } from '../../api/object.ts';
import { internalError, invalid } from '../../api/status.ts';
import { namespaces } from '../../resources/core/namespace.ts';
import { count } from '../metrics.ts';
import { aggregate, only, refusal } from '../refusal.ts';
import { isSignificantUpdate } from './changes.ts';
import { configurePodSecurity, defaultPolicy } from './configuration.ts';
import type { PodSecurityConfiguration } from './configuration.ts';
import { evaluate } from './evaluate.ts';
import type { Verdict } from './evaluate.ts';
import { existingPodWarnings } from './existing-pods.ts';
import { allowsAll, isEquivalent, isRelaxed, policyOf, policyText, PREFIX } from './policy.ts';
import type { FoundPolicy, Mode, Policy } from './policy.ts';

const IGNORED: ReadonlySet<string> = new Set(['exec', 'attach', 'binding', 'eviction', 'log', 'portforward', 'proxy', 'status']);

export const podSecurity: AdmissionPlugin<PodSecurityConfiguration> = {
  name: 'PodSecurity',
  operations: ['CREATE', 'UPDATE'],
  configure: configurePodSecurity,
  handles: only(
    'namespaces',
    'pods',
    'replicationcontrollers',
    'podtemplates',
    'replicasets.apps',
    'deployments.apps',
    'statefulsets.apps',
    'daemonsets.apps',
    'jobs.batch',
    'cronjobs.batch',
  ),
  validate(request, context, configuration) {
    const { operation, subresource, resource } = request;
    if (operation !== 'CREATE' && operation !== 'UPDATE') return;
    if (resource.resource === 'namespaces') return subresource ? undefined : checkNamespace(request, context, configuration);
    if (resource.resource === 'pods') return IGNORED.has(subresource) ? undefined : checkPod(request, context, configuration);
    if (!subresource) checkTemplate(request, context, configuration);
  },
};

/** Labels that cannot be read are refused, and pods that the new level would not let in are named. */
function checkNamespace(request: AdmissionRequest, { reader }: AdmissionContext, configuration: PodSecurityConfiguration): void {
  const { metadata } = request.object as Namespace;
  const byDefault = defaultPolicy(configuration);
  const { policy, errors } = policyOf(metadata.labels, byDefault);
  const before = request.old && policyOf(request.old.metadata.labels, byDefault);
  if (errors.length && JSON.stringify(errors) !== JSON.stringify(before?.errors))
    throw invalid({ group: '', kind: 'Namespace' }, metadata.name, errors);
  const isExempt = configuration.exemptions.namespaces.includes(metadata.name);
  if (before) {
    if (policyText(policy.enforce) === policyText(before.policy.enforce) || policy.enforce.level === 'privileged') return;
    if (isRelaxed(policy.enforce, before.policy.enforce)) return;
    if (!isExempt)
      return existingPodWarnings(reader, metadata.name, policy.enforce, configuration.exemptions.runtimeClasses).forEach(request.warn);
  }
  if (isExempt && !allowsAll(policy, ...MODES) && !isEquivalent(policy, byDefault))
    request.warn(
      `namespace ${JSON.stringify(metadata.name)} is exempt from Pod Security, and the policy (${ownText(policy, metadata.labels)}) will be ignored`,
    );
}

const MODES = ['enforce', 'audit', 'warn'] as const;

/** What the labels of a namespace themselves ask for: `enforce=baseline:latest, warn=restricted:v1.30`. */
const ownText = (policy: Policy, labels: Readonly<Record<string, string>> = {}): string =>
  MODES.filter((mode) => !allowsAll(policy, mode) && [mode, `${mode}-version`].some((label) => labels[PREFIX + label] !== undefined))
    .map((mode) => `${mode}=${policyText(policy[mode])}`)
    .join(', ');

function checkPod(request: AdmissionRequest, context: AdmissionContext, configuration: PodSecurityConfiguration): void {
  if (isExempt(request, context, configuration)) return;
  const found = policyFor(request, context, configuration);
  if (!found.errors.length && allowsAll(found.policy, ...MODES)) {
    request.annotate(`${PREFIX}enforce-policy`, 'privileged:latest');
    return evaluated(request, context, 'enforce', found.policy, true);
  }
  const pod = request.object as Pod;
  if (request.operation === 'UPDATE' && !isSignificantUpdate(pod, request.old as Pod)) return;
  check(request, context, found, configuration, pod.metadata, pod.spec, true);
}

/** Templates are never refused: their pods will be. */
function checkTemplate(request: AdmissionRequest, context: AdmissionContext, configuration: PodSecurityConfiguration): void {
  if (isExempt(request, context, configuration)) return;
  const found = policyFor(request, context, configuration);
  if (!found.errors.length && allowsAll(found.policy, 'audit', 'warn')) return;
  const template = templateOf(request);
  if (template) check(request, context, found, configuration, template.metadata ?? {}, template.spec, false);
}

function isExempt(request: AdmissionRequest, context: AdmissionContext, { exemptions }: PodSecurityConfiguration): boolean {
  const reason = exemptions.namespaces.includes(request.namespace)
    ? 'namespace'
    : exemptions.usernames.includes(context.user.name)
      ? 'user'
      : undefined;
  if (reason) exempted(request, context, reason);
  return reason !== undefined;
}

function exempted(request: AdmissionRequest, context: AdmissionContext, reason: string): void {
  request.annotate(`${PREFIX}exempt`, reason);
  count(context, (metrics) => metrics.podExempted(request));
}

function policyFor({ namespace }: AdmissionRequest, { reader }: AdmissionContext, configuration: PodSecurityConfiguration): FoundPolicy {
  const found = reader.get(namespaces, '', namespace);
  if (!found) throw internalError(`failed to lookup namespace ${JSON.stringify(namespace)}`);
  return policyOf(found.metadata.labels, defaultPolicy(configuration));
}

function templateOf({ object, resource }: AdmissionRequest): { metadata?: Partial<ObjectMeta>; spec: PodSpec } | undefined {
  if (resource.resource === 'cronjobs')
    return (object as CronJob).spec.jobTemplate.spec.template as PodTemplateSpec & { metadata?: Partial<ObjectMeta> };
  const holder = object as unknown as { template?: PodTemplateSpec; spec?: { template?: PodTemplateSpec } };
  return (resource.resource === 'podtemplates' ? holder.template : holder.spec?.template) as ReturnType<typeof templateOf>;
}

/** A version that this server does not know yet is the future. */
function evaluated(request: AdmissionRequest, context: AdmissionContext, mode: Mode, policy: Policy, isAllowed: boolean): void {
  const { level, minor } = policy[mode];
  const isLatest = level === 'privileged' || minor === Infinity;
  const version = isLatest ? 'latest' : minor > context.config.minor ? 'future' : `v1.${minor}`;
  count(context, (metrics) => metrics.podEvaluated(request, mode, level, version, isAllowed));
}

function check(
  request: AdmissionRequest,
  context: AdmissionContext,
  { policy, errors }: FoundPolicy,
  { exemptions }: PodSecurityConfiguration,
  metadata: Partial<ObjectMeta>,
  spec: PodSpec,
  enforce: boolean,
): void {
  if (spec.runtimeClassName && exemptions.runtimeClasses.includes(spec.runtimeClassName)) return exempted(request, context, 'runtimeClass');
  if (errors.length) {
    request.annotate(`${PREFIX}error`, `Failed to parse policy: ${aggregate(errors.map(fieldErrorMessage))}`);
    count(context, (metrics) => metrics.podError(request, false));
  }
  const verdicts = new Map<string, Verdict>();
  const verdict = (mode: Mode): Verdict => {
    const key = policyText(policy[mode]);
    let known = verdicts.get(key);
    if (!known) verdicts.set(key, (known = evaluate(policy[mode], metadata, spec)));
    return known;
  };
  const breach = (mode: Mode): string | undefined => {
    const { isAllowed, detail } = verdict(mode);
    if (mode === 'enforce' || !isAllowed) evaluated(request, context, mode, policy, isAllowed);
    return isAllowed
      ? undefined
      : `violate${mode === 'enforce' ? 's' : ''} PodSecurity ${JSON.stringify(policyText(policy[mode]))}: ${detail()}`;
  };
  if (enforce) request.annotate(`${PREFIX}enforce-policy`, policyText(policy.enforce));
  const refused = enforce ? breach('enforce') : undefined;
  const audited = breach('audit');
  if (audited) request.annotate(`${PREFIX}audit-violations`, `would ${audited}`);
  if (refused) throw refusal(request, refused);
  const warned = breach('warn');
  if (warned) request.warn(`would ${warned}`);
}
