// Whether a container that ended is to run again. Mirrors kubernetes pkg/api/v1/pod (ContainerShouldRestart).

import type { Container, ContainerRestartRule, PodSpec } from '../../../api/gen/core-v1.ts';

export function shouldRestart(container: Container, spec: PodSpec, exitCode: number): boolean {
  if (container.restartPolicy !== undefined && matchingRule(container, exitCode)) return true;
  switch (container.restartPolicy ?? spec.restartPolicy) {
    case 'OnFailure':
      return exitCode !== 0;
    case 'Never':
      return false;
    default:
      return true;
  }
}

/** The first rule for an exit code. */
export const matchingRule = ({ restartPolicyRules = [] }: Container, exitCode: number): ContainerRestartRule | undefined =>
  restartPolicyRules.find(({ exitCodes }) => exitCodes && (exitCodes.values ?? []).includes(exitCode) === (exitCodes.operator === 'In'));

/** Whether the end of one container may start all of them again. */
export const mayRestartAll = ({ initContainers = [], containers }: PodSpec): boolean =>
  [...initContainers, ...containers].some(({ restartPolicyRules }) =>
    restartPolicyRules?.some(({ action }) => action === 'RestartAllContainers'),
  );
