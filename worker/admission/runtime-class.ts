// What the RuntimeClass of a pod costs, and where it can run. Mirrors kubernetes plugin/pkg/admission/runtimeclass.

import type { AdmissionContext, AdmissionPlugin, AdmissionRequest } from '../api/admission.ts';
import type { Pod, PodSpec } from '../api/gen/core-v1.ts';
import type { RuntimeClass } from '../api/gen/node-v1.ts';
import { isEqual } from '../lib/json.ts';
import { runtimeClasses } from '../resources/node/runtimeclass.ts';
import { only, refusal } from './refusal.ts';
import { mergeTolerations } from './tolerations.ts';

const DIFFERS = "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead";

export const runtimeClass: AdmissionPlugin = {
  name: 'RuntimeClass',
  operations: ['CREATE'],
  handles: only('pods'),
  admit(request, context) {
    if (request.operation !== 'CREATE' || request.subresource) return;
    const { spec } = request.object as Pod;
    const found = classOf(request, spec, context);
    if (!found) return;
    setOverhead(request, spec, found);
    setScheduling(request, spec, found);
  },
  validate(request, context) {
    if (request.operation !== 'CREATE' || request.subresource) return;
    const { spec } = request.object as Pod;
    const overhead = classOf(request, spec, context)?.overhead;
    if (overhead && !isEqual(overhead.podFixed ?? {}, spec.overhead ?? {})) throw refusal(request, DIFFERS);
    if (!overhead && spec.overhead)
      throw refusal(request, 'pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead');
  },
};

function classOf(request: AdmissionRequest, { runtimeClassName: name }: PodSpec, { reader }: AdmissionContext): RuntimeClass | undefined {
  if (name === undefined) return undefined;
  const found = reader.get(runtimeClasses, '', name);
  if (!found) throw refusal(request, `pod rejected: RuntimeClass ${JSON.stringify(name)} not found`);
  return found;
}

function setOverhead(request: AdmissionRequest, spec: PodSpec, { overhead }: RuntimeClass): void {
  if (!overhead) return;
  if (spec.overhead && !isEqual(overhead.podFixed ?? {}, spec.overhead)) throw refusal(request, DIFFERS);
  spec.overhead = { ...overhead.podFixed };
}

function setScheduling(request: AdmissionRequest, spec: PodSpec, { scheduling }: RuntimeClass): void {
  if (!scheduling) return;
  const wanted = scheduling.nodeSelector ?? {};
  for (const key in wanted) {
    const own = spec.nodeSelector?.[key];
    if (own !== undefined && own !== wanted[key])
      throw refusal(
        request,
        `conflict: runtimeClass.scheduling.nodeSelector[${key}] = ${wanted[key]}; pod.spec.nodeSelector[${key}] = ${own}`,
      );
  }
  if (Object.keys(wanted).length) spec.nodeSelector = { ...spec.nodeSelector, ...wanted };
  const merged = mergeTolerations([...(spec.tolerations ?? []), ...(scheduling.tolerations ?? [])]);
  if (merged.length) spec.tolerations = merged;
}
