// The priority of a pod, from its class or from the one that is the default; and one default only. Mirrors kubernetes plugin/pkg/admission/priority.

import type { AdmissionContext, AdmissionPlugin, AdmissionRequest } from '../api/admission.ts';
import type { Pod } from '../api/gen/core-v1.ts';
import type { PriorityClass } from '../api/gen/scheduling-v1.ts';
import type { ClusterReader } from '../api/resource.ts';
import { priorityClasses } from '../resources/scheduling/priorityclass.ts';
import { only, refusal } from './refusal.ts';

export const priority: AdmissionPlugin = {
  name: 'Priority',
  operations: ['CREATE', 'UPDATE', 'DELETE'],
  handles: only('pods', 'priorityclasses.scheduling.k8s.io'),
  admit(request, context) {
    const { operation, subresource, resource, object, old } = request;
    if (resource.resource !== 'pods' || subresource) return;
    if (operation === 'CREATE') setPriority(request, object as Pod, context);
    if (operation === 'UPDATE') keepPriority(object as Pod, old as Pod);
  },
  validate(request, { reader }) {
    const { operation, subresource, resource } = request;
    if (resource.resource !== 'priorityclasses' || subresource || (operation !== 'CREATE' && operation !== 'UPDATE')) return;
    const given = request.object as PriorityClass;
    if (!given.globalDefault) return;
    const present = defaultClass(reader);
    if (!present || (operation === 'UPDATE' && present.metadata.name === given.metadata.name)) return;
    throw refusal(request, `PriorityClass ${present.metadata.name} is already marked as default. Only one default can exist`);
  },
};

function setPriority(request: AdmissionRequest, { spec }: Pod, { reader }: AdmissionContext): void {
  const wanted = spec.priorityClassName;
  const found = wanted ? reader.get(priorityClasses, '', wanted) : defaultClass(reader);
  if (wanted && !found) throw refusal(request, `no PriorityClass with name ${wanted} was found`);
  if (found) spec.priorityClassName = found.metadata.name;
  const value = found?.value ?? 0;
  const policy = found?.preemptionPolicy ?? 'PreemptLowerPriority';
  if (spec.priority !== undefined && spec.priority !== value)
    throw refusal(
      request,
      `the integer value of priority (${spec.priority}) must not be provided in pod spec; priority admission controller computed ${value} from the given PriorityClass name`,
    );
  spec.priority = value;
  if (spec.preemptionPolicy !== undefined && spec.preemptionPolicy !== policy)
    throw refusal(
      request,
      `the string value of PreemptionPolicy (${spec.preemptionPolicy}) must not be provided in pod spec; priority admission controller computed ${policy} from the given PriorityClass name`,
    );
  spec.preemptionPolicy = policy;
}

/** An update that leaves them out means no change. */
function keepPriority({ spec }: Pod, { spec: old }: Pod): void {
  if (spec.priority === undefined && old.priority !== undefined) spec.priority = old.priority;
  if (spec.preemptionPolicy === undefined && old.preemptionPolicy !== undefined) spec.preemptionPolicy = old.preemptionPolicy;
}

/** If there are several all the same, the lowest. */
function defaultClass(reader: ClusterReader): PriorityClass | undefined {
  let lowest: PriorityClass | undefined;
  for (const one of reader.list(priorityClasses)) if (one.globalDefault && (!lowest || one.value < lowest.value)) lowest = one;
  return lowest;
}
