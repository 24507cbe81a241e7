// A Job's rules on failed pods and on success. Mirrors pod_failure_policy.go and success_policy.go.

import type { Job, PodFailurePolicyOnExitCodesRequirement } from '../../api/gen/batch-v1.ts';
import type { ContainerStatus, Pod } from '../../api/gen/core-v1.ts';
import { countCommon, countIndexes, parseIndexes } from './indexes.ts';
import type { Indexes } from './indexes.ts';

export interface FailureVerdict {
  /** Why the whole Job fails, if it does. */
  readonly failJob?: string;
  /** Whether the failure counts towards the limit. */
  readonly counts: boolean;
  readonly action?: string;
}

const COUNTS: FailureVerdict = { counts: true };

/** The first rule that a failed pod meets decides. */
export function judgeFailure({ spec: { podFailurePolicy } }: Job, pod: Pod): FailureVerdict {
  const { namespace, name } = pod.metadata;
  for (const [index, { action, onExitCodes, onPodConditions }] of (podFailurePolicy?.rules ?? []).entries()) {
    let why: string | undefined;
    if (onExitCodes) {
      const container = failedContainer(pod, onExitCodes);
      if (container)
        why = `Container ${container.name} for pod ${namespace}/${name} failed with exit code ${container.state.terminated!.exitCode}`;
    } else {
      const condition = pod.status.conditions?.find(({ type, status }) =>
        onPodConditions?.some((one) => one.type === type && one.status === status),
      );
      if (condition) why = `Pod ${namespace}/${name} has condition ${condition.type}`;
    }
    if (why === undefined) continue;
    if (action === 'Ignore') return { counts: false, action };
    if (action === 'FailJob') return { counts: true, action, failJob: `${why} matching ${action} rule at index ${index}` };
    if (action === 'FailIndex' || action === 'Count') return { counts: true, action };
  }
  return COUNTS;
}

function failedContainer(
  { status }: Pod,
  { containerName, operator, values }: PodFailurePolicyOnExitCodesRequirement,
): ContainerStatus | undefined {
  return [...(status.containerStatuses ?? []), ...(status.initContainerStatuses ?? [])].find(({ name, state }) => {
    const code = state.terminated?.exitCode ?? 0;
    if (code === 0 || (containerName !== undefined && containerName !== name)) return false;
    return operator === 'In' ? (values ?? []).includes(code) : operator === 'NotIn' && !(values ?? []).includes(code);
  });
}

/** The message of the first rule that is met. */
export function metSuccessRule({ spec: { successPolicy, completions = 0 } }: Job, succeeded: Indexes): string | undefined {
  if (!succeeded.length) return undefined;
  const index = (successPolicy?.rules ?? []).findIndex(({ succeededIndexes, succeededCount }) => {
    if (succeededIndexes === undefined) return succeededCount !== undefined && countIndexes(succeeded) >= succeededCount;
    const wanted = parseIndexes(succeededIndexes, completions);
    if (!wanted.length) return false;
    const met = countCommon(wanted, succeeded);
    return met === countIndexes(wanted) || (succeededCount !== undefined && met >= succeededCount);
  });
  return index < 0 ? undefined : `Matched rules at index ${index}`;
}
