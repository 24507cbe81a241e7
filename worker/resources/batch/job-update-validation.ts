// What of a Job may change. Mirrors ValidateJobUpdate of pkg/apis/batch/validation.

import { invalidField } from '../../api/field-error.ts';
import type { FieldError } from '../../api/field-error.ts';
import type { Job, JobSpec } from '../../api/gen/batch-v1.ts';
import type { Container, PodSpec, PodTemplateSpec } from '../../api/gen/core-v1.ts';
import { IMMUTABLE, validateImmutable } from '../../api/metadata-validation.ts';
import { isEqual } from '../../lib/json.ts';
import { internalForm } from '../core/internal-form.ts';
import { goForm } from '../go-form.ts';
import { hasCondition } from './job-conditions.ts';
import { validateJob } from './job-validation.ts';

export function validateJobUpdate(job: Job, old: Job, minor: number): FieldError[] {
  const [spec, before] = [job.spec, old.spec];
  const fixed = (name: 'podFailurePolicy' | 'successPolicy', type: string): FieldError[] =>
    isEqual(spec[name], before[name])
      ? []
      : [invalidField(`spec.${name}`, spec[name] ? goForm(`batch.v1.${type}`, spec[name]) : null, IMMUTABLE)];
  return [
    ...validateJob(job, old),
    ...validateCompletions(spec, before),
    ...validateImmutable(spec.selector, before.selector, 'spec.selector'),
    ...validateTemplate(spec.template, old, minor),
    ...validateImmutable(spec.completionMode, before.completionMode, 'spec.completionMode'),
    ...fixed('podFailurePolicy', 'PodFailurePolicy'),
    ...validateImmutable(spec.backoffLimitPerIndex, before.backoffLimitPerIndex, 'spec.backoffLimitPerIndex'),
    ...validateImmutable(spec.managedBy, before.managedBy, 'spec.managedBy'),
    ...fixed('successPolicy', 'SuccessPolicy'),
  ];
}

/** Indexed Jobs may grow and shrink, if they run all indexes at once. */
function validateCompletions(spec: JobSpec, old: JobSpec): FieldError[] {
  if (spec.completionMode !== 'Indexed') return validateImmutable(spec.completions, old.completions, 'spec.completions');
  if (spec.completions === undefined || spec.completions === old.completions || spec.completions === spec.parallelism) return [];
  return [invalidField('spec.completions', spec.completions, 'can only be modified in tandem with spec.parallelism')];
}

/** A suspended Job that runs nothing may still be told where to run, and since 1.36 with how much. */
function validateTemplate(template: PodTemplateSpec, old: Job, minor: number): FieldError[] {
  const before = old.spec.template;
  if (template === before || isEqual(template, before)) return [];
  const suspended = old.spec.suspend === true;
  const neverStarted = old.status.startTime === undefined;
  const atRest = suspended && (neverStarted || hasCondition(old, 'Suspended')) && !old.status.active;
  const allowed = (minor >= 36 ? atRest : suspended && neverStarted) ? withSchedulingOf(template, before) : before;
  if (!suspended || minor < 36 || !atRest) {
    if (isEqual(template, allowed)) return [];
    return [invalidField('spec.template', internalForm('PodTemplateSpec', template), IMMUTABLE)];
  }
  if (isEqual(template.spec, withResourcesOf(template.spec, allowed.spec))) return [];
  return [invalidField('spec.template.spec', internalForm('PodSpec', template.spec), IMMUTABLE)];
}

/** `before`, with what says where `template`'s pods may run. */
function withSchedulingOf(template: PodTemplateSpec, before: PodTemplateSpec): PodTemplateSpec {
  const spec: PodSpec = { ...before.spec };
  const metadata = { ...before.metadata };
  copy(template.spec, spec, ['nodeSelector', 'tolerations', 'schedulingGates']);
  copy(template.metadata, metadata, ['labels', 'annotations']);
  const affinity = { ...before.spec.affinity };
  copy(template.spec.affinity ?? {}, affinity, ['nodeAffinity']);
  if (template.spec.affinity || Object.keys(affinity).length) spec.affinity = affinity;
  else delete spec.affinity;
  return { metadata, spec };
}

function copy<T extends object, K extends keyof T>(from: T, to: T, names: readonly K[]): void {
  for (const name of names) {
    if (from[name] === undefined) delete to[name];
    else to[name] = from[name];
  }
}

/** `before`, with the resources of `spec`'s containers of the same names. */
function withResourcesOf(spec: PodSpec, before: PodSpec): PodSpec {
  const merge = (now: Container[] | undefined, old: Container[] | undefined): Container[] | undefined => {
    if (!old || now?.length !== old.length) return old;
    return old.map((container, i) => (now[i]!.name === container.name ? { ...container, resources: now[i]!.resources } : container));
  };
  const containers = merge(spec.containers, before.containers);
  const initContainers = merge(spec.initContainers, before.initContainers);
  return { ...before, ...(containers && { containers }), ...(initContainers && { initContainers }) };
}
