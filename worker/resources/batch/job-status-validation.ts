// What a Job's controller, ours or somebody else's, may report. Mirrors ValidateJobUpdateStatus of pkg/apis/batch/validation: most rules hold only for what
// the update changes.

import { duplicateField, invalidField, OMITTED, requiredField } from '../../api/field-error.ts';
import type { FieldError } from '../../api/field-error.ts';
import type { Job, JobStatus } from '../../api/gen/batch-v1.ts';
import { isEqual } from '../../lib/json.ts';
import { timeOf } from '../../lib/time.ts';
import { goForm } from '../go-form.ts';
import { nonNegativeCounters } from '../validation/counters.ts';
import { countIndexes, firstCommonIndex } from './indexes.ts';
import { hasCondition, isFinished, isIndexed } from './job-conditions.ts';

export const validateJobStatus = (job: Job, old: Job): FieldError[] => [
  ...nonNegativeCounters(job.status, ['active', 'succeeded', 'failed', 'ready', 'terminating']),
  ...validateUncounted(job.status),
  ...validateCompletion(job, old),
  ...validateFinish(job, old),
  ...validateIndexes(job, old),
  ...validateRunning(job, old),
  ...validateSuccessCriteria(job),
  ...validateChange(job, old),
];

const wrongConditions = (detail: string): FieldError => invalidField('status.conditions', OMITTED, detail);

function validateUncounted({ uncountedTerminatedPods }: JobStatus): FieldError[] {
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  for (const name of ['succeeded', 'failed'] as const)
    for (const [i, uid] of (uncountedTerminatedPods?.[name] ?? []).entries()) {
      const path = `status.uncountedTerminatedPods.${name}[${i}]`;
      if (!uid) errors.push(invalidField(path, uid, 'must not be empty'));
      else if (seen.has(uid)) errors.push(duplicateField(path, uid));
      seen.add(uid);
    }
  return errors;
}

/** Whether one of the things that a rule is about changes. */
const conditionChanges = (job: Job, old: Job, type: Parameters<typeof hasCondition>[1]): boolean =>
  hasCondition(job, type) !== hasCondition(old, type);
const changes = (job: Job, old: Job, ...names: (keyof JobStatus)[]): boolean =>
  names.some((name) => !isEqual(job.status[name] ?? undefined, old.status[name] ?? undefined));
const finishChanges = (job: Job, old: Job): boolean => isFinished(job) !== isFinished(old);

function validateCompletion(job: Job, old: Job): FieldError[] {
  const { startTime, completionTime } = job.status;
  const isComplete = hasCondition(job, 'Complete');
  const completeChanges = conditionChanges(job, old, 'Complete');
  const errors: FieldError[] = [];
  if (isComplete && hasCondition(job, 'Failed') && (completeChanges || conditionChanges(job, old, 'Failed')))
    errors.push(wrongConditions('cannot set Complete=True and Failed=true conditions'));
  if (isComplete && hasCondition(job, 'FailureTarget') && (completeChanges || conditionChanges(job, old, 'FailureTarget')))
    errors.push(wrongConditions('cannot set Complete=True and FailureTarget=true conditions'));
  if (completeChanges || changes(job, old, 'completionTime')) {
    if (completionTime && !isComplete)
      errors.push(
        invalidField('status.completionTime', completionTime, 'cannot set completionTime when there is no Complete=True condition'),
      );
    if (!completionTime && isComplete) errors.push(requiredField('status.completionTime', 'completionTime is required for Complete jobs'));
  }
  if (startTime && completionTime && timeOf(completionTime) < timeOf(startTime) && changes(job, old, 'startTime', 'completionTime'))
    errors.push(invalidField('status.completionTime', completionTime, 'must be equal to or after `startTime`'));
  return errors;
}

function validateFinish(job: Job, old: Job): FieldError[] {
  const { active = 0, startTime, uncountedTerminatedPods: uncounted } = job.status;
  const errors: FieldError[] = [];
  const failedMayChange = conditionChanges(job, old, 'Failed') || changes(job, old, 'failedIndexes');
  if (failedMayChange && hasCondition(job, 'Failed') && !hasCondition(job, 'FailureTarget'))
    errors.push(wrongConditions('cannot set Failed=True condition without the FailureTarget=true condition'));
  const completeMayChange = conditionChanges(job, old, 'Complete') || conditionChanges(job, old, 'SuccessCriteriaMet');
  if (completeMayChange && hasCondition(job, 'Complete') && !hasCondition(job, 'SuccessCriteriaMet'))
    errors.push(wrongConditions('cannot set Complete=True condition without the SuccessCriteriaMet=true condition'));
  if (!isFinished(job)) return errors;
  const finishes = finishChanges(job, old);
  if (active > 0 && (finishes || changes(job, old, 'active')))
    errors.push(invalidField('status.active', active, 'active>0 is invalid for finished job'));
  const hasNothingToRun = job.spec.suspend === true && job.spec.completions === 0;
  if (!startTime && (finishes || changes(job, old, 'startTime')) && !hasNothingToRun)
    errors.push(requiredField('status.startTime', 'startTime is required for finished job'));
  if ((uncounted?.failed?.length || uncounted?.succeeded?.length) && (finishes || changes(job, old, 'uncountedTerminatedPods')))
    errors.push(
      invalidField(
        'status.uncountedTerminatedPods',
        goForm('batch.v1.UncountedTerminatedPods', uncounted),
        'must be empty for finished job',
      ),
    );
  return errors;
}

