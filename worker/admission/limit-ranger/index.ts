// LimitRanges: what containers ask for if they do not say, and what they may ask for. Mirrors kubernetes plugin/pkg/admission/limitranger.

import type { AdmissionContext, AdmissionPlugin, AdmissionRequest } from '../../api/admission.ts';
import type { LimitRange, PersistentVolumeClaim, Pod } from '../../api/gen/core-v1.ts';
import { limitRanges } from '../../resources/core/limitrange.ts';
import { aggregate, only, refusal } from '../refusal.ts';
import { fillResources } from './defaults.ts';
import { claimProblems, podProblems } from './limits.ts';

export const limitRanger: AdmissionPlugin = {
  name: 'LimitRanger',
  operations: ['CREATE', 'UPDATE'],
  handles: only('pods', 'persistentvolumeclaims'),
  admit(request, context) {
    if (request.resource.resource !== 'pods') return;
    for (const range of rangesFor(request, context)) fillResources(request.object as Pod, range);
  },
  validate(request, context) {
    for (const range of rangesFor(request, context)) {
      const problems =
        request.resource.resource === 'pods'
          ? podProblems(request.object as Pod, range)
          : claimProblems(request.object as PersistentVolumeClaim, range);
      if (problems.length) throw refusal(request, aggregate(problems));
    }
  },
};

/** What a pod asks for changes only by a resize. */
function rangesFor(request: AdmissionRequest, { reader }: AdmissionContext): readonly LimitRange[] {
  const { operation, subresource, namespace, resource, old } = request;
  if (operation === 'DELETE' || old?.metadata.deletionTimestamp !== undefined) return [];
  const isResize = resource.resource === 'pods' && subresource === 'resize' && operation === 'UPDATE';
  if (!isResize && (subresource || (resource.resource === 'pods' && operation === 'UPDATE'))) return [];
  return reader.list(limitRanges, { namespace });
}
