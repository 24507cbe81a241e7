// The rules of Jobs, and of the Jobs that CronJobs make. Mirrors pkg/apis/batch/validation.

import { domainPrefixedPath } from '../../api/domain-prefixed-path.ts';
import { invalidField, notSupported, requiredField, tooLong } from '../../api/field-error.ts';
import type { FieldError } from '../../api/field-error.ts';
import type { Job, JobSpec } from '../../api/gen/batch-v1.ts';
import { labelSelectorOf, matchesLabels } from '../../api/selectors.ts';
import { dnsLabelProblems } from '../../lib/names.ts';
import { goForm } from '../go-form.ts';
import { hasInvalidSelectorValue, validateLabelSelector } from '../validation/label-selector.ts';
import { nonNegative } from '../validation/values.ts';
import { labelsMismatch, templateErrors } from '../workload.ts';
import { isIndexed } from './job-conditions.ts';
import { validateFailurePolicy, validateReplacementPolicy, validateSuccessPolicy } from './job-policies.ts';
import { CONTROLLER_UID, JOB_NAME, validateGeneratedSelector } from './job-selector.ts';

const MAX_PARALLELISM = 100_000;
const MAX_FAILED_INDEXES = 100_000;
const MANY_COMPLETIONS = 100_000;
const PARALLELISM_OF_MANY = 10_000;
const FAILED_INDEXES_OF_MANY = 10_000;
const MAX_MANAGER = 63;

export function validateJob(job: Job, old: Job | undefined): FieldError[] {
  const { metadata, spec } = job;
  const labels = old?.spec.template.metadata.labels;
  const errors = [
    ...validateGeneratedSelector(job, !old || (labels?.[JOB_NAME] !== undefined && labels[CONTROLLER_UID] !== undefined)),
    ...validateJobSpec(spec, old?.spec, 'spec'),
    ...validateSelector(spec, old?.spec),
  ];
  if (isIndexed(job) && spec.completions !== undefined && spec.completions > 0) {
    const hostname = `${metadata.name}-${spec.completions - 1}`;
    if (dnsLabelProblems(hostname).length)
      errors.push(invalidField('metadata.name', metadata.name, `will not able to create pod with invalid DNS label: ${hostname}`));
  }
  return errors;
}

function validateSelector({ selector, template }: JobSpec, old: JobSpec | undefined): FieldError[] {
  if (!selector) return [requiredField('spec.selector'), labelsMismatch(template.metadata.labels, 'spec.template')];
  const allowInvalidValues = hasInvalidSelectorValue(old?.selector);
  const errors = validateLabelSelector(selector, 'spec.selector', { allowInvalidValues });
  if (!errors.length && !matchesLabels(labelSelectorOf(selector), template.metadata.labels))
    errors.push(labelsMismatch(template.metadata.labels, 'spec.template'));
  return errors;
}

const COUNTS = [
  'parallelism',
  'completions',
  'activeDeadlineSeconds',
  'backoffLimit',
  'ttlSecondsAfterFinished',
  'backoffLimitPerIndex',
  'maxFailedIndexes',
] as const;

/** All but the selector. */
export function validateJobSpec(spec: JobSpec, old: JobSpec | undefined, path: string): FieldError[] {
  const errors = COUNTS.flatMap((name) => nonNegative(spec[name], `${path}.${name}`));
  if (spec.maxFailedIndexes !== undefined && spec.backoffLimitPerIndex === undefined)
    errors.push(requiredField(`${path}.backoffLimitPerIndex`, 'when maxFailedIndexes is specified'));
  if (spec.managedBy !== undefined) {
    errors.push(...domainPrefixedPath(spec.managedBy, `${path}.managedBy`));
    if (spec.managedBy.length > MAX_MANAGER) errors.push(tooLong(`${path}.managedBy`, MAX_MANAGER));
  }
  errors.push(...validateCompletionMode(spec, path));
  if (spec.podFailurePolicy) errors.push(...validateFailurePolicy(spec, `${path}.podFailurePolicy`));
  if (spec.successPolicy) {
    const at = `${path}.successPolicy`;
    if (spec.completionMode === 'Indexed') errors.push(...validateSuccessPolicy(spec, at));
    else errors.push(invalidField(at, goForm('batch.v1.SuccessPolicy', spec.successPolicy), 'requires indexed completion mode'));
  }
  return [
    ...errors,
    ...validateReplacementPolicy(spec, `${path}.podReplacementPolicy`),
    ...templateErrors(spec.template, old?.template, `${path}.template`),
    ...validateRestartPolicy(spec, `${path}.template.spec.restartPolicy`),
  ];
}

function validateCompletionMode(spec: JobSpec, path: string): FieldError[] {
  const { completionMode: mode } = spec;
  if (mode === 'Indexed') return validateIndexed(spec, path);
  const errors: FieldError[] =
    mode === undefined || mode === 'NonIndexed' ? [] : [notSupported(`${path}.completionMode`, mode, ['NonIndexed', 'Indexed'])];
  if (errors.length) return errors;
  for (const name of ['backoffLimitPerIndex', 'maxFailedIndexes'] as const)
    if (spec[name] !== undefined) errors.push(invalidField(`${path}.${name}`, spec[name], 'requires indexed completion mode'));
  return errors;
}

function validateIndexed(
  { completions, parallelism, maxFailedIndexes: failed, backoffLimitPerIndex }: JobSpec,
  path: string,
): FieldError[] {
  const errors: FieldError[] = [];
  const tooHigh = (name: string, value: number, detail: string): unknown => errors.push(invalidField(`${path}.${name}`, value, detail));
  if (completions === undefined) errors.push(requiredField(`${path}.completions`, 'when completion mode is Indexed'));
  if (parallelism !== undefined && parallelism > MAX_PARALLELISM)
    tooHigh('parallelism', parallelism, `must be less than or equal to ${MAX_PARALLELISM} when completion mode is Indexed`);
  if (completions !== undefined && failed !== undefined && failed > completions)
    tooHigh('maxFailedIndexes', failed, 'must be less than or equal to completions');
  if (failed !== undefined && failed > MAX_FAILED_INDEXES)
    tooHigh('maxFailedIndexes', failed, `must be less than or equal to ${MAX_FAILED_INDEXES}`);
  if (completions === undefined || completions <= MANY_COMPLETIONS || backoffLimitPerIndex === undefined) return errors;
  const many = `when completions are above ${MANY_COMPLETIONS} and used with backoff limit per index`;
  if (failed === undefined)
    errors.push(requiredField(`${path}.maxFailedIndexes`, `must be specified when completions is above ${MANY_COMPLETIONS}`));
  if (parallelism !== undefined && parallelism > PARALLELISM_OF_MANY)
    tooHigh('parallelism', parallelism, `must be less than or equal to ${PARALLELISM_OF_MANY} ${many}`);
  if (failed !== undefined && failed > FAILED_INDEXES_OF_MANY)
    tooHigh('maxFailedIndexes', failed, `must be less than or equal to ${FAILED_INDEXES_OF_MANY} ${many}`);
  return errors;
}

function validateRestartPolicy({ template, podFailurePolicy }: JobSpec, path: string): FieldError[] {
  const policy = template.spec.restartPolicy ?? '';
  if (policy === 'Always' || policy === '') return [requiredField(path, 'valid values: "OnFailure", "Never"')];
  if (policy !== 'OnFailure' && policy !== 'Never') return [notSupported(path, policy, ['OnFailure', 'Never'])];
  if (podFailurePolicy && policy !== 'Never')
    return [invalidField(path, policy, 'only "Never" is supported when podFailurePolicy is specified')];
  return [];
}
