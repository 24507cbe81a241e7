// Says of a CRD in a group of Kubernetes' own whether it was approved. Mirrors apiextensions-apiserver pkg/controller/apiapproval.

import { watch } from '../../api/controller.ts';
import type { Controller } from '../../api/controller.ts';
import type { CustomResourceDefinition } from '../../api/gen/apiextensions-v1.ts';
import { approvalOf, isProtectedGroup } from '../../resources/apiextensions/approval.ts';
import { customResourceDefinitions } from '../../resources/apiextensions/customresourcedefinition.ts';
import { conditionOf, isSame, withCondition } from './conditions.ts';
import type { Wanted } from './conditions.ts';

export const crdApproval: Controller = {
  name: 'crd-approval',
  component: 'kube-apiserver',
  watches: [watch(customResourceDefinitions, (crd) => (isProtectedGroup(crd.spec.group) ? [crd.metadata.name] : []))],
  reconcile(name, { api, now }) {
    const crd = api.get(customResourceDefinitions, '', name);
    if (!crd || !isProtectedGroup(crd.spec.group)) return;
    const wanted = conditionFor(crd);
    if (!isSame(conditionOf(crd, wanted.type), wanted)) api.updateStatus(customResourceDefinitions, withCondition(crd, wanted, now()));
  },
};

const REASONS = {
  invalid: ['False', 'InvalidAnnotation'],
  missing: ['False', 'MissingAnnotation'],
  approved: ['True', 'ApprovedAnnotation'],
  bypassed: ['False', 'UnapprovedAnnotation'],
} as const;

function conditionFor({ metadata }: CustomResourceDefinition): Wanted {
  const { state, message } = approvalOf(metadata.annotations);
  const [status, reason] = REASONS[state];
  return { type: 'KubernetesAPIApprovalPolicyConformant', status, reason, message };
}
