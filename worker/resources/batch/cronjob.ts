// CronJobs. Mirrors pkg/registry/batch/cronjob and pkg/apis/batch.

import { invalidField, notSupported, requiredField } from '../../api/field-error.ts';
import type { FieldError } from '../../api/field-error.ts';
import type { CronJob, JobTemplateSpec } from '../../api/gen/batch-v1.ts';
import { age, AGE_COLUMN, column, defineResource, NAME_COLUMN, wide } from '../../api/resource.ts';
import { parseSchedule } from '../../lib/cron/parse.ts';
import { isTimeZone } from '../../lib/time-zone.ts';
import { defaultPodTemplate } from '../core/pod-template.ts';
import { docOf } from '../doc.ts';
import { builtinType } from '../schema/index.ts';
import { specAndStatus } from '../strategy.ts';
import { nonNegative } from '../validation/values.ts';
import { containerColumns, dropDisabled, nameWarnings, selectorCell, templateWarnings } from '../workload.ts';
import { indexWarnings } from './job.ts';
import { defaultFailurePolicy } from './job-policies.ts';
import { validateJobSpec } from './job-validation.ts';

const schema = builtinType('batch.v1.CronJob');
const strategy = specAndStatus<CronJob>(schema);
/** Jobs are named after their CronJob and the minute of their time: eleven characters more. */
const MAX_NAME = 52;

export const cronJobs = defineResource<CronJob>({
  group: 'batch',
  version: 'v1',
  resource: 'cronjobs',
  kind: 'CronJob',
  namespaced: true,
  shortNames: ['cj'],
  categories: ['all'],
  schema,
  default: ({ spec }) => {
    defaultPodTemplate(spec.jobTemplate.spec.template);
    defaultFailurePolicy(spec.jobTemplate.spec.podFailurePolicy);
    spec.concurrencyPolicy ||= 'Allow';
    spec.suspend ??= false;
    spec.successfulJobsHistoryLimit ??= 3;
    spec.failedJobsHistoryLimit ??= 1;
  },
  prepareForCreate: (cronJob) => {
    strategy.prepareForCreate(cronJob);
    dropDisabled(cronJob.spec.jobTemplate.spec.template, undefined);
  },
  prepareForUpdate: (cronJob, old) => {
    dropDisabled(cronJob.spec.jobTemplate.spec.template, old.spec.jobTemplate.spec.template);
    strategy.prepareForUpdate(cronJob, old);
  },
  validate: ({ metadata: { name }, spec }) => [
    ...validateSpec(spec, undefined),
    ...(name.length > MAX_NAME ? [invalidField('metadata.name', name, `must be no more than ${MAX_NAME} characters`)] : []),
  ],
  validateUpdate: ({ spec }, old) => validateSpec(spec, old.spec),
  warnings: (cronJob, old) => {
    const { spec } = cronJob.spec.jobTemplate;
    const changed = old?.metadata.generation !== cronJob.metadata.generation;
    return [
      ...(old ? [] : nameWarnings(cronJob)),
      ...(changed ? indexWarnings(spec, 'spec.jobTemplate.spec') : []),
      ...templateWarnings(cronJob, spec.template, old, 'spec.jobTemplate.spec.template'),
      ...(old && cronJob.spec.schedule.includes('TZ') ? [ZONE_WARNING] : []),
    ];
  },
  subresources: { status: { type: 'object', verbs: ['get', 'patch', 'update'] } },
  columns: [
    NAME_COLUMN,
    column('Schedule', ({ spec }) => spec.schedule, { description: docOf('batch.v1.CronJobSpec.schedule') }),
    column('Timezone', ({ spec }) => spec.timeZone ?? '<none>', { description: docOf('batch.v1.CronJobSpec.timeZone') }),
    column('Suspend', ({ spec }) => (spec.suspend === undefined ? '<unset>' : spec.suspend ? 'True' : 'False'), {
      type: 'boolean',
      description: docOf('batch.v1.CronJobSpec.suspend'),
    }),
    column('Active', ({ status }) => status.active?.length ?? 0, {
      type: 'integer',
      description: docOf('batch.v1.CronJobStatus.active'),
    }),
    column('Last Schedule', ({ status }, now) => (status.lastScheduleTime ? age(status.lastScheduleTime, now) : '<none>'), {
      description: docOf('batch.v1.CronJobStatus.lastScheduleTime'),
    }),
    AGE_COLUMN,
    ...containerColumns<CronJob>(({ spec }) => spec.jobTemplate.spec.template),
    column('Selector', ({ spec }) => selectorCell(spec.jobTemplate.spec.selector), {
      ...wide,
      description: docOf('batch.v1.JobSpec.selector'),
    }),
  ],
});

