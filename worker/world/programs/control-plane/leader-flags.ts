// What the flags of a component say of how it elects its leader. Mirrors component-base config/options.

import { goQuote } from '../../../lib/go-format.ts';
import { parseDuration } from '../../../lib/time.ts';
import type { StartLine } from './component.ts';
import type { Flags } from './flags.ts';

/** The lease that stands for leading. */
export interface Lock {
  readonly namespace: string;
  readonly name: string;
}

export const lockOf = (component: string, flags: Flags = {}): Lock => ({
  namespace: flags['leader-elect-resource-namespace'] ?? 'kube-system',
  name: flags['leader-elect-resource-name'] ?? component,
});

const JITTER = 1.2;

/** Why nobody can be elected with such times, in the words of client-go. */
export function electorProblem(flags: Flags): string | undefined {
  if (flags['leader-elect'] === 'false') return undefined;
  const [lease, renew, retry] = (['lease-duration', 'renew-deadline', 'retry-period'] as const).map(
    (name, i) => parseDuration(flags[`leader-elect-${name}`] ?? '') ?? [15_000, 10_000, 2000][i]!,
  ) as [number, number, number];
  if (lease <= renew) return 'leaseDuration must be greater than renewDeadline';
  if (renew <= JITTER * retry) return 'renewDeadline must be greater than retryPeriod*JitterFactor';
  if (lease <= 0) return 'leaseDuration must be greater than zero';
  if (renew <= 0) return 'renewDeadline must be greater than zero';
  return retry <= 0 ? 'retryPeriod must be greater than zero' : undefined;
}

/** The line with which it begins to try. */
export function electionLines(component: string, flags: Flags, after: number): readonly StartLine[] {
  if (flags['leader-elect'] === 'false') return [];
  const { namespace, name } = lockOf(component, flags);
  return [[after, 'I', 'leaderelection.go:258', `"Attempting to acquire leader lease..." lock=${goQuote(`${namespace}/${name}`)}`]];
}
