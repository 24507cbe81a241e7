// Pod Security: the labels of a namespace say which of the three standards its pods must meet (enforce), and which breaches are told to whoever asks (warn)
// and to the audit log. Mirrors k8s.io/pod-security-admission, with its defaults: nothing is exempt, and a namespace without labels is privileged.

import type { AdmissionContext, AdmissionPlugin, AdmissionRequest } from '../../api/admission.ts';
import type { Namespace, Pod, PodSpec, PodTemplateSpec } from '../../api/gen/core-v1.ts';
import { fieldErrorMessage } from '../../api/field-error.ts';
import type { CronJob } from '../../api/gen/batch-v1.ts';
import type { ObjectMeta } from '../../api/object.ts';
import { internalError, invalid } from '../../api/status.ts';
import { namespaces } from '../../resources/core/namespace.ts';
import { aggregate, only, refusal } from '../refusal.ts';
import { isSignificantUpdate } from './changes.ts';
import { evaluate } from './evaluate.ts';
import type { Verdict } from './evaluate.ts';
import { existingPodWarnings } from './existing-pods.ts';
import { isRelaxed, policyOf, policyText } from './policy.ts';
import type { LevelVersion, Policy } from './policy.ts';

const PREFIX = 'pod-security.kubernetes.io/';
const IGNORED: ReadonlySet<string> = new Set(['exec', 'attach', 'binding', 'eviction', 'log', 'portforward', 'proxy', 'status']);

export const podSecurity: AdmissionPlugin = {
  name: 'PodSecurity',
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
  validate(request, context) {
    const { operation, subresource, resource } = request;
    if (operation !== 'CREATE' && operation !== 'UPDATE') return;
    if (resource.resource === 'namespaces') return subresource ? undefined : checkNamespace(request, context);
    if (resource.resource === 'pods') return IGNORED.has(subresource) ? undefined : checkPod(request, context);
    if (!subresource) checkTemplate(request, context);
  },
};

/** Labels that cannot be read are refused, and pods that the new level would not let in are named. */
function checkNamespace(request: AdmissionRequest, { reader }: AdmissionContext): void {
  const namespace = request.object as Namespace;
  const { policy, errors } = policyOf(namespace.metadata.labels);
  const before = request.old && policyOf(request.old.metadata.labels);
  if (errors.length && JSON.stringify(errors) !== JSON.stringify(before?.errors))
    throw invalid({ group: '', kind: 'Namespace' }, namespace.metadata.name, errors);
  if (!before || policy.enforce.level === 'privileged' || policyText(policy.enforce) === policyText(before.policy.enforce)) return;
  if (isRelaxed(policy.enforce, before.policy.enforce)) return;
  for (const sentence of existingPodWarnings(reader, namespace.metadata.name, policy.enforce)) request.warn(sentence);
}

function checkPod(request: AdmissionRequest, context: AdmissionContext): void {
  const found = policyFor(request, context);
  const { policy } = found;
  if (!found.errors.length && isPrivileged(policy.enforce) && isPrivileged(policy.warn) && isPrivileged(policy.audit)) return;
  const pod = request.object as Pod;
  if (request.operation === 'UPDATE' && !isSignificantUpdate(pod, request.old as Pod)) return;
  check(request, found, pod.metadata, pod.spec, true);
}

/** Templates are never refused: their pods will be. */
function checkTemplate(request: AdmissionRequest, context: AdmissionContext): void {
  const found = policyFor(request, context);
  if (!found.errors.length && isPrivileged(found.policy.warn) && isPrivileged(found.policy.audit)) return;
  const template = templateOf(request);
  if (template) check(request, found, template.metadata ?? {}, template.spec, false);
}

type Found = ReturnType<typeof policyOf>;

function policyFor({ namespace }: AdmissionRequest, { reader }: AdmissionContext): Found {
  const found = reader.get(namespaces, '', namespace);
  if (!found) throw internalError(`failed to lookup namespace ${JSON.stringify(namespace)}`);
  return policyOf(found.metadata.labels);
}

const isPrivileged = ({ level }: LevelVersion): boolean => level === 'privileged';

function templateOf({ object, resource }: AdmissionRequest): { metadata?: Partial<ObjectMeta>; spec: PodSpec } | undefined {
  if (resource.resource === 'cronjobs')
    return (object as CronJob).spec.jobTemplate.spec.template as PodTemplateSpec & { metadata?: Partial<ObjectMeta> };
  const holder = object as unknown as { template?: PodTemplateSpec; spec?: { template?: PodTemplateSpec } };
  return (resource.resource === 'podtemplates' ? holder.template : holder.spec?.template) as ReturnType<typeof templateOf>;
}

function check(request: AdmissionRequest, { policy, errors }: Found, metadata: Partial<ObjectMeta>, spec: PodSpec, enforce: boolean): void {
  if (errors.length) request.annotate(`${PREFIX}error`, `Failed to parse policy: ${aggregate(errors.map(fieldErrorMessage))}`);
  const verdicts = new Map<string, Verdict>();
  const verdict = (mode: keyof Policy): Verdict => {
    const key = policyText(policy[mode]);
    let known = verdicts.get(key);
    if (!known) verdicts.set(key, (known = evaluate(policy[mode], metadata, spec)));
    return known;
  };
  const breach = (mode: keyof Policy): string | undefined => {
    const { isAllowed, detail } = verdict(mode);
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
