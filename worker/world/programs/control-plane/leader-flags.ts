// How a component elects its leader, as its flags say it, and its configuration where they say nothing. Mirrors component-base config/options.

import { goQuote } from '../../../lib/go-format.ts';
import { isRecord } from '../../../lib/json.ts';
import { parseDuration } from '../../../lib/time.ts';
import { readYaml, YamlError } from '../../../lib/yaml.ts';
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

/** Field of a `LeaderElectionConfiguration` → its flag. */
const FIELDS: Readonly<Record<string, string>> = {
  leaderElect: 'leader-elect',
  leaseDuration: 'leader-elect-lease-duration',
  renewDeadline: 'leader-elect-renew-deadline',
  retryPeriod: 'leader-elect-retry-period',
  resourceName: 'leader-elect-resource-name',
  resourceNamespace: 'leader-elect-resource-namespace',
};

/** What a configuration says of it, as flags, but where there are flags. A text that cannot be read says nothing here: whoever reads all of it complains. */
export function electionOf(config: string, flags: Flags): Flags | undefined {
  try {
    const { value } = readYaml(config);
    const given = isRecord(value) ? value['leaderElection'] : undefined;
    if (!isRecord(given)) return undefined;
    const said = Object.entries(FIELDS).flatMap(([field, flag]) => {
      const one = given[field];
      return isNothing(one) ? [] : [[flag, String(one)] as const];
    });
    return { ...Object.fromEntries(said), ...flags };
  } catch (error) {
    if (error instanceof YamlError) return undefined;
    throw error;
  }
}

/** To Go, what is nothing has not been given: but a switch that is off is off. */
const isNothing = (value: unknown): boolean =>
  typeof value === 'boolean' ? false : typeof value !== 'string' || value === '' || parseDuration(value) === 0;

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