function validateIndexes(job: Job, old: Job): FieldError[] {
  const { completedIndexes = '', failedIndexes } = job.status;
  const { completions, backoffLimitPerIndex } = job.spec;
  const [completedChange, failedChange] = [changes(job, old, 'completedIndexes'), changes(job, old, 'failedIndexes')];
  const errors: FieldError[] = [];
  const parse = (name: string, text: string): void => {
    try {
      countIndexes(text, completions ?? 0);
    } catch (error) {
      errors.push(invalidField(`status.${name}`, text, `error parsing ${name}: ${(error as Error).message}`));
    }
  };
  if (completedChange && completions !== undefined) parse('completedIndexes', completedIndexes);
  if (failedChange && completions !== undefined && backoffLimitPerIndex !== undefined && failedIndexes !== undefined)
    parse('failedIndexes', failedIndexes);
  if (completedChange && completedIndexes && !isIndexed(job))
    errors.push(
      invalidField('status.completedIndexes', completedIndexes, 'cannot set non-empty completedIndexes when non-indexed completion mode'),
    );
  if (failedIndexes === undefined) return errors;
  if (failedChange && backoffLimitPerIndex === undefined)
    errors.push(invalidField('status.failedIndexes', failedIndexes, 'cannot set non-null failedIndexes when backoffLimitPerIndex is null'));
  if ((failedChange || completedChange) && completions !== undefined) {
    const common = firstCommonIndex(completedIndexes, failedIndexes, completions);
    if (common !== undefined)
      errors.push(invalidField('status.failedIndexes', failedIndexes, `failedIndexes and completedIndexes overlap at index: ${common}`));
  }
  return errors;
}

function validateRunning(job: Job, old: Job): FieldError[] {
  const { terminating = 0, ready, active = 0 } = job.status;
  const errors: FieldError[] = [];
  if (terminating > 0 && isFinished(job) && (finishChanges(job, old) || changes(job, old, 'terminating')))
    errors.push(invalidField('status.terminating', terminating, 'terminating>0 is invalid for finished job'));
  if (ready !== undefined && ready > active && changes(job, old, 'ready', 'active'))
    errors.push(invalidField('status.ready', ready, 'cannot set more ready pods than active'));
  return errors;
}

function validateSuccessCriteria(job: Job): FieldError[] {
  const isMet = hasCondition(job, 'SuccessCriteriaMet');
  const errors: FieldError[] = [];
  if (isMet && hasCondition(job, 'Failed')) errors.push(wrongConditions('cannot set SuccessCriteriaMet=True and Failed=true conditions'));
  if (isMet && hasCondition(job, 'FailureTarget'))
    errors.push(wrongConditions('cannot set SuccessCriteriaMet=True and FailureTarget=true conditions'));
  if (job.spec.successPolicy && !isMet && hasCondition(job, 'Complete'))
    errors.push(wrongConditions('cannot set Complete=True for Job with SuccessPolicy unless SuccessCriteriaMet=True'));
  return errors;
}

/** What may not go back. */
function validateChange(job: Job, old: Job): FieldError[] {
  const [{ failed = 0, succeeded = 0, startTime, completionTime }, before] = [job.status, old.status];
  const errors: FieldError[] = [];
  for (const type of ['Failed', 'Complete', 'FailureTarget'] as const)
    if (hasCondition(old, type) && !hasCondition(job, type))
      errors.push(wrongConditions(`cannot disable the terminal ${type}=True condition`));
  if (failed < (before.failed ?? 0)) errors.push(invalidField('status.failed', failed, 'cannot decrease the failed counter'));
  const mayShrink = isIndexed(job) && job.spec.completions === job.spec.parallelism;
  if (succeeded < (before.succeeded ?? 0) && !mayShrink)
    errors.push(invalidField('status.succeeded', succeeded, 'cannot decrease the succeeded counter'));
  if (completionTime && before.completionTime && completionTime !== before.completionTime)
    errors.push(invalidField('status.completionTime', completionTime, 'field is immutable'));
  const isResuming = hasCondition(old, 'Suspended') && hasCondition(job, 'Suspended', 'False');
  if (before.startTime && startTime !== before.startTime && !isResuming && !job.spec.suspend)
    errors.push(invalidField('status.startTime', startTime, 'field is immutable for unsuspended job once set'));
  if (hasCondition(old, 'SuccessCriteriaMet') && !hasCondition(job, 'SuccessCriteriaMet'))
    errors.push(wrongConditions('cannot disable the SuccessCriteriaMet=True condition'));
  if (hasCondition(old, 'Complete') && !hasCondition(old, 'SuccessCriteriaMet') && hasCondition(job, 'SuccessCriteriaMet'))
    errors.push(wrongConditions('cannot set SuccessCriteriaMet=True for Job already has Complete=true conditions'));
  return errors;
}