const ZONE_WARNING =
  'cannot use TZ or CRON_TZ in spec.spec.schedule, use timeZone instead, see https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/ for more details';

type Spec = CronJob['spec'];

function validateSpec(spec: Spec, old: Spec | undefined): FieldError[] {
  const policies = ['Allow', 'Forbid', 'Replace'];
  const { concurrencyPolicy: policy = '' } = spec;
  return [
    ...validateSchedule(spec, old?.schedule.includes('TZ') ?? false),
    ...nonNegative(spec.startingDeadlineSeconds, 'spec.startingDeadlineSeconds'),
    ...(old && old.timeZone === spec.timeZone ? [] : validateTimeZone(spec.timeZone)),
    ...(policies.includes(policy)
      ? []
      : [policy ? notSupported('spec.concurrencyPolicy', policy, policies) : requiredField('spec.concurrencyPolicy')]),
    ...validateJobTemplate(spec.jobTemplate, old?.jobTemplate),
    ...nonNegative(spec.successfulJobsHistoryLimit, 'spec.successfulJobsHistoryLimit'),
    ...nonNegative(spec.failedJobsHistoryLimit, 'spec.failedJobsHistoryLimit'),
  ];
}

/** A zone inside the schedule is let be only where it was before. */
function validateSchedule({ schedule, timeZone }: Spec, allowZone: boolean): FieldError[] {
  const path = 'spec.schedule';
  if (!schedule) return [requiredField(path)];
  const errors: FieldError[] = [];
  try {
    parseSchedule(schedule);
  } catch (error) {
    errors.push(invalidField(path, schedule, (error as Error).message));
  }
  if (!schedule.includes('TZ')) return errors;
  if (!allowZone) errors.push(invalidField(path, schedule, 'cannot use TZ or CRON_TZ in schedule, use timeZone field instead'));
  else if (timeZone !== undefined)
    errors.push(invalidField(path, schedule, 'cannot use both timeZone field and TZ or CRON_TZ in schedule'));
  return errors;
}

const ZONE_PART = /^[A-Za-z._0-9+-]{1,14}$/;

function validateTimeZone(zone: string | undefined): FieldError[] {
  const path = 'spec.timeZone';
  if (zone === undefined) return [];
  if (!zone) return [invalidField(path, zone, 'timeZone must be nil or non-empty string')];
  const isPart = (part: string): boolean => part !== '.' && part !== '..' && !part.startsWith('-') && ZONE_PART.test(part);
  if (!zone.split('/').every(isPart)) return [invalidField(path, zone, `unknown time zone ${zone}`)];
  if (zone.toLowerCase() === 'local') {
    const detail = 'timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones';
    return [invalidField(path, zone, detail), ...(zone === 'Local' ? [] : [invalidField(path, zone, `unknown time zone ${zone}`)])];
  }
  return isTimeZone(zone) ? [] : [invalidField(path, zone, `unknown time zone ${zone}`)];
}

function validateJobTemplate({ spec }: JobTemplateSpec, old: JobTemplateSpec | undefined): FieldError[] {
  const path = 'spec.jobTemplate.spec';
  const errors = validateJobSpec(spec, old?.spec, path);
  if (spec.selector) errors.push(invalidField(`${path}.selector`, spec.selector, '`selector` will be auto-generated'));
  if (spec.manualSelector) errors.push(notSupported(`${path}.manualSelector`, true, ['nil', 'false']));
  return errors;
}
