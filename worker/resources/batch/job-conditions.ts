// What a Job says of itself.

import type { Job } from '../../api/gen/batch-v1.ts';

export type JobConditionType = 'Complete' | 'Failed' | 'FailureTarget' | 'SuccessCriteriaMet' | 'Suspended';

export const hasCondition = ({ status }: Job, type: JobConditionType, value = 'True'): boolean =>
  (status.conditions ?? []).some((condition) => condition.type === type && condition.status === value);

export const isFinished = (job: Job): boolean => hasCondition(job, 'Complete') || hasCondition(job, 'Failed');

export const isIndexed = ({ spec }: Job): boolean => spec.completionMode === 'Indexed';
