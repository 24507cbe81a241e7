// Jobs. Mirrors pkg/registry/batch/job and pkg/apis/batch.

import type { Job } from '../../api/gen/batch-v1.ts';
import { AGE_COLUMN, column, defineResource, NAME_COLUMN, wide } from '../../api/resource.ts';
import { selectorTerms } from '../../api/selector-index.ts';
import { labelSelectorOf } from '../../api/selectors.ts';
import { humanDuration, timeOf } from '../../lib/time.ts';
import { defaultPodTemplate } from '../core/pod-template.ts';
import { docOf } from '../doc.ts';
import { builtinType } from '../schema/index.ts';
import { specAndStatus } from '../strategy.ts';
import { containerColumns, dropDisabled, nameWarnings, selectorCell, templateWarnings } from '../workload.ts';
import { hasCondition } from './job-conditions.ts';
import { defaultFailurePolicy } from './job-policies.ts';
import { validateJobStatus } from './job-status-validation.ts';
import { validateJobUpdate } from './job-update-validation.ts';
import { validateJob } from './job-validation.ts';
import { addSelector } from './job-selector.ts';

const schema = builtinType('batch.v1.Job');
const strategy = specAndStatus<Job>(schema);
const MAX_INT32 = 2 ** 31 - 1;

export const jobs = defineResource<Job>({
  group: 'batch',
  version: 'v1',
  resource: 'jobs',
  kind: 'Job',
  namespaced: true,
  categories: ['all'],
  schema,
  orphanByDefault: true,
  default: ({ metadata, spec }) => {
    defaultPodTemplate(spec.template);
    defaultFailurePolicy(spec.podFailurePolicy);
    if (spec.parallelism === undefined) {
      spec.completions ??= 1;
      spec.parallelism = 1;
    }
    spec.backoffLimit ??= spec.backoffLimitPerIndex === undefined ? 6 : MAX_INT32;
    labelLikePods({ metadata, spec });
    spec.completionMode ??= 'NonIndexed';
    spec.suspend ??= false;
    spec.podReplacementPolicy ??= spec.podFailurePolicy ? 'Failed' : 'TerminatingOrFailed';
    spec.manualSelector ??= false;
  },
  // Upstream reads what it stores with defaults, and so finds the labels that the selector came with.
  canonicalize: labelLikePods,
  prepareForCreate: (job) => {
    if (!job.spec.manualSelector) addSelector(job);
    strategy.prepareForCreate(job);
    dropDisabled(job.spec.template, undefined);
  },
  prepareForUpdate: (job, old) => {
    dropDisabled(job.spec.template, old.spec.template);
    strategy.prepareForUpdate(job, old);
  },
  validate: (job) => validateJob(job, undefined),
  validateUpdate: (job, old, { config }) => validateJobUpdate(job, old, config.minor),
  warnings: (job, old) => [...(old ? [] : nameWarnings(job)), ...jobSpecWarnings(job, old)],
  indexTerms: ({ metadata, spec }) => selectorTerms(metadata.namespace ?? '', labelSelectorOf(spec.selector)),
  fieldLabels: ['status.successful'],
  selectableFields: ({ status }) => ({ 'status.successful': String(status.succeeded ?? 0) }),
  subresources: {
    status: {
      type: 'object',
      verbs: ['get', 'patch', 'update'],
      validateUpdate: (job, old) => validateJobStatus(job as Job, old as Job),
    },
  },
  columns: [
    NAME_COLUMN,
    column('Status', statusCell, { description: 'Status of the job.' }),
    column('Completions', completionsCell, { description: docOf('batch.v1.JobStatus.succeeded') }),
    column('Duration', durationCell, { description: 'Time required to complete the job.' }),
    AGE_COLUMN,
    ...containerColumns<Job>(({ spec }) => spec.template),
    column('Selector', ({ spec }) => selectorCell(spec.selector), { ...wide, description: docOf('batch.v1.JobSpec.selector') }),
  ],
});

/** A Job without labels has those of its pods. */
function labelLikePods({ metadata, spec }: Pick<Job, 'metadata' | 'spec'>): void {
  const { labels } = spec.template.metadata;
  if (labels && !Object.keys(metadata.labels ?? {}).length) metadata.labels = { ...labels };
}

const MANY_COMPLETIONS = 100_000;
const MUCH_PARALLELISM = 10_000;

function jobSpecWarnings(job: Job, old: Job | undefined): string[] {
  if (old && old.metadata.generation === job.metadata.generation) return [];
  return [...indexWarnings(job.spec, 'spec'), ...templateWarnings(job, job.spec.template, old)];
}

/** Also of the Jobs of a CronJob. */
export function indexWarnings({ completionMode, completions = 0, parallelism = 0 }: Job['spec'], path: string): string[] {
  if (completionMode !== 'Indexed' || completions <= MANY_COMPLETIONS || parallelism <= MUCH_PARALLELISM) return [];
  const message =
    'In Indexed Jobs with a number of completions higher than 10^5 and a parallelism higher than 10^4, Kubernetes might not be able to track completedIndexes when a big number of indexes fail';
  return [`${path}: ${message}`];
}

function statusCell(job: Job): string {
  if (hasCondition(job, 'Complete')) return 'Complete';
  if (hasCondition(job, 'Failed')) return 'Failed';
  if (job.metadata.deletionTimestamp) return 'Terminating';
  return (['Suspended', 'FailureTarget', 'SuccessCriteriaMet'] as const).find((type) => hasCondition(job, type)) ?? 'Running';
}

function completionsCell({ spec: { completions, parallelism = 0 }, status: { succeeded = 0 } }: Job): string {
  if (completions !== undefined) return `${succeeded}/${completions}`;
  return parallelism > 1 ? `${succeeded}/1 of ${parallelism}` : `${succeeded}/1`;
}

function durationCell({ status: { startTime, completionTime } }: Job, now: number): string {
  if (!startTime) return '';
  return humanDuration((completionTime ? timeOf(completionTime) : now) - timeOf(startTime));
}
