// The admission plugins, in upstream's order (kubernetes pkg/kubeapiserver/options/plugins.go): those that are on by default, and NodeRestriction, which
// kubeadm switches on.

import type { AdmissionContext, AdmissionPlugin, AdmissionRequest } from '../api/admission.ts';
import type { Resource } from '../api/resource.ts';
import { certificateApproval } from './certificate-approval.ts';
import { certificateSigning } from './certificate-signing.ts';
import { certificateSubjectRestriction } from './certificate-subject-restriction.ts';
import { defaultIngressClass } from './default-ingress-class.ts';
import { defaultStorageClass } from './default-storage-class.ts';
import { defaultTolerationSeconds } from './default-toleration-seconds.ts';
import { limitRanger } from './limit-ranger/index.ts';
import { namespaceLifecycle } from './namespace-lifecycle.ts';
import { nodeRestriction } from './node-restriction.ts';
import { claimResize } from './persistent-volume-claim-resize.ts';
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

const plugins: readonly AdmissionPlugin[] = [
  namespaceLifecycle,
  limitRanger,
  serviceAccount,
  nodeRestriction,
  taintNodesByCondition,
  podSecurity,
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

export function makeAdmissionChain(): {
  admit(request: AdmissionRequest, context: AdmissionContext): void;
  validate(request: AdmissionRequest, context: AdmissionContext): void;
} {
  /** Most plugins look at one kind only: a ConfigMap does not meet them. */
  const known = new WeakMap<Resource, Stages>();
  const stagesOf = (resource: Resource): Stages => {
    let stages = known.get(resource);
    if (!stages) {
      const own = plugins.filter((plugin) => plugin.handles?.(resource) ?? true);
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
