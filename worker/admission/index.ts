// The admission plugins, in upstream's order (kubernetes pkg/kubeapiserver/options/plugins.go). Which of them work is said by `switched-on.ts`.

import type { AdmissionContext, AdmissionPlugin, AdmissionRequest } from '../api/admission.ts';
import type { Resource } from '../api/resource.ts';
import { alwaysPullImages } from './always-pull-images.ts';
import { certificateApproval } from './certificate-approval.ts';
import { certificateSigning } from './certificate-signing.ts';
import { certificateSubjectRestriction } from './certificate-subject-restriction.ts';
import { defaultIngressClass } from './default-ingress-class.ts';
import { defaultStorageClass } from './default-storage-class.ts';
import { defaultTolerationSeconds } from './default-toleration-seconds.ts';
import { denyServiceExternalIps } from './deny-service-external-ips.ts';
import { limitRanger } from './limit-ranger/index.ts';
import { namespaceAutoProvision } from './namespace-auto-provision.ts';
import { namespaceExists } from './namespace-exists.ts';
import { namespaceLifecycle } from './namespace-lifecycle.ts';
import { nodeRestriction } from './node-restriction.ts';
import { claimResize } from './persistent-volume-claim-resize.ts';
import { podNodeSelector } from './pod-node-selector.ts';
import { podSecurity } from './pod-security/index.ts';
import { podTopologyLabels } from './pod-topology-labels.ts';
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
import { isOn } from './switched-on.ts';
import type { AdmissionFlags } from './switched-on.ts';

const plugins: readonly AdmissionPlugin[] = [
  namespaceAutoProvision,
  namespaceLifecycle,
  namespaceExists,
  limitRanger,
  serviceAccount,
  nodeRestriction,
  taintNodesByCondition,
  alwaysPullImages,
  podSecurity,
  podNodeSelector,
  priority,
  defaultTolerationSeconds,
  defaultStorageClass,
  storageObjectInUseProtection,
  claimResize,
  runtimeClass,
  certificateApproval,
  certificateSigning,
  certificateSubjectRestriction,
  defaultIngressClass,
  denyServiceExternalIps,
  podTopologyLabels,
  mutatingAdmissionPolicy,
  mutatingAdmissionWebhook,
  validatingAdmissionPolicy,
  validatingAdmissionWebhook,
  resourceQuota,
  rbacEscalation,
];

interface Stages {
  readonly admit: readonly AdmissionPlugin[];
  readonly validate: readonly AdmissionPlugin[];
}

/** `flags` are those of the API server as it runs now; undefined if nobody can give it any. */
export function makeAdmissionChain(flags: () => AdmissionFlags | undefined): {
  admit(request: AdmissionRequest, context: AdmissionContext): void;
  validate(request: AdmissionRequest, context: AdmissionContext): void;
} {
  /** Most plugins look at one kind only: a ConfigMap does not meet them. */
  let known = new WeakMap<Resource, Stages>();
  let knownOf = '';
  const stagesOf = (resource: Resource): Stages => {
    const given = flags();
    const of = given ? `+${given['enable-admission-plugins'] ?? ''} -${given['disable-admission-plugins'] ?? ''}` : '';
    if (of !== knownOf) [known, knownOf] = [new WeakMap(), of];
    let stages = known.get(resource);
    if (!stages) {
      const own = plugins.filter((plugin) => isOn(plugin.name, given) && (plugin.handles?.(resource) ?? true));
      known.set(resource, (stages = { admit: own.filter(({ admit }) => admit), validate: own.filter(({ validate }) => validate) }));
    }
    return stages;
  };
  return {
    admit: (request, context) => {
      const { admit } = stagesOf(request.resource);
      for (const plugin of admit) plugin.admit!(request, context);
      if (!wantsReinvocation(request)) return;
      reinvocationOf(request).isSecond = true;
      for (const plugin of admit) plugin.admit!(request, context);
    },
    validate: (request, context) => {
      for (const plugin of stagesOf(request.resource).validate) plugin.validate!(request, context);
    },
  };
}
